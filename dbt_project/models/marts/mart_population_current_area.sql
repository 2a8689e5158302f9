{%- set place = ['municipality_code', 'series', 'scope', 'as_of_date'] -%}
-- fct_population keeps the codes of its date; here each figure stands under the municipality of today. A figure is the
-- sum of the predecessors that existed at that date, and only if all of them are there: a part is never shown as the
-- whole. A municipality that was divided keeps its own code, so that the sum of all rows stays what was published.
with held as (
    select
        {{ place | join(', ') }},
        max(source_id) as source_id
    from {{ ref('fct_population') }}
    group by {{ place | join(', ') }}
),

-- Codes that later took the place of another one for the same city: 仙台市 04201 -> 04100. e-Stat prints some censuses
-- with them beside the neighbours that joined the city in between (1980: 04100 with 泉市, 宮城町, 秋保町).
renumbered as (
    select distinct
        new_code as municipality_code,
        old_code
    from {{ ref('municipality_changes') }}
    where reason = 'shiftToDesignatedCity'
),

-- The span at the date; where a publisher gives a code that was not yet there (figures regrouped to later areas), the
-- first one after it; where it was no longer there, the last one before.
placed as (
    select
        held.*,
        span.valid_from <= held.as_of_date and coalesce(span.valid_to > held.as_of_date, true) as is_of_the_date,
        coalesce(span.current_code, held.municipality_code) as current_code,
        span.is_divided,
        span.comparable_from,
        renumbered.old_code
    from held
    inner join {{ ref('dim_municipality') }} as span on held.municipality_code = span.municipality_code
    left join renumbered
        on case when held.as_of_date < span.valid_from then held.municipality_code end = renumbered.municipality_code
    qualify
        row_number() over (
            partition by {{ 'held.' ~ place | join(', held.') }}
            order by
                case
                    when span.valid_to <= held.as_of_date then 3
                    when span.valid_from > held.as_of_date then 2
                    else 1
                end,
                abs(span.valid_from - held.as_of_date)
        ) = 1
),

expected as (
    select
        dates.as_of_date,
        coalesce(span.current_code, span.municipality_code) as current_code,
        count(*) as n_parts,
        string_agg(span.municipality_code, ' ' order by span.municipality_code) as parts
    from (select distinct as_of_date from held) as dates
    inner join {{ ref('dim_municipality') }} as span
        on dates.as_of_date >= span.valid_from and (span.valid_to is null or dates.as_of_date < span.valid_to)
    group by dates.as_of_date, coalesce(span.current_code, span.municipality_code)
),

-- One row per area of today with what was delivered of it. Figures that a publisher regrouped stand in only where the
-- predecessors are not all there.
areas as (
    select
        placed.current_code,
        placed.series,
        placed.scope,
        placed.as_of_date,
        any_value(expected.n_parts) as n_expected,
        any_value(expected.parts) as parts_expected,
        count(*) filter (where placed.is_of_the_date) as n_held,
        count(*) filter (where not placed.is_of_the_date) as n_regrouped,
        -- one file with all predecessors but the one whose later code it gives
        n_regrouped = 1 and n_held > 0 and coalesce(n_held = n_expected - 1, false)
        and count(distinct placed.source_id) = 1
        and coalesce(
            contains(any_value(expected.parts), any_value(placed.old_code))
            and not list_contains(list(placed.municipality_code), any_value(placed.old_code)), false
        ) as is_renumbered,
        n_regrouped > 0 and coalesce(n_held <> n_expected, true) and not is_renumbered as is_regrouped,
        string_agg(placed.municipality_code, ' ' order by placed.municipality_code) filter (
            where placed.is_of_the_date
        ) as parts_held,
        string_agg(placed.municipality_code, ' ' order by placed.municipality_code) filter (
            where not placed.is_of_the_date
        ) as parts_regrouped,
        bool_or(placed.is_divided) as is_divided,
        any_value(placed.comparable_from) as comparable_from
    from placed
    left join expected on placed.current_code = expected.current_code and placed.as_of_date = expected.as_of_date
    group by placed.current_code, placed.series, placed.scope, placed.as_of_date
),

judged as (
    select
        *,
        case when is_regrouped then n_regrouped when is_renumbered then n_expected else n_held end as n_parts,
        case
            when is_regrouped then parts_regrouped
            when is_renumbered then parts_regrouped || ' ' || parts_held
            else parts_held
        end as parts,
        case when is_regrouped then n_regrouped = 1 else is_renumbered or n_held = n_expected end as is_whole,
        case
            when is_divided then '区域が複数の団体に分かれたため、今日の団体に割り振らない'
            when is_regrouped then 'その時点にない団体コードの値（公表元が組み替えたもの）で、合併前の値から確かめられない'
            when n_held <> n_expected and not is_renumbered then '合併前の団体の一部が届いていない（必要な団体: ' || parts_expected || '）'
            when as_of_date < comparable_from
                then '分割編入・境界変更（' || comparable_from || '）より前の値で、今日の区域と一致しない'
        end as area_reason_ja
    from areas
),

summed as (
    select
        placed.current_code,
        fact.series,
        fact.scope,
        fact.as_of_date,
        fact.sex,
        fact.age_group,
        fact.age_from,
        fact.age_to,
        sum(fact.population_persons) as persons,
        count(fact.population_persons) as n_persons,
        arg_min(fact.value_status, {{ status_rank('fact.value_status') }}) as value_status
    from {{ ref('fct_population') }} as fact
    inner join placed
        on
            fact.municipality_code = placed.municipality_code
            and fact.series = placed.series
            and fact.scope = placed.scope
            and fact.as_of_date = placed.as_of_date
    inner join judged
        on
            placed.current_code = judged.current_code
            and placed.series = judged.series
            and placed.scope = judged.scope
            and placed.as_of_date = judged.as_of_date
            and (judged.is_renumbered or placed.is_of_the_date <> judged.is_regrouped)
    group by
        placed.current_code,
        fact.series,
        fact.scope,
        fact.as_of_date,
        fact.sex,
        fact.age_group,
        fact.age_from,
        fact.age_to
)

select
    summed.current_code as municipality_code,
    summed.series,
    summed.scope,
    summed.as_of_date,
    summed.sex,
    summed.age_group,
    summed.age_from,
    summed.age_to,
    cast(case when judged.is_whole and summed.n_persons = judged.n_parts then summed.persons end as bigint)
        as population_persons,
    case
        when judged.is_whole and summed.n_persons >= judged.n_parts then summed.value_status
        when summed.value_status = 'suppressed' then 'suppressed'
        else 'not_reported'
    end as value_status,
    judged.n_parts > 1 as is_aggregated,
    cast(judged.n_parts as integer) as n_parts,
    judged.parts,
    judged.area_reason_ja is null and summed.n_persons = judged.n_parts as is_conserved,
    coalesce(
        judged.area_reason_ja,
        case when summed.n_persons < judged.n_parts then '秘匿または未公表の値を含む' end
    ) as not_conserved_reason_ja
from summed
inner join judged
    on
        summed.current_code = judged.current_code
        and summed.series = judged.series
        and summed.scope = judged.scope
        and summed.as_of_date = judged.as_of_date
order by
    summed.current_code, summed.series, summed.scope, summed.as_of_date, summed.sex, summed.age_from, summed.age_group
