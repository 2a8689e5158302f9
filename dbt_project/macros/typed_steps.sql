{#
    Hand-typed births, deaths, in- and out-migrants that are four times a figure of the same component within a year of
    them or more, in whichever series and delivery: one row per typed figure that no figure of another delivery supports,
    beside the one that is farthest from it. Of two that nothing supports the one delivered last is named; of one file,
    the larger. is_stopped: farther apart than any real pair. is_far_from_another: from a figure of another delivery.
#}
{% macro typed_steps() -%}
    with figures as (
        select
            change.municipality_code,
            change.component,
            change.period_end,
            change.persons,
            change.source_id,
            change.source_row,
            delivery.file_name,
            delivery.received_at,
            delivery.source = 'reference_series' as is_typed
        from {{ ref('fct_population_change') }} as change
        inner join {{ source('raw', 'delivery') }} as delivery on change.source_id = delivery.source_id
        where
            change.component in ('birth', 'death', 'in_migration', 'out_migration')
            and change.scope <> 'foreign'
            and change.persons is not null
    ),

    pairs as (
        select
            typed.*,
            near.persons as other_persons,
            near.period_end as other_period_end,
            near.file_name as other_file,
            near.source_id as other_source_id,
            near.source_row as other_row,
            near.is_typed as other_is_typed,
            near.received_at as other_received_at,
            greatest(typed.persons, near.persons) as larger_persons,
            greatest(typed.persons, near.persons) / greatest(least(typed.persons, near.persons), 1) as times,
            typed.source_id <> near.source_id as is_other_delivery
        from figures as typed
        inner join figures as near
            on
                typed.municipality_code = near.municipality_code
                and typed.component = near.component
                and abs(date_diff('day', typed.period_end, near.period_end)) <= 366
                and (typed.source_id, typed.source_row) <> (near.source_id, near.source_row)
        where typed.is_typed
    ),

    -- a disaster shows in both registers: figures of two deliveries within threefold support one another
    supported as (
        select distinct
            municipality_code,
            component,
            period_end,
            source_id,
            source_row
        from pairs
        where times < 3 and is_other_delivery
    ),

    far as (
        select
            pairs.*,
            bool_or(pairs.is_other_delivery) over (
                partition by pairs.source_id, pairs.source_row, pairs.municipality_code, pairs.component
            ) as is_far_from_another
        from pairs
        anti join supported
            on
                pairs.municipality_code = supported.municipality_code
                and pairs.component = supported.component
                and pairs.period_end = supported.period_end
                and pairs.source_id = supported.source_id
                and pairs.source_row = supported.source_row
        left join supported as other
            on
                pairs.municipality_code = other.municipality_code
                and pairs.component = other.component
                and pairs.other_period_end = other.period_end
                and pairs.other_source_id = other.source_id
                and pairs.other_row = other.source_row
        where
            pairs.larger_persons >= 50
            and pairs.times >= 4
            and (
                not pairs.other_is_typed
                or other.source_id is not null
                or (pairs.received_at, pairs.persons) > (pairs.other_received_at, pairs.other_persons)
            )
        qualify row_number() over (
            partition by pairs.source_id, pairs.source_row, pairs.municipality_code, pairs.component
            order by pairs.times desc, pairs.other_file asc, pairs.other_row asc
        ) = 1
    )

    select
        file_name,
        cast(null as varchar) as sheet,
        source_row as row_number,
        municipality_code,
        cast(other_persons as varchar) || ' の4倍未満・4分の1超（' || other_period_end || '、' || other_file || '・'
        || other_row || '行目）' as expected,
        cast(persons as varchar) as found,
        municipality_code || ' ' || component || ' ' || period_end || ': ' || file_name || ' の ' || persons
        || ' は、' || other_period_end || ' の ' || other_persons || '（' || other_file || '）の '
        || round(persons / greatest(other_persons, 1), 2) || ' 倍です' as reason_ja,
        is_far_from_another,
        times >= case component
            when 'birth' then 5
            when 'out_migration' then 6
            when 'in_migration' then 8
            else 9
        end as is_stopped
    from far
{%- endmacro %}
