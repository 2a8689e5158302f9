-- Every node of a plan's tree with the basic goal, the policy area and the measure that it lies in.
select
    inner_node.municipality_code,
    inner_node.plan_id,
    inner_node.node_id,
    max(case when outer_node.level = 'basic_goal' then outer_node.name_ja end) as basic_goal,
    max(case when outer_node.level = 'policy_area' then outer_node.name_ja end) as policy_area,
    max(case when outer_node.level = 'measure' then outer_node.name_ja end) as measure,
    max(outer_node.section_ja) as section_ja
from {{ ref('int_plan__within') }} as inner_node
inner join {{ source('in_force', 'plan_register_node') }} as outer_node
    on
        inner_node.municipality_code = outer_node.municipality_code
        and inner_node.plan_id = outer_node.plan_id
        and inner_node.within_id = outer_node.node_id
group by inner_node.municipality_code, inner_node.plan_id, inner_node.node_id
