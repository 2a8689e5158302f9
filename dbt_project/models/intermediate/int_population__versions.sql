{%- set key = ['municipality_code', 'series', 'scope', 'as_of_date', 'sex', 'age_group'] -%}
-- Every delivered version of a population figure, best first: version_rank 1 is the one that is published.
-- A settled status wins, then the statistic's own table over a series that repeats it; inside a table the version that
-- ingest/in_force.py found. Wards stand beside their city here: whoever
-- adds up leaves area_level 'ward' out.
with candidates as (
    select
        municipality_code,
        area_level,
        series,
        scope,
        as_of_date,
        sex,
        age_group,
        age_from,
        age_to,
        population_persons,
        value_status,
        source_id,
        source_sheet,
        source_row,
        source_column,
        settled_rank,
        value_rank,
        version_rank as delivered_rank,
        1 as table_order
    from {{ ref('stg_census__population') }}
    union all
    select
        municipality_code,
        area_level,
        series,
        scope,
        as_of_date,
        sex,
        age_group,
        age_from,
        age_to,
        population_persons,
        value_status,
        source_id,
        source_sheet,
        source_row,
        source_column,
        settled_rank,
        value_rank,
        version_rank as delivered_rank,
        1 as table_order
    from {{ ref('stg_resident_registry__population') }}
    union all
    select
        municipality_code,
        area_level,
        series,
        scope,
        as_of_date,
        replace(item, 'population_', '') as sex,
        'total' as age_group,
        null as age_from,
        null as age_to,
        persons as population_persons,
        value_status,
        source_id,
        source_sheet,
        source_row,
        source_column,
        settled_rank,
        value_rank,
        version_rank as delivered_rank,
        2 as table_order
    from {{ ref('stg_resident_registry__dynamics') }}
    where item in ('population_male', 'population_female', 'population_total')
    union all
    select
        municipality_code,
        'municipality' as area_level,
        series,
        'total' as scope,
        period_end as as_of_date,
        'total' as sex,
        'total' as age_group,
        null as age_from,
        null as age_to,
        cast(indicator_value as bigint) as population_persons,
        value_status,
        source_id,
        source_sheet,
        source_row,
        source_column,
        settled_rank,
        value_rank,
        version_rank as delivered_rank,
        3 as table_order
    from {{ ref('stg_reference_series__value') }}
    where indicator_id = 'population_total' and series in ('census', 'resident_registry')
)

select
    * exclude (delivered_rank),
    row_number() over (
        partition by {{ key | join(', ') }}
        order by settled_rank desc, table_order asc, delivered_rank asc
    ) as version_rank
from candidates
where area_level in ('municipality', 'designated_city', 'ward')
