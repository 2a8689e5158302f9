-- Census with unknown ages allotted, as the base of the 2023 projection gives it: the basis of plan and benchmark.
select
    municipality_code,
    case indicator_id
        when 'population_young' then 'census_young_persons'
        when 'population_old' then 'census_old_persons'
        else 'census_working_age_persons'
    end as indicator_id,
    period_end as as_of_date,
    indicator_value as measured_value,
    'census' as series,
    value_status,
    source_id,
    source_sheet,
    source_row,
    version_rank
from {{ ref('stg_reference_series__value') }}
where
    indicator_id in ('population_young', 'population_working', 'population_old')
    and series = 'ipss_2023'
    and value_status = 'estimated'
