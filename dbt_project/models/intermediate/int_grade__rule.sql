-- The rule of grading of every plan, one row per plan: its own where its register holds one of that name, else the
-- product's. A rule of a municipality is known by its plan: two municipalities may use one name.
with rules as (
    select
        plan.municipality_code,
        plan.plan_id,
        plan.plan_name_ja,
        plan.first_fiscal_year,
        plan.last_fiscal_year,
        plan.grade_rule_id,
        own.grade_rule_id is not null as is_own_rule,
        coalesce(own.label_ja, product.label_ja) as grade_rule_label_ja,
        if(own.grade_rule_id is not null, own.rate_measure, product.rate_measure) as rate_measure,
        coalesce(own.lower_is_better_formula, product.lower_is_better_formula, 'progress') as lower_is_better_formula,
        cast(coalesce(own.printed_digits, product.printed_digits, 1) as integer) as printed_digits,
        coalesce(own.printed_rounding, product.printed_rounding, 'half_up') as printed_rounding,
        coalesce(own.source_ja, product.source_ja) as grade_rule_source_ja
    from {{ source('in_force', 'plan_register_plan') }} as plan
    left join {{ source('in_force', 'plan_register_rule') }} as own
        on
            plan.municipality_code = own.municipality_code
            and plan.plan_id = own.plan_id
            and plan.grade_rule_id = own.grade_rule_id
    left join {{ ref('grade_rules') }} as product on plan.grade_rule_id = product.grade_rule_id
    where own.grade_rule_id is not null or product.grade_rule_id is not null
),

texts as (
    select
        municipality_code,
        plan_id,
        string_agg(band_text_ja, '、' order by band_order, applies_to) as bands_ja
    from {{ ref('int_grade__band') }}
    group by municipality_code, plan_id
)

select
    rules.*,
    coalesce(texts.bands_ja, '評価の区分を置かない') || '。'
    || case rules.rate_measure
        when 'milestone_pct' then '印刷する率は目安値に対する率'
        when 'attainment_pct' then '印刷する率は達成率'
        when 'progress_pct' then '印刷する率は進捗率'
        else '率は印刷しない'
    end
    || case
        when rules.rate_measure is null then ''
        when rules.printed_rounding = 'half_up' then '（小数第' || (rules.printed_digits + 1) || '位を四捨五入）'
        when rules.printed_rounding = 'down' then '（小数第' || (rules.printed_digits + 1) || '位を切り捨て）'
        else ''
    end
    || case rules.lower_is_better_formula
        when 'target_over_actual' then '。減らす指標は目標÷実績'
        else '。減らす指標は基準値からの進捗率'
    end
    || '。区分は丸めない値で決める。' as grade_rule_text_ja
from rules
left join texts on rules.municipality_code = texts.municipality_code and rules.plan_id = texts.plan_id
