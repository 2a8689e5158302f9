-- 問い: 世帯の数と、1世帯の人数はどうか
-- 答え: 住民基本台帳の世帯数、人口、1世帯当たりの人数（人）
-- 1行: 市区町村×時点
select
    municipality_code,
    counted_on as as_of_date,
    households,
    population_persons,
    round(population_persons / nullif(households, 0), 2)::decimal(9, 2) as persons_per_household
from mart_population_change
where
    series = 'resident_registry' and scope = 'total' and households is not null
    and municipality_code in (select municipality_code from dim_plan)
order by municipality_code, as_of_date
