-- 問い: 人口は、出生と死亡（自然増減）、転入と転出（社会増減）で、毎年どれだけ動いたか
-- 答え: 住民基本台帳の1年間の出生・死亡・転入・転出と、その差。社会増減に「その他」の記載・消除は含めない
-- 1行: 市区町村×年
select
    municipality_code,
    period_start,
    period_end,
    max(persons) filter (where component = 'birth') as births,
    max(persons) filter (where component = 'death') as deaths,
    births - deaths as natural_change_persons,
    max(persons) filter (where component = 'in_migration') as arrivals,
    max(persons) filter (where component = 'out_migration') as departures,
    arrivals - departures as social_change_persons
from fct_population_change
where
    series = 'resident_registry' and scope = 'total'
    and municipality_code in (select municipality_code from dim_plan)
group by municipality_code, period_start, period_end
order by municipality_code, period_start
