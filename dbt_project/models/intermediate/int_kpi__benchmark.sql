-- The projection that a target is set against, for every year: as printed by the plan where it prints the year, else
-- the official table (extended after 2045); a straight line between the five-year points.
with official as (
    unpivot (
        select
            municipality_code,
            year,
            total_persons,
            working_age_persons,
            women_20_39_persons
        from {{ ref('mart_population_vision') }}
        where scenario_id = 'ipss_2018' or (scenario_id = 'ipss_2018_extended' and year > 2045)
    )
    on total_persons, working_age_persons, women_20_39_persons
    into name benchmark_column value benchmark_persons
),

printed as (
    select
        municipality_code,
        of_year,
        measure,
        plan_value
    from {{ ref('plan_figures') }}
    where of_scenario = 'ipss' and minus_scenario is null
),

points as (
    select
        official.municipality_code,
        official.benchmark_column,
        official.year,
        cast(coalesce(printed.plan_value, official.benchmark_persons) as decimal(24, 8)) as benchmark_persons
    from official
    left join printed
        on
            official.municipality_code = printed.municipality_code
            and official.benchmark_column = printed.measure
            and official.year = printed.of_year
),

segments as (
    select
        *,
        lead(year) over (partition by municipality_code, benchmark_column order by year) as next_year,
        lead(benchmark_persons) over (partition by municipality_code, benchmark_column order by year) as next_persons
    from points
),

years as (
    select
        segments.*,
        unnest(range(segments.year, coalesce(segments.next_year, segments.year + 1))) as at_year
    from segments
)

select
    kpi.kpi_id,
    cast(years.at_year as integer) as fiscal_year,
    cast(
        years.benchmark_persons + coalesce(
            {{ quotient(
                '(years.next_persons - years.benchmark_persons) * (years.at_year - years.year)',
                'years.next_year - years.year'
            ) }}, 0
        ) as decimal(24, 8)
    ) as benchmark_persons
from years
inner join {{ ref('kpi_catalogue') }} as kpi
    on years.municipality_code = kpi.municipality_code and years.benchmark_column = kpi.benchmark_column
