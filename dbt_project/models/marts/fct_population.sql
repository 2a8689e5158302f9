select
    municipality_code,
    series,
    scope,
    as_of_date,
    sex,
    age_group,
    age_from,
    age_to,
    population_persons,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column
from {{ ref('int_population__versions') }}
where version_rank = 1 and area_level <> 'ward'
order by municipality_code, series, scope, as_of_date, sex, age_from, age_group
