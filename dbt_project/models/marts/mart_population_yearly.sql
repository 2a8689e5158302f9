select
    municipality_code,
    scenario_id,
    vintage,
    year,
    age_band,
    cast(age_from as integer) as age_from,
    cast(age_to as integer) as age_to,
    persons,
    case
        when is_evenly_divided then if(is_between, 'even_and_line', 'even')
        else if(is_between, 'sprague_and_line', 'sprague')
    end as division_method
from {{ source('projection', 'yearly') }}
order by municipality_code, scenario_id, vintage, year, age_from, age_band
