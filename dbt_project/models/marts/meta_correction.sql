select
    source_id,
    row_key,
    raw_table,
    area as municipality_code,
    coalesce(as_published, delivered) as published_value,
    corrected as corrected_value,
    reason_ja,
    provider,
    status as correction_status,
    declared_on,
    evidence,
    sheet as source_sheet,
    "row" as source_row
from {{ source('raw', 'correction') }}
where outcome = 'applied'
order by source_id, raw_table, row_key
