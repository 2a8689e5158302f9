select * from {{ ref('int_kpi__actual') }}
order by plan_id, kpi_id, fiscal_year, revision
