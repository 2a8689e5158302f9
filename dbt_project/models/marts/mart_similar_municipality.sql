{%- set most = 20 %}
-- The nearest in size and age structure: distance in standard deviations of ln(persons), share 0-14 and share 65 and
-- over of the newest census by age, each of the same weight. No figure that is later compared is part of the distance.
with standard as (
    select
        municipality_code,
        name_ja,
        prefecture_name_ja,
        as_of_date,
        persons,
        young_share_pct,
        old_share_pct,
        (ln(persons) - avg(ln(persons)) over ()) / nullif(stddev_pop(ln(persons)) over (), 0) as size_z,
        (young_share_pct - avg(young_share_pct) over ()) / nullif(stddev_pop(young_share_pct) over (), 0) as young_z,
        (old_share_pct - avg(old_share_pct) over ()) / nullif(stddev_pop(old_share_pct) over (), 0) as old_z,
        count(*) over () as n_places
    from {{ ref('int_peer__place') }}
    where persons is not null
),

nearest as (
    select
        one.municipality_code,
        any_value(one.as_of_date) as as_of_date,
        arg_min(
            other.municipality_code,
            {
                'distance': sqrt(
                    power(one.size_z - other.size_z, 2)
                    + power(one.young_z - other.young_z, 2)
                    + power(one.old_z - other.old_z, 2)
                ),
                'code': other.municipality_code
            },
            {{ most }}
        ) as codes
    from standard as one
    inner join standard as other on one.municipality_code <> other.municipality_code
    where one.n_places > {{ most }}
    group by one.municipality_code
),

listed as (
    select
        municipality_code,
        as_of_date,
        unnest(codes) as similar_code,
        generate_subscripts(codes, 1) as similarity_rank
    from nearest
)

select
    listed.municipality_code,
    cast(listed.similarity_rank as integer) as similarity_rank,
    listed.similar_code,
    other.name_ja as similar_name_ja,
    other.prefecture_name_ja as similar_prefecture_name_ja,
    cast(
        sqrt(
            power(one.size_z - other.size_z, 2) + power(one.young_z - other.young_z, 2)
            + power(one.old_z - other.old_z, 2)
        ) as decimal(18, 6)
    ) as distance,
    other.persons as similar_persons,
    other.young_share_pct as similar_young_share_pct,
    other.old_share_pct as similar_old_share_pct,
    listed.as_of_date
from listed
inner join standard as one on listed.municipality_code = one.municipality_code
inner join standard as other on listed.similar_code = other.municipality_code
order by listed.municipality_code, listed.similarity_rank
