{%- set key = ['municipality_code', 'series', 'scope', 'as_of_date'] -%}
-- Shares of the five-year age groups of a count beside what an earlier count or a projection leads to expect: one row
-- per municipality, count, kind of reference and age group (the last one is 80 and over, or what is the last in both).
-- `expected_share`: the shares of the reference moved on by the years between (cohorts grow older together);
-- `share_before`: the shares of the reference as they stand. References: the nearest earlier count of the same series
-- and scope, the nearest earlier one of any, and the projection for the same year.
with groups as (
    select
        municipality_code,
        series,
        scope,
        as_of_date,
        least(age_from // 5, 16) as place,
        sum(population_persons) as persons,
        min_by(source_id, source_row) as source_id,
        min_by(source_sheet, source_row) as source_sheet,
        min(source_row) as source_row
    from {{ ref('fct_population') }}
    where sex = 'total' and age_from is not null and scope <> 'foreign'
    group by municipality_code, series, scope, as_of_date, place
    union all
    select
        municipality_code,
        vintage as series,
        'total' as scope,
        {{ census_day('year') }} as as_of_date,
        least(age_from // 5, 16) as place,
        sum(population_persons) as persons,
        null as source_id,
        null as source_sheet,
        null as source_row
    from {{ ref('stg_ipss__population') }}
    where
        version_rank = 1
        and sex = 'total'
        and age_from is not null
        and {{ is_municipality() }}
    group by municipality_code, vintage, year, place
),

profiles as (
    select
        municipality_code,
        series,
        scope,
        as_of_date,
        sum(persons) as persons,
        list(persons / total_persons order by place) as share_list,
        max(source_id) as source_id,
        max(source_sheet) as source_sheet,
        min(source_row) as source_row
    from (
        select
            *,
            sum(persons) over (partition by {{ key | join(', ') }}) as total_persons
        from groups
    )
    group by {{ key | join(', ') }}
    having count(persons) = 17 and sum(persons) > 0
),

referred as (
    select
        count_.*,
        reference.share_list as shares_before,
        reference.series as reference_series,
        reference.scope as reference_scope,
        reference.as_of_date as reference_date,
        date_diff('day', reference.as_of_date, count_.as_of_date) / 1826.25 as steps,
        case
            when reference.series like 'ipss%' then 'projection'
            when reference.series = count_.series and reference.scope = count_.scope then 'same'
            else 'other'
        end as against
    from profiles as count_
    inner join profiles as reference
        on
            count_.municipality_code = reference.municipality_code
            and count_.series not like 'ipss%'
            and if(
                reference.series like 'ipss%',
                reference.as_of_date between count_.as_of_date - interval 200 day and count_.as_of_date
                + interval 200 day,
                count_.as_of_date > reference.as_of_date
                and date_diff('day', reference.as_of_date, count_.as_of_date) <= 2600
            )
    qualify row_number() over (
        partition by count_.municipality_code, count_.series, count_.scope, count_.as_of_date, against
        order by reference.as_of_date desc, reference.series asc, reference.scope desc
    ) = 1
)

select
    municipality_code,
    series,
    scope,
    as_of_date,
    against,
    reference_series,
    reference_scope,
    reference_date,
    greatest(steps, 0) as steps,
    persons,
    source_id,
    source_sheet,
    source_row,
    place,
    share_list[place + 1] as age_share,
    shares_before[place + 1] as share_before,
    case
        when steps <= 0 then shares_before[place + 1]
        when place = 0 then shares_before[1]
        when place = 16
            then shares_before[17] + least(steps, 1) * shares_before[16] + greatest(steps - 1, 0) * shares_before[15]
        when steps <= 1
            then (1 - steps) * shares_before[place + 1] + steps * shares_before[place]
        when place = 1 then (shares_before[1] + shares_before[2]) / 2
        else
            greatest(2 - steps, 0) * shares_before[place] + least(steps - 1, 1) * shares_before[place - 1]
    end as expected_share
from referred
cross join (select unnest(range(17)) as place) as places
