-- 問い: 高齢化率（65歳以上の割合）は、どう変わったか
-- 答え: 国勢調査と住民基本台帳それぞれの高齢化率（％）。分母は年齢の分かる人口
-- 1行: 市区町村×系列×時点
select
    municipality_code,
    series,
    as_of_date,
    round(indicator_value, 2)::decimal(9, 2) as old_share_pct,
    numerator::bigint as old_persons,
    denominator::bigint as persons_of_known_age,
    value_status,
    caveat
from fct_indicator
where
    indicator_id in ('census_old_share_pct', 'registry_old_share_pct')
    and municipality_code in (select municipality_code from dim_plan)
order by municipality_code, series, as_of_date
