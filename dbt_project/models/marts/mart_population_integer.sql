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
    low_persons as lower_persons,
    high_persons as upper_persons
from {{ source('projection', 'integer') }}
order by municipality_code, scenario_id, vintage, year, sex, age_from nulls first, age_group
