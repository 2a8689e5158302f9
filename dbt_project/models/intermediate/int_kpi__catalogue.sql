-- The KPI of the plans in force with every version of their target: what every model of a KPI starts from. A reading
-- that is taken of an open question stands in the place of what the register says; of the target it reads the first
-- version, as a later one was decided in so many words. A version counts from the year in which it is in force (else
-- the one in which it was decided) to the year before the next one.
with ordered as (
    select
        *,
        row_number() over of_kpi = 1 as is_first_version,
        case
            when row_number() over of_kpi = 1 then coalesce(valid_from_fiscal_year, 0)
            else coalesce(valid_from_fiscal_year, {{ fiscal_year_of('decided_on') }}, 0)
        end as from_year
    from {{ source('in_force', 'plan_register_target') }}
    window of_kpi as (partition by municipality_code, plan_id, kpi_id order by target_version)
),

targets as (
    select
        *,
        lead(from_year) over (
            partition by municipality_code, plan_id, kpi_id order by target_version
        ) as next_from_year,
        max(target_version) over (partition by municipality_code, plan_id, kpi_id) as last_version
    from ordered
)

select
    kpi.plan_id,
    kpi.kpi_id,
    cast(coalesce(aimed.target_version, 1) as integer) as target_version,
    coalesce(aimed.target_version = aimed.last_version, true) as is_current,
    kpi.municipality_code,
    kpi.kpi_no,
    kpi.row_class_ja,
    kpi.kpi_name_ja,
    kpi.kpi_name_en,
    node.basic_goal,
    node.policy_area,
    node.measure,
    coalesce(taken.kind, kpi.kind) as kind,
    coalesce(taken.direction, kpi.direction) as direction,
    kpi.unit,
    kpi.delta_unit,
    coalesce(taken.accumulation, kpi.accumulation) as accumulation,
    coalesce(taken.count_basis, kpi.count_basis) as count_basis,
    coalesce(taken.period_basis, kpi.period_basis) as period_basis,
    cast(coalesce(cast(taken.baseline_value as decimal(24, 8)), kpi.baseline_value) as decimal(24, 8))
        as baseline_value,
    cast(coalesce(cast(taken.baseline_year as integer), kpi.baseline_year) as integer) as baseline_year,
    coalesce(taken.baseline_type, kpi.baseline_type, 'none') as baseline_type,
    case
        when coalesce(taken.baseline_type, kpi.baseline_type, 'none') <> 'none'
            then coalesce(cast(taken.is_baseline_confirmed as boolean), kpi.is_baseline_confirmed, false)
    end as is_baseline_confirmed,
    cast(coalesce(cast(taken.benchmark_value as decimal(24, 8)), kpi.benchmark_value) as decimal(24, 8))
        as benchmark_value,
    cast(coalesce(cast(taken.benchmark_year as integer), kpi.benchmark_year) as integer) as benchmark_year,
    case when kpi.benchmark_value is not null then coalesce(kpi.is_benchmark_printed, false) end
        as is_benchmark_printed,
    cast(
        coalesce(
            case when coalesce(aimed.is_first_version, true) then cast(taken.target_value as decimal(24, 8)) end,
            aimed.target_value
        ) as decimal(24, 8)
    ) as target_value,
    cast(
        coalesce(
            case when coalesce(aimed.is_first_version, true) then cast(taken.delta_value as decimal(24, 8)) end,
            aimed.delta_value
        ) as decimal(24, 8)
    ) as delta_value,
    cast(aimed.target_fiscal_year as integer) as target_fiscal_year,
    cast(
        case
            when kinds.has_target
                then coalesce(
                    aimed.term_years,
                    aimed.target_fiscal_year - coalesce(kpi.first_fiscal_year, plan.first_fiscal_year) + 1
                )
            else aimed.term_years
        end as integer
    ) as term_years,
    cast(coalesce(kpi.first_fiscal_year, plan.first_fiscal_year) as integer) as first_fiscal_year,
    cast(
        case when kinds.has_target then coalesce(kpi.reporting_step_years, 1) else kpi.reporting_step_years end
        as integer
    ) as reporting_step_years,
    cast(nullif(aimed.from_year, 0) as integer) as valid_from_fiscal_year,
    cast(aimed.next_from_year - 1 as integer) as valid_to_fiscal_year,
    aimed.decided_on,
    aimed.decided_by_ja,
    aimed.reason_ja,
    coalesce(aimed.milestone_method, 'linear') as milestone_method,
    kpi.benchmark_column,
    coalesce(kpi.benchmark_vintage, 'ipss_2018') as benchmark_vintage,
    case
        when coalesce(taken.indicator_id, kpi.indicator_id) like 'composed:%'
            then {{ composed_indicator('kpi', 'substr(coalesce(taken.indicator_id, kpi.indicator_id), 10)') }}
        else coalesce(taken.indicator_id, kpi.indicator_id)
    end as indicator_id,
    cast(
        case when coalesce(taken.indicator_id, kpi.indicator_id) is not null then coalesce(kpi.indicator_scale, 1) end
        as integer
    ) as indicator_scale,
    coalesce(taken.target_series, kpi.target_series) as target_series,
    coalesce(kpi.is_headline, false) as is_headline,
    kpi.how_measured,
    coalesce(kpi.section_ja, node.section_ja) as section_ja,
    kpi.definition_ja,
    kpi.likely_source_ja,
    kpi.ambiguity_code,
    coalesce(taken.has_open_question, false) as has_open_question,
    taken.open_question_ja,
    taken.reading_taken_ja,
    kpi.note_ja,
    kpi.note_en,
    kpi.heading_ja,
    kpi.text_quote,
    kpi.node_id,
    kpi.source_id,
    kpi.sheet as source_sheet,
    kpi.row as source_row
from {{ source('in_force', 'plan_register_kpi') }} as kpi
inner join {{ source('in_force', 'plan_register_plan') }} as plan
    on kpi.municipality_code = plan.municipality_code and kpi.plan_id = plan.plan_id
left join {{ ref('kpi_kinds') }} as kinds on kpi.kind = kinds.kind
left join targets as aimed
    on
        kpi.municipality_code = aimed.municipality_code
        and kpi.plan_id = aimed.plan_id
        and kpi.kpi_id = aimed.kpi_id
left join {{ ref('int_plan__node') }} as node
    on
        kpi.municipality_code = node.municipality_code
        and kpi.plan_id = node.plan_id
        and kpi.node_id = node.node_id
left join {{ ref('int_plan__reading') }} as taken
    on
        kpi.municipality_code = taken.municipality_code
        and kpi.plan_id = taken.plan_id
        and kpi.kpi_id = taken.kpi_id
