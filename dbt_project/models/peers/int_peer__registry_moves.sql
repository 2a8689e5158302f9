-- Net migration ratios over five years by age at the end: residents at the end, less those at the start who would
-- have lived under national survival, over those at the start. Ages to 84 at the end, which every table of the
-- registry gives.
with cells as (
    select
        municipality_code,
        as_of_date,
        sex,
        age_from,
        population_persons as persons
    from {{ ref('mart_population_current_area') }}
    where
        series = 'resident_registry'
        and scope = 'total'
        and sex in ('male', 'female')
        and age_to - age_from = 4
        and age_from between 0 and 80
        and is_conserved
        and (month(as_of_date) = 1 and day(as_of_date) = 1)
),

-- National survival stands in every row of the rates; one of them is taken.
survival as (
    select
        sex,
        age_from,
        min(survival_ratio) as survival_ratio
    from {{ source('projection', 'rates') }}
    where year = 2020 and scenario_id = 'ipss_2018_extended'
    group by sex, age_from
),

bands as (
    select band.* from (
        values
        ('net_migration_5_14_pct', 0, 5),
        ('net_migration_15_24_pct', 10, 15),
        ('net_migration_25_34_pct', 20, 25),
        ('net_migration_35_49_pct', 30, 40),
        ('net_migration_50_64_pct', 45, 55),
        ('net_migration_65_84_pct', 60, 75)
    ) as band (measure_id, from_first, from_last)
)

select
    earlier.municipality_code,
    bands.measure_id,
    earlier.as_of_date as period_start,
    later.as_of_date as period_end,
    cast(sum(earlier.persons) as decimal(28, 8)) as base_persons,
    cast(sum(later.persons - earlier.persons * survival.survival_ratio) as decimal(28, 8)) as net_migrants
from cells as earlier
inner join cells as later
    on
        earlier.municipality_code = later.municipality_code
        and earlier.sex = later.sex
        and later.age_from = earlier.age_from + 5
        and later.as_of_date = earlier.as_of_date + interval 5 year
inner join survival on earlier.sex = survival.sex and earlier.age_from = survival.age_from
inner join bands on earlier.age_from between bands.from_first and bands.from_last
group by earlier.municipality_code, bands.measure_id, earlier.as_of_date, later.as_of_date
having count(*) = 2 * (max(bands.from_last - bands.from_first) // 5 + 1) and base_persons > 0
