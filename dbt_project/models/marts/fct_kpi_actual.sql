select * from {{ ref('int_kpi__actual') }}
order by municipality_code, plan_id, kpi_id, fiscal_year, revision
