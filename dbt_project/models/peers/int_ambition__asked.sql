{{ config(materialized='table') }}
-- What each target asks of an indicator that other municipalities have too: from where, to where, in how many years.
-- The start is the plan's baseline where that is a past or present value or follows from the printed change; else what
-- was measured in the year before the term, or last before it. A total over the term is asked of the total of as many
-- years before it. Beside the targets: the printed totals, fertility and net migration that the plan's own run stands
-- on.
with target as (
    select
        kpi.*,
        indicator.unit as indicator_unit,
        kpi.indicator_scale as scale,
        kpi.first_fiscal_year - 1 as year_before_term,
        kpi.kind = 'cumulative_total' as is_sum
    from {{ ref('dim_kpi') }} as kpi
    inner join {{ ref('dim_indicator') }} as indicator on kpi.indicator_id = indicator.indicator_id
    where
        kpi.is_current
        and kpi.target_value is not null
        and kpi.target_fiscal_year is not null
        and indicator.source <> 'plan_register'
),

measured as (
    select
        target.municipality_code,
        target.plan_id,
        target.kpi_id,
        arg_max(own.indicator_value, own.as_of_date) filter (where own.fiscal_year <= target.year_before_term)
            as last_value,
        max(own.fiscal_year) filter (where own.fiscal_year <= target.year_before_term) as last_year,
        sum(own.indicator_value) filter (
            where own.fiscal_year between target.first_fiscal_year - target.term_years and target.year_before_term
        ) as sum_before,
        count(distinct own.fiscal_year) filter (
            where own.fiscal_year between target.first_fiscal_year - target.term_years and target.year_before_term
        ) as n_years_before,
        arg_max(own.indicator_value, own.as_of_date) as newest_value,
        max(own.fiscal_year) as newest_year
    from target
    left join {{ ref('fct_indicator') }} as own
        on target.municipality_code = own.municipality_code and target.indicator_id = own.indicator_id
    group by target.municipality_code, target.plan_id, target.kpi_id
),

started as (
    select
        target.*,
        case
            when target.is_sum then if(measured.n_years_before = target.term_years, 'measured_sum', null)
            when
                target.baseline_value is not null
                and target.baseline_type in ('actual', 'current_value', 'implied')
                then 'plan_baseline'
            when measured.last_value is not null then 'measured'
        end as start_basis,
        case start_basis
            when 'measured_sum' then measured.sum_before / target.scale
            when 'plan_baseline' then target.baseline_value
            when 'measured' then measured.last_value / target.scale
        end as start_value,
        case start_basis
            when 'measured_sum' then target.year_before_term
            when 'plan_baseline' then coalesce(target.baseline_year, target.year_before_term)
            when 'measured' then measured.last_year
        end as start_year,
        measured.newest_value / target.scale as newest_value,
        measured.newest_year
    from target
    inner join measured
        on
            target.municipality_code = measured.municipality_code
            and target.plan_id = measured.plan_id
            and target.kpi_id = measured.kpi_id
),

of_kpi as (
    select
        municipality_code,
        plan_id,
        'kpi' as subject_kind,
        kpi_id as subject_id,
        'change' as compares,
        kpi_name_ja as label_ja,
        unit,
        direction,
        indicator_id,
        is_sum,
        indicator_unit in ('％', '‰') as is_in_points,
        start_basis,
        start_value,
        start_year,
        target_value,
        target_fiscal_year as target_year,
        if(is_sum, term_years, target_fiscal_year - start_year) as asked_years,
        newest_value,
        newest_year,
        case
            when
                kind not in (
                    'level_at_end', 'annual_level', 'ratio_percent', 'suppress_decline', 'maintain_at_least',
                    'cumulative_total'
                )
                then 'no_change_asked'
            when start_value is null then 'no_start'
            when not is_in_points and start_value <= 0 then 'start_not_positive'
            when asked_years < 1 then 'no_years'
        end as reason
    from started
),

-- What is left to do: the same target from the newest value that was measured after the start.
from_now as (
    select
        * replace (
            'change_from_now' as compares,
            'measured' as start_basis,
            newest_value as start_value,
            newest_year as start_year,
            target_year - newest_year as asked_years,
            if(is_in_points or newest_value > 0, null, 'start_not_positive') as reason
        )
    from of_kpi
    where
        coalesce(reason, '') <> 'no_change_asked'
        and not is_sum
        and newest_year < target_year
        and newest_year > coalesce(start_year, 0)
),

plan as (
    select
        municipality_code,
        min(plan_id) as plan_id
    from {{ ref('dim_scenario') }}
    where municipality_code <> '*' and scenario_id = 'plan_recomputed' and plan_id is not null
    group by municipality_code
    having count(distinct plan_id) = 1
),

ours as (
    select
        plan.plan_id,
        vision.municipality_code,
        vision.year,
        vision.implied_tfr,
        vision.social_change,
        lag(vision.total_persons) over (partition by vision.municipality_code order by vision.year) as persons_before
    from {{ ref('mart_population_vision') }} as vision
    inner join plan on vision.municipality_code = plan.municipality_code
    where vision.scenario_id = 'plan_recomputed'
),

-- The newest census that the rates of others are measured by.
last_census as (
    select max(as_of_date) as as_of_date
    from {{ ref('int_ambition__value') }}
    where indicator_id = 'peer:social_ratio_pct'
),

own as (
    select
        municipality_code,
        indicator_id,
        indicator_value,
        fiscal_year
    from {{ ref('int_ambition__value') }}
    where indicator_id like 'peer:%'
    qualify row_number() over (partition by municipality_code, indicator_id order by as_of_date desc) = 1
),

of_run as (
    select
        ours.municipality_code,
        ours.plan_id,
        'plan_migration' as subject_kind,
        cast(ours.year as varchar) as subject_id,
        'level' as compares,
        '計画に合わせた計算の社会増減率（' || (ours.year - 5) || '→' || ours.year || '年、期首人口比）' as label_ja,
        '％' as unit,
        'peer:social_ratio_pct' as indicator_id,
        true as is_in_points,
        {{ percentage('ours.social_change', 'ours.persons_before') }} as target_value,
        ours.year as target_year
    from ours
    inner join last_census on ours.year = year(last_census.as_of_date) + 5
    union all by name
    select
        municipality_code,
        plan_id,
        'plan_fertility' as subject_kind,
        cast(min(year) as varchar) as subject_id,
        compared.compares,
        '計画に合わせた計算の合計特殊出生率（' || min(year) || '年から）' as label_ja,
        '人（女性1人当たり）' as unit,
        'peer:implied_tfr' as indicator_id,
        false as is_in_points,
        cast(any_value(final_tfr) as decimal(24, 8)) as target_value,
        min(year) as target_year
    from (
        select
            *,
            last_value(implied_tfr) over (
                partition by municipality_code order by year rows between unbounded preceding and unbounded following
            ) as final_tfr
        from ours
    ) as followed
    cross join lateral (values ('change'), ('level')) as compared (compares)
    where abs(implied_tfr - final_tfr) < 0.0005
    group by municipality_code, plan_id, compared.compares
    union all by name
    select
        vision.municipality_code,
        vision.vintage as plan_id,
        'plan_population' as subject_kind,
        cast(vision.year as varchar) as subject_id,
        'change' as compares,
        '計画の総人口（' || vision.year || '年）' as label_ja,
        '人' as unit,
        'census_total_persons' as indicator_id,
        false as is_in_points,
        cast(vision.total_persons as decimal(24, 8)) as target_value,
        vision.year as target_year
    from {{ ref('mart_population_vision') }} as vision
    where
        vision.scenario_id = 'plan'
        and vision.is_projection
        and vision.total_persons is not null
        and not exists (
            select 1
            from of_kpi
            where
                of_kpi.municipality_code = vision.municipality_code
                and of_kpi.indicator_id = 'census_total_persons'
                and of_kpi.target_year = vision.year
        )
),

base_of_plan as (
    select
        municipality_code,
        vintage as plan_id,
        year,
        total_persons
    from {{ ref('mart_population_vision') }}
    where scenario_id = 'plan' and not is_projection and total_persons is not null
    qualify row_number() over (partition by municipality_code, vintage order by year desc) = 1
)

select
    * exclude (newest_value, newest_year),
    case
        when reason is not null or compares = 'level' then null
        when is_in_points then cast(target_value - start_value as decimal(24, 8))
        else cast({{ quotient('target_value - start_value', 'start_value') }} * 100 as decimal(24, 8))
    end as asked_change
from (
    select * from of_kpi
    union all by name
    select * from from_now
    union all by name
    select
        of_run.*,
        'higher_is_better' as direction,
        false as is_sum,
        case
            when base_of_plan.year is not null then 'plan_baseline'
            when own.indicator_value is not null then 'measured'
        end as start_basis,
        coalesce(cast(base_of_plan.total_persons as decimal(24, 8)), own.indicator_value) as start_value,
        coalesce(base_of_plan.year, own.fiscal_year) as start_year,
        of_run.target_year - coalesce(base_of_plan.year, own.fiscal_year) as asked_years,
        case
            when of_run.compares = 'level' then null
            when start_value is null then 'no_start'
            when asked_years < 1 then 'no_years'
        end as reason
    from of_run
    left join own on of_run.municipality_code = own.municipality_code and of_run.indicator_id = own.indicator_id
    left join base_of_plan
        on
            of_run.municipality_code = base_of_plan.municipality_code
            and case when of_run.subject_kind = 'plan_population' then of_run.plan_id end = base_of_plan.plan_id
) as asked
