select * from {{ ref('int_kpi__catalogue') }}
order by municipality_code, plan_id, kpi_id, target_version
