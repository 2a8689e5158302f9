-- 問い: 住民基本台帳の人口と国勢調査の人口は、どれだけ違うか
-- 答え: 国勢調査の日の次の1月1日の台帳人口と、その差。数え方が違うので一本の線にはしない
-- 1行: 市区町村×国勢調査
with counted as (
    select
        municipality_code,
        series,
        as_of_date,
        population_persons,
        value_status
    from fct_population
    where sex = 'total' and age_group = 'total' and scope = 'total'
)

select
    census.municipality_code,
    census.as_of_date as census_date,
    census.population_persons as census_persons,
    census.value_status as census_status,
    registry.as_of_date as registry_date,
    registry.population_persons as registry_persons,
    registry.population_persons - census.population_persons as registry_less_census_persons
from counted as census
left join counted as registry
    on
        census.municipality_code = registry.municipality_code
        and registry.series = 'resident_registry'
        and registry.as_of_date = make_date(year(census.as_of_date) + 1, 1, 1)
where census.series = 'census' and census.municipality_code in (select municipality_code from dim_plan)
order by census.municipality_code, census.as_of_date
