-- Growth of monthly visitors on the same month a year before, free of the season, and of the movement of all
-- municipalities (their median) where enough are delivered. `is_tested`: whether the rule for breaks of the level
-- (macros/level_breaks.sql) has the months that it needs on both sides of this one.
{{ config(materialized='table') }}
{%- set rule = level_rule() %}
with growths as (
    select
        later.municipality_code,
        later.month,
        ln(later.visitors / earlier.visitors) as growth
    from {{ ref('int_tourism__in_force') }} as later
    inner join {{ ref('int_tourism__in_force') }} as earlier
        on
            later.municipality_code = earlier.municipality_code
            and later.month = cast(earlier.month + interval 1 year as date)
    where later.visitors > 0 and earlier.visitors > 0
),

movements as (
    select
        month,
        median(growth) as growth
    from growths
    group by month
    having count(*) >= {{ rule.places }}
)

select
    growths.municipality_code,
    growths.month,
    growths.growth - coalesce(movements.growth, 0) as growth,
    movements.month is not null as is_beside_others,
    count(*) over (
        by_month range between interval {{ rule.months }} month preceding and interval 1 month preceding
    ) = {{ rule.months }}
    and count(*) over (by_month range between current row and interval {{ rule.months - 1 }} month following)
    >= {{ rule.at_least }} as is_tested
from growths
left join movements on growths.month = movements.month
window by_month as (partition by growths.municipality_code order by growths.month)
