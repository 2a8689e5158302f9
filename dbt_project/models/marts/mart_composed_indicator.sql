select
    municipality_code,
    plan_id,
    composed_id,
    fiscal_year,
    name_ja,
    formula,
    unit,
    composed_value,
    numerator,
    denominator,
    cast(n_parts as integer) as n_parts,
    cast(n_parts_given as integer) as n_parts_given,
    not_available_ja,
    value_status,
    caveat,
    period_start,
    as_of_date,
    source_id,
    source_sheet,
    source_row,
    source_ids
from {{ ref('int_composed__values') }}
order by municipality_code, plan_id, composed_id, fiscal_year
