-- The rules of the product and those of the plans in force, each band with the condition that it stands for in words.
with rules as (
    select
        'product' as rule_owner,
        cast(null as varchar) as municipality_code,
        cast(null as varchar) as plan_id,
        one_rule.grade_rule_id,
        one_rule.label_ja as rule_label_ja,
        one_rule.label_en as rule_label_en,
        one_rule.rate_measure,
        one_rule.grade_at_target,
        one_rule.lower_is_better_formula,
        cast(one_rule.printed_digits as integer) as printed_digits,
        one_rule.printed_rounding,
        one_rule.source_ja,
        coalesce(band.band_order, 0) as band_order,
        coalesce(band.applies_to, 'all') as applies_to,
        band.grade,
        band.grade_label_ja,
        band.measure,
        band.comparison,
        band.threshold,
        cast(null as varchar) as source_id,
        cast(null as varchar) as source_sheet,
        cast(null as integer) as source_row
    from {{ ref('grade_rules') }} as one_rule
    left join {{ ref('grade_bands') }} as band on one_rule.grade_rule_id = band.grade_rule_id
    union all
    select
        one_rule.municipality_code || '/' || one_rule.plan_id as rule_owner,
        one_rule.municipality_code,
        one_rule.plan_id,
        one_rule.grade_rule_id,
        one_rule.label_ja as rule_label_ja,
        cast(null as varchar) as rule_label_en,
        one_rule.rate_measure,
        cast(null as varchar) as grade_at_target,
        one_rule.lower_is_better_formula,
        cast(one_rule.printed_digits as integer) as printed_digits,
        one_rule.printed_rounding,
        one_rule.source_ja,
        coalesce(band.band_order, 0) as band_order,
        coalesce(band.applies_to, 'all') as applies_to,
        band.grade,
        band.grade_label_ja,
        band.measure,
        band.comparison,
        band.threshold,
        coalesce(band.source_id, one_rule.source_id) as source_id,
        coalesce(band.sheet, one_rule.sheet) as source_sheet,
        coalesce(band.row, one_rule.row) as source_row
    from {{ source('in_force', 'plan_register_rule') }} as one_rule
    left join {{ source('in_force', 'plan_register_rule_band') }} as band
        on
            one_rule.municipality_code = band.municipality_code
            and one_rule.plan_id = band.plan_id
            and one_rule.grade_rule_id = band.grade_rule_id
),

conditioned as (
    select
        *,
        case
            when grade is null then null
            when measure like '%#_pct' escape '#'
                then
                    {{ word_of('band_measures', 'measure') }} || 'が' || printf('%g', cast(threshold as double)) || '％'
                    || if(comparison = 'eq', 'に等しい', {{ word_of('comparisons', 'comparison') }})
            when measure in ('target_reached', 'final_target_reached')
                then
                    if(measure = 'target_reached', '目標', '最終目標')
                    || if(comparison in ('ge', 'gt', 'eq') and threshold > 0, 'に達した', 'に達していない')
            when measure = 'milestone_done'
                then case
                    when comparison = 'ge' and threshold = 1 then '期限までに達成した'
                    when comparison = 'gt' and threshold = 0 then '期限に遅れて達成した'
                    else '達成していない'
                end
            when threshold = 0 and measure = 'change_from_previous'
                then
                    '前の値'
                    || case comparison
                        when 'gt' then 'より増えた'
                        when 'ge' then 'と同じか、増えた'
                        when 'eq' then 'と同じ'
                        when 'le' then 'と同じか、減った'
                        else 'より減った'
                    end
            when threshold = 0 and measure in ('target_gap', 'baseline_gap')
                then
                    if(measure = 'target_gap', '目標', '基準値')
                    || case comparison
                        when 'gt' then 'より望ましい'
                        when 'ge' then 'と等しいか、より望ましい'
                        when 'eq' then 'と等しい'
                        when 'le' then 'と等しいか、望ましくない'
                        else 'より望ましくない'
                    end
            else
                {{ word_of('band_measures', 'measure') }} || 'が' || printf('%g', cast(threshold as double))
                || if(comparison = 'eq', 'に等しい', {{ word_of('comparisons', 'comparison') }})
        end as condition_ja
    from rules
)

select
    rule_owner,
    grade_rule_id,
    cast(band_order as integer) as band_order,
    applies_to,
    {{ word_of('band_kinds', 'applies_to') }} as applies_to_ja,
    municipality_code,
    plan_id,
    rule_label_ja,
    rule_label_en,
    grade,
    grade_label_ja,
    condition_ja,
    measure,
    comparison,
    cast(threshold as decimal(24, 8)) as threshold,
    rate_measure,
    grade_at_target,
    lower_is_better_formula,
    printed_digits,
    printed_rounding,
    coalesce(
        string_agg(
            grade || '（' || coalesce(grade_label_ja, '') || '）'
            || if(applies_to in ('all', 'other'), '', '［' || {{ word_of('band_kinds', 'applies_to') }} || '］')
            || '：' || condition_ja,
            '、'
        ) over (
            partition by rule_owner, grade_rule_id
            order by band_order, applies_to rows between unbounded preceding and unbounded following
        ),
        '区分なし（率だけを示す）'
    ) as rule_text_ja,
    source_ja,
    source_id,
    source_sheet,
    source_row
from conditioned
order by rule_owner, grade_rule_id, band_order, applies_to
