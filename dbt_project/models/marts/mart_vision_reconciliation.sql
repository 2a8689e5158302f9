-- The projection compares (projection/night/reconcile.py); difference = our figure (recomputed where there is a run,
-- else the official one) less the printed one. A figure that our run was fitted to says so: agreement would prove
-- nothing; neither does agreement up to 2045 of a run whose ratios come from the published table of these years:
-- agreement_basis says on what a verdict stands.
select
    municipality_code,
    plan_id,
    figure_id,
    label_ja,
    label_en,
    year,
    unit,
    cast(plan_value as decimal(24, 8)) as plan_value,
    cast(official_value as decimal(24, 8)) as official_value,
    cast(recomputed_value as decimal(24, 8)) as recomputed_value,
    recomputed_scenario,
    cast(implied_tfr as decimal(24, 8)) as implied_tfr,
    cast(difference as decimal(24, 8)) as difference,
    cast(tolerance as decimal(24, 8)) as tolerance,
    tolerance_basis,
    tolerance_reason_ja,
    verdict,
    case
        when verdict = 'not_computable' then 'none'
        when verdict = 'calibrated' then 'fitted'
        when recomputed_value is null then 'published_table'
        when recomputed_scenario = 'ipss_2018_extended' and year <= 2045 then 'same_table'
        else 'own_run'
    end as agreement_basis,
    why_ja,
    place_ja,
    cast(revised_official_value as decimal(24, 8)) as revised_official_value,
    cast(actual_value as decimal(24, 8)) as actual_value,
    case actual_series when 'census_preliminary' then 'census' else actual_series end as actual_series,
    actual_status,
    actual_date
from {{ source('projection', 'reconciliation') }}
order by municipality_code, plan_id, year, figure_id
