{#
    Hand-typed births, deaths, in- and out-migrants that are many times a figure of the same component within a year of
    them, in whichever series and delivery: one row per typed figure that no figure of another delivery near it supports,
    beside the one it was compared with. Of two typed figures the one delivered last is named; of one file, the larger.
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
            near.source_row as other_row,
            greatest(typed.persons, near.persons) as larger_persons,
            greatest(typed.persons, near.persons) / greatest(least(typed.persons, near.persons), 1) as times,
            typed.source_id <> near.source_id as is_other_delivery,
            not near.is_typed
            or (typed.received_at, typed.persons) > (near.received_at, near.persons) as is_named
        from figures as typed
        inner join figures as near
            on
                typed.municipality_code = near.municipality_code
                and typed.component = near.component
                and abs(date_diff('day', typed.period_end, near.period_end)) <= 366
                and (typed.source_id, typed.source_row) <> (near.source_id, near.source_row)
        where typed.is_typed
    ),

    judged as (
        select
            *,
            -- a disaster shows in both registers: figures of two deliveries within threefold support one another
            bool_or(times < 3 and is_other_delivery)
                over (partition by source_id, source_row, municipality_code, component, period_end)
            as is_supported
        from pairs
    ),

    far as (
        select *
        from judged
        where larger_persons >= 50 and times >= 4 and is_named and not is_supported
        qualify row_number() over (
            partition by source_id, source_row, municipality_code, component, period_end
            order by times desc, other_file asc, other_row asc
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
        is_other_delivery,
        times
    from far
{%- endmacro %}
