-- 問い: 計画の評価は、いくつ以上なら何か
-- 答え: 計画が当てはめる評価規則の区分を上から順に。何を（measure_ja）どう比べ（comparison_ja）、境はいくつ（threshold）か
-- 1行: 計画×評価規則の区分
select
    plan.municipality_code,
    plan.plan_id,
    band.grade_rule_id,
    band.rule_label_ja,
    band.applies_to_ja,
    band.band_order,
    band.grade,
    band.grade_label_ja,
    coalesce(measured.label_ja, band.measure) as measure_ja,
    coalesce(compared.label_ja, band.comparison) as comparison_ja,
    band.threshold,
    band.condition_ja
from dim_plan as plan
inner join dim_grade_rule as band
    on
        plan.grade_rule_id = band.grade_rule_id
        and (
            band.rule_owner = 'product'
            or (plan.municipality_code = band.municipality_code and plan.plan_id = band.plan_id)
        )
left join dim_code as measured
    on
        measured.table_name = 'dim_grade_rule' and measured.column_name = 'measure'
        and band.measure = measured.code
left join dim_code as compared
    on
        compared.table_name = 'dim_grade_rule' and compared.column_name = 'comparison'
        and band.comparison = compared.code
order by plan.municipality_code, plan.plan_id, band.rule_owner, band.applies_to_ja, band.band_order
