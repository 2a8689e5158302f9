-- Wards stand here and nowhere else: their city is in fct_population, and nobody who adds up municipalities counts them
-- twice. A ward that was divided leads to no ward of today; its figures are given to none of them.
with recursive wards as (
    select
        stock.*,
        (
            select max(city.municipality_code) from {{ ref('municipalities') }} as city
            where
                city.area_level = 'designated_city'
                and left(city.municipality_code, 2) = left(stock.municipality_code, 2)
                and city.municipality_code <= stock.municipality_code
        ) as city_code
    from {{ ref('int_population__versions') }} as stock
    where stock.version_rank = 1 and stock.area_level = 'ward'
),

ended as (
    select
        old_code,
        change_date,
        min(new_code) as new_code,
        -- The list may name one part only (八幡区 1974).
        count(distinct new_code) > 1 or bool_or(reason = 'divisionIntoSeveralMunicipalities') as is_divided
    from {{ ref('ward_changes') }}
    group by old_code, change_date
),

followed as (
    select distinct
        municipality_code as ward_code,
        as_of_date,
        municipality_code as reached_code,
        as_of_date as since,
        false as is_divided
    from wards
    union all
    select
        followed.ward_code,
        followed.as_of_date,
        ended.new_code as reached_code,
        ended.change_date as since,
        ended.is_divided
    from followed
    inner join ended on followed.reached_code = ended.old_code and followed.since < ended.change_date
),

-- A ward of today that got a part of a divided one is not comparable before that day.
parts_received as (
    select
        ward_change.new_code as ward_code,
        max(ended.change_date) as comparable_from
    from ended
    inner join {{ ref('ward_changes') }} as ward_change
        on ended.is_divided and ended.old_code = ward_change.old_code and ended.change_date = ward_change.change_date
    group by ward_change.new_code
),

reached as (
    select
        ward_code,
        as_of_date,
        bool_or(is_divided) as is_divided,
        case when not bool_or(is_divided) then arg_max(reached_code, since) end as current_ward_code
    from followed
    group by ward_code, as_of_date
)

select
    wards.city_code as municipality_code,
    wards.municipality_code as ward_code,
    reached.current_ward_code,
    reached.is_divided,
    parts_received.comparable_from,
    wards.series,
    wards.scope,
    wards.as_of_date,
    wards.sex,
    wards.age_group,
    wards.age_from,
    wards.age_to,
    wards.population_persons,
    wards.value_status,
    wards.source_id,
    wards.source_sheet,
    wards.source_row
from wards
inner join reached on wards.municipality_code = reached.ward_code and wards.as_of_date = reached.as_of_date
left join parts_received on reached.current_ward_code = parts_received.ward_code
order by
    wards.municipality_code, wards.series, wards.scope, wards.as_of_date, wards.sex, wards.age_from, wards.age_group
