-- Scenarios as the projection gives them. What a plan prints of its own scenario joins them here where the projection
-- layer does not carry it already.
with printed as (
    select
        municipality_code,
        'plan' as scenario_id,
        plan_id as vintage,
        cast(null as varchar) as base_id,
        cast(null as varchar) as base_ja,
        cast(of_year as integer) as year,
        case measure when 'women_20_39_persons' then 'female' else 'total' end as sex,
        case measure
            when 'total_persons' then 'total'
            when 'young_persons' then '0-14'
            when 'working_age_persons' then '15-64'
            when 'old_persons' then '65+'
            when 'women_20_39_persons' then '20-39'
        end as age_group,
        cast(case measure
            when 'young_persons' then 0
            when 'working_age_persons' then 15
            when 'old_persons' then 65
            when 'women_20_39_persons' then 20
        end as smallint) as age_from,
        cast(case measure
            when 'young_persons' then 14
            when 'working_age_persons' then 64
            when 'women_20_39_persons' then 39
        end as smallint) as age_to,
        cast(plan_value as decimal(18, 6)) as population_persons,
        of_scenario = 'plan' as is_projection,
        source_id
    from {{ source('in_force', 'plan_register_figure') }}
    where
        of_scenario in ('census', 'plan')
        and minus_scenario is null
        and measure in (
            'total_persons', 'young_persons', 'working_age_persons', 'old_persons', 'women_20_39_persons'
        )
)

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
from {{ ref('stg_projection__population') }}
union all
select printed.*
from printed
where
    not exists (
        select 1 from {{ ref('stg_projection__population') }} as projection
        where projection.scenario_id = 'plan' and projection.municipality_code = printed.municipality_code
    )
