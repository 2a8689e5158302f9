-- 問い: いつ、どの値が改められたか。前の値はいくつか
-- 答え: 目標の見直し、実績の訂正、計算値の改定と、その前と後の値、理由、もとのファイル
-- 1行: 指標の出来事（改められたものだけ）
select
    one.municipality_code,
    one.plan_id,
    kpi.kpi_no,
    kpi.kpi_name_ja,
    one.event_kind_ja,
    one.fiscal_year,
    one.revision,
    one.value_before,
    one.value_after,
    one.unit,
    one.reason_ja,
    one.decided_on,
    one.file_name
from mart_kpi_history as one
inner join
    dim_kpi as kpi
    on one.municipality_code = kpi.municipality_code and one.plan_id = kpi.plan_id and one.kpi_id = kpi.kpi_id
where kpi.is_current and one.value_before is distinct from one.value_after and one.value_before is not null
order by one.municipality_code, one.plan_id, one.kpi_id, one.event_no
