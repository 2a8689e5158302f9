-- 問い: 実際の人口は、社人研の推計と計画の見込みに対してどこにいるか
-- 答え: 数えられた総人口と、同じ日の社人研推計（2018年・2023年）、計画の値、計画との差（国勢調査の行だけ）
-- 1行: 市区町村×系列×時点
select
    municipality_code,
    as_of_date,
    series,
    value_status,
    actual_persons::bigint as actual_persons,
    round(ipss_2018_persons, 0)::bigint as ipss_2018_persons,
    round(ipss_2023_persons, 0)::bigint as ipss_2023_persons,
    round(plan_persons, 0)::bigint as plan_persons,
    round(plan_gap_persons, 0)::bigint as plan_gap_persons
from mart_population_actual
where municipality_code in (select municipality_code from dim_plan)
order by municipality_code, as_of_date, series
