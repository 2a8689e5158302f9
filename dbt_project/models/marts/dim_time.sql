-- An era changes within a year: a fiscal year is named by the era of most of it (令和元年度 is all of fiscal year 2019), a
-- calendar year by the era at its end, with both in the long label.
with years as (
    select cast(unnest(range(1970, 2071)) as integer) as year
)

select
    year,
    year as fiscal_year,
    {{ first_day_of_fiscal_year('year') }} as fiscal_year_first_day,
    {{ last_day_of_fiscal_year('year') }} as fiscal_year_last_day,
    {{ fiscal_year_label('year') }} as fiscal_year_label_ja,
    '（' || year || '年度）' as fiscal_year_western_label_ja,
    'FY' || year as fiscal_year_label_en,
    year as calendar_year,
    make_date(year, 1, 1) as calendar_year_first_day,
    make_date(year, 12, 31) as calendar_year_last_day,
    {{ year_of_era('year') }} || '年' as calendar_year_label_ja,
    case year
        when 1989 then '昭和64年・平成元年'
        when 2019 then '平成31年・令和元年'
        else {{ year_of_era('year') }} || '年'
    end || '（' || year || '年）' as calendar_year_long_label_ja
from years
order by year
