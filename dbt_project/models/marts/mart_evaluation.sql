-- Every state that an evaluation went through in a year, with the machine's grades beside the confirmed one: of a KPI
-- its own, of a node the count of grades of all KPI below it.
with grades as (
    select
        score.municipality_code,
        score.plan_id,
        inside.within_id,
        score.fiscal_year,
        {{ grade_class('score') }} as grade_class,
        count(*) as n_kpi
    from {{ ref('mart_kpi_scorecard') }} as score
    inner join {{ ref('dim_kpi') }} as kpi
        on
            kpi.is_current
            and score.municipality_code = kpi.municipality_code
            and score.plan_id = kpi.plan_id
            and score.kpi_id = kpi.kpi_id
    inner join {{ ref('int_plan__within') }} as inside
        on
            kpi.municipality_code = inside.municipality_code
            and kpi.plan_id = inside.plan_id
            and kpi.node_id = inside.node_id
    group by all
),

of_nodes as (
    select
        municipality_code,
        plan_id,
        within_id,
        fiscal_year,
        string_agg(grade_class || ' ' || n_kpi, '・' order by grade_class) as grades_ja
    from grades
    group by municipality_code, plan_id, within_id, fiscal_year
)

select
    evaluation.municipality_code,
    evaluation.plan_id,
    evaluation.subject_id,
    evaluation.fiscal_year,
    evaluation.evaluation_state,
    {{ word_of('evaluation_states', 'evaluation.evaluation_state') }} as evaluation_state_ja,
    row_number() over (
        partition by
            evaluation.municipality_code, evaluation.plan_id, evaluation.subject_id, evaluation.fiscal_year
        order by {{ evaluation_rank('evaluation.evaluation_state') }} desc
    ) = 1 as is_latest,
    if(kpi.kpi_id is not null, 'kpi', coalesce(node.level, 'unknown')) as subject_kind,
    coalesce(kpi.kpi_name_ja, node.name_ja) as subject_ja,
    coalesce(
        case when score.kpi_id is not null then {{ grade_class('score') }} end, of_nodes.grades_ja
    ) as machine_grade,
    score.grade_is_provisional as machine_grade_is_provisional,
    evaluation.confirmed_grade,
    evaluation.cause_ja,
    evaluation.achievements_ja,
    evaluation.issues_ja,
    evaluation.improvement_ja,
    evaluation.future_direction,
    {{ word_of('future_directions', 'evaluation.future_direction') }} as future_direction_ja,
    evaluation.committee_opinion_ja,
    evaluation.section_ja,
    evaluation.source_id,
    evaluation.sheet as source_sheet,
    evaluation.row as source_row
from {{ source('in_force', 'section_report_evaluation') }} as evaluation
left join {{ ref('dim_kpi') }} as kpi
    on
        kpi.is_current
        and evaluation.municipality_code = kpi.municipality_code
        and evaluation.plan_id = kpi.plan_id
        and evaluation.subject_id = kpi.kpi_id
left join {{ ref('mart_kpi_scorecard') }} as score
    on
        kpi.municipality_code = score.municipality_code
        and kpi.plan_id = score.plan_id
        and kpi.kpi_id = score.kpi_id
        and evaluation.fiscal_year = score.fiscal_year
left join {{ source('in_force', 'plan_register_node') }} as node
    on
        evaluation.municipality_code = node.municipality_code
        and evaluation.plan_id = node.plan_id
        and evaluation.subject_id = node.node_id
left join of_nodes
    on
        node.municipality_code = of_nodes.municipality_code
        and node.plan_id = of_nodes.plan_id
        and node.node_id = of_nodes.within_id
        and evaluation.fiscal_year = of_nodes.fiscal_year
order by
    evaluation.municipality_code,
    evaluation.plan_id,
    evaluation.subject_id,
    evaluation.fiscal_year,
    evaluation.evaluation_state
