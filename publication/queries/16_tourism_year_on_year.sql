-- 問い: 観光来訪者数は、前の年の同じ月と比べてどうか（数え方が変わった所をまたがない）
-- 答え: 月ごとの来訪者数と前年同月比（％）。数え方が変わった前後は比べられないので空にし、その日を示す
-- 1行: 市区町村×月
select
    latest.municipality_code,
    latest.month,
    latest.visitors,
    earlier.visitors as visitors_a_year_before,
    case
        when earlier.month >= latest.comparable_from
            then round(100.0 * latest.visitors / nullif(earlier.visitors, 0), 1)::decimal(9, 1)
    end as of_a_year_before_pct,
    latest.comparable_from,
    latest.value_status
from fct_tourism_visitors as latest
left join fct_tourism_visitors as earlier
    on latest.municipality_code = earlier.municipality_code and earlier.month = (latest.month - interval 1 year)::date
where latest.municipality_code in (select municipality_code from dim_plan)
order by latest.municipality_code asc, latest.month desc
