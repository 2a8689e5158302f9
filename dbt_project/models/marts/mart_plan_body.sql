select
    municipality_code,
    plan_id,
    cast(body_no as integer) as body_no,
    body_ja,
    body_kind,
    {{ word_of('body_kinds', 'body_kind') }} as body_kind_ja,
    role_ja,
    members_ja,
    place_ja,
    source_id,
    sheet as source_sheet,
    "row" as source_row
from {{ source('in_force', 'plan_register_body') }}
order by municipality_code, plan_id, body_no
