-- Every node of a plan's tree with the basic goal, the policy area and the measure that it lies in.
with recursive above as (
    select
        municipality_code,
        plan_id,
        node_id,
        level,
        name_ja,
        parent_id,
        section_ja
    from {{ source('in_force', 'plan_register_node') }}
    union all
    select
        above.municipality_code,
        above.plan_id,
        above.node_id,
        parent.level,
        parent.name_ja,
        parent.parent_id,
        parent.section_ja
    from above
    inner join {{ source('in_force', 'plan_register_node') }} as parent
        on
            above.municipality_code = parent.municipality_code
            and above.plan_id = parent.plan_id
            and above.parent_id = parent.node_id
)

select
    municipality_code,
    plan_id,
    node_id,
    max(case when level = 'basic_goal' then name_ja end) as basic_goal,
    max(case when level = 'policy_area' then name_ja end) as policy_area,
    max(case when level = 'measure' then name_ja end) as measure,
    max(section_ja) as section_ja
from above
group by municipality_code, plan_id, node_id
