-- 問い: 年度ごとの合計を、和暦を付けて出すには
-- 答え: 観光来訪者数の年度の合計（12か月そろった年度だけ）と、ふるさと納税の受入額。年度は4月から翌年3月
-- 1行: 市区町村×年度
with visitor as (
    select
        one.municipality_code,
        dates.fiscal_year,
        count(one.visitors) as n_months,
        sum(one.visitors)::bigint as visitors,
        count(distinct one.comparable_from) as n_ways_of_counting
    from fct_tourism_visitors as one
    inner join dim_time as dates on one.month between dates.fiscal_year_first_day and dates.fiscal_year_last_day
    group by one.municipality_code, dates.fiscal_year
)

select
    coalesce(visitor.municipality_code, donation.municipality_code) as municipality_code,
    dates.fiscal_year,
    dates.fiscal_year_label_ja || dates.fiscal_year_western_label_ja as fiscal_year_ja,
    case when visitor.n_months = 12 and visitor.n_ways_of_counting = 1 then visitor.visitors end as visitors,
    donation.donation_jpy
from visitor
full join fct_furusato_donation as donation
    on visitor.municipality_code = donation.municipality_code and visitor.fiscal_year = donation.fiscal_year
inner join dim_time as dates on coalesce(visitor.fiscal_year, donation.fiscal_year) = dates.year
where coalesce(visitor.municipality_code, donation.municipality_code) in (select municipality_code from dim_plan)
order by municipality_code asc, fiscal_year desc
