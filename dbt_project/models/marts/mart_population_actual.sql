-- Census and registry are two definitions: each row names its series, and only census rows are on the plan's basis.
select
    municipality_code,
    as_of_date,
    case series when 'census_preliminary' then 'census' else series end as series,
    value_status,
    actual_persons,
    ipss_2018_persons,
    ipss_2023_persons,
    plan_persons,
    ipss_2018_error_pct,
    ipss_2023_error_pct,
    plan_gap_persons
from {{ source('projection', 'actuals') }}
order by municipality_code, as_of_date, series
