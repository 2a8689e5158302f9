-- Visitors of a whole calendar or fiscal year, and the share of the winter months (December to March) in a fiscal year.
-- Only years whose twelve months are all known on one level: a month before a break of the level is never added to one
-- after it, so a year with a break has no value. series names the level.
with placed as (
    select
        *,
        make_date(year(month), 1, 1) as calendar_start,
        {{ first_day_of_fiscal_year(fiscal_year_of('month')) }} as fiscal_start,
        month(month) in (12, 1, 2, 3) as is_winter
    from {{ ref('int_tourism__resolved') }}
),

spans as (
    select
        'calendar' as basis,
        calendar_start as period_start,
        *
    from placed
    union all
    select
        'fiscal' as basis,
        fiscal_start as period_start,
        *
    from placed
),

years as (
    select
        municipality_code,
        basis,
        period_start,
        any_value(comparable_from) as comparable_from,
        sum(visitors) as visitors,
        sum(visitors) filter (where is_winter) as winter_visitors,
        arg_min(value_status, {{ status_rank('value_status') }}) as value_status,
        arg_max(source_id, month) as source_id,
        arg_max(source_sheet, month) as source_sheet,
        arg_max(source_row, month) as source_row,
        string_agg(distinct source_id, ' ' order by source_id) as source_ids
    from spans
    group by municipality_code, basis, period_start
    having count(visitors) = 12 and count(distinct comparable_from) = 1
)

select
    years.municipality_code,
    measure.indicator_id,
    years.period_start,
    cast(years.period_start + interval 1 year - interval 1 day as date) as as_of_date,
    measure.measured_value,
    measure.numerator,
    measure.denominator,
    'tourism_from_' || strftime(years.comparable_from, '%Y_%m') as series,
    years.value_status,
    years.source_id,
    years.source_sheet,
    years.source_row,
    years.source_ids,
    1 as version_rank,
    years.comparable_from
from years
cross join
    lateral (
        values
        ('tourism_visitors_calendar_year', 'calendar', years.visitors, null, null),
        ('tourism_visitors_fiscal_year', 'fiscal', years.visitors, null, null),
        (
            'tourism_winter_share_pct',
            'fiscal',
            {{ percentage('years.winter_visitors', 'years.visitors') }},
            years.winter_visitors,
            years.visitors
        )
    ) as measure (indicator_id, basis, measured_value, numerator, denominator)
where measure.basis = years.basis
