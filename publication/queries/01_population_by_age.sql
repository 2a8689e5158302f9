-- 問い: 年齢3区分の人口は、年とともにどう変わってきたか
-- 答え: 国勢調査と住民基本台帳の総人口と年少・生産年齢・老年人口。系列は混ぜない。年齢不詳は別の列
-- 1行: 市区町村×系列×時点
select
    one.municipality_code,
    one.series,
    one.as_of_date,
    dates.calendar_year_label_ja as year_ja,
    max(one.population_persons) filter (where one.age_group = 'total') as total_persons,
    (sum(one.population_persons) filter (where one.age_to < 15))::bigint as young_persons,
    (sum(one.population_persons) filter (where one.age_from >= 15 and one.age_to < 65))::bigint as working_age_persons,
    (sum(one.population_persons) filter (where one.age_from >= 65))::bigint as old_persons,
    (sum(one.population_persons) filter (where one.age_group = 'unknown'))::bigint as unknown_age_persons
from fct_population as one
inner join dim_time as dates on one.as_of_date between dates.calendar_year_first_day and dates.calendar_year_last_day
where one.sex = 'total' and one.scope = 'total' and one.municipality_code in (select municipality_code from dim_plan)
group by one.municipality_code, one.series, one.as_of_date, dates.calendar_year_label_ja
order by one.municipality_code, one.series, one.as_of_date
