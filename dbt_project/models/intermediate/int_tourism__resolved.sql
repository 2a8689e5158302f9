-- Visitors with what they may be compared with. comparable_from: the last break of the level up to the month, or the
-- first month that was delivered at all. level_state: what stands between the month and the same month a year before.
with breaks as (
    select
        in_force.municipality_code,
        in_force.month,
        max(level_break.month) filter (where level_break.reading <> 'movement') as broken_at,
        max(level_break.month) filter (where level_break.reading = 'movement') as moved_at
    from {{ ref('int_tourism__in_force') }} as in_force
    left join {{ ref('int_tourism__level_breaks') }} as level_break
        on in_force.municipality_code = level_break.municipality_code and in_force.month >= level_break.month
    group by in_force.municipality_code, in_force.month
),

tested as (
    select
        municipality_code,
        month,
        count(*) filter (where is_tested) over (
            partition by municipality_code order by month
            range between interval 11 month preceding and current row
        ) = 12 as is_tested
    from {{ ref('int_tourism__growth') }}
),

placed as (
    select
        in_force.*,
        earlier.visitors as visitors_year_before,
        breaks.broken_at,
        coalesce(tested.is_tested, false) as is_tested,
        case
            when breaks.broken_at > in_force.month - interval 1 year then breaks.broken_at
            when breaks.moved_at > in_force.month - interval 1 year then breaks.moved_at
        end as between_at
    from {{ ref('int_tourism__in_force') }} as in_force
    inner join breaks on in_force.municipality_code = breaks.municipality_code and in_force.month = breaks.month
    left join tested on in_force.municipality_code = tested.municipality_code and in_force.month = tested.month
    left join {{ ref('int_tourism__in_force') }} as earlier
        on
            in_force.municipality_code = earlier.municipality_code
            and in_force.month = cast(earlier.month + interval 1 year as date)
),

judged as (
    select
        placed.*,
        level_break.reason_ja,
        level_break.reason_en,
        case
            when placed.visitors is null or placed.visitors_year_before is null then 'no_year_before'
            when level_break.reading is not null then level_break.reading
            when placed.is_tested then 'same_level'
            else 'untested'
        end as level_state
    from placed
    left join {{ ref('int_tourism__level_breaks') }} as level_break
        on placed.municipality_code = level_break.municipality_code and placed.between_at = level_break.month
)

select
    municipality_code,
    month,
    visitors,
    value_status,
    coalesce(
        broken_at, (select min(delivered.month) from {{ ref('int_tourism__in_force') }} as delivered)
    ) as comparable_from,
    replaced_visitors,
    visitors_year_before,
    case
        when level_state in ('same_level', 'movement', 'untested')
            then cast({{ percentage('visitors', 'visitors_year_before') }} as decimal(18, 2))
    end as of_year_before_pct,
    level_state,
    {% set year_month = "strftime(between_at, '%Y-%m')" -%}
    case level_state
        when 'break' then {{ year_month }} || ' に水準が変わったので前年同月と比べない: ' || reason_ja
        when 'suspected'
            then {{ year_month }} || ' に水準が変わった疑いがあり、前年同月と比べない: ' || reason_ja
        when 'movement' then {{ year_month }} || ' の段差は実際の動きと決められている: ' || reason_ja
        when 'same_level' then '前年同月との間に水準の変わり目はない'
        when 'untested' then '水準の変わり目を確かめるだけの月が前後にそろっていない'
        else '前年同月の値がない'
    end as level_reason_ja,
    case level_state
        when 'break'
            then 'Not compared with the year before, the level breaks in ' || {{ year_month }} || ': ' || reason_en
        when 'suspected'
            then 'Not compared with the year before, a break is suspected in ' || {{ year_month }} || ': ' || reason_en
        when 'movement'
            then 'The step in ' || {{ year_month }} || ' was decided to be a real movement: ' || reason_en
        when 'same_level' then 'No break of the level since the same month a year before'
        when 'untested' then 'Too few months beside it to tell whether the level breaks'
        else 'No figure of the same month a year before'
    end as level_reason_en,
    source_id,
    source_sheet,
    source_row,
    source_column
from judged
