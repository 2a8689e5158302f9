select
    municipality_code,
    'census_working_age_persons' as indicator_id,
    as_of_date,
    working_age_persons as measured_value,
    series,
    value_status,
    caveat,
    source_id,
    source_sheet,
    source_row,
    version_rank
from {{ ref('int_population__by_age') }}
where series = 'census'
union all
-- Census with unknown ages allotted, as the base of the 2023 projection gives it: the basis of plan and benchmark.
select
    municipality_code,
    'census_working_age_persons' as indicator_id,
    period_end as as_of_date,
    indicator_value as measured_value,
    'census' as series,
    value_status,
    null as caveat,
    source_id,
    source_sheet,
    source_row,
    version_rank
from {{ ref('stg_reference_series__value') }}
where indicator_id = 'population_working' and series = 'ipss_2023' and value_status = 'estimated'
