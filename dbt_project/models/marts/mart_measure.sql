with kpis as (
    select
        kpi.municipality_code,
        kpi.plan_id,
        kpi.kpi_id,
        inside.within_id
    from {{ ref('dim_kpi') }} as kpi
    inner join {{ ref('int_plan__within') }} as inside
        on
            kpi.is_current
            and inside.within_level = 'measure'
            and kpi.municipality_code = inside.municipality_code
            and kpi.plan_id = inside.plan_id
            and kpi.node_id = inside.node_id
),

counted as (
    select
        municipality_code,
        plan_id,
        within_id,
        count(*) as n_kpi
    from kpis
    group by municipality_code, plan_id, within_id
),

classes as (
    select
        kpis.municipality_code,
        kpis.plan_id,
        kpis.within_id,
        score.fiscal_year,
        {{ grade_class('score') }} as grade_class,
        count(*) as n_scored,
        count(score.grade) as n_graded,
        count_if(score.value_status = 'not_reported') as n_not_reported
    from kpis
    inner join {{ ref('mart_kpi_scorecard') }} as score
        on
            kpis.municipality_code = score.municipality_code
            and kpis.plan_id = score.plan_id
            and kpis.kpi_id = score.kpi_id
    group by all
),

latest_grades as (
    select
        municipality_code,
        plan_id,
        within_id,
        fiscal_year,
        string_agg(grade_class || ' ' || n_scored, '・' order by grade_class) as grades_ja,
        sum(n_graded) as n_graded,
        sum(n_not_reported) as n_not_reported,
        sum(n_scored) as n_scored
    from classes
    group by municipality_code, plan_id, within_id, fiscal_year
    qualify row_number() over (partition by municipality_code, plan_id, within_id order by fiscal_year desc) = 1
),

projects as (
    select
        placed.municipality_code,
        placed.plan_id,
        inside.within_id,
        count(distinct placed.project_id) as n_projects,
        count(*) as n_project_lines
    from {{ source('in_force', 'plan_register_project_link') }} as placed
    inner join {{ ref('int_plan__within') }} as inside
        on
            inside.within_level = 'measure'
            and placed.municipality_code = inside.municipality_code
            and placed.plan_id = inside.plan_id
            and placed.node_id = inside.node_id
    group by placed.municipality_code, placed.plan_id, inside.within_id
),

evaluated as (
    select * from {{ ref('mart_evaluation') }}
    where is_latest
    qualify row_number() over (partition by municipality_code, plan_id, subject_id order by fiscal_year desc) = 1
)

select
    node.municipality_code,
    node.plan_id,
    node.node_id,
    node.node_no,
    node.name_ja as measure_ja,
    node.text_ja,
    place.basic_goal,
    place.policy_area,
    coalesce(node.section_ja, place.section_ja) as section_ja,
    node.place_ja,
    cast(coalesce(counted.n_kpi, 0) as integer) as n_kpi,
    latest_grades.fiscal_year as graded_fiscal_year,
    latest_grades.grades_ja,
    cast(latest_grades.n_graded as integer) as n_kpi_graded,
    cast(latest_grades.n_not_reported as integer) as n_kpi_not_reported,
    cast(latest_grades.n_scored - latest_grades.n_graded - latest_grades.n_not_reported as integer)
        as n_kpi_not_computable,
    cast(coalesce(projects.n_projects, 0) as integer) as n_projects,
    cast(coalesce(projects.n_project_lines, 0) as integer) as n_project_lines,
    evaluated.fiscal_year as evaluation_fiscal_year,
    evaluated.evaluation_state,
    evaluated.evaluation_state_ja,
    evaluated.confirmed_grade,
    evaluated.cause_ja,
    evaluated.achievements_ja,
    evaluated.issues_ja,
    evaluated.improvement_ja,
    evaluated.future_direction,
    evaluated.future_direction_ja,
    evaluated.committee_opinion_ja,
    node.source_id,
    node.sheet as source_sheet,
    node.row as source_row
from {{ source('in_force', 'plan_register_node') }} as node
left join {{ ref('int_plan__node') }} as place
    on
        node.municipality_code = place.municipality_code
        and node.plan_id = place.plan_id
        and node.node_id = place.node_id
left join counted
    on
        node.municipality_code = counted.municipality_code
        and node.plan_id = counted.plan_id
        and node.node_id = counted.within_id
left join latest_grades
    on
        node.municipality_code = latest_grades.municipality_code
        and node.plan_id = latest_grades.plan_id
        and node.node_id = latest_grades.within_id
left join projects
    on
        node.municipality_code = projects.municipality_code
        and node.plan_id = projects.plan_id
        and node.node_id = projects.within_id
left join evaluated
    on
        node.municipality_code = evaluated.municipality_code
        and node.plan_id = evaluated.plan_id
        and node.node_id = evaluated.subject_id
where node.level = 'measure'
order by node.municipality_code, node.plan_id, node.node_id
