select
    municipality_code,
    base_date,
    from_date,
    year,
    measure,
    refreshed_persons,
    low_persons as lower_persons,
    high_persons as upper_persons,
    errors_of as band_errors_of,
    scale_factor,
    baseline_persons,
    plan_persons,
    drift_from_baseline_pct,
    drift_from_plan_pct
from {{ source('projection', 'refresh') }}
order by municipality_code, base_date, year, measure
