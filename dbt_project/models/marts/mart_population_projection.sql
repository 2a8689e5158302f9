select * from {{ ref('int_projection__scenarios') }}
order by municipality_code, scenario_id, vintage, year, sex, age_from nulls first, age_group
