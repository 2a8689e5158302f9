select
    municipality_code,
    'furusato_' || item as indicator_id,
    make_date(fiscal_year, 4, 1) as period_start,
    make_date(fiscal_year + 1, 3, 31) as as_of_date,
    amount as measured_value,
    'furusato_survey' as series,
    value_status,
    source_id,
    source_sheet,
    source_row,
    version_rank
from {{ ref('int_furusato__resolved') }}
