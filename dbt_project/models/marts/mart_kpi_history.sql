-- What was ever said of a KPI and year, in the order in which it came: a figure that came again unchanged says nothing
-- new and is no event. Values of sub-series, proxies and context are named by subseries_ja and fit.
with reported as (
    select
        told.municipality_code,
        told.plan_id,
        told.kpi_id,
        'reported' as event_group,
        told.fiscal_year,
        coalesce(told.subseries_ja, '（全体）') as subseries_ja,
        coalesce(told.fit, 'same') as fit,
        cast(told.reported_value as decimal(28, 8)) as value_after,
        told.value_status,
        coalesce(told.comparator, '=') as comparator,
        told.milestone_state,
        told.unit,
        told.section_ja,
        told.restated_reason_ja as reason_ja,
        cast(null as date) as decided_on,
        cast(null as varchar) as decided_by_ja,
        told.received_order as event_order,
        -told.version_rank as event_place,
        told.source_id,
        told.sheet as source_sheet,
        told.row as source_row
    from {{ source('delivered', 'section_report_value') }} as told
),

computed as (
    select
        municipality_code,
        plan_id,
        kpi_id,
        'computed' as event_group,
        fiscal_year,
        '（全体）' as subseries_ja,
        'same' as fit,
        cast(actual_value as decimal(28, 8)) as value_after,
        value_status,
        comparator,
        milestone_state,
        unit,
        cast(null as varchar) as section_ja,
        cast(null as varchar) as reason_ja,
        cast(null as date) as decided_on,
        cast(null as varchar) as decided_by_ja,
        cast(null as integer) as event_order,
        revision as event_place,
        source_id,
        source_sheet,
        source_row
    from {{ ref('fct_kpi_actual') }}
    where how_measured = 'computed'
),

targets as (
    select
        aimed.municipality_code,
        aimed.plan_id,
        aimed.kpi_id,
        'target' as event_group,
        aimed.target_fiscal_year as fiscal_year,
        '（全体）' as subseries_ja,
        'same' as fit,
        cast(aimed.target_value as decimal(28, 8)) as value_after,
        cast(null as varchar) as value_status,
        '=' as comparator,
        cast(null as varchar) as milestone_state,
        kpi.unit,
        coalesce(kpi.section_ja, plan.secretariat_ja) as section_ja,
        aimed.reason_ja,
        aimed.decided_on,
        aimed.decided_by_ja,
        cast(null as integer) as event_order,
        aimed.target_version as event_place,
        aimed.source_id,
        aimed.sheet as source_sheet,
        aimed.row as source_row
    from {{ source('in_force', 'plan_register_target') }} as aimed
    inner join {{ ref('dim_kpi') }} as kpi
        on
            kpi.is_current
            and aimed.municipality_code = kpi.municipality_code
            and aimed.plan_id = kpi.plan_id
            and aimed.kpi_id = kpi.kpi_id
    inner join {{ source('in_force', 'plan_register_plan') }} as plan
        on aimed.municipality_code = plan.municipality_code and aimed.plan_id = plan.plan_id
),

said as (
    select * from reported
    union all
    select * from computed
    union all
    select * from targets
),

-- A target that is moved to another year is a revision of the same aimed.
followed as (
    select
        *,
        lag(value_after) over said_before as value_before,
        lag(value_status) over said_before as status_before,
        lag(comparator) over said_before as comparator_before,
        lag(milestone_state) over said_before as milestone_state_before,
        lag(fiscal_year) over said_before as year_before,
        row_number() over said_before = 1 as is_first
    from said
    window
        said_before as (
            partition by
                municipality_code,
                plan_id,
                kpi_id,
                event_group,
                case when event_group <> 'target' then fiscal_year end,
                subseries_ja,
                fit
            order by event_order, event_place, source_id, source_row
        )
),

changed as (
    select * from followed
    where
        is_first
        or event_group = 'target'
        or value_after is distinct from value_before
        or value_status is distinct from status_before
        or comparator is distinct from comparator_before
        or milestone_state is distinct from milestone_state_before
)

select
    changed.municipality_code,
    changed.plan_id,
    changed.kpi_id,
    cast(
        row_number() over (
            partition by changed.municipality_code, changed.plan_id, changed.kpi_id
            order by
                if(changed.event_group = 'target', 0, 1),
                changed.event_group,
                changed.fiscal_year,
                changed.subseries_ja,
                changed.fit,
                changed.event_order,
                changed.event_place,
                changed.source_id,
                changed.source_row
        ) as integer
    ) as event_no,
    case changed.event_group
        when 'reported' then if(changed.is_first, 'value_reported', 'value_restated')
        when 'computed' then if(changed.is_first, 'value_computed', 'value_recomputed')
        else if(changed.is_first, 'target_set', 'target_revised')
    end as event_kind,
    case changed.event_group
        when 'reported' then if(changed.is_first, '実績の報告', '実績の訂正')
        when 'computed' then if(changed.is_first, '実績の計算', '計算値の改定')
        else if(changed.is_first, '目標の設定', '目標の見直し')
    end as event_kind_ja,
    changed.fiscal_year,
    cast(
        row_number() over (
            partition by
                changed.municipality_code,
                changed.plan_id,
                changed.kpi_id,
                changed.event_group,
                case when changed.event_group <> 'target' then changed.fiscal_year end,
                changed.subseries_ja,
                changed.fit
            order by changed.event_order, changed.event_place, changed.source_id, changed.source_row
        ) as integer
    ) as revision,
    changed.subseries_ja,
    changed.fit,
    changed.value_before,
    changed.value_after,
    changed.status_before,
    changed.value_status as status_after,
    changed.comparator,
    changed.milestone_state,
    changed.unit,
    changed.section_ja,
    changed.reason_ja,
    changed.decided_on,
    changed.decided_by_ja,
    delivery.received_at,
    delivery.file_name,
    changed.source_id,
    changed.source_sheet,
    changed.source_row
from changed
left join {{ source('raw', 'delivery') }} as delivery on changed.source_id = delivery.source_id
order by changed.municipality_code, changed.plan_id, changed.kpi_id, event_no
