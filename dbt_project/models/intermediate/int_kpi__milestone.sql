-- The milestones that a plan gives itself, one row per KPI, version of its target and fiscal year. `manual`: the given
-- values and a straight line between two of them. `plan`: the goals on the way, on straight lines from where the KPI
-- starts through each goal to the target; a KPI that is set against a projection moves between them by its gain over
-- the projection. The line of the method `linear` is part of the formulas (int_kpi_year__rated); `none` has no row.
with versions as (
    select
        kpi.municipality_code,
        kpi.plan_id,
        kpi.kpi_id,
        kpi.target_version,
        kpi.milestone_method,
        kpi.target_fiscal_year,
        kpi.target_value,
        kpi.target_fiscal_year - kpi.term_years as start_year,
        kpi.benchmark_year - kpi.target_fiscal_year as years_to_benchmark,
        kpi.milestone_method = 'plan' and kinds.measured_from = 'benchmark' as is_over_projection,
        case
            when kpi.milestone_method <> 'plan' then null
            when kinds.measured_from in ('benchmark', 'zero') then 0
            when kinds.measured_from = 'baseline' and kpi.baseline_type <> 'undecided' then kpi.baseline_value
        end as start_value
    from {{ ref('int_kpi__catalogue') }} as kpi
    inner join {{ ref('kpi_kinds') }} as kinds on kpi.kind = kinds.kind
    where kpi.milestone_method in ('manual', 'plan')
),

given as (
    select
        versions.municipality_code,
        versions.plan_id,
        versions.kpi_id,
        versions.target_version,
        milestone.fiscal_year,
        milestone.milestone_value
    from versions
    inner join {{ source('in_force', 'plan_register_milestone') }} as milestone
        on
            versions.municipality_code = milestone.municipality_code
            and versions.plan_id = milestone.plan_id
            and versions.kpi_id = milestone.kpi_id
            and versions.target_version = milestone.target_version
            and versions.target_fiscal_year > milestone.fiscal_year
    union all
    select
        municipality_code,
        plan_id,
        kpi_id,
        target_version,
        target_fiscal_year as fiscal_year,
        target_value as milestone_value
    from versions
    where target_value is not null
),

points as (
    select
        versions.municipality_code,
        versions.plan_id,
        versions.kpi_id,
        versions.target_version,
        given.fiscal_year,
        cast(
            given.milestone_value
            - case when versions.is_over_projection then benchmark.benchmark_persons else 0 end as decimal(24, 8)
        ) as point_value
    from versions
    inner join given
        on
            versions.municipality_code = given.municipality_code
            and versions.plan_id = given.plan_id
            and versions.kpi_id = given.kpi_id
            and versions.target_version = given.target_version
    left join {{ ref('int_kpi__benchmark') }} as benchmark
        on
            versions.municipality_code = benchmark.municipality_code
            and versions.plan_id = benchmark.plan_id
            and versions.kpi_id = benchmark.kpi_id
            and given.fiscal_year + versions.years_to_benchmark = benchmark.year
    union all
    select
        municipality_code,
        plan_id,
        kpi_id,
        target_version,
        start_year as fiscal_year,
        cast(start_value as decimal(24, 8)) as point_value
    from versions
    where start_value is not null
),

segments as (
    select
        *,
        lead(fiscal_year) over of_version as next_year,
        lead(point_value) over of_version as next_value
    from points
    window of_version as (partition by municipality_code, plan_id, kpi_id, target_version order by fiscal_year)
),

years as (
    select
        segments.*,
        unnest(range(segments.fiscal_year, coalesce(segments.next_year, segments.fiscal_year + 1))) as at_year
    from segments
)

select
    years.municipality_code,
    years.plan_id,
    years.kpi_id,
    years.target_version,
    cast(years.at_year as integer) as fiscal_year,
    cast(
        years.point_value
        + coalesce(
            {{ part_of('years.next_value - years.point_value', 'years.at_year - years.fiscal_year',
                'years.next_year - years.fiscal_year') }}, 0
        )
        + case when versions.is_over_projection then benchmark.benchmark_persons else 0 end as decimal(24, 8)
    ) as milestone_value
from years
inner join versions
    on
        years.municipality_code = versions.municipality_code
        and years.plan_id = versions.plan_id
        and years.kpi_id = versions.kpi_id
        and years.target_version = versions.target_version
left join {{ ref('int_kpi__benchmark') }} as benchmark
    on
        versions.municipality_code = benchmark.municipality_code
        and versions.plan_id = benchmark.plan_id
        and versions.kpi_id = benchmark.kpi_id
        and years.at_year + versions.years_to_benchmark = benchmark.year
