-- One row per KPI and fiscal year with all that the formulas need and nothing computed yet. A year is there when it has
-- ended by the day of the run or has a value. Values of kinds that sum are added up over the term.
with plan_years as (
    select
        municipality_code,
        plan_id,
        kpi_id,
        unnest(
            case
                when reporting_step_years is null then [first_fiscal_year]
                else list_append(
                    range(first_fiscal_year, target_fiscal_year, reporting_step_years), target_fiscal_year
                )
            end
        ) as fiscal_year
    from {{ ref('int_kpi__catalogue') }}
    where is_current
),

latest as (
    select * from {{ ref('int_kpi__actual') }}
    where is_latest
),

kpi_years as (
    select
        plan_years.municipality_code,
        plan_years.plan_id,
        plan_years.kpi_id,
        cast(plan_years.fiscal_year as integer) as fiscal_year
    from plan_years
    cross join {{ source('raw', 'run') }} as run
    where plan_years.fiscal_year < run.fiscal_year
    union
    select
        municipality_code,
        plan_id,
        kpi_id,
        fiscal_year
    from latest
),

valued as (
    select
        kpi.*,
        kpi_years.fiscal_year,
        latest.actual_value as period_value,
        latest.value_status as period_status,
        latest.series as actual_series,
        latest.caveat,
        latest.as_of_date,
        latest.comparator,
        latest.period_label_ja,
        latest.revision,
        latest.source_id,
        latest.source_sheet,
        latest.source_row,
        kinds.is_summed,
        kinds.measured_from,
        sum(latest.actual_value) over term_so_far as term_value,
        count(latest.actual_value) over term_so_far as n_years_reported,
        arg_min(latest.value_status, {{ status_rank('latest.value_status') }}) over term_so_far as term_status
    from kpi_years
    inner join {{ ref('int_kpi__catalogue') }} as kpi
        on
            kpi.is_current
            and kpi_years.municipality_code = kpi.municipality_code
            and kpi_years.plan_id = kpi.plan_id
            and kpi_years.kpi_id = kpi.kpi_id
    inner join {{ ref('kpi_kinds') }} as kinds on kpi.kind = kinds.kind
    left join latest
        on
            kpi_years.municipality_code = latest.municipality_code
            and kpi_years.plan_id = latest.plan_id
            and kpi_years.kpi_id = latest.kpi_id
            and kpi_years.fiscal_year = latest.fiscal_year
    window term_so_far as (partition by kpi.municipality_code, kpi.plan_id, kpi.kpi_id order by kpi_years.fiscal_year)
)

select
    valued.plan_id,
    valued.kpi_id,
    valued.municipality_code,
    valued.kpi_name_ja,
    valued.kind,
    valued.direction,
    valued.unit,
    valued.fiscal_year,
    cast(valued.fiscal_year - (valued.target_fiscal_year - valued.term_years) as integer) as elapsed_years,
    cast(valued.term_years as integer) as term_years,
    cast(valued.target_fiscal_year as integer) as target_fiscal_year,
    cast(valued.baseline_value as decimal(24, 8)) as baseline_value,
    valued.baseline_type,
    cast(valued.is_baseline_confirmed as boolean) as is_baseline_confirmed,
    benchmark.benchmark_persons as benchmark_value,
    cast(valued.benchmark_value as decimal(24, 8)) as benchmark_at_target,
    cast(valued.target_value as decimal(24, 8)) as target_value,
    valued.target_series,
    cast(
        case when valued.is_summed then valued.term_value else valued.period_value end as decimal(24, 8)
    ) as actual_value,
    cast(valued.period_value as decimal(24, 8)) as period_value,
    coalesce(
        case when valued.is_summed then valued.term_status else valued.period_status end, 'not_reported'
    ) as value_status,
    valued.actual_series,
    valued.caveat,
    valued.is_summed
    and valued.n_years_reported < valued.fiscal_year - valued.first_fiscal_year + 1 as is_partial,
    valued.as_of_date,
    valued.comparator,
    valued.period_label_ja,
    valued.revision,
    plan.grade_rule_id,
    valued.source_id,
    valued.source_sheet,
    valued.source_row
from valued
inner join {{ ref('plans') }} as plan
    on valued.municipality_code = plan.municipality_code and valued.plan_id = plan.plan_id
left join {{ ref('int_kpi__benchmark') }} as benchmark
    on
        valued.municipality_code = benchmark.municipality_code
        and valued.plan_id = benchmark.plan_id
        and valued.kpi_id = benchmark.kpi_id
        -- The target of FY2024 may stand on a projection of 2025: the last year of the term meets that year.
        and valued.fiscal_year + valued.benchmark_year - valued.target_fiscal_year = benchmark.year
        and valued.measured_from = 'benchmark'
