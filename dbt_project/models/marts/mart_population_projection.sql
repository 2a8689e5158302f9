-- The band stands beside every figure that has one: totals, the three age groups, women 20-39. Ages have none.
with bands as (
    select
        *,
        case measure when 'women_20_39' then 'female' else 'total' end as sex,
        case measure
            when 'total' then 'total'
            when 'young' then '0-14'
            when 'working_age' then '15-64'
            when 'old' then '65+'
            when 'women_20_39' then '20-39'
        end as age_group
    from {{ source('projection', 'band') }}
)

select
    scenarios.*,
    bands.low_persons as lower_persons,
    bands.high_persons as upper_persons
from {{ ref('int_projection__scenarios') }} as scenarios
left join bands
    on
        scenarios.municipality_code = bands.municipality_code
        and scenarios.scenario_id = bands.scenario_id
        and scenarios.vintage = bands.vintage
        and scenarios.year = bands.year
        and scenarios.sex = bands.sex
        and scenarios.age_group = bands.age_group
order by
    scenarios.municipality_code,
    scenarios.scenario_id,
    scenarios.vintage,
    scenarios.year,
    scenarios.sex,
    scenarios.age_from nulls first,
    scenarios.age_group
