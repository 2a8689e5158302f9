select
    municipality_code,
    {{ indicator_prefix('series') }} || '_total_persons' as indicator_id,
    as_of_date,
    population_persons as measured_value,
    series,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column,
    version_rank
from {{ ref('int_population__versions') }}
where
    area_level <> 'ward'
    and scope = 'total'
    and sex = 'total'
    and age_group = 'total'
