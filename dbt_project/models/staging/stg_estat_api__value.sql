-- A year of e-Stat is a fiscal year (2020年度) or a calendar year (2020年); other times have no period here. Wards and
-- municipalities of the past are areas of level `other`.
with timed as (
    select
        *,
        try_cast(regexp_extract(time_ja, '^(\d{4})年(度?)$', 1) as integer) as year,
        regexp_extract(time_ja, '^(\d{4})年(度?)$', 2) = '度' as is_fiscal
    from {{ source('delivered', 'estat_value') }}
)

select
    timed.area_code as municipality_code,
    coalesce(known.area_level, if(timed.area_code = '00000', 'nation', 'other')) as area_level,
    timed.stats_data_id,
    table_ja,
    indicator_code,
    indicator_ja,
    time_code,
    if(is_fiscal, {{ first_day_of_fiscal_year('year') }}, make_date(year, 1, 1)) as period_start,
    if(is_fiscal, {{ last_day_of_fiscal_year('year') }}, make_date(year, 12, 31)) as period_end,
    value as indicator_value,
    unit,
    value_status,
    source_id,
    sheet as source_sheet,
    "row" as source_row,
    settled_rank,
    value_rank,
    version_rank
from timed
left join {{ ref('municipalities') }} as known on timed.area_code = known.municipality_code
