select
    method,
    size_class,
    horizon_years,
    measure,
    n_errors,
    mean_absolute_error_pct,
    mean_error_pct,
    p10_error_pct,
    median_error_pct,
    p90_error_pct,
    basis_ja
from {{ source('projection', 'error') }}
order by method, cast(regexp_extract(size_class, '^\d+') as integer), horizon_years, measure
