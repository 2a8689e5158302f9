select
    municipality_code,
    indicator_id,
    period_start,
    period_end as as_of_date,
    indicator_value as measured_value,
    series,
    value_status,
    source_id,
    source_sheet,
    source_row,
    version_rank
from {{ ref('stg_reference_series__value') }}
where indicator_id in ('tfr_bayes', 'marriages')
