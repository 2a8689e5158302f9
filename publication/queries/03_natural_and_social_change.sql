-- 問い: 人口は、出生と死亡（自然増減）、転入と転出（社会増減）で、毎年どれだけ動いたか
-- 答え: 住民基本台帳の1年間の出生・死亡・転入・転出、自然増減、転入超過。「その他」の記載・消除が公表されていれば社会増減も
-- 1行: 市区町村×年
select
    municipality_code,
    period_start,
    period_end,
    births_persons,
    deaths_persons,
    natural_change_persons,
    in_migrants_persons,
    out_migrants_persons,
    net_migration_persons,
    social_change_persons,
    value_status
from mart_population_change
where
    series = 'resident_registry' and scope = 'total'
    and municipality_code in (select municipality_code from dim_plan)
order by municipality_code, period_start
