-- 問い: 20～39歳の女性は、将来の推計ごとに何人になるか
-- 答え: 推計ごとの20～39歳の女性と、基準の年との比（％）。推計の名前は団体のもの、なければ共通のもの
-- 1行: 市区町村×推計×推計のもと×年
with naming as (
    select
        municipality_code,
        scenario_id,
        max(label_ja) as label_ja
    from dim_scenario
    where item = 'scenario'
    group by municipality_code, scenario_id
)

select
    vision.municipality_code,
    vision.scenario_id,
    vision.vintage,
    coalesce(own.label_ja, shared.label_ja) as label_ja,
    vision.year,
    round(vision.women_20_39_persons, 0)::bigint as women_20_39_persons,
    round(100 * vision.women_20_39_persons / first(vision.women_20_39_persons) over of_run, 1)::decimal(9, 1)
        as of_first_year_pct
from mart_population_vision as vision
left join naming as own
    on vision.scenario_id = own.scenario_id and vision.municipality_code = own.municipality_code
left join naming as shared on vision.scenario_id = shared.scenario_id and shared.municipality_code = '*'
where
    vision.women_20_39_persons is not null
    and vision.municipality_code in (select municipality_code from dim_plan)
window
    of_run as (
        partition by vision.municipality_code, vision.scenario_id, vision.vintage order by vision.year
    )
order by vision.municipality_code, vision.scenario_id, vision.vintage, vision.year
