select
    municipality_code,
    scenario_id,
    vintage,
    year,
    measure,
    method,
    case method
        when 'migration_first' then '移動を先（計画の順）'
        when 'fertility_first' then '出生率を先'
        when 'shapley' then '二つの順の平均（シャープレイ値）'
    end as method_ja,
    method = 'migration_first' as is_order_of_plan,
    'ipss_2018_extended' as baseline_scenario,
    difference_persons,
    natural_persons,
    social_persons
from {{ source('projection', 'decomposition') }}
order by municipality_code, scenario_id, vintage, year, measure, method
