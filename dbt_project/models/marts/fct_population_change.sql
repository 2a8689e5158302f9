{%- set key = ['municipality_code', 'series', 'scope', 'period_start', 'period_end', 'component'] -%}
-- Components as published. `other` is net (entries less removals that are neither births, deaths nor moves); where a
-- layout gives only one side there is no row, because half of a net figure is no figure.
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
        source_row
    from {{ ref('stg_resident_registry__dynamics') }}
    where
        area_level in ('municipality', 'designated_city')
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
        value_status,
        source_id,
        source_sheet,
        source_row
    from registry
    group by all
    having component <> 'other' or count(*) = 2
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
        source_row
    from {{ ref('stg_reference_series__value') }}
    where indicator_id in ('births', 'deaths', 'in_migrants', 'out_migrants')
),

candidates as (
    select * from registry_components
    union all
    select * from other_series
),

received as (
    select
        candidates.*,
        max(delivery.received_at) over (
            partition by {{ key | join(', ') }}, value_status, persons
        ) as value_received_at
    from candidates
    left join {{ source('raw', 'delivery') }} as delivery on candidates.source_id = delivery.source_id
)

select * exclude (value_received_at)
from received
qualify
    row_number() over (
        partition by {{ key | join(', ') }}
        order by {{ status_rank('value_status') }} desc, value_received_at desc, source_id asc, source_row asc
    ) = 1
order by municipality_code, series, scope, period_start, component
