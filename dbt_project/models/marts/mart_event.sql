select
    municipality_code,
    plan_id,
    event_ja,
    cast(session_no as integer) as session_no,
    held_on,
    {{ fiscal_year_of('held_on') }} as fiscal_year,
    session_ja,
    n_participants,
    value_status,
    count_basis,
    kpi_id,
    section_ja,
    place_ja,
    note_ja,
    source_id,
    sheet as source_sheet,
    "row" as source_row
from {{ source('in_force', 'section_report_event') }}
order by municipality_code, plan_id, event_ja, session_no
