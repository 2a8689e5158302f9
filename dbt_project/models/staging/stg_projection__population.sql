select
    municipality_code,
    scenario_id,
    vintage,
    base_id,
    base_ja,
    year,
    sex,
    age_group,
    age_from,
    age_to,
    population_persons,
    is_projection,
    source_id
from {{ source('projection', 'population') }}
