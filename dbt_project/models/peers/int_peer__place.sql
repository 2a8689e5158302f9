{{ config(materialized='table') }}
{%- set sizes = [3000, 10000, 30000, 100000, 300000] %}
{%- set ages = [25, 30, 35, 40, 45] %}
-- What a municipality of today is in the newest census by age that most have: size, age structure, and what distances
-- to others are taken from. The six northern villages have no residents and stand beside nobody.
with counted as (
    select
        municipality_code,
        as_of_date,
        max(population_persons) filter (where sex = 'total' and age_group = 'total') as persons,
        sum(population_persons) filter (where sex = 'total' and age_to < 15) as young_persons,
        sum(population_persons) filter (where sex = 'total' and age_from between 15 and 64) as working_age_persons,
        sum(population_persons) filter (where sex = 'total' and age_from >= 65) as old_persons
    from {{ ref('mart_population_current_area') }}
    where series = 'census' and scope = 'total'
    group by municipality_code, as_of_date
    having young_persons is not null and working_age_persons is not null and old_persons is not null and persons > 0
),

newest as (
    select as_of_date
    from counted
    group by as_of_date
    qualify count(*) >= 0.5 * max(count(*)) over ()
    order by as_of_date desc
    limit 1
),

placed as (
    select
        counted.*,
        {{ percentage('young_persons', 'young_persons + working_age_persons + old_persons') }} as young_share_pct,
        {{ percentage('old_persons', 'young_persons + working_age_persons + old_persons') }} as old_share_pct
    from counted
    inner join newest on counted.as_of_date = newest.as_of_date
)

select
    town.municipality_code,
    town.name_ja,
    town.prefecture_name_ja,
    substr(town.municipality_code, 1, 2) as prefecture_code,
    placed.as_of_date,
    placed.persons,
    placed.young_share_pct,
    placed.old_share_pct,
    placed.persons < 3000 as is_small_place,
    case
        {%- for size in sizes %}
        when placed.persons < {{ size }} then {{ loop.index }}
        {%- endfor %}
        when placed.persons is not null then {{ sizes | length + 1 }}
    end as size_no,
    case
        {%- for size in sizes %}
        when placed.persons < {{ size }} then '{{ sizes[loop.index0 - 1] if loop.index0 else 0 }}-{{ size }}'
        {%- endfor %}
        when placed.persons is not null then '{{ sizes | last }}+'
    end as size_class,
    case
        {%- for age in ages %}
        when placed.old_share_pct < {{ age }} then '{{ ages[loop.index0 - 1] if loop.index0 else 0 }}-{{ age }}'
        {%- endfor %}
        when placed.old_share_pct is not null then '{{ ages | last }}+'
    end as age_class
from {{ ref('dim_municipality') }} as town
left join placed on town.municipality_code = placed.municipality_code
where town.is_current and town.municipality_code not between '01695' and '01700'
