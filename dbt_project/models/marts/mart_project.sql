-- A project stands in one row for each line of the document that lists it; one without a line has the place 0.
select
    project.municipality_code,
    project.plan_id,
    project.project_id,
    cast(
        case
            when placed.project_id is null then 0
            else row_number() over (
                partition by project.municipality_code, project.plan_id, project.project_id
                order by coalesce(placed.is_repeated, false), placed.row, placed.node_id, placed.line_no
            )
        end as integer
    ) as place_no,
    project.project_name_ja,
    coalesce(placed.printed_ja, project.project_name_ja) as printed_name_ja,
    project.content_ja,
    placed.node_id,
    cast(placed.line_no as integer) as line_no,
    node.basic_goal,
    node.policy_area,
    node.measure as measure_ja,
    case when placed.project_id is not null then coalesce(placed.is_repeated, false) end as is_repeated,
    cast(
        count(placed.project_id) over (
            partition by project.municipality_code, project.plan_id, project.project_id
        ) as integer
    ) as n_places,
    coalesce(project.is_priority, false) as is_priority,
    coalesce(project.is_new, false) as is_new,
    coalesce(project.is_expanded, false) as is_expanded,
    coalesce(project.is_private, false) as is_private,
    project.mark_ja,
    project.fund_id,
    fund.fund_name_ja,
    coalesce(project.section_ja, node.section_ja) as section_ja,
    placed.place_ja,
    coalesce(placed.source_id, project.source_id) as source_id,
    coalesce(placed.sheet, project.sheet) as source_sheet,
    coalesce(placed.row, project.row) as source_row
from {{ source('in_force', 'plan_register_project') }} as project
left join {{ source('in_force', 'plan_register_project_link') }} as placed
    on
        project.municipality_code = placed.municipality_code
        and project.plan_id = placed.plan_id
        and project.project_id = placed.project_id
left join {{ ref('int_plan__node') }} as node
    on
        placed.municipality_code = node.municipality_code
        and placed.plan_id = node.plan_id
        and placed.node_id = node.node_id
left join {{ source('in_force', 'plan_register_fund') }} as fund
    on
        project.municipality_code = fund.municipality_code
        and project.plan_id = fund.plan_id
        and project.fund_id = fund.fund_id
order by project.municipality_code, project.plan_id, project.project_id, place_no
