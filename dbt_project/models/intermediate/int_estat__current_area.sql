-- Values of e-Stat answers with a period, each with the municipality of today that its area is. A table that is
-- adjusted for mergers (廃置分合処理済) has the areas of its publication in all its years. Elsewhere an area is that
-- of its period:
-- * a code that went on as another one alone (a new name, a town that became a city) is the municipality of today;
-- * an area that was divided, or is only a part of one of today's, is none: values are never added, since a rate or a
--   maximum does not add up;
-- * the code of today on the area of before a merger keeps its code and says so (caveat other_boundary).
-- caveat keeps a value from being set against a target.
with timed as (
    select
        *,
        table_ja like '%廃置分合処理済%' as is_adjusted
    from {{ ref('stg_estat_api__value') }}
    where period_end is not null and area_level not in ('nation', 'prefecture')
),

-- The last day of a code; 9999-12-30 while it goes on.
last_days as (
    select
        municipality_code,
        cast(max(coalesce(valid_to, date '9999-12-31')) - interval 1 day as date) as last_day
    from {{ ref('int_municipality__spans') }}
    group by municipality_code
),

areas as (
    select distinct
        timed.municipality_code,
        timed.period_end,
        timed.is_adjusted,
        if(timed.is_adjusted, last_days.last_day, timed.period_end) as day_of_area
    from timed
    inner join last_days on timed.municipality_code = last_days.municipality_code
),

spanned as (
    select
        areas.municipality_code,
        areas.period_end,
        areas.is_adjusted,
        spans.current_code,
        spans.comparable_from,
        count(beside.municipality_code) as n_parts
    from areas
    inner join {{ ref('int_municipality__spans') }} as spans
        on
            areas.municipality_code = spans.municipality_code
            and areas.day_of_area >= spans.valid_from
            and areas.day_of_area < coalesce(spans.valid_to, date '9999-12-31')
    left join {{ ref('int_municipality__spans') }} as beside
        on
            spans.current_code = beside.current_code
            and areas.day_of_area >= beside.valid_from
            and areas.day_of_area < coalesce(beside.valid_to, date '9999-12-31')
    group by
        areas.municipality_code, areas.period_end, areas.is_adjusted, spans.current_code, spans.comparable_from
)

select
    timed.* exclude (is_adjusted),
    case
        when {{ is_municipality('timed.area_level') }} then timed.municipality_code
        when spanned.n_parts = 1 then spanned.current_code
    end as current_code,
    case
        when
            not timed.is_adjusted
            and (
                spanned.current_code is null
                or spanned.n_parts > 1
                or spanned.current_code <> timed.municipality_code and {{ is_municipality('timed.area_level') }}
                or timed.period_end < spanned.comparable_from
            )
            then 'other_boundary'
    end as caveat
from timed
left join spanned
    on
        timed.municipality_code = spanned.municipality_code
        and timed.period_end = spanned.period_end
        and timed.is_adjusted = spanned.is_adjusted
