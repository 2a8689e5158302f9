select
    municipality_code,
    plan_id,
    cast(agreement_no as integer) as agreement_no,
    signed_month,
    {{ fiscal_year_of('signed_month') }} as fiscal_year,
    partner_ja,
    agreement_ja,
    kpi_id,
    section_ja,
    place_ja,
    note_ja,
    source_id,
    sheet as source_sheet,
    "row" as source_row
from {{ source('in_force', 'section_report_agreement') }}
order by municipality_code, plan_id, agreement_no
