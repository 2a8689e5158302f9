-- 問い: 計画の指標は、どの施策の何番で、いまの評価は何か。評価の境はいくつか
-- 答え: 番号・基本目標・施策と、実績・目標・目安に対する率・評価、当てはめた評価規則の全文（境を上から順に当てはめる）
-- 1行: 計画の指標×年度
select
    score.municipality_code,
    score.plan_id,
    kpi.kpi_no,
    kpi.basic_goal,
    kpi.measure,
    score.kpi_name_ja,
    score.unit,
    score.fiscal_year,
    score.actual_value,
    score.target_value,
    score.milestone_value,
    round(score.milestone_pct, 1)::decimal(18, 1) as of_milestone_pct,
    coalesce(score.grade, score.not_computable_reason_ja) as grade_or_reason_ja,
    score.grade_is_provisional,
    score.grade_rule_text_ja
from mart_kpi_scorecard as score
inner join
    dim_kpi as kpi
    on score.municipality_code = kpi.municipality_code and score.plan_id = kpi.plan_id and score.kpi_id = kpi.kpi_id
where kpi.is_current
order by score.municipality_code asc, score.plan_id asc, kpi.source_row asc, score.kpi_id asc, score.fiscal_year desc
