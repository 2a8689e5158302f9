-- 問い: 婚姻と出生は、毎年どれだけあるか
-- 答え: 人口動態統計（日本人、暦年）の婚姻（件）・出生・死亡・自然増減（人）。届いていない欄は空
-- 1行: 市区町村×年
select
    one.municipality_code,
    dates.calendar_year,
    dates.calendar_year_label_ja as year_ja,
    one.marriages,
    one.births_persons,
    one.deaths_persons,
    one.natural_change_persons,
    one.value_status
from mart_population_change as one
inner join dim_time as dates on year(one.period_start) = dates.year
where
    one.series = 'vital_statistics' and one.period_basis = 'calendar_year'
    and one.municipality_code in (select municipality_code from dim_plan)
order by one.municipality_code, dates.calendar_year
