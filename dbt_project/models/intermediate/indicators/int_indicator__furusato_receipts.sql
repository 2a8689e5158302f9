select
    municipality_code,
    'furusato_' || item as indicator_id,
    {{ first_day_of_fiscal_year('fiscal_year') }} as period_start,
    {{ last_day_of_fiscal_year('fiscal_year') }} as as_of_date,
    amount as measured_value,
    'furusato_survey' as series,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column,
    version_rank
from {{ ref('int_furusato__resolved') }}
