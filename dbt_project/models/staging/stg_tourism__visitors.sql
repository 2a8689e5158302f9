select
    area_code as municipality_code,
    area_level,
    month,
    visitors,
    form,
    value_status,
    source_id,
    sheet as source_sheet,
    "row" as source_row
from {{ source('corrected', 'tourism_visitors') }}
