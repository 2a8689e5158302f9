-- 問い: ふるさと納税は、1件当たり、住民1人当たりでいくらか。都道府県の中で何番目か
-- 答え: 年度ごとの受入額・件数・1件当たり・住民1人当たり（円。分母の人口とその時点）と、公表版に値のある団体の中での順位
-- 1行: 市区町村×年度
with donation as (
    select
        one.*,
        town.prefecture_name_ja,
        rank() over of_prefecture as rank_in_prefecture,
        count(*) over (partition by town.prefecture_name_ja, one.fiscal_year) as n_ranked
    from mart_per_resident as one
    inner join dim_municipality_code as town on one.municipality_code = town.municipality_code
    where one.donation_jpy is not null
    window of_prefecture as (partition by town.prefecture_name_ja, one.fiscal_year order by one.donation_jpy desc)
)

select
    donation.municipality_code,
    dates.fiscal_year_label_ja,
    donation.fiscal_year,
    donation.donation_jpy,
    donation.donation_count,
    round(of_one.indicator_value, 0)::bigint as jpy_per_donation,
    round(donation.donation_jpy_per_resident, 0)::bigint as jpy_per_resident,
    donation.residents_persons,
    donation.residents_date,
    donation.prefecture_name_ja,
    donation.rank_in_prefecture,
    donation.n_ranked,
    donation.donation_status as value_status
from donation
inner join dim_time as dates on donation.fiscal_year = dates.year
left join fct_indicator as of_one
    on
        donation.municipality_code = of_one.municipality_code and donation.fiscal_year = of_one.fiscal_year
        and of_one.indicator_id = 'furusato_jpy_per_donation'
where donation.municipality_code in (select municipality_code from dim_plan)
order by donation.municipality_code asc, donation.fiscal_year desc
