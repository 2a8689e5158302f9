select
    published.area_code as municipality_code,
    published.area_level,
    'census' as series,
    published.scope,
    published.as_of_date,
    published.sex,
    published.age_group,
    published.age_from,
    published.age_to,
    {{ corrected_figure('census_population') }} as population_persons,
    {{ corrected_status() }} as value_status,
    published.source_id,
    published.sheet as source_sheet,
    published."row" as source_row
from {{ with_corrections('census_population') }}
