-- A year of e-Stat is a fiscal year (2020年度) or a calendar year (2020年), a day is itself (2020年10月1日); where an
-- answer names a time by its code alone, yyyy100000 is a fiscal and yyyy000000 a calendar year. Other times (months,
-- quarters) have no period here: they would be several values of one year. Wards and municipalities of the past are
-- areas of level `other`. item_code, item_ja: without the class 観測値, which every value of the 社会・人口統計体系 has.
with named as (
    select
        *,
        if(time_ja is null or time_ja in ('', time_code), null, time_ja) as time_name,
        indicator_ja like '観測値 / %' as has_plain_class
    from {{ source('delivered', 'estat_value') }}
),

timed as (
    select
        *,
        coalesce(
            try_cast(regexp_extract(time_name, '^(\d{4})年(度?)$', 1) as integer),
            if(time_name is null, try_cast(regexp_extract(time_code, '^(\d{4})(00|10)0000$', 1) as integer), null)
        ) as year,
        coalesce(regexp_extract(time_name, '^(\d{4})年(度?)$', 2) = '度', substr(time_code, 5, 2) = '10') as is_fiscal,
        cast(try_strptime(time_name, '%Y年%m月%d日') as date) as on_day
    from named
)

select
    timed.area_code as municipality_code,
    coalesce(known.area_level, if(timed.area_code = '00000', 'nation', 'other')) as area_level,
    timed.stats_data_id,
    table_ja,
    indicator_code,
    indicator_ja,
    if(has_plain_class, regexp_replace(indicator_code, '^[^/]*/', ''), indicator_code) as item_code,
    regexp_replace(
        if(has_plain_class, regexp_replace(indicator_ja, '^観測値 / ', ''), indicator_ja), '^[#A-Z]+[0-9]+_', ''
    ) as item_ja,
    time_code,
    case
        when on_day is not null then on_day
        when is_fiscal then {{ first_day_of_fiscal_year('year') }}
        else make_date(year, 1, 1)
    end as period_start,
    case
        when on_day is not null then on_day
        when is_fiscal then {{ last_day_of_fiscal_year('year') }}
        else make_date(year, 12, 31)
    end as period_end,
    value as indicator_value,
    unit,
    value_status,
    source_id,
    sheet as source_sheet,
    "row" as source_row,
    column_label as source_column,
    settled_rank,
    value_rank,
    version_rank
from timed
left join {{ ref('municipalities') }} as known on timed.area_code = known.municipality_code
