-- Who assumed the fertility and who the migration of each run: a plan often prints the one and not the other, and then
-- the split is of our run, not of the plan. Rows for a municipality replace those for all, item by item.
with changed as (
    select distinct
        run.municipality_code,
        run.scenario_id,
        assumed.municipality_code as scope,
        assumed.item,
        assumed.assumption_of
    from {{ source('projection', 'decomposition') }} as run
    inner join {{ ref('dim_scenario') }} as assumed
        on run.scenario_id = assumed.scenario_id and assumed.municipality_code in (run.municipality_code, '*')
    where assumed.item <> 'scenario'
    qualify
        assumed.municipality_code <> '*'
        or not bool_or(assumed.municipality_code <> '*') over (
            partition by run.municipality_code, run.scenario_id, assumed.item
        )
),

assumers as (
    select
        municipality_code,
        scenario_id,
        string_agg(distinct assumption_of, ' ' order by assumption_of) filter (where item = 'tfr') as natural_by,
        string_agg(distinct assumption_of, ' ' order by assumption_of) filter (where item <> 'tfr') as social_by
    from changed
    group by municipality_code, scenario_id
)

select
    parts.municipality_code,
    parts.scenario_id,
    parts.vintage,
    parts.year,
    parts.measure,
    parts.method,
    case parts.method
        when 'migration_first' then '移動を先（計画の順）'
        when 'fertility_first' then '出生率を先'
        when 'shapley' then '二つの順の平均（シャープレイ値）'
    end as method_ja,
    parts.method = 'migration_first' as is_order_of_plan,
    'ipss_2018_extended' as baseline_scenario,
    parts.difference_persons,
    parts.natural_persons,
    parts.social_persons,
    case
        when
            abs(parts.difference_persons)
            >= greatest(1, (abs(parts.natural_persons) + abs(parts.social_persons)) / 10)
            then {{ percentage('parts.natural_persons', 'parts.difference_persons') }}
    end as natural_share_of_net_pct,
    assumers.natural_by as natural_assumed_by,
    assumers.social_by as social_assumed_by
from {{ source('projection', 'decomposition') }} as parts
left join assumers
    on parts.municipality_code = assumers.municipality_code and parts.scenario_id = assumers.scenario_id
order by
    parts.municipality_code,
    parts.scenario_id,
    parts.vintage,
    parts.year,
    parts.measure,
    parts.method
