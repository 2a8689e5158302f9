-- The components of change side by side, with natural and social change; households and persons of the same table of
-- the resident registry, marriages of the vital statistics. A sum has no value where a part of it has none, unless the
-- registry prints it.
with components as (
    select
        municipality_code,
        series,
        scope,
        period_start,
        period_end,
        any_value(period_basis) as period_basis,
        {%- for component in ['birth', 'death', 'in_migration', 'out_migration', 'other'] %}
        max(persons) filter (where component = '{{ component }}') as {{ component }},
        {%- endfor %}
        arg_min(value_status, {{ status_rank('value_status') }}) as value_status,
        arg_min(source_id, component) as source_id,
        arg_min(source_sheet, component) as source_sheet,
        arg_min(source_row, component) as source_row,
        string_agg(distinct source_id, ' ' order by source_id) as source_ids
    from {{ ref('fct_population_change') }}
    group by municipality_code, series, scope, period_start, period_end
),

-- The registry's table has the stocks of its date beside the flows of the period before. (Its series is a column: a
-- constant in the condition of the join would compare each row with each.)
registry as (
    select
        any_value(series) as series,
        municipality_code,
        scope,
        as_of_date,
        max(period_start) as period_start,
        max(period_end) as period_end,
        max(persons) filter (where item = 'households') as households,
        max(persons) filter (where item = 'social_change') as social_change,
        max(persons) filter (where item = 'population_total') as population_persons
    from {{ ref('stg_resident_registry__dynamics') }}
    where version_rank = 1 and {{ is_municipality() }}
    group by municipality_code, scope, as_of_date
),

marriages as (
    select
        series,
        municipality_code,
        period_start,
        period_end,
        cast(indicator_value as bigint) as marriages
    from {{ ref('stg_reference_series__value') }}
    where version_rank = 1 and series = 'vital_statistics' and indicator_id = 'marriages'
)

select
    components.municipality_code,
    components.series,
    components.scope,
    components.period_start,
    components.period_end,
    components.period_basis,
    components.birth as births_persons,
    components.death as deaths_persons,
    components.birth - components.death as natural_change_persons,
    components.in_migration as in_migrants_persons,
    components.out_migration as out_migrants_persons,
    components.in_migration - components.out_migration as net_migration_persons,
    components.other as other_change_persons,
    coalesce(registry.social_change, components.in_migration - components.out_migration + components.other)
        as social_change_persons,
    components.birth - components.death
    + coalesce(registry.social_change, components.in_migration - components.out_migration + components.other)
        as change_persons,
    marriages.marriages,
    registry.as_of_date as counted_on,
    registry.population_persons,
    registry.households,
    components.value_status,
    components.source_id,
    components.source_sheet,
    components.source_row,
    components.source_ids
from components
left join registry
    on
        components.series = registry.series
        and components.municipality_code = registry.municipality_code
        and components.scope = registry.scope
        and components.period_start = registry.period_start
        and components.period_end = registry.period_end
left join marriages
    on
        components.series = marriages.series
        and components.municipality_code = marriages.municipality_code
        and components.period_start = marriages.period_start
        and components.period_end = marriages.period_end
order by
    components.municipality_code, components.series, components.scope, components.period_start, components.period_end
