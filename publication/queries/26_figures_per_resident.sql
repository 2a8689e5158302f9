-- 問い: ふるさと納税と観光来訪者は、住民1人当たりでどれだけか。分母はいつの、どの資料の人口か
-- 答え: 年度ごとの1人当たりの受入額（円）と来訪者（人）、分母の人口・時点・ファイルの名前。分母か分子がない年度は空
-- 1行: 市区町村×年度
select
    one.municipality_code,
    one.fiscal_year,
    dates.fiscal_year_label_ja,
    round(one.donation_jpy_per_resident, 0)::bigint as donation_jpy_per_resident,
    round(one.visitors_per_resident, 2)::decimal(12, 2) as visitors_per_resident,
    one.residents_persons,
    one.residents_date,
    source.file_name as residents_file_name,
    one.donation_jpy,
    one.visitors,
    one.visitors_comparable_from
from mart_per_resident as one
inner join dim_time as dates on one.fiscal_year = dates.year
left join meta_source as source on one.residents_source_id = source.source_id
where one.municipality_code in (select municipality_code from dim_plan)
order by one.municipality_code asc, one.fiscal_year desc
