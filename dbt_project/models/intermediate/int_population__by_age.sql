{{ config(materialized='table') }}
-- Age groups of a delivered count of people added up: one row per municipality, series, date and delivered version, of
-- tables that give every age; `caveat` says that persons of unknown age are not among the groups.
with age_sums as (
    select
        municipality_code,
        series,
        as_of_date,
        value_status,
        source_id,
        source_sheet,
        min(source_row) as source_row,
        max(value_rank) as version_rank,
        max(population_persons) filter (where sex = 'total' and age_group = 'total') as total_persons,
        sum(population_persons) filter (where sex = 'total' and age_to <= 14) as young_persons,
        sum(population_persons) filter (
            where sex = 'total' and age_from >= 15 and age_to <= 64
        ) as working_age_persons,
        sum(population_persons) filter (where sex = 'total' and age_from >= 65) as old_persons,
        case
            when bool_or(sex = 'total' and age_from = 75)
                then sum(population_persons) filter (where sex = 'total' and age_from >= 75)
        end as old_75_persons,
        sum(population_persons) filter (
            where sex = 'female' and age_from >= 20 and age_to <= 39
        ) as women_20_39_persons,
        count(*) filter (where sex = 'female' and age_from >= 20 and age_to <= 39) as n_women_groups,
        coalesce(
            sum(population_persons) filter (where sex = 'total' and age_group <> 'total')
            = max(population_persons) filter (where sex = 'total' and age_group = 'total'), false
        ) as ages_add_up,
        coalesce(
            sum(population_persons) filter (where sex = 'female' and age_group <> 'total')
            = max(population_persons) filter (where sex = 'female' and age_group = 'total'), false
        ) as women_add_up
    from {{ ref('int_population__versions') }}
    where scope = 'total' and area_level <> 'ward'
    group by municipality_code, series, as_of_date, value_status, source_id, source_sheet
),

-- Age tables in which a class has no figure: it is nobody ('-' of a census) where the others make up the total; else it
-- is not known or not used, and no sum is made of the rest.
gaps as (
    select distinct
        municipality_code,
        series,
        as_of_date,
        source_id,
        source_sheet,
        sex
    from {{ ref('int_population__versions') }}
    where scope = 'total' and area_level <> 'ward' and sex in ('total', 'female') and population_persons is null
)

-- Persons whose age is not known (or is hidden) are the rest of the total of the same file.
select
    *,
    case
        when young_persons + working_age_persons + old_persons < total_persons then 'age_unknown_not_allotted'
    end as caveat,
    women_add_up or not exists (
        select 1 from gaps
        where
            gaps.municipality_code = age_sums.municipality_code
            and gaps.series = age_sums.series
            and gaps.as_of_date = age_sums.as_of_date
            and gaps.source_id = age_sums.source_id
            and gaps.source_sheet is not distinct from age_sums.source_sheet
            and gaps.sex = 'female'
    ) as has_all_women
from age_sums
where
    young_persons + working_age_persons + old_persons between 0.94 * total_persons and total_persons
    and (
        ages_add_up or not exists (
            select 1 from gaps
            where
                gaps.municipality_code = age_sums.municipality_code
                and gaps.series = age_sums.series
                and gaps.as_of_date = age_sums.as_of_date
                and gaps.source_id = age_sums.source_id
                and gaps.source_sheet is not distinct from age_sums.source_sheet
                and gaps.sex = 'total'
        )
    )
