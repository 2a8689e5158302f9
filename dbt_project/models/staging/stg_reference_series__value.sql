select
    municipality_code,
    indicator_id,
    indicator_ja,
    series,
    period_start,
    period_end,
    value as indicator_value,
    unit,
    primary_source_ja,
    value_status,
    source_id,
    sheet as source_sheet,
    "row" as source_row,
    column_label as source_column,
    settled_rank,
    value_rank,
    version_rank
from {{ source('delivered', 'reference_series') }}
