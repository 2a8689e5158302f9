{#
    The rule by which a break of the level of monthly visitors is found, in numbers. Measured on all 1,892 areas of the
    publisher's files of 2021 to 2024 (limits beside what they find: docs/data_sources.md).

    months      months compared on either side of a suspected break, each with the same month a year before
    at_least    months after it from which on a break is suspected; with fewer nothing can be told
    fold        the median of the months after it must differ by this factor from the year before and from the median of
                the months before it: less is within what a single event or a bad winter does
    apart       all months but one on either side must lie apart by this factor: a level, not a spike
    places      municipalities from which on the movement of all (their median) is taken off first
#}
{% macro level_rule() -%}
    {{ return({'months': 6, 'at_least': 3, 'fold': 1.7, 'apart': 1.25, 'places': 20}) }}
{%- endmacro %}

{#
    Breaks in a series of growth: one row per municipality and first month of a new level. `relation` has
    municipality_code, month and growth = ln(month / same month a year before), free of the movement of all.
#}
{% macro level_breaks_in(relation) -%}
    {%- set rule = level_rule() -%}
    select
        municipality_code,
        month,
        step,
        n_months_after,
        exp(median_before) as ratio_before,
        exp(median_after) as ratio_after
    from (
        select
            *,
            len(after) as n_months_after,
            list_median(before) as median_before,
            list_median(after) as median_after,
            list_median(after) - list_median(before) as step,
            abs(list_avg(after) - list_avg(before)) as height,
            -- The second least of six, the least of fewer: one month of six may stand off.
            list_sort(after)[if(len(after) = {{ rule.months }}, 2, 1)] - list_sort(before)[-2] as apart_upward,
            list_sort(before)[2] - list_sort(after)[if(len(after) = {{ rule.months }}, -2, -1)] as apart_downward
        from (
            select
                municipality_code,
                month,
                list(growth) over (
                    by_month range between interval {{ rule.months }} month preceding and interval 1 month preceding
                ) as before,
                list(growth) over (
                    by_month range between current row and interval {{ rule.months - 1 }} month following
                ) as after
            from {{ relation }}
            window by_month as (partition by municipality_code order by month)
        )
    )
    where
        len(before) = {{ rule.months }}
        and n_months_after >= {{ rule.at_least }}
        and least(abs(step), abs(median_after)) >= ln({{ rule.fold }})
        and sign(step) = sign(median_after)
        and if(step > 0, apart_upward, apart_downward) >= ln({{ rule.apart }})
    -- Beside a break its neighbours look like one: the highest step of half a year stands.
    qualify height = max(height) over (
        partition by municipality_code order by month
        range between interval {{ rule.months - 1 }} month preceding and interval {{ rule.months - 1 }} month following
    )
{%- endmacro %}
