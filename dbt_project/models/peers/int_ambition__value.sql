{{ config(materialized='table') }}
-- The values of every municipality by which a target of some plan is measured, on areas that did not change since, and
-- what the runs of the plans are set beside: the fertility that two censuses imply and the net migration between them,
-- both as the engine of the projection defines them.
with wanted as (
    select distinct indicator_id
    from {{ ref('dim_kpi') }}
    where is_current and indicator_id is not null
    union
    select 'census_total_persons'
),

whole as (
    select
        municipality_code,
        greatest(valid_from, coalesce(comparable_from, valid_from)) as same_area_from
    from {{ ref('dim_municipality') }}
    where is_current
),

-- Five years of net migration as the engine has it: persons of 5 and over at the census less those of the census before
-- who would have lived, over all of the census before.
start as (
    select
        municipality_code,
        year,
        sex,
        least(age_from, 85) as age_from,
        sum(population_persons) as persons
    from {{ source('projection', 'population') }}
    where scenario_id = 'ipss_2018' and not is_projection and sex in ('male', 'female') and age_from is not null
    group by municipality_code, year, sex, least(age_from, 85)
),

survival as (
    select
        sex,
        age_from,
        year,
        min(survival_ratio) as survival_ratio
    from {{ source('projection', 'rates') }}
    where scenario_id = 'ipss_2018_extended'
    group by sex, age_from, year
),

expected as (
    select
        start.municipality_code,
        start.year + 5 as year,
        sum(start.persons) as persons,
        sum(start.persons * survival.survival_ratio) as survivors
    from start
    inner join survival
        on start.sex = survival.sex and start.age_from = survival.age_from and start.year + 5 = survival.year
    group by start.municipality_code, start.year
    having count(*) = 36 and sum(start.persons) > 0
),

counted as (
    select
        municipality_code,
        year(as_of_date) as year,
        max(population_persons) filter (where age_group = 'total') as persons,
        max(population_persons) filter (where age_group = '0-4') as children
    from {{ ref('mart_population_current_area') }}
    where series = 'census' and scope = 'total' and sex = 'total' and is_conserved
    group by municipality_code, as_of_date
),

base_fertility as (
    select
        municipality_code,
        year,
        implied_tfr
    from {{ source('projection', 'vision') }}
    where scenario_id = 'ipss_2018_extended'
    qualify year = min(year) over ()
)

select
    fact.municipality_code,
    fact.indicator_id,
    fact.series,
    fact.period_start,
    fact.as_of_date,
    fact.fiscal_year,
    cast(fact.indicator_value as decimal(28, 8)) as indicator_value
from {{ ref('fct_indicator') }} as fact
inner join wanted on fact.indicator_id = wanted.indicator_id
inner join whole
    on fact.municipality_code = whole.municipality_code and fact.period_start >= whole.same_area_from
where coalesce(fact.caveat, '') not in ('other_boundary', 'part_not_exact')
union all
select
    municipality_code,
    'peer:implied_tfr' as indicator_id,
    'census' as series,
    as_of_date as period_start,
    as_of_date,
    year(as_of_date) as fiscal_year,
    cast(implied_tfr as decimal(28, 8)) as indicator_value
from {{ ref('int_peer__fertility') }}
where year(as_of_date) not in (select base_fertility.year from base_fertility)
union all
select
    municipality_code,
    'peer:implied_tfr' as indicator_id,
    'census' as series,
    make_date(year, 10, 1) as period_start,
    make_date(year, 10, 1) as as_of_date,
    year as fiscal_year,
    cast(implied_tfr as decimal(28, 8)) as indicator_value
from base_fertility
where implied_tfr is not null
union all
select
    expected.municipality_code,
    'peer:social_ratio_pct' as indicator_id,
    'census' as series,
    make_date(expected.year - 5, 10, 1) as period_start,
    make_date(expected.year, 10, 1) as as_of_date,
    expected.year as fiscal_year,
    cast((counted.persons - counted.children - expected.survivors) / expected.persons * 100 as decimal(28, 8))
        as indicator_value
from expected
inner join counted on expected.municipality_code = counted.municipality_code and expected.year = counted.year
where counted.children is not null
