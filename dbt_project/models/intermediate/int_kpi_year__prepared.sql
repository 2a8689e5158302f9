-- One row per KPI and fiscal year of its term with all that the formulas need and nothing computed yet. A year is there
-- when it has ended by the day of the run or has a value; values from outside the term are history and are not scored.
-- Values of kinds that sum are added up over the term, from the last running total that was reported.
with terms as (
    select
        kpi.*,
        kinds.measured_from,
        kinds.is_summed and coalesce(kpi.accumulation, '') in ('cumulative_ever', 'point') as is_stock,
        kinds.is_summed and coalesce(kpi.accumulation, '') not in ('cumulative_ever', 'point') as is_summed,
        plan.grade_rule_id,
        -- A milestone may be done before or after the year in which it is due.
        if(kpi.kind = 'milestone', plan.first_fiscal_year, kpi.first_fiscal_year) as first_scored_year,
        if(kpi.kind = 'milestone', plan.last_fiscal_year, kpi.target_fiscal_year) as last_scored_year
    from {{ ref('int_kpi__catalogue') }} as kpi
    inner join {{ ref('kpi_kinds') }} as kinds on kpi.kind = kinds.kind
    inner join {{ source('in_force', 'plan_register_plan') }} as plan
        on kpi.municipality_code = plan.municipality_code and kpi.plan_id = plan.plan_id
    where kpi.is_current
),

plan_years as (
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
    from terms
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
        latest.municipality_code,
        latest.plan_id,
        latest.kpi_id,
        latest.fiscal_year
    from latest
    inner join terms
        on
            latest.municipality_code = terms.municipality_code
            and latest.plan_id = terms.plan_id
            and latest.kpi_id = terms.kpi_id
            and latest.fiscal_year >= terms.first_scored_year
            and latest.fiscal_year <= coalesce(terms.last_scored_year, latest.fiscal_year)
),

-- `at_start` is what a running total since ever stood at when the term began.
valued as (
    select
        kpi.*,
        kpi_years.fiscal_year,
        latest.actual_value as period_value,
        latest.value_status as period_status,
        latest.series as actual_series,
        latest.accumulation as value_accumulation,
        latest.milestone_state as reported_state,
        latest.caveat,
        latest.as_of_date,
        latest.period_label_ja,
        latest.revision,
        latest.source_id,
        latest.source_sheet,
        latest.source_row,
        case
            when latest.accumulation = 'cumulative_ever' and kpi.is_summed and at_start.comparator <> '=' then '~'
            else latest.comparator
        end as period_comparator,
        latest.accumulation = 'cumulative_ever' and at_start.actual_value is null as is_start_unknown,
        case
            when latest.accumulation = 'cumulative_term' then latest.actual_value
            when latest.accumulation = 'cumulative_ever' then latest.actual_value - coalesce(at_start.actual_value, 0)
        end as running_total
    from kpi_years
    inner join terms as kpi
        on
            kpi_years.municipality_code = kpi.municipality_code
            and kpi_years.plan_id = kpi.plan_id
            and kpi_years.kpi_id = kpi.kpi_id
    left join latest
        on
            kpi_years.municipality_code = latest.municipality_code
            and kpi_years.plan_id = latest.plan_id
            and kpi_years.kpi_id = latest.kpi_id
            and kpi_years.fiscal_year = latest.fiscal_year
    left join latest as at_start
        on
            kpi.municipality_code = at_start.municipality_code
            and kpi.plan_id = at_start.plan_id
            and kpi.kpi_id = at_start.kpi_id
            and kpi.first_fiscal_year - 1 = at_start.fiscal_year
            and at_start.accumulation = 'cumulative_ever'
),

followed as (
    select
        *,
        max(case when running_total is not null then fiscal_year end) over so_far as total_year,
        last_value(period_value ignore nulls) over earlier as earlier_value,
        min(case when reported_state = 'done' then fiscal_year end) over so_far as done_year,
        min(case when reported_state = 'dropped' then fiscal_year end) over so_far as dropped_year
    from valued
    window
        so_far as (partition by municipality_code, plan_id, kpi_id order by fiscal_year),
        earlier as (
            partition by municipality_code, plan_id, kpi_id
            order by fiscal_year rows between unbounded preceding and 1 preceding
        )
),

summed as (
    select
        *,
        sum(coalesce(running_total, period_value)) over since_total as term_value,
        count(period_value) over since_total
        + coalesce(total_year - first_fiscal_year, 0) as n_years_reported,
        arg_min(period_status, {{ status_rank('period_status') }}) over since_total as term_status,
        bool_or(is_start_unknown) over since_total as is_term_start_unknown,
        case
            when bool_and(period_comparator = '=') over since_total then '='
            when bool_and(period_comparator in ('=', '>', '>=')) over since_total then '>='
            when bool_and(period_comparator in ('=', '<', '<=')) over since_total then '<='
            when count(period_comparator) over since_total > 0 then '~'
        end as term_comparator
    from followed
    window since_total as (partition by municipality_code, plan_id, kpi_id, total_year order by fiscal_year)
)

select
    summed.plan_id,
    summed.kpi_id,
    summed.municipality_code,
    summed.kpi_name_ja,
    summed.kind,
    summed.direction,
    summed.unit,
    summed.accumulation,
    summed.is_stock,
    summed.fiscal_year,
    cast(summed.fiscal_year - (summed.target_fiscal_year - summed.term_years) as integer) as elapsed_years,
    cast(summed.term_years as integer) as term_years,
    cast(summed.target_fiscal_year as integer) as target_fiscal_year,
    cast(summed.baseline_value as decimal(24, 8)) as baseline_value,
    summed.baseline_type,
    cast(summed.is_baseline_confirmed as boolean) as is_baseline_confirmed,
    benchmark.benchmark_persons as benchmark_value,
    cast(summed.benchmark_value as decimal(24, 8)) as benchmark_at_target,
    cast(summed.target_value as decimal(24, 8)) as target_value,
    summed.target_series,
    cast(
        case
            when summed.is_summed then summed.term_value
            when summed.kind = 'milestone' and summed.done_year is not null then 1
            when summed.kind = 'milestone' and summed.dropped_year is not null then 0
            else summed.period_value
        end as decimal(24, 8)
    ) as actual_value,
    cast(summed.period_value as decimal(24, 8)) as period_value,
    -- The value to the left of this one in a table of years.
    cast(coalesce(summed.earlier_value, summed.baseline_value) as decimal(24, 8)) as previous_value,
    coalesce(
        case
            when summed.is_summed or summed.done_year is not null or summed.dropped_year is not null
                then summed.term_status
            else summed.period_status
        end,
        'not_reported'
    ) as value_status,
    summed.actual_series,
    summed.caveat,
    summed.is_summed
    and summed.n_years_reported < summed.fiscal_year - summed.first_fiscal_year + 1 as is_partial,
    case
        when summed.is_summed and summed.is_term_start_unknown then 'running_total_without_start'
        when
            (summed.is_summed and summed.value_accumulation = 'point')
            or (summed.is_stock and summed.value_accumulation in ('year', 'cumulative_term'))
            or (summed.kind = 'annual_level' and summed.value_accumulation in ('cumulative_term', 'cumulative_ever'))
            then 'accumulation_mismatch'
    end as basis_reason,
    case
        when summed.kind <> 'milestone' then null
        when summed.done_year > summed.target_fiscal_year then 'done_late'
        when summed.done_year is not null then 'done'
        when summed.dropped_year is not null then 'dropped'
        else summed.reported_state
    end as milestone_state,
    summed.as_of_date,
    case when summed.is_summed then summed.term_comparator else summed.period_comparator end as comparator,
    summed.period_label_ja,
    summed.revision,
    summed.grade_rule_id,
    summed.source_id,
    summed.source_sheet,
    summed.source_row
from summed
left join {{ ref('int_kpi__benchmark') }} as benchmark
    on
        summed.municipality_code = benchmark.municipality_code
        and summed.plan_id = benchmark.plan_id
        and summed.kpi_id = benchmark.kpi_id
        -- The target of FY2024 may stand on a projection of 2025: the last year of the term meets that year.
        and summed.fiscal_year + summed.benchmark_year - summed.target_fiscal_year = benchmark.year
        and summed.measured_from = 'benchmark'
