{{ config(materialized='table') }}
-- Two municipalities whose figures of one period fit each other's reference and not their own: the mark of values that
-- stand in each other's rows. One row per pair, subject and period. The reference is the period before (visitors: the
-- same month of the year before and the month before, on the same level); for a census also the projection and the
-- registry. Sizes are compared as logarithms: `moved` is the smaller of the two departures from the own reference,
-- `misfit` the sum of both, `misfit_exchanged` the sum against the other's reference. In a table of more than 50
-- municipalities only neighbours (up to three rows apart in the order of codes) are looked at.
with figures as materialized (
    select
        *,
        if(subject = 'visitors', cast(period - interval 1 year as date), null) as period_of_year_before
    from {{ ref('int_check__figures') }}
),

stepped as (
    select
        *,
        lag(period) over by_period as period_of_last,
        lag(amount) over by_period as amount_of_last,
        lag(comparable_from) over by_period as comparable_from_of_last
    from figures
    window by_period as (partition by subject, municipality_code order by period)
),

projected as (
    select
        municipality_code,
        {{ census_day('year') }} as as_of_date,
        max_by(population_persons, vintage) as persons
    from {{ ref('stg_ipss__population') }}
    where
        version_rank = 1
        and sex = 'total'
        and age_group = 'total'
        and {{ is_municipality() }}
        and year > case vintage when 'ipss_2018' then 2015 else 2020 end
    group by municipality_code, year
),

registered as (
    select
        census.municipality_code,
        census.period,
        max_by(registry.amount, (-abs(date_diff('day', registry.period, census.period)), registry.subject)) as persons
    from figures as census
    inner join figures as registry
        on
            census.municipality_code = registry.municipality_code
            and abs(date_diff('day', registry.period, census.period)) <= 800
    where census.subject = 'population census total' and registry.subject like 'population resident_registry %'
    group by census.municipality_code, census.period
),

referred as (
    select
        * exclude (period_of_year_before, period_of_last, amount_of_last, comparable_from_of_last),
        period_of_last as period_before,
        amount_of_last as amount_before,
        if(subject = 'visitors', 'month', 'period') as against
    from stepped
    where
        amount_of_last is not null
        and period_of_last >= period - interval 10 year -- towns change places in a generation
        and (
            subject <> 'visitors'
            or (period_of_last = period - interval 1 month and comparable_from = comparable_from_of_last)
        )
    union all
    select
        stepped.* exclude (period_of_year_before, period_of_last, amount_of_last, comparable_from_of_last),
        earlier.period as period_before,
        earlier.amount as amount_before,
        'year' as against
    from stepped
    inner join figures as earlier
        on
            stepped.subject = earlier.subject
            and stepped.municipality_code = earlier.municipality_code
            and stepped.period_of_year_before = earlier.period
            and stepped.comparable_from = earlier.comparable_from
    union all
    select
        stepped.* exclude (period_of_year_before, period_of_last, amount_of_last, comparable_from_of_last),
        stepped.period as period_before,
        projected.persons as amount_before,
        'projection' as against
    from stepped
    inner join projected
        on stepped.municipality_code = projected.municipality_code and stepped.period = projected.as_of_date
    where stepped.subject = 'population census total' and projected.persons > 0
    union all
    select
        stepped.* exclude (period_of_year_before, period_of_last, amount_of_last, comparable_from_of_last),
        stepped.period as period_before,
        registered.persons as amount_before,
        'registry' as against
    from stepped
    inner join registered
        on stepped.municipality_code = registered.municipality_code and stepped.period = registered.period
    where stepped.subject = 'population census total'
),

placed as (
    select
        *,
        ln(amount) as size,
        ln(amount_before) as size_before,
        row_number() over (
            partition by subject, period, period_before, against order by municipality_code
        ) as place,
        count(*) over (partition by subject, period, period_before, against) as n_places
    from referred
),

-- Only those that departed from their reference can have been exchanged; each looks at the places after its own.
departed as (
    select
        *,
        unnest(range(place + 1, place + if(n_places <= 50, n_places, 3) + 1)) as place_of_other
    from placed
    where abs(size - size_before) > 0.03
),

paired as (
    select
        one.subject,
        one.subject_family,
        one.subject_ja,
        one.against,
        one.period,
        one.period_before,
        one.municipality_code,
        other.municipality_code as other_code,
        one.amount,
        one.amount_before,
        other.amount as other_amount,
        other.amount_before as other_before,
        one.source_id,
        one.source_sheet,
        one.source_row,
        least(one.amount, one.amount_before, other.amount, other.amount_before) as least_amount,
        least(abs(one.size - one.size_before), abs(other.size - other.size_before)) as moved,
        abs(one.size - one.size_before) + abs(other.size - other.size_before) as misfit,
        abs(one.size - other.size_before) + abs(other.size - one.size_before) as misfit_exchanged
    from departed as one
    inner join placed as other
        on
            one.subject = other.subject
            and one.period = other.period
            and one.period_before = other.period_before
            and one.against = other.against
            and one.place_of_other = other.place
    where
        (one.size - one.size_before) * (other.size - other.size_before) < 0
        and abs(other.size - other.size_before) > 0.03
),

suspicious as (
    select
        *,
        count(*) filter (where against = 'year' and moved >= 0.2) over (
            partition by subject, municipality_code, other_code, year(period)
        ) as n_months,
        count(*) over (partition by subject_family, period, municipality_code, other_code) as n_items
    from paired
    where misfit_exchanged < if(against in ('projection', 'registry', 'month'), 0.35, 0.25) * misfit
)

select
    *,
    case
        when subject_family = 'visitors' then n_months >= 7
        when against in ('projection', 'registry') then moved >= 0.12 and least_amount >= 1000
        when subject = 'population census total' then moved >= 0.2 and least_amount >= 1000
        when subject_family like 'population %'
            then moved >= 0.1 and least_amount >= 500 and period < period_before + interval 50 month
        else false
    end as is_certain
from suspicious
where
    case
        when against = 'month' then moved >= ln(1.5) and least_amount >= 1000
        when subject_family = 'visitors' then moved >= ln(1.5)
        when subject_family = 'donations' then n_items = 2 and moved >= ln(2) and least_amount >= 1000
        when subject_family like 'flows %' then moved >= 0.25 and least_amount >= 50
        else moved >= 0.05 and least_amount >= 500
    end
