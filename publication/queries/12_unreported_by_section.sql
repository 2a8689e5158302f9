-- 問い: まだ報告のない実績は、どの課にいくつあるか
-- 答え: 課ごとの未報告の指標の数と、年度を数えた件数、最も古い年度
-- 1行: 計画×課
select
    municipality_code,
    plan_id,
    coalesce(section_ja, asked_of_ja) as section_ja,
    count(distinct kpi_id) as n_kpi,
    count(*) as n_missing,
    min(fiscal_year) as first_fiscal_year,
    max(fiscal_year) as last_fiscal_year
from mart_kpi_missing
where reason = 'unreported'
group by municipality_code, plan_id, coalesce(section_ja, asked_of_ja)
order by municipality_code asc, plan_id asc, n_missing desc, section_ja asc
