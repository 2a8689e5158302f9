select
    area_code as municipality_code,
    area_level,
    fiscal_year,
    item,
    value as amount,
    unit_in_file,
    form,
    value_status,
    source_id,
    sheet as source_sheet,
    "row" as source_row,
    column_label as source_column,
    settled_rank,
    value_rank,
    version_rank
from {{ source('delivered', 'furusato_donation') }}
