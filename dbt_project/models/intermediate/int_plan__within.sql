-- Every node of a plan's tree with each node that it lies in, itself included.
with recursive above as (
    select
        municipality_code,
        plan_id,
        node_id,
        node_id as within_id,
        level as within_level,
        parent_id
    from {{ source('in_force', 'plan_register_node') }}
    union all
    select
        above.municipality_code,
        above.plan_id,
        above.node_id,
        parent.node_id as within_id,
        parent.level as within_level,
        parent.parent_id
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
    within_id,
    within_level
from above
