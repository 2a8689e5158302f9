select
    municipality_code,
    month,
    visitors,
    'not_stated' as count_basis,
    value_status,
    comparable_from,
    replaced_visitors,
    visitors_year_before,
    of_year_before_pct,
    level_state,
    level_reason_ja,
    level_reason_en,
    source_id,
    source_sheet,
    source_row,
    source_column
from {{ ref('int_tourism__resolved') }}
order by municipality_code, month
