-- The projection that a target is set against, for every year: in the year of the benchmark the value that the plan
-- stands on, else as printed by the plan, else the official table of the vintage that the plan names (that of 2018
-- extended after 2045); a straight line between.
with official as (
    unpivot (
        select
            municipality_code,
            if(scenario_id = 'ipss_2018_extended', 'ipss_2018', scenario_id) as benchmark_vintage,
            year,
            total_persons,
            working_age_persons,
            women_20_39_persons
        from {{ ref('int_vision__summed') }}
        where scenario_id in ('ipss_2018', 'ipss_2023') or (scenario_id = 'ipss_2018_extended' and year > 2045)
    )
    on total_persons, working_age_persons, women_20_39_persons
    into name benchmark_column value benchmark_persons
),

printed as (
    select
        municipality_code,
        plan_id,
        of_year,
        measure,
        plan_value
    from {{ source('in_force', 'plan_register_figure') }}
    where of_scenario = 'ipss' and minus_scenario is null
),

points as (
    select
        kpi.municipality_code,
        kpi.plan_id,
        kpi.kpi_id,
        official.year,
        cast(
            case
                when official.year = kpi.benchmark_year then kpi.benchmark_value
                else coalesce(printed.plan_value, official.benchmark_persons)
            end as decimal(24, 8)
        ) as benchmark_persons
    from {{ ref('int_kpi__catalogue') }} as kpi
    inner join official
        on
            kpi.municipality_code = official.municipality_code
            and kpi.benchmark_vintage = official.benchmark_vintage
            and kpi.benchmark_column = official.benchmark_column
    left join printed
        on
            kpi.municipality_code = printed.municipality_code
            and kpi.plan_id = printed.plan_id
            and official.benchmark_column = printed.measure
            and official.year = printed.of_year
    where kpi.is_current
    union
    -- A benchmark in a year that the official table has not.
    select
        municipality_code,
        plan_id,
        kpi_id,
        benchmark_year as year,
        benchmark_value as benchmark_persons
    from {{ ref('int_kpi__catalogue') }}
    where is_current and benchmark_value is not null and benchmark_year is not null and benchmark_column is not null
),

segments as (
    select
        *,
        lead(year) over (partition by municipality_code, plan_id, kpi_id order by year) as next_year,
        lead(benchmark_persons) over (partition by municipality_code, plan_id, kpi_id order by year) as next_persons
    from points
),

years as (
    select
        segments.*,
        unnest(range(segments.year, coalesce(segments.next_year, segments.year + 1))) as at_year
    from segments
)

select
    municipality_code,
    plan_id,
    kpi_id,
    cast(at_year as integer) as year,
    cast(
        benchmark_persons + coalesce(
            {{ quotient('(next_persons - benchmark_persons) * (at_year - year)', 'next_year - year') }}, 0
        ) as decimal(24, 8)
    ) as benchmark_persons
from years
