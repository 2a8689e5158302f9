select * from {{ ref('int_kpi__catalogue') }}
order by plan_id, kpi_id, target_version
