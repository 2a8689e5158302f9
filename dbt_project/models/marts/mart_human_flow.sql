select
    municipality_code,
    plan_id,
    cast(flow_no as integer) as flow_no,
    flow_ja,
    flow_term,
    {{ word_of('flow_terms', 'flow_term') }} as flow_term_ja,
    flow_sector,
    {{ word_of('flow_sectors', 'flow_sector') }} as flow_sector_ja,
    n_persons,
    value_status,
    section_ja,
    place_ja,
    note_ja,
    source_id,
    sheet as source_sheet,
    "row" as source_row
from {{ source('in_force', 'section_report_flow') }}
order by municipality_code, plan_id, flow_no
