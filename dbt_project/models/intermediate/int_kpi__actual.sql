{{ config(materialized='table') }}
-- Values that sources measure (by indicator_id) and values that a document prints. Yearly values: the scorecard adds
-- them up for a KPI that is cumulative. Revision 1 is the least settled version; the last is the one in force.
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
        measured.as_of_date,
        cast(null as varchar) as period_label_ja,
        'computed' as how_measured,
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

observed as (
    select
        kpi.plan_id,
        kpi.kpi_id,
        kpi.municipality_code,
        cast(observation.fiscal_year as integer) as fiscal_year,
        cast(
            case
                when observation.milestone_state is null then observation.observed_value
                else if(observation.milestone_state = 'done', 1, 0)
            end as decimal(24, 8)
        ) as actual_value,
        cast(null as decimal(24, 8)) as numerator,
        cast(null as decimal(24, 8)) as denominator,
        observation.comparator,
        coalesce(observation.accumulation, kpi.accumulation) as accumulation,
        observation.milestone_state,
        kpi.unit,
        coalesce(observation.series, 'document') as series,
        observation.value_status,
        cast(null as date) as as_of_date,
        observation.period_label_ja,
        'reported' as how_measured,
        cast(null as varchar) as caveat,
        plan.source_id,
        observation.heading_ja as source_sheet,
        cast(null as integer) as source_row,
        plan.source_id as source_ids,
        1 as version_rank
    from {{ ref('kpi_observations') }} as observation
    inner join {{ ref('int_kpi__catalogue') }} as kpi
        on
            kpi.is_current
            and observation.municipality_code = kpi.municipality_code
            and observation.plan_id = kpi.plan_id
            and observation.kpi_id = kpi.kpi_id
    inner join {{ ref('plans') }} as plan
        on kpi.municipality_code = plan.municipality_code and kpi.plan_id = plan.plan_id
),

versions as (
    select * from distinct_versions
    union all
    select * from observed
),

ranked as (
    select
        *,
        row_number() over (
            partition by municipality_code, plan_id, kpi_id, fiscal_year
            order by
                caveat is null asc,
                {{ status_rank('value_status') }} asc,
                version_rank desc,
                source_id desc
        ) as revision,
        count(*) over (partition by municipality_code, plan_id, kpi_id, fiscal_year) as n_revisions
    from versions
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
    as_of_date,
    period_label_ja,
    how_measured,
    caveat,
    cast(revision as integer) as revision,
    revision = n_revisions as is_latest,
    source_id,
    source_sheet,
    source_row,
    source_ids
from ranked
