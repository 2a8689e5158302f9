select
    municipality_code,
    scenario_id,
    vintage,
    base_id,
    base_ja,
    year,
    age_band,
    cast(age_from as integer) as age_from,
    cast(age_to as integer) as age_to,
    persons,
    period_basis,
    is_between as is_between_steps,
    division_method
from {{ source('projection', 'yearly') }}
order by municipality_code, scenario_id, vintage, year, age_from nulls first, age_band
