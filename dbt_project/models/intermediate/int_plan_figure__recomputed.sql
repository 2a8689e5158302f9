-- Each printed figure is one value, or one value less another, of a measure of int_vision__summed; here with the
-- official table and with our own run beside it.
with measures as (
    unpivot (
        select
            municipality_code,
            scenario_id,
            year,
            total_persons,
            young_persons,
            working_age_persons,
            old_persons,
            women_20_39_persons,
            cast(young_share_pct as decimal(18, 6)) as young_share_pct,
            cast(working_age_share_pct as decimal(18, 6)) as working_age_share_pct,
            cast(old_share_pct as decimal(18, 6)) as old_share_pct,
            implied_tfr
        from {{ ref('int_vision__summed') }}
    )
    on columns(* exclude (municipality_code, scenario_id, year))
    into name measure value measure_value
),

runs (printed_scenario, official_scenario, recomputed_scenario) as (
    values
    ('census', 'ipss_2018', 'ipss_2018_extended'),
    ('ipss', 'ipss_2018', 'ipss_2018_extended'),
    ('plan', null, 'plan_recomputed'),
    ('migration_only', null, 'migration_only')
),

figures as (
    select
        figure.*,
        of_run.official_scenario as of_official,
        of_run.recomputed_scenario as of_recomputed,
        minus_run.official_scenario as minus_official,
        minus_run.recomputed_scenario as minus_recomputed
    from {{ ref('plan_figures') }} as figure
    left join runs as of_run on figure.of_scenario = of_run.printed_scenario
    left join runs as minus_run on figure.minus_scenario = minus_run.printed_scenario
),

found as (
    select
        figures.figure_id,
        figures.plan_id,
        max(measure_value) filter (
            where measures.scenario_id = figures.of_official and measures.year = figures.of_year
        ) as official_of,
        max(measure_value) filter (
            where measures.scenario_id = figures.minus_official and measures.year = figures.minus_year
        ) as official_minus,
        max(measure_value) filter (
            where measures.scenario_id = figures.of_recomputed and measures.year = figures.of_year
        ) as recomputed_of,
        max(measure_value) filter (
            where measures.scenario_id = figures.minus_recomputed and measures.year = figures.minus_year
        ) as recomputed_minus
    from figures
    left join measures
        on figures.municipality_code = measures.municipality_code and figures.measure = measures.measure
    group by figures.figure_id, figures.plan_id
),

published_tfr as (
    select
        municipality_code,
        year(period_end) as year,
        max(indicator_value) as tfr
    from {{ ref('stg_reference_series__value') }}
    where indicator_id = 'tfr_bayes'
    group by municipality_code, year(period_end)
)

select
    figures.municipality_code,
    figures.plan_id,
    figures.figure_id,
    figures.label_ja,
    figures.label_en,
    cast(figures.year as integer) as year,
    figures.unit,
    cast(figures.plan_value as decimal(24, 8)) as plan_value,
    cast(
        case
            when figures.measure = 'tfr_bayes' then published_tfr.tfr
            when figures.minus_scenario is null then found.official_of
            else {{ quotient('found.official_of - found.official_minus', 'figures.divisor') }}
        end as decimal(24, 8)
    ) as official_value,
    cast(
        case
            when figures.minus_scenario is null then found.recomputed_of
            else {{ quotient('found.recomputed_of - found.recomputed_minus', 'figures.divisor') }}
        end as decimal(24, 8)
    ) as recomputed_value,
    figures.of_recomputed as recomputed_scenario,
    cast(figures.tolerance as decimal(24, 8)) as tolerance,
    figures.tolerance_reason_ja,
    cast(figures.is_calibrated as boolean) as is_calibrated
from figures
inner join found on figures.figure_id = found.figure_id and figures.plan_id = found.plan_id
left join published_tfr
    on figures.municipality_code = published_tfr.municipality_code and figures.of_year = published_tfr.year
