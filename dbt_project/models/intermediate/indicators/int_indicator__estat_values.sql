-- Every value of an e-Stat answer about a municipality: its indicator is named by table and item.
select
    municipality_code,
    'estat:' || stats_data_id || ':' || indicator_code as indicator_id,
    period_start,
    period_end as as_of_date,
    indicator_value as measured_value,
    'estat:' || stats_data_id as series,
    value_status,
    source_id,
    source_sheet,
    source_row,
    version_rank
from {{ ref('stg_estat_api__value') }}
where {{ is_municipality() }} and period_end is not null
