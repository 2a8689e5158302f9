-- The assumptions behind every scenario: those of the product, which hold for all, and those of the plans.
with assumed as (
    select
        scenario_id,
        municipality_code,
        cast(null as varchar) as plan_id,
        item,
        basis,
        base,
        sex,
        cast(age_from as integer) as age_from,
        cast(age_to as integer) as age_to,
        cast(year_from as integer) as year_from,
        cast(year_to as integer) as year_to,
        cast(value as decimal(28, 8)) as value,
        shape,
        timing,
        assumption_of,
        label_ja,
        label_en,
        note_ja,
        cast(null as varchar) as source_id,
        cast(null as varchar) as source_sheet,
        cast(null as integer) as source_row
    from {{ ref('scenarios') }}
    union all
    select
        scenario_id,
        municipality_code,
        plan_id,
        item,
        basis,
        base,
        sex,
        cast(age_from as integer) as age_from,
        cast(age_to as integer) as age_to,
        cast(year_from as integer) as year_from,
        cast(year_to as integer) as year_to,
        value,
        shape,
        timing,
        assumption_of,
        label_ja,
        label_en,
        note_ja,
        source_id,
        sheet as source_sheet,
        row as source_row
    from {{ source('in_force', 'plan_register_scenario') }}
)

select
    *,
    cast(row_number() over (
        partition by municipality_code, scenario_id order by plan_id, item, year_from, sex, age_from
    ) as integer) as assumption_no
from assumed
order by municipality_code, scenario_id, assumption_no
