select
    municipality_code,
    month,
    visitors,
    'not_stated' as count_basis,
    value_status,
    comparable_from,
    source_id,
    source_sheet,
    source_row,
    source_column
from {{ ref('int_tourism__resolved') }}
order by municipality_code, month
