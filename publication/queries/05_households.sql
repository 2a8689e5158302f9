-- 問い: 世帯の数と、1世帯の人数はどうか
-- 答え: 住民基本台帳の世帯数、人口、1世帯当たりの人数
-- 1行: 市区町村×時点
select
    municipality_code,
    as_of_date,
    max(indicator_value) filter (where indicator_id = 'registry_households')::bigint as households,
    max(indicator_value) filter (where indicator_id = 'registry_total_persons')::bigint as total_persons,
    round(max(indicator_value) filter (where indicator_id = 'registry_persons_per_household'), 2)::decimal(9, 2)
        as persons_per_household
from fct_indicator
where
    indicator_id in ('registry_households', 'registry_total_persons', 'registry_persons_per_household')
    and municipality_code in (select municipality_code from dim_plan)
group by municipality_code, as_of_date
order by municipality_code, as_of_date
