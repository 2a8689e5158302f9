-- difference = our figure (recomputed where there is a run, else the official one) less the printed one.
-- A figure that our run was fitted to says so: agreement would prove nothing.
with compared as (
    select
        *,
        coalesce(recomputed_value, official_value) - plan_value as difference
    from {{ ref('int_plan_figure__recomputed') }}
)

select
    municipality_code,
    plan_id,
    figure_id,
    label_ja,
    label_en,
    year,
    unit,
    plan_value,
    official_value,
    recomputed_value,
    recomputed_scenario,
    cast(difference as decimal(24, 8)) as difference,
    tolerance,
    tolerance_reason_ja,
    case
        when difference is null then 'not_computable'
        when is_calibrated then 'calibrated'
        when abs(difference) <= tolerance then 'agrees'
        else 'differs'
    end as verdict
from compared
order by municipality_code, plan_id, year, figure_id
