{%- set key = ['municipality_code', 'series', 'scope', 'period_start', 'period_end', 'component'] -%}
-- Components as published. `other` is net (entries less removals that are neither births, deaths nor moves); where a
-- layout gives only one side there is no row, because half of a net figure is no figure; of two cells there is no one
-- source_column.
with registry as (
    select
        municipality_code,
        series,
        scope,
        period_start,
        period_end,
        period_basis,
        case
            when item in ('other_in', 'other_out') then 'other'
            else item
        end as component,
        case when item = 'other_out' then -persons else persons end as persons,
        value_status,
        source_id,
        source_sheet,
        source_row,
        source_column
    from {{ ref('stg_resident_registry__dynamics') }}
    where
        version_rank = 1
        and {{ is_municipality() }}
        and item in ('birth', 'death', 'in_migration', 'out_migration', 'other_in', 'other_out')
),

registry_components as (
    select
        municipality_code,
        series,
        scope,
        period_start,
        period_end,
        period_basis,
        component,
        cast(sum(persons) as bigint) as persons,
        min_by(value_status, source_id) as value_status,
        min(source_id) as source_id,
        min_by(source_sheet, source_id) as source_sheet,
        min_by(source_row, source_id) as source_row,
        if(component = 'other', null, min_by(source_column, source_id)) as source_column,
        1 as table_order
    from registry
    group by municipality_code, series, scope, period_start, period_end, period_basis, component
    having component <> 'other' or count(persons) = 2
),

other_series as (
    select
        municipality_code,
        series,
        case when series = 'migration_report' then 'not_stated' else 'japanese' end as scope,
        period_start,
        period_end,
        case
            when month(period_start) = 1 and month(period_end) = 12 then 'calendar_year'
            else 'fiscal_year'
        end as period_basis,
        case indicator_id
            when 'births' then 'birth'
            when 'deaths' then 'death'
            when 'in_migrants' then 'in_migration'
            when 'out_migrants' then 'out_migration'
        end as component,
        cast(indicator_value as bigint) as persons,
        value_status,
        source_id,
        source_sheet,
        source_row,
        source_column,
        2 as table_order
    from {{ ref('stg_reference_series__value') }}
    where
        version_rank = 1
        and indicator_id in ('births', 'deaths', 'in_migrants', 'out_migrants')
),

candidates as (
    select * from registry_components
    union all
    select * from other_series
)

select * exclude (table_order)
from candidates
qualify
    row_number() over (
        partition by {{ key | join(', ') }} order by {{ status_rank('value_status') }} desc, table_order asc
    ) = 1
order by municipality_code, series, scope, period_start, component
