{{ config(materialized='table') }}
-- Values that sources measure (by indicator_id) and values that sections report, side by side. Yearly values: the
-- scorecard adds them up for a KPI that is cumulative. Revision 1 is the least settled version; the last is the one in
-- force. What counts for the score comes from where the register says and is the KPI itself: proxies, context and
-- values from elsewhere come before it, so that they are in force only where there is nothing else.
with measured as (
    select
        kpi.plan_id,
        kpi.kpi_id,
        kpi.municipality_code,
        measured.fiscal_year,
        cast(measured.measured_value / kpi.indicator_scale as decimal(24, 8)) as actual_value,
        cast(measured.numerator as decimal(24, 8)) as numerator,
        cast(measured.denominator as decimal(24, 8)) as denominator,
        '=' as comparator,
        if(kinds.is_summed, 'year', kpi.accumulation) as accumulation,
        cast(null as varchar) as milestone_state,
        kpi.unit,
        measured.series,
        measured.value_status,
        measured.period_start,
        measured.as_of_date,
        cast(null as varchar) as period_label_ja,
        'computed' as how_measured,
        'same' as fit,
        cast(null as varchar) as reported_by_ja,
        cast(null as varchar) as restated_reason_ja,
        true as is_counted,
        measured.caveat,
        measured.source_id,
        measured.source_sheet,
        measured.source_row,
        measured.source_ids,
        measured.version_rank
    from {{ ref('int_kpi__catalogue') }} as kpi
    inner join {{ ref('kpi_kinds') }} as kinds on kpi.kind = kinds.kind
    inner join {{ ref('int_indicator__measured') }} as measured
        on
            kpi.is_current
            and kpi.indicator_id = measured.indicator_id
            and kpi.municipality_code = measured.municipality_code
            and kpi.first_fiscal_year <= measured.fiscal_year
            and kpi.target_fiscal_year >= measured.fiscal_year
),

-- The same figure delivered in several files is one version of it.
distinct_versions as (
    select * from measured
    qualify
        row_number() over (
            partition by municipality_code, plan_id, kpi_id, fiscal_year, value_status, actual_value, caveat is null
            order by version_rank asc, source_id asc, source_row asc
        ) = 1
),

reported as (
    select
        kpi.plan_id,
        kpi.kpi_id,
        kpi.municipality_code,
        reported.fiscal_year,
        cast(
            case
                when {{ is_without_value('reported.value_status') }} then null
                when reported.milestone_state is null then reported.reported_value
                else if(reported.milestone_state in ('done', 'done_late'), 1, 0)
            end as decimal(24, 8)
        ) as actual_value,
        cast(reported.numerator as decimal(24, 8)) as numerator,
        cast(reported.denominator as decimal(24, 8)) as denominator,
        coalesce(reported.comparator, '=') as comparator,
        coalesce(reported.accumulation, kpi.accumulation) as accumulation,
        reported.milestone_state,
        kpi.unit,
        coalesce({{ series_of('reported.series') }}, 'section_report') as series,
        reported.value_status,
        cast(null as date) as period_start,
        reported.as_of_date,
        reported.period_label_ja,
        'reported' as how_measured,
        coalesce(reported.fit, 'same') as fit,
        reported.section_ja as reported_by_ja,
        reported.restated_reason_ja,
        kpi.how_measured <> 'computed' and coalesce(reported.fit, 'same') = 'same' as is_counted,
        cast(null as varchar) as caveat,
        reported.source_id,
        reported.sheet as source_sheet,
        reported.row as source_row,
        reported.source_id as source_ids,
        reported.version_rank
    from {{ source('delivered', 'section_report_value') }} as reported
    inner join {{ ref('int_kpi__catalogue') }} as kpi
        on
            kpi.is_current
            and reported.municipality_code = kpi.municipality_code
            and reported.plan_id = kpi.plan_id
            and reported.kpi_id = kpi.kpi_id
    where reported.subseries_ja is null
),

versions as (
    select * from distinct_versions
    union all
    select * from reported
),

ranked as (
    select
        *,
        row_number() over (
            partition by municipality_code, plan_id, kpi_id, fiscal_year
            order by
                is_counted asc,
                caveat is null asc,
                if(how_measured = 'reported', 0, {{ status_rank('value_status') }}) asc,
                version_rank desc,
                source_id desc
        ) as revision,
        count(*) over (partition by municipality_code, plan_id, kpi_id, fiscal_year) as n_revisions
    from versions
),

-- The first value: a report without one is not restated by the value that follows it.
kept as (
    select
        *,
        coalesce(
            min(case when is_counted and actual_value is not null and caveat is null then revision end) over of_year,
            min(case when is_counted and actual_value is not null then revision end) over of_year,
            n_revisions
        ) as first_revision
    from ranked
    window of_year as (partition by municipality_code, plan_id, kpi_id, fiscal_year)
)

select
    plan_id,
    kpi_id,
    municipality_code,
    fiscal_year,
    actual_value,
    numerator,
    denominator,
    comparator,
    accumulation,
    milestone_state,
    unit,
    series,
    value_status,
    period_start,
    as_of_date,
    period_label_ja,
    how_measured,
    fit,
    is_counted,
    reported_by_ja,
    restated_reason_ja,
    caveat,
    cast(revision as integer) as revision,
    revision = n_revisions as is_latest,
    revision = first_revision as is_first,
    source_id,
    source_sheet,
    source_row,
    source_ids
from kept
