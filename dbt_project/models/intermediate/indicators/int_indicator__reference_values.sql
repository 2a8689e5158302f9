select
    municipality_code,
    case indicator_id
        when 'births' then 'vital_births_persons'
        when 'deaths' then 'vital_deaths_persons'
        when 'in_migrants' then 'migration_report_in_persons'
        when 'out_migrants' then 'migration_report_out_persons'
        else indicator_id
    end as indicator_id,
    period_start,
    period_end as as_of_date,
    indicator_value as measured_value,
    series,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column,
    version_rank
from {{ ref('stg_reference_series__value') }}
where
    (series = 'vital_statistics' and indicator_id in ('tfr_bayes', 'marriages', 'births', 'deaths'))
    or (series = 'migration_report' and indicator_id in ('in_migrants', 'out_migrants'))
