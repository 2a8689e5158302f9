{{ config(materialized='table') }}
{%- set moves = 'greatest(arrivals.numerator + departures.numerator, 1)' %}
{%- set margin = '1.96 * sqrt(' ~ moves ~ ') / arrivals.denominator * 1000' %}
-- Every value by which municipalities are set side by side: one row per measure, municipality and period. base_persons
-- is what a rate stands on; lower_value and upper_value hold 95 % of the chance in the counted events, where these are
-- known: Poisson, for a difference of two counts the normal approximation.
with indicator as (
    select *
    from {{ ref('fct_indicator') }}
    where
        indicator_id in (
            'census_old_share_pct',
            'census_old_75_share_pct',
            'census_young_share_pct',
            'registry_births_per_1000',
            'registry_in_migrants_per_1000',
            'registry_out_migrants_per_1000',
            'furusato_jpy_per_resident',
            'tourism_visitors_calendar_year'
        )
        or (indicator_id = 'registry_total_persons' and month(as_of_date) = 1)
),

residents as (
    select
        municipality_code,
        as_of_date,
        indicator_value
    from indicator
    where indicator_id = 'registry_total_persons'
),

census as (
    select
        municipality_code,
        as_of_date,
        population_persons as persons,
        value_status
    from {{ ref('mart_population_current_area') }}
    where
        series = 'census'
        and scope = 'total'
        and sex = 'total'
        and age_group = 'total'
        and is_conserved
        and population_persons > 0
),

measured as (
    select
        later.municipality_code,
        'population_change_5y_pct' as measure_id,
        earlier.as_of_date as period_start,
        later.as_of_date as period_end,
        {{ percentage('later.persons - earlier.persons', 'earlier.persons') }} as measured_value,
        earlier.persons as base_persons,
        cast(null as double) as lower_value,
        cast(null as double) as upper_value,
        later.value_status
    from census as later
    inner join census as earlier
        on
            later.municipality_code = earlier.municipality_code
            and later.as_of_date = earlier.as_of_date + interval 5 year
    union all by name
    select
        municipality_code,
        replace(indicator_id, 'census_', '') as measure_id,
        period_start,
        as_of_date as period_end,
        indicator_value as measured_value,
        denominator as base_persons,
        value_status
    from indicator
    where indicator_id like 'census%share_pct'
    union all by name
    select
        municipality_code,
        'implied_tfr' as measure_id,
        as_of_date as period_start,
        as_of_date as period_end,
        implied_tfr as measured_value,
        women as base_persons,
        {{ poisson_lower('children') }} * implied_tfr / nullif(children, 0) as lower_value,
        {{ poisson_upper('children') }} * implied_tfr / nullif(children, 0) as upper_value,
        'estimated' as value_status
    from {{ ref('int_peer__fertility') }}
    union all by name
    select
        municipality_code,
        'births_per_1000' as measure_id,
        period_start,
        as_of_date as period_end,
        indicator_value as measured_value,
        denominator as base_persons,
        {{ poisson_lower('numerator') }} / denominator * 1000 as lower_value,
        {{ poisson_upper('numerator') }} / denominator * 1000 as upper_value,
        value_status
    from indicator
    where indicator_id = 'registry_births_per_1000'
    union all by name
    select
        arrivals.municipality_code,
        'net_migration_per_1000' as measure_id,
        arrivals.period_start,
        arrivals.as_of_date as period_end,
        {{ quotient('arrivals.numerator - departures.numerator', 'arrivals.denominator') }} * 1000 as measured_value,
        arrivals.denominator as base_persons,
        measured_value - {{ margin }} as lower_value,
        measured_value + {{ margin }} as upper_value,
        arrivals.value_status
    from indicator as arrivals
    inner join indicator as departures
        on
            arrivals.municipality_code = departures.municipality_code
            and arrivals.period_start = departures.period_start
            and arrivals.as_of_date = departures.as_of_date
            and arrivals.indicator_id = 'registry_in_migrants_per_1000'
            and departures.indicator_id = 'registry_out_migrants_per_1000'
    union all by name
    select
        municipality_code,
        measure_id,
        period_start,
        period_end,
        {{ percentage('net_migrants', 'base_persons') }} as measured_value,
        base_persons,
        'estimated' as value_status
    from {{ ref('int_peer__registry_moves') }}
    union all by name
    select
        impact.municipality_code,
        ratio.measure_id,
        make_date(impact.year, 10, 1) as period_start,
        make_date(impact.year, 10, 1) as period_end,
        ratio.measured_value,
        'projected' as value_status
    from {{ ref('mart_vision_impact') }} as impact
    cross join
        lateral (
            values
            ('natural_ratio_pct', natural_ratio_pct),
            ('social_ratio_pct', social_ratio_pct)
        ) as ratio (measure_id, measured_value)
    where impact.year = 2045
    union all by name
    select
        municipality_code,
        'furusato_jpy_per_resident' as measure_id,
        period_start,
        as_of_date as period_end,
        indicator_value as measured_value,
        denominator as base_persons,
        value_status
    from indicator
    where indicator_id = 'furusato_jpy_per_resident'
    union all by name
    select
        visits.municipality_code,
        'tourism_visitors_per_resident' as measure_id,
        visits.period_start,
        visits.as_of_date as period_end,
        {{ quotient('visits.indicator_value', 'residents.indicator_value') }} as measured_value,
        residents.indicator_value as base_persons,
        'estimated' as value_status
    from indicator as visits
    asof inner join residents
        on visits.municipality_code = residents.municipality_code and visits.as_of_date + 1 >= residents.as_of_date
    where visits.indicator_id = 'tourism_visitors_calendar_year'
)

select
    municipality_code,
    measure_id,
    period_start,
    period_end,
    cast(measured_value as decimal(24, 8)) as measured_value,
    cast(base_persons as decimal(24, 8)) as base_persons,
    cast(lower_value as decimal(24, 8)) as lower_value,
    cast(upper_value as decimal(24, 8)) as upper_value,
    value_status
from measured
where measured_value is not null
