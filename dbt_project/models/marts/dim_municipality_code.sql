-- One row per code that ever was, to be joined on the code: what a code meant last, and what it is today. The spans of
-- validity, of which 186 codes have several, stand in dim_municipality. The class of size is that of the last census.
with counted as (
    select
        municipality_code,
        population_persons,
        as_of_date
    from {{ ref('fct_population') }}
    where
        series = 'census' and scope = 'total' and sex = 'total' and age_group = 'total'
        and population_persons is not null
    qualify row_number() over (partition by municipality_code order by as_of_date desc) = 1
),

latest as (
    select
        *,
        min(valid_from) over of_code as first_valid_from,
        count(*) over of_code as n_spans
    from {{ ref('dim_municipality') }}
    window of_code as (partition by municipality_code)
    qualify row_number() over (partition by municipality_code order by valid_from desc) = 1
),

former as (
    select
        earlier.municipality_code,
        string_agg(distinct earlier.name_ja, ' ' order by earlier.name_ja) as former_names_ja
    from {{ ref('dim_municipality') }} as earlier
    inner join latest on earlier.municipality_code = latest.municipality_code and earlier.name_ja <> latest.name_ja
    group by earlier.municipality_code
)

select
    latest.municipality_code,
    latest.code6,
    latest.name_ja,
    latest.kana,
    left(latest.municipality_code, 2) as prefecture_code,
    latest.prefecture_name_ja,
    latest.area_level,
    latest.is_current,
    latest.first_valid_from as valid_from,
    latest.valid_to,
    cast(latest.n_spans as integer) as n_spans,
    former.former_names_ja,
    latest.current_code,
    today.name_ja as current_name_ja,
    latest.current_codes,
    latest.is_divided,
    counted.population_persons as census_persons,
    counted.as_of_date as census_date,
    {{ size_class('counted.population_persons') }} as size_class
from latest
left join {{ ref('dim_municipality') }} as today on latest.current_code = today.municipality_code and today.is_current
left join former on latest.municipality_code = former.municipality_code
left join counted on latest.municipality_code = counted.municipality_code
order by latest.municipality_code
