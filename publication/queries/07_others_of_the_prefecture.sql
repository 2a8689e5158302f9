-- 問い: 同じ都道府県のほかの市区町村と比べて、総人口はどうか
-- 答え: 最新の国勢調査の総人口を、計画のある団体と同じ都道府県の団体について大きい順に。値のない団体は出ない
-- 1行: 市区町村
with counted as (
    select
        town.prefecture_name_ja,
        town.municipality_code,
        town.name_ja,
        one.as_of_date,
        one.population_persons,
        one.value_status,
        town.municipality_code in (select municipality_code from dim_plan) as is_meant,
        town.municipality_code in (select one_plan.municipality_code from dim_plan as one_plan) as has_plan,
        max(one.as_of_date) over () as last_date
    from fct_population as one
    inner join dim_municipality_code as town on one.municipality_code = town.municipality_code
    where one.series = 'census' and one.scope = 'total' and one.sex = 'total' and one.age_group = 'total'
)

select
    prefecture_name_ja,
    municipality_code,
    name_ja,
    as_of_date,
    population_persons,
    value_status,
    has_plan
from counted
where as_of_date = last_date
qualify bool_or(is_meant) over (partition by prefecture_name_ja)
order by prefecture_name_ja asc, population_persons desc, municipality_code asc
