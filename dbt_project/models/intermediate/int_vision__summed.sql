{{ config(materialized='table') }}
-- Groups come from five-year ages where a scenario has them, else from the groups as published or printed.
with ages as (
    select
        municipality_code,
        scenario_id,
        vintage,
        base_id,
        base_ja,
        year,
        sex,
        age_group,
        age_from,
        age_to,
        population_persons,
        is_projection,
        age_from is not null and not age_group in ('0-14', '15-64', '65+', '20-39') as is_five_year
    from {{ ref('int_projection__scenarios') }}
),

sums as (
    select
        municipality_code,
        scenario_id,
        vintage,
        year,
        max(base_id) as base_id,
        max(base_ja) as base_ja,
        bool_or(is_projection) as is_projection,
        max(population_persons) filter (where sex = 'total' and age_group = 'total') as total_published,
        sum(population_persons) filter (where is_five_year and sex <> 'total') as total_summed,
        max(population_persons) filter (where sex = 'total' and age_group = '0-14') as young_published,
        sum(population_persons) filter (where is_five_year and sex <> 'total' and age_to <= 14) as young_summed,
        max(population_persons) filter (where sex = 'total' and age_group = '15-64') as working_age_published,
        sum(population_persons) filter (
            where is_five_year and sex <> 'total' and age_from >= 15 and age_to <= 64
        ) as working_age_summed,
        max(population_persons) filter (where sex = 'total' and age_group = '65+') as old_published,
        sum(population_persons) filter (where is_five_year and sex <> 'total' and age_from >= 65) as old_summed,
        max(population_persons) filter (where sex = 'female' and age_group = '20-39') as women_published,
        sum(population_persons) filter (
            where is_five_year and sex = 'female' and age_from >= 20 and age_to <= 39
        ) as women_summed
    from ages
    group by municipality_code, scenario_id, vintage, year
),

totals as (
    select
        municipality_code,
        scenario_id,
        vintage,
        year,
        base_id,
        base_ja,
        is_projection,
        cast(
            coalesce(total_published, total_summed, young_published + working_age_published + old_published)
            as decimal(18, 6)
        ) as total_persons,
        cast(coalesce(young_published, young_summed) as decimal(18, 6)) as young_persons,
        cast(coalesce(working_age_published, working_age_summed) as decimal(18, 6)) as working_age_persons,
        cast(coalesce(old_published, old_summed) as decimal(18, 6)) as old_persons,
        cast(coalesce(women_published, women_summed) as decimal(18, 6)) as women_20_39_persons
    from sums
),

goals as (
    select
        kpi.municipality_code,
        kpi.plan_id,
        cast(coalesce(kpi.benchmark_year, kpi.target_fiscal_year) as integer) as year,
        cast(kpi.target_value as decimal(18, 6)) as target_persons,
        plan.first_fiscal_year,
        kpi.kpi_id
    from {{ ref('int_kpi__catalogue') }} as kpi
    inner join {{ source('in_force', 'plan_register_plan') }} as plan
        on kpi.municipality_code = plan.municipality_code and kpi.plan_id = plan.plan_id
    where kpi.benchmark_column = 'total_persons' and kpi.is_current
),

-- Several plans of one municipality may have a goal for one year: that of the plan itself, else of the one begun last.
targets as (
    select
        totals.municipality_code,
        totals.scenario_id,
        totals.vintage,
        totals.year,
        goals.plan_id as target_plan_id,
        goals.target_persons
    from totals
    inner join goals on totals.municipality_code = goals.municipality_code and totals.year = goals.year
    qualify
        row_number() over (
            partition by totals.municipality_code, totals.scenario_id, totals.vintage, totals.year
            order by
                goals.plan_id = totals.vintage desc,
                goals.first_fiscal_year desc,
                goals.plan_id asc,
                goals.kpi_id asc
        ) = 1
)

select
    totals.municipality_code,
    totals.scenario_id,
    totals.vintage,
    totals.base_id,
    totals.base_ja,
    totals.year,
    totals.is_projection,
    totals.total_persons,
    totals.young_persons,
    totals.working_age_persons,
    totals.old_persons,
    totals.women_20_39_persons,
    {{ percentage('totals.young_persons', 'totals.total_persons') }} as young_share_pct,
    {{ percentage('totals.working_age_persons', 'totals.total_persons') }} as working_age_share_pct,
    {{ percentage('totals.old_persons', 'totals.total_persons') }} as old_share_pct,
    cast(flows.births as decimal(18, 6)) as births_5y,
    cast(flows.deaths as decimal(18, 6)) as deaths_5y,
    cast(flows.natural_change as decimal(18, 6)) as natural_change_5y,
    cast(flows.social_change as decimal(18, 6)) as social_change_5y,
    cast(flows.implied_tfr as decimal(18, 6)) as implied_tfr,
    targets.target_plan_id,
    targets.target_persons,
    cast(totals.total_persons - targets.target_persons as decimal(18, 6)) as gap_to_target_persons
from totals
left join {{ source('projection', 'vision') }} as flows
    on
        totals.municipality_code = flows.municipality_code
        and totals.scenario_id = flows.scenario_id
        and totals.vintage = flows.vintage
        and totals.year = flows.year
left join targets
    on
        totals.municipality_code = targets.municipality_code
        and totals.scenario_id = targets.scenario_id
        and totals.vintage = targets.vintage
        and totals.year = targets.year
