select
    municipality_code,
    scenario_id,
    year,
    sex,
    age_from,
    cohort_change_ratio,
    survival_ratio,
    net_migration_ratio,
    split_basis,
    '当方：生残率は全国の生命表、移動はその残り' as split_basis_ja
from {{ source('projection', 'rates') }}
order by municipality_code, scenario_id, year, sex, age_from
