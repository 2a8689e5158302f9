-- 問い: 社人研の推計は、どれだけ外れるおそれがあるか
-- 答え: 推計の総人口と80％の幅（過去の推計が外れた大きさから）。推計の始まりと、幅のもとになった推計の数も示す
-- 1行: 市区町村×推計×推計のもと×年
select
    municipality_code,
    scenario_id,
    vintage,
    base_ja,
    year,
    round(total_persons, 0)::bigint as total_persons,
    round(total_lower_persons, 0)::bigint as total_lower_persons,
    round(total_upper_persons, 0)::bigint as total_upper_persons,
    band_coverage_pct,
    band_n_errors,
    is_band_extrapolated
from mart_population_vision
where total_lower_persons is not null and municipality_code in (select municipality_code from dim_plan)
order by municipality_code, scenario_id, vintage, year
