-- One row per KPI, fiscal year of its term and edition, with all that the formulas need and nothing computed yet. A
-- year is there when it has ended by the day of the run or has a value; values from outside the term are history and
-- are not scored. A year is judged against the version of the target in force then. Edition `latest` holds the values
-- in force; edition `first` those first reported, for KPI of which one was restated. Values of kinds that sum are added
-- up over the term, from the last running total that was reported.
with terms as (
    select
        kpi.*,
        kinds.measured_from,
        kinds.is_summed and coalesce(kpi.accumulation, '') in ('cumulative_ever', 'point') as is_stock,
        kinds.is_summed and coalesce(kpi.accumulation, '') not in ('cumulative_ever', 'point') as is_summed,
        -- A milestone may be done before or after the year in which it is due.
        if(kpi.kind = 'milestone', grade_rule.first_fiscal_year, kpi.first_fiscal_year) as first_scored_year,
        if(kpi.kind = 'milestone', grade_rule.last_fiscal_year, kpi.target_fiscal_year) as last_scored_year,
        coalesce(kpi.valid_from_fiscal_year, 0) as in_force_from,
        coalesce(kpi.valid_to_fiscal_year, 9999) as in_force_to
    from {{ ref('int_kpi__catalogue') }} as kpi
    inner join {{ ref('kpi_kinds') }} as kinds on kpi.kind = kinds.kind
    inner join {{ ref('int_grade__rule') }} as grade_rule
        on kpi.municipality_code = grade_rule.municipality_code and kpi.plan_id = grade_rule.plan_id
),

plan_years as (
    select
        municipality_code,
        plan_id,
        kpi_id,
        target_version,
        in_force_from,
        in_force_to,
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

counted as (
    select * from {{ ref('int_kpi__actual') }}
    where is_counted or is_latest
),

restated as (
    select
        municipality_code,
        plan_id,
        kpi_id
    from counted
    group by municipality_code, plan_id, kpi_id, fiscal_year
    having
        max(case when is_first then comparator || actual_value end)
        is distinct from max(case when is_latest then comparator || actual_value end)
),

stated as (
    select
        'latest' as edition,
        counted.*
    from counted
    where counted.is_latest
    union all
    select
        'first' as edition,
        counted.*
    from counted
    semi join restated
        on
            counted.municipality_code = restated.municipality_code
            and counted.plan_id = restated.plan_id
            and counted.kpi_id = restated.kpi_id
    where counted.is_first
),

kpi_years as (
    select
        'latest' as edition,
        plan_years.municipality_code,
        plan_years.plan_id,
        plan_years.kpi_id,
        plan_years.target_version,
        cast(plan_years.fiscal_year as integer) as fiscal_year
    from plan_years
    cross join {{ source('raw', 'fiscal_year') }} as run
    where
        plan_years.fiscal_year < run.fiscal_year
        and plan_years.fiscal_year between plan_years.in_force_from and plan_years.in_force_to
    union
    select
        stated.edition,
        stated.municipality_code,
        stated.plan_id,
        stated.kpi_id,
        terms.target_version,
        stated.fiscal_year
    from stated
    inner join terms
        on
            stated.municipality_code = terms.municipality_code
            and stated.plan_id = terms.plan_id
            and stated.kpi_id = terms.kpi_id
            and stated.fiscal_year between terms.in_force_from and terms.in_force_to
            and stated.fiscal_year >= terms.first_scored_year
            and stated.fiscal_year <= coalesce(terms.last_scored_year, stated.fiscal_year)
),

-- `at_start` is what a running total since ever stood at when the term began. Only what is the KPI itself is summed.
valued as (
    select
        kpi.*,
        kpi_years.edition,
        kpi_years.fiscal_year,
        stated.actual_value as period_value,
        stated.value_status as period_status,
        stated.series as actual_series,
        stated.accumulation as value_accumulation,
        case when stated.is_counted then stated.milestone_state end as reported_state,
        coalesce(stated.is_counted, true) as is_kpi_itself,
        stated.fit,
        stated.how_measured as value_how_measured,
        stated.reported_by_ja,
        stated.restated_reason_ja,
        stated.caveat,
        stated.period_start,
        stated.as_of_date,
        stated.period_label_ja,
        stated.revision,
        stated.source_id as value_source_id,
        stated.source_sheet as value_source_sheet,
        stated.source_row as value_source_row,
        case
            when stated.accumulation = 'cumulative_ever' and kpi.is_summed and at_start.comparator <> '=' then '~'
            when stated.actual_value is not null then stated.comparator
        end as period_comparator,
        stated.accumulation = 'cumulative_ever' and at_start.actual_value is null as is_start_unknown,
        kpi.is_summed
        and stated.actual_value is not null
        and coalesce(stated.accumulation, '') not in (
            'year', 'cumulative_term', 'cumulative_ever', 'point'
        ) as is_counting_unstated,
        case
            when not stated.is_counted then null
            when stated.accumulation = 'cumulative_term' then stated.actual_value
            when stated.accumulation = 'cumulative_ever' then stated.actual_value - coalesce(at_start.actual_value, 0)
        end as running_total,
        case when stated.is_counted then stated.actual_value end as value_to_sum
    from kpi_years
    inner join terms as kpi
        on
            kpi_years.municipality_code = kpi.municipality_code
            and kpi_years.plan_id = kpi.plan_id
            and kpi_years.kpi_id = kpi.kpi_id
            and kpi_years.target_version = kpi.target_version
    left join stated
        on
            kpi_years.edition = stated.edition
            and kpi_years.municipality_code = stated.municipality_code
            and kpi_years.plan_id = stated.plan_id
            and kpi_years.kpi_id = stated.kpi_id
            and kpi_years.fiscal_year = stated.fiscal_year
    left join stated as at_start
        on
            kpi_years.edition = at_start.edition
            and kpi.municipality_code = at_start.municipality_code
            and kpi.plan_id = at_start.plan_id
            and kpi.kpi_id = at_start.kpi_id
            and kpi.first_fiscal_year - 1 = at_start.fiscal_year
            and at_start.accumulation = 'cumulative_ever'
            and at_start.is_counted
    qualify
        row_number() over (
            partition by
                kpi_years.edition,
                kpi_years.municipality_code,
                kpi_years.plan_id,
                kpi_years.kpi_id,
                kpi_years.fiscal_year
            order by kpi_years.target_version desc
        ) = 1
),

followed as (
    select
        *,
        max(case when running_total is not null then fiscal_year end) over so_far as total_year,
        last_value(value_to_sum ignore nulls) over earlier as earlier_value,
        min(case when reported_state in ('done', 'done_late') then fiscal_year end) over so_far as done_year,
        bool_or(coalesce(reported_state = 'done_late', false)) over so_far as is_done_late,
        min(case when reported_state = 'dropped' then fiscal_year end) over so_far as dropped_year
    from valued
    window
        so_far as (partition by edition, municipality_code, plan_id, kpi_id order by fiscal_year),
        earlier as (
            partition by edition, municipality_code, plan_id, kpi_id
            order by fiscal_year rows between unbounded preceding and 1 preceding
        )
),

summed as (
    select
        *,
        sum(coalesce(running_total, value_to_sum)) over since_total as term_value,
        count(value_to_sum) over since_total
        + coalesce(total_year - first_fiscal_year, 0) as n_years_reported,
        arg_min(period_status, {{ status_rank('period_status') }}) filter (
            where value_to_sum is not null
        ) over since_total as term_status,
        bool_or(is_start_unknown) over since_total as is_term_start_unknown,
        bool_or(is_counting_unstated) over since_total as is_term_counting_unstated,
        case
            when bool_and(period_comparator = '=') over since_total then '='
            when bool_and(period_comparator in ('=', '>', '>=')) over since_total then '>='
            when bool_and(period_comparator in ('=', '<', '<=')) over since_total then '<='
            when count(period_comparator) over since_total > 0 then '~'
        end as term_comparator
    from followed
    window since_total as (
        partition by edition, municipality_code, plan_id, kpi_id, total_year order by fiscal_year
    )
)

select
    summed.edition,
    summed.plan_id,
    summed.kpi_id,
    summed.municipality_code,
    summed.kpi_name_ja,
    summed.kind,
    summed.direction,
    summed.unit,
    summed.accumulation,
    summed.count_basis,
    summed.period_basis,
    summed.section_ja,
    summed.is_stock,
    summed.is_summed,
    summed.fiscal_year,
    summed.target_version,
    summed.milestone_method,
    cast(summed.fiscal_year - (summed.target_fiscal_year - summed.term_years) as integer) as elapsed_years,
    cast(summed.term_years as integer) as term_years,
    cast(summed.target_fiscal_year as integer) as target_fiscal_year,
    cast(summed.baseline_value as decimal(24, 8)) as baseline_value,
    summed.baseline_type,
    cast(summed.is_baseline_confirmed as boolean) as is_baseline_confirmed,
    benchmark.benchmark_persons as benchmark_value,
    cast(summed.benchmark_value as decimal(24, 8)) as benchmark_at_target,
    case when summed.measured_from = 'benchmark' then summed.benchmark_vintage end as benchmark_vintage,
    milestone.milestone_value as milestone_given,
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
    coalesce(summed.period_status, 'not_reported') as period_status,
    -- The value to the left of this one in a table of years.
    cast(coalesce(summed.earlier_value, summed.baseline_value) as decimal(24, 8)) as previous_value,
    coalesce(
        case
            when summed.done_year is not null or summed.dropped_year is not null or summed.is_summed
                then summed.term_status
        end,
        case when not (summed.is_summed and summed.period_value is not null) then summed.period_status end,
        'not_reported'
    ) as value_status,
    summed.actual_series,
    summed.is_kpi_itself,
    summed.fit,
    summed.value_how_measured as how_measured,
    summed.reported_by_ja,
    summed.restated_reason_ja,
    summed.caveat,
    summed.is_summed
    and summed.n_years_reported < summed.fiscal_year - summed.first_fiscal_year + 1 as is_partial,
    case
        when summed.is_summed and summed.is_term_start_unknown then 'running_total_without_start'
        when summed.is_term_counting_unstated then 'accumulation_not_stated'
        when
            (summed.is_summed and summed.value_accumulation = 'point')
            or (summed.is_stock and summed.value_accumulation in ('year', 'cumulative_term'))
            or (summed.kind = 'annual_level' and summed.value_accumulation in ('cumulative_term', 'cumulative_ever'))
            then 'accumulation_mismatch'
    end as basis_reason,
    case
        when summed.kind <> 'milestone' then null
        when summed.done_year is not null
            then if(summed.is_done_late or summed.done_year > summed.target_fiscal_year, 'done_late', 'done')
        when summed.dropped_year is not null then 'dropped'
        else summed.reported_state
    end as milestone_state,
    summed.period_start,
    summed.as_of_date,
    case when summed.is_summed then summed.term_comparator else summed.period_comparator end as comparator,
    summed.period_label_ja,
    summed.revision,
    summed.has_open_question,
    summed.open_question_ja,
    summed.reading_taken_ja,
    summed.value_source_id as source_id,
    summed.value_source_sheet as source_sheet,
    summed.value_source_row as source_row
from summed
left join {{ ref('int_kpi__benchmark') }} as benchmark
    on
        summed.municipality_code = benchmark.municipality_code
        and summed.plan_id = benchmark.plan_id
        and summed.kpi_id = benchmark.kpi_id
        -- The target of FY2024 may stand on a projection of 2025: the last year of the term meets that year.
        and case
            when summed.measured_from = 'benchmark'
                then summed.fiscal_year + summed.benchmark_year - summed.target_fiscal_year
        end = benchmark.year
left join {{ ref('int_kpi__milestone') }} as milestone
    on
        summed.municipality_code = milestone.municipality_code
        and summed.plan_id = milestone.plan_id
        and summed.kpi_id = milestone.kpi_id
        and summed.target_version = milestone.target_version
        and summed.fiscal_year = milestone.fiscal_year
