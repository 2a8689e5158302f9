-- 問い: 5歳階級ごとの男女の人口は、年とともにどう変わってきたか
-- 答え: 国勢調査と住民基本台帳の年齢階級別の男・女・計（人）。系列は混ぜない。公表のない性別は空
-- 1行: 市区町村×系列×時点×年齢階級
select
    one.municipality_code,
    one.series,
    one.as_of_date,
    ages.age_order,
    one.age_group,
    ages.label_ja as age_ja,
    max(one.population_persons) filter (where one.sex = 'male') as male_persons,
    max(one.population_persons) filter (where one.sex = 'female') as female_persons,
    max(one.population_persons) filter (where one.sex = 'total') as total_persons
from fct_population as one
inner join dim_age_group as ages on one.age_group = ages.age_group
where one.scope = 'total' and one.municipality_code in (select municipality_code from dim_plan)
group by one.municipality_code, one.series, one.as_of_date, ages.age_order, one.age_group, ages.label_ja
order by one.municipality_code, one.series, one.as_of_date, ages.age_order
