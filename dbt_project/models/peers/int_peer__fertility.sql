-- The total fertility rate that a census implies: children 0-4 over women 15-49, times the nation's rate over its
-- ratio of that year, as the official run of the projection converts them. Persons of unknown age are left out.
with counted as (
    select
        municipality_code,
        as_of_date,
        sum(population_persons) filter (where sex in ('male', 'female') and age_group = '0-4') as children,
        sum(population_persons) filter (where sex = 'female' and age_from between 15 and 45) as women,
        count(*) filter (where sex = 'female' and age_from between 15 and 45 and age_to - age_from = 4) as n_groups
    from {{ ref('mart_population_current_area') }}
    where series = 'census' and scope = 'total' and is_conserved
    group by municipality_code, as_of_date
),

conversion as (
    select
        year,
        median(implied_tfr / child_woman_ratio) as tfr_per_ratio
    from {{ source('projection', 'vision') }}
    where scenario_id = 'ipss_2018_extended' and child_woman_ratio > 0
    group by year
)

select
    counted.municipality_code,
    counted.as_of_date,
    counted.children,
    counted.women,
    cast(counted.children / counted.women * conversion.tfr_per_ratio as decimal(24, 8)) as implied_tfr
from counted
inner join conversion on year(counted.as_of_date) = conversion.year
where counted.n_groups = 7 and counted.women > 0 and counted.children is not null
