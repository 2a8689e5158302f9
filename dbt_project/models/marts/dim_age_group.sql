-- The age groups that the marts name, in words that no spreadsheet takes for a date, and in their order.
with named as (
    select distinct
        age_group,
        age_from,
        age_to
    from {{ ref('fct_population') }}
    union
    select distinct
        age_group,
        age_from,
        age_to
    from {{ ref('mart_population_projection') }}
    union
    select distinct
        age_group,
        age_from,
        age_to
    from {{ ref('mart_population_ward') }}
),

groups as (
    select
        age_group,
        max(age_from) as age_from,
        max(age_to) as age_to
    from named
    group by age_group
)

select
    age_group,
    case
        when age_group = 'total' then '総数'
        when age_group = 'unknown' then '年齢不詳'
        when age_to is null then age_from || '歳以上'
        when age_from = age_to then age_from || '歳'
        else age_from || '～' || age_to || '歳'
    end as label_ja,
    case
        when age_group = 'total' then 'All ages'
        when age_group = 'unknown' then 'Age unknown'
        when age_to is null then age_from || ' and over'
        when age_from = age_to then 'Age ' || age_from
        else 'Ages ' || age_from || ' to ' || age_to
    end as label_en,
    cast(age_from as smallint) as age_from,
    cast(age_to as smallint) as age_to,
    age_from is not null and age_to is null as is_open,
    cast(
        row_number() over (order by age_group = 'unknown', age_group <> 'total', age_from, age_to nulls last)
        as integer
    ) as age_order
from groups
order by age_order
