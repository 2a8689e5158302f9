-- The bands of the rule of every plan, one row per plan, order and kinds that the band is for, with the band in words.
with bands as (
    select
        plan.municipality_code,
        plan.plan_id,
        own_band.band_order,
        coalesce(own_band.applies_to, 'all') as applies_to,
        own_band.grade,
        own_band.grade_label_ja,
        own_band.measure,
        own_band.comparison,
        cast(own_band.threshold as decimal(24, 8)) as threshold
    from {{ source('in_force', 'plan_register_plan') }} as plan
    inner join {{ source('in_force', 'plan_register_rule_band') }} as own_band
        on
            plan.municipality_code = own_band.municipality_code
            and plan.plan_id = own_band.plan_id
            and plan.grade_rule_id = own_band.grade_rule_id
    union all
    select
        plan.municipality_code,
        plan.plan_id,
        band.band_order,
        band.applies_to,
        band.grade,
        band.grade_label_ja,
        band.measure,
        band.comparison,
        band.threshold
    from {{ source('in_force', 'plan_register_plan') }} as plan
    inner join {{ ref('grade_bands') }} as band on plan.grade_rule_id = band.grade_rule_id
    anti join {{ source('in_force', 'plan_register_rule') }} as own
        on
            plan.municipality_code = own.municipality_code
            and plan.plan_id = own.plan_id
            and plan.grade_rule_id = own.grade_rule_id
)

select
    *,
    case applies_to
        when 'maintain' then '維持の指標で'
        when 'limit' then '上限の指標で'
        when 'milestone' then '節目で'
        else ''
    end
    || case
        when measure = 'milestone_done'
            then case
                when comparison = 'ge' and threshold = 1 then '期限までに達成'
                when comparison = 'gt' and threshold = 0 then '期限に遅れて達成'
                else '遅れ'
            end
        when measure in ('target_reached', 'final_target_reached')
            then if(measure = 'final_target_reached', '最終目標', '目標') || if(comparison = 'lt', 'に達しない', 'に達した')
        when measure in ('target_gap', 'baseline_gap', 'change_from_previous')
            then case measure
                when 'target_gap' then '目標'
                when 'baseline_gap' then '基準値'
                else '前の値'
            end
            || case comparison
                when 'gt' then 'を上回る'
                when 'ge' then '以上'
                when 'eq' then 'と等しい'
                when 'le' then '以下'
                else 'を下回る'
            end
        else
            case measure
                when 'milestone_pct' then '目安値に対する率'
                when 'attainment_pct' then '達成率'
                when 'judged_attainment_pct' then '達成率（参考の指標は進捗率）'
                when 'progress_pct' then '進捗率'
                when 'linear_target_pct' then '年割りの目標に対する率'
                when 'baseline_change_pct' then '基準値からの増減率'
                when 'limit_used_pct' then '上限の目安に対する率'
                else measure
            end
            || rtrim(rtrim(cast(threshold as varchar), '0'), '.') || '％'
            || case comparison
                when 'ge' then '以上'
                when 'gt' then '超'
                when 'le' then '以下'
                when 'lt' then '未満'
                else 'に等しい'
            end
    end
    || 'は' || grade || coalesce('（' || grade_label_ja || '）', '') as band_text_ja
from bands
