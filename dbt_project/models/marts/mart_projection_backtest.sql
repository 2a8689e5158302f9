select
    method,
    size_class,
    horizon_years,
    measure,
    n_errors,
    cast(n_bases as integer) as n_bases,
    mean_absolute_error_pct,
    mean_error_pct,
    p10_error_pct,
    median_error_pct,
    p90_error_pct,
    case method when 'hamilton_perry' then 'own_errors' else 'own_centre_scaled_spread' end as band_errors_of,
    band_low_error_pct,
    band_high_error_pct,
    tested_coverage_pct,
    worst_coverage_pct,
    best_coverage_pct,
    basis,
    basis_ja
from {{ source('projection', 'error') }}
order by method, cast(regexp_extract(size_class, '^\d+') as integer), horizon_years, measure
