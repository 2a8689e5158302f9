{%- set least = 10 %}
-- How many others did in the past what a target asks. The window is the one whose length is nearest to the years asked
-- (by ratio), of these the newest; where its length differs, what is asked is brought to it at a constant pace and the
-- row says so. The municipality itself is not counted among the others.
with asked as materialized (
    select * from {{ ref('int_ambition__asked') }}
),

measured as materialized (
    select * from {{ ref('int_ambition__value') }}
),

period as (
    select
        indicator_id,
        series,
        period_start,
        as_of_date,
        any_value(fiscal_year) as fiscal_year,
        count(*) as n
    from measured
    group by indicator_id, series, period_start, as_of_date
),

span as (
    select
        later.indicator_id,
        later.series,
        earlier.period_start as earlier_start,
        earlier.as_of_date as earlier_end,
        later.period_start as later_start,
        later.as_of_date as later_end,
        later.fiscal_year - earlier.fiscal_year as window_years,
        least(earlier.n, later.n) >= 0.5 * max(least(earlier.n, later.n)) over (partition by later.indicator_id)
            as is_covered
    from period as earlier
    inner join period as later
        on
            earlier.indicator_id = later.indicator_id
            and earlier.series = later.series
            and earlier.fiscal_year < later.fiscal_year
            and later.as_of_date = earlier.as_of_date + to_years(later.fiscal_year - earlier.fiscal_year)
            and later.period_start = earlier.period_start + to_years(later.fiscal_year - earlier.fiscal_year)
    where least(earlier.n, later.n) >= {{ least }}
),

-- The span of each subject that asks for a change between two years.
chosen as (
    select
        asked.municipality_code,
        asked.plan_id,
        asked.subject_kind,
        asked.subject_id,
        asked.compares,
        span.* exclude (indicator_id, is_covered)
    from asked
    inner join span on asked.indicator_id = span.indicator_id
    where
        asked.reason is null
        and asked.compares <> 'level'
        and not asked.is_sum
        and span.window_years <= 2 * asked.asked_years
        and asked.asked_years <= 2 * span.window_years
    qualify
        row_number() over (
            partition by asked.municipality_code, asked.plan_id, asked.subject_kind, asked.subject_id, asked.compares
            order by
                span.is_covered desc,
                round(abs(ln(span.window_years / asked.asked_years)), 9) asc,
                span.later_end desc,
                span.series asc
        ) = 1
),

sums as (
    select distinct
        indicator_id,
        asked_years
    from asked
    where is_sum and reason is null
),

-- Every run of as many fiscal years as a sum asks for, with the run before it.
running as (
    select
        sums.asked_years,
        measured.municipality_code,
        measured.indicator_id,
        measured.series,
        measured.fiscal_year,
        measured.as_of_date,
        sum(part.indicator_value) filter (where part.fiscal_year > measured.fiscal_year - sums.asked_years)
            as later_sum,
        sum(part.indicator_value) filter (where part.fiscal_year <= measured.fiscal_year - sums.asked_years)
            as earlier_sum,
        count(*) as n_years
    from sums
    inner join measured on sums.indicator_id = measured.indicator_id
    inner join measured as part
        on
            measured.municipality_code = part.municipality_code
            and measured.indicator_id = part.indicator_id
            and measured.series = part.series
            and part.fiscal_year between measured.fiscal_year - 2 * sums.asked_years + 1 and measured.fiscal_year
    group by all
    having count(*) = 2 * sums.asked_years
),

last_run as (
    select
        asked_years,
        indicator_id,
        arg_max(series, fiscal_year) as series,
        max(fiscal_year) as fiscal_year
    from (
        select
            asked_years,
            indicator_id,
            series,
            fiscal_year,
            count(*) >= 0.5 * max(count(*)) over (partition by asked_years, indicator_id) as is_covered
        from running
        group by asked_years, indicator_id, series, fiscal_year
        having count(*) >= {{ least }}
    ) as counted
    where is_covered
    group by asked_years, indicator_id
),

last_level as (
    select
        indicator_id,
        arg_max(series, as_of_date) as series,
        arg_max(period_start, as_of_date) as period_start,
        max(as_of_date) as as_of_date
    from (
        select
            *,
            n >= 0.5 * max(n) over (partition by indicator_id) as is_covered
        from period
        where n >= {{ least }}
    ) as counted
    where is_covered
    group by indicator_id
),

-- What each municipality did in the window: a change in per cent or points, or the level that it had.
did as (
    select
        chosen.municipality_code,
        chosen.plan_id,
        chosen.subject_kind,
        chosen.subject_id,
        chosen.compares,
        later.municipality_code as other_code,
        chosen.earlier_end as window_start,
        chosen.later_end as window_end,
        chosen.window_years,
        if(
            asked.is_in_points,
            cast(later.indicator_value - earlier.indicator_value as double),
            cast(later.indicator_value / nullif(earlier.indicator_value, 0) - 1 as double) * 100
        ) as outcome
    from chosen
    inner join asked
        on
            chosen.municipality_code = asked.municipality_code
            and chosen.plan_id = asked.plan_id
            and chosen.subject_kind = asked.subject_kind
            and chosen.subject_id = asked.subject_id
            and chosen.compares = asked.compares
    inner join measured as earlier
        on
            asked.indicator_id = earlier.indicator_id
            and chosen.series = earlier.series
            and chosen.earlier_start = earlier.period_start
            and chosen.earlier_end = earlier.as_of_date
    inner join measured as later
        on
            earlier.municipality_code = later.municipality_code
            and asked.indicator_id = later.indicator_id
            and chosen.series = later.series
            and chosen.later_start = later.period_start
            and chosen.later_end = later.as_of_date
    union all
    select
        asked.municipality_code,
        asked.plan_id,
        asked.subject_kind,
        asked.subject_id,
        asked.compares,
        running.municipality_code as other_code,
        cast(running.as_of_date - to_years(asked.asked_years) as date) as window_start,
        running.as_of_date as window_end,
        asked.asked_years as window_years,
        cast(running.later_sum / nullif(running.earlier_sum, 0) - 1 as double) * 100 as outcome
    from asked
    inner join last_run on asked.indicator_id = last_run.indicator_id and asked.asked_years = last_run.asked_years
    inner join running
        on
            last_run.indicator_id = running.indicator_id
            and last_run.asked_years = running.asked_years
            and last_run.series = running.series
            and last_run.fiscal_year = running.fiscal_year
    where asked.is_sum and asked.reason is null
    union all
    select
        asked.municipality_code,
        asked.plan_id,
        asked.subject_kind,
        asked.subject_id,
        asked.compares,
        measured.municipality_code as other_code,
        measured.period_start as window_start,
        measured.as_of_date as window_end,
        cast(null as bigint) as window_years,
        cast(measured.indicator_value as double) as outcome
    from asked
    inner join last_level on asked.indicator_id = last_level.indicator_id
    inner join measured
        on
            last_level.indicator_id = measured.indicator_id
            and last_level.series = measured.series
            and last_level.period_start = measured.period_start
            and last_level.as_of_date = measured.as_of_date
    where asked.compares = 'level'
),

sought as (
    select
        asked.*,
        seen.window_start,
        seen.window_end,
        seen.window_years,
        case
            when asked.compares = 'level' then cast(asked.target_value as double)
            when asked.is_in_points then cast(asked.asked_change as double) * seen.window_years / asked.asked_years
            else (power(1 + cast(asked.asked_change as double) / 100, seen.window_years / asked.asked_years) - 1) * 100
        end as threshold,
        seen.own_outcome
    from asked
    left join (
        select
            municipality_code,
            plan_id,
            subject_kind,
            subject_id,
            compares,
            max(window_start) as window_start,
            max(window_end) as window_end,
            max(window_years) as window_years,
            max(outcome) filter (where other_code = municipality_code) as own_outcome
        from did
        group by all
    ) as seen
        on
            asked.municipality_code = seen.municipality_code
            and asked.plan_id = seen.plan_id
            and asked.subject_kind = seen.subject_kind
            and asked.subject_id = seen.subject_id
            and asked.compares = seen.compares
),

beside as (
    select
        own.municipality_code,
        own.group_kind,
        own.group_id,
        other.municipality_code as other_code
    from {{ ref('int_peer__member') }} as own
    inner join {{ ref('int_peer__member') }} as other on own.group_id = other.group_id
    where own.municipality_code in (select asked.municipality_code from asked)
    union all
    select
        municipality_code,
        'nearest' as group_kind,
        'nearest' as group_id,
        similar_code
    from {{ ref('mart_similar_municipality') }}
    where municipality_code in (select asked.municipality_code from asked)
),

others as (
    select
        municipality_code,
        group_kind,
        any_value(group_id) as group_id,
        count(*) filter (where other_code <> municipality_code) as n_members
    from beside
    group by municipality_code, group_kind
),

told as (
    select
        did.municipality_code,
        did.plan_id,
        did.subject_kind,
        did.subject_id,
        did.compares,
        beside.group_kind,
        count(did.outcome) as n_measured,
        count(*) filter (
            where
            case sought.direction
                when 'lower_is_better' then did.outcome <= sought.threshold + 1e-9
                else did.outcome >= sought.threshold - 1e-9
            end
        ) as n_reached,
        quantile_cont(did.outcome, [0.25, 0.5, 0.75]) as quartiles
    from did
    inner join sought
        on
            did.municipality_code = sought.municipality_code
            and did.plan_id = sought.plan_id
            and did.subject_kind = sought.subject_kind
            and did.subject_id = sought.subject_id
            and did.compares = sought.compares
    inner join beside on did.municipality_code = beside.municipality_code and did.other_code = beside.other_code
    where did.other_code <> did.municipality_code and did.outcome is not null
    group by all
),

judged as (
    select
        sought.*,
        kinds.group_kind,
        others.group_id,
        coalesce(others.n_members, 0) as n_members,
        coalesce(told.n_measured, 0) as n_measured,
        told.n_reached,
        told.quartiles,
        case
            when sought.reason is not null then sought.reason
            when sought.window_end is null then 'no_window'
            when coalesce(told.n_measured, 0) < {{ least }} then 'few_measured'
        end as withheld_reason
    from sought
    cross join (select unnest(['class', 'nation', 'nearest', 'prefecture']) as group_kind) as kinds
    left join others
        on sought.municipality_code = others.municipality_code and kinds.group_kind = others.group_kind
    left join told
        on
            sought.municipality_code = told.municipality_code
            and sought.plan_id = told.plan_id
            and sought.subject_kind = told.subject_kind
            and sought.subject_id = told.subject_id
            and sought.compares = told.compares
            and kinds.group_kind = told.group_kind
)

select
    municipality_code,
    plan_id,
    subject_kind,
    subject_id,
    compares,
    group_kind,
    group_id,
    label_ja,
    unit,
    direction,
    indicator_id,
    cast(start_value as decimal(24, 8)) as start_value,
    cast(start_year as integer) as start_year,
    start_basis,
    cast(target_value as decimal(24, 8)) as target_value,
    cast(target_year as integer) as target_year,
    cast(asked_years as integer) as asked_years,
    case when compares = 'level' then unit when is_in_points then 'ポイント' else '％' end as change_unit,
    asked_change,
    cast(window_years as integer) as window_years,
    window_start,
    window_end,
    coalesce(window_years <> asked_years, false) as is_scaled,
    cast(round(threshold, 8) as decimal(24, 8)) as threshold_value,
    cast(round(own_outcome, 8) as decimal(24, 8)) as own_value,
    cast(n_members as integer) as n_members,
    cast(n_measured as integer) as n_measured,
    if(withheld_reason is null, cast(n_reached as integer), null) as n_reached,
    if(withheld_reason is null, {{ percentage('n_reached', 'n_measured') }}, null) as share_reached_pct,
    if(withheld_reason is null, cast(round(quartiles[1], 8) as decimal(24, 8)), null) as lower_quartile_value,
    if(withheld_reason is null, cast(round(quartiles[2], 8) as decimal(24, 8)), null) as median_value,
    if(withheld_reason is null, cast(round(quartiles[3], 8) as decimal(24, 8)), null) as upper_quartile_value,
    withheld_reason,
    case withheld_reason
        when 'no_change_asked' then 'この種別の目標は、起点からの変化を求めない'
        when 'no_start' then '起点になる過去の値が届いていない（計画の基準値も過去の値ではない）'
        when 'start_not_positive' then '起点の値が正でないため、増減率にできない'
        when 'no_years' then '目標の年が起点より後でない'
        when 'no_window' then 'ほかの団体の値が、目標の年数の半分～2倍離れた2時点で届いていない（10団体以上）'
        when 'few_measured'
            then '値の分かるほかの団体が' || n_measured || 'だけのため（{{ least }}以上が要る）割合を出さない'
    end as withheld_reason_ja
from judged
order by municipality_code, plan_id, subject_kind, subject_id, compares, group_kind
