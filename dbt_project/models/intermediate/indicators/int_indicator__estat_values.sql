-- Every value of an e-Stat answer about a municipality with a period: its indicator is named by table and item, and is
-- of the municipality of today that stands for the area.
select
    values_of_today.current_code as municipality_code,
    'estat:' || values_of_today.stats_data_id || ':' || values_of_today.item_code as indicator_id,
    values_of_today.period_start,
    values_of_today.period_end as as_of_date,
    values_of_today.indicator_value as measured_value,
    values_of_today.unit,
    'estat:' || values_of_today.stats_data_id as series,
    values_of_today.value_status,
    values_of_today.caveat,
    values_of_today.source_id,
    values_of_today.source_sheet,
    values_of_today.source_row,
    values_of_today.source_column,
    values_of_today.version_rank
from {{ ref('int_estat__current_area') }} as values_of_today
where values_of_today.current_code is not null
