select * from {{ ref('int_vision__summed') }}
order by municipality_code, scenario_id, vintage, year
