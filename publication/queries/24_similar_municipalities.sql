-- 問い: 人口規模の似た団体と比べて、人口・高齢化率・1人当たりのふるさと納税はどうか
-- 答え: 計画のある団体と同じ人口規模（最新の国勢調査）の団体の値と、値のある団体の中での順位（大きい順）。値がなければ空
-- 1行: 市区町村
with latest as (
    select
        municipality_code,
        indicator_id,
        indicator_value,
        as_of_date
    from fct_indicator
    where indicator_id in ('census_old_share_pct', 'furusato_jpy_per_resident')
    qualify row_number() over (partition by municipality_code, indicator_id order by as_of_date desc) = 1
),

towns as (
    select
        town.size_class,
        word.label_ja as size_class_ja,
        town.municipality_code,
        town.name_ja,
        town.prefecture_name_ja,
        town.census_persons,
        town.census_date,
        aged.indicator_value as old_share_pct,
        aged.as_of_date as old_share_date,
        head.indicator_value as donation_jpy_per_resident,
        head.as_of_date as donation_period_end,
        town.municipality_code in (select municipality_code from dim_plan) as is_meant,
        town.municipality_code in (select one_plan.municipality_code from dim_plan as one_plan) as has_plan
    from dim_municipality_code as town
    inner join dim_code as word
        on
            word.table_name = 'dim_municipality_code' and word.column_name = 'size_class'
            and town.size_class = word.code
    left join latest as aged
        on town.municipality_code = aged.municipality_code and aged.indicator_id = 'census_old_share_pct'
    left join latest as head
        on town.municipality_code = head.municipality_code and head.indicator_id = 'furusato_jpy_per_resident'
    where town.is_current
)

select
    size_class,
    size_class_ja,
    municipality_code,
    name_ja,
    prefecture_name_ja,
    census_persons,
    census_date,
    rank() over (partition by size_class order by census_persons desc) as rank_of_persons,
    round(old_share_pct, 2)::decimal(9, 2) as old_share_pct,
    old_share_date,
    case
        when old_share_pct is not null
            then rank() over (partition by size_class order by old_share_pct desc nulls last)
    end as rank_of_old_share,
    round(donation_jpy_per_resident, 0)::bigint as donation_jpy_per_resident,
    donation_period_end,
    case
        when donation_jpy_per_resident is not null
            then rank() over (partition by size_class order by donation_jpy_per_resident desc nulls last)
    end as rank_of_donation,
    count(*) over (partition by size_class) as n_in_class,
    has_plan
from towns
qualify bool_or(is_meant) over (partition by size_class)
order by size_class asc, census_persons desc, municipality_code asc
