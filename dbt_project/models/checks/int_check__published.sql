-- Published figures in one long table, for the rules that compare a figure with another period or another municipality:
-- one row per subject, municipality and period. `subject` names what may be compared with itself, `subject_family` the
-- table in which the figures stand together. Of the population the totals only. comparable_from of visitors: the last
-- break of the level that a person decided; one that the rule finds may be the very error which is looked for.
select
    'visitors' as subject,
    'visitors' as subject_family,
    '観光来訪者数' as subject_ja,
    null as series,
    null as scope,
    visitors.municipality_code,
    visitors.month as period,
    coalesce(
        max(decided.comparable_from) filter (where decided.comparable_from <= visitors.month),
        (select min(every.month) from {{ ref('fct_tourism_visitors') }} as every)
    ) as comparable_from,
    cast(visitors.visitors as double) as amount,
    visitors.source_id,
    visitors.source_sheet,
    visitors.source_row
from {{ ref('fct_tourism_visitors') }} as visitors
left join {{ source('raw', 'level_step') }} as decided on visitors.municipality_code = decided.municipality_code
group by all
union all
select
    item as subject,
    'donations' as subject_family,
    if(item = 'donation_jpy', 'ふるさと納税の受入額', 'ふるさと納税の件数') as subject_ja,
    null as series,
    null as scope,
    municipality_code,
    {{ first_day_of_fiscal_year('fiscal_year') }} as period,
    null as comparable_from,
    cast(amount as double) as amount,
    source_id,
    source_sheet,
    source_row
from {{ ref('int_furusato__resolved') }}
where version_rank = 1
union all
select
    'population ' || series || ' ' || scope as subject,
    'population ' || series || ' ' || scope as subject_family,
    if(series = 'census', '国勢調査の人口', '住民基本台帳の人口（' || scope || '）') as subject_ja,
    series,
    scope,
    municipality_code,
    as_of_date as period,
    null as comparable_from,
    cast(population_persons as double) as amount,
    source_id,
    source_sheet,
    source_row
from {{ ref('fct_population') }}
where sex = 'total' and age_group = 'total'
union all
select
    component || ' ' || series || ' ' || scope as subject,
    'flows ' || series || ' ' || scope as subject_family,
    case component
        when 'birth' then '出生'
        when 'death' then '死亡'
        when 'in_migration' then '転入'
        else '転出'
    end || '（' || series || '・' || scope || '）' as subject_ja,
    series,
    scope,
    municipality_code,
    period_start as period,
    null as comparable_from,
    cast(persons as double) as amount,
    source_id,
    source_sheet,
    source_row
from {{ ref('fct_population_change') }}
where component <> 'other'
