-- Breaks of the level of monthly visitors: what the rule (macros/level_breaks.sql) finds and what a person decided
-- (decisions/level_steps.csv; a decision stands for what the rule finds up to five months beside it). One row per
-- municipality and first month of the new level. A break stands in the growth for twelve months and would hide the next
-- one: it is taken out and the rule asked again.
{{ config(materialized='table') }}
{%- set rule = level_rule() %}
{%- set near = "interval %d month" % (rule.months - 1) %}
with first_look as materialized (
    {{ level_breaks_in(ref('int_tourism__growth')) }}
),

without_the_first as (
    select
        growths.municipality_code,
        growths.month,
        growths.growth - coalesce(sum(first_look.step), 0) as growth
    from {{ ref('int_tourism__growth') }} as growths
    left join first_look
        on
            growths.municipality_code = first_look.municipality_code
            and growths.month between first_look.month and first_look.month + interval 11 month
    group by growths.municipality_code, growths.month, growths.growth
),

second_look as materialized (
    {{ level_breaks_in('without_the_first') }}
),

found as (
    select * from first_look
    union all
    select second_look.*
    from second_look
    left join first_look
        on
            second_look.municipality_code = first_look.municipality_code
            and first_look.month between second_look.month - {{ near }} and second_look.month + {{ near }}
    where first_look.municipality_code is null
),

-- The publisher's own revision of the month in the same direction says as much as the months that are still to come.
seen as (
    select
        found.municipality_code,
        found.month,
        found.n_months_after,
        found.ratio_before,
        found.ratio_after,
        growths.is_beside_others,
        in_force.visitors,
        in_force.replaced_visitors,
        found.n_months_after = {{ rule.months }} or coalesce(
            in_force.replaced_visitors > 0
            and ln(in_force.visitors / in_force.replaced_visitors) * sign(found.step) >= ln({{ rule.fold }}), false
        ) as is_settled
    from found
    inner join {{ ref('int_tourism__in_force') }} as in_force
        on found.municipality_code = in_force.municipality_code and found.month = in_force.month
    inner join {{ ref('int_tourism__growth') }} as growths
        on found.municipality_code = growths.municipality_code and found.month = growths.month
),

together as (
    select
        decided.municipality_code,
        decided.comparable_from as month,
        decided.reading,
        decided.reason_ja,
        decided.decided_on,
        min_by(
            if(seen.month is not null, seen, null), abs(date_diff('month', seen.month, decided.comparable_from))
        ) as evidence
    from {{ source('raw', 'level_step') }} as decided
    left join seen
        on
            decided.municipality_code = seen.municipality_code
            and seen.month between decided.comparable_from - {{ near }} and decided.comparable_from + {{ near }}
    group by all
    union all
    select
        seen.municipality_code,
        seen.month,
        if(seen.is_settled, 'break', 'suspected') as reading,
        null as reason_ja,
        null as decided_on,
        seen as evidence
    from seen
    left join {{ source('raw', 'level_step') }} as decided
        on
            seen.municipality_code = decided.municipality_code
            and seen.month between decided.comparable_from - {{ near }} and decided.comparable_from + {{ near }}
    where decided.municipality_code is null
)

select
    together.municipality_code,
    together.month,
    together.reading,
    together.reason_ja is not null as is_decided,
    together.evidence.ratio_before,
    together.evidence.ratio_after,
    together.evidence.n_months_after,
    concat_ws(
        '。',
        '前年同月比（月の中央値' || if(together.evidence.is_beside_others, '、全体の動きを除く', '') || '）が'
        || printf('%.2f倍から%.2f倍', together.evidence.ratio_before, together.evidence.ratio_after) || 'に変わった（後の'
        || together.evidence.n_months_after || 'か月）',
        '公表元の改定 ' || together.evidence.replaced_visitors || '人→' || together.evidence.visitors || '人',
        '決めた記録: ' || rtrim(together.reason_ja, '。')
    ) as reason_ja,
    concat_ws(
        '; ',
        'the ratio to the year before (median of months'
        || if(together.evidence.is_beside_others, ', movement of all taken off', '')
        || printf(') went from %.2f to %.2f', together.evidence.ratio_before, together.evidence.ratio_after)
        || ' (' || together.evidence.n_months_after || ' months after)',
        'revised by the publisher from ' || together.evidence.replaced_visitors || ' to ' || together.evidence.visitors,
        'decided on ' || together.decided_on || ' (level_steps.csv)'
    ) as reason_en
from together
