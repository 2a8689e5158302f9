{{ config(
    severity='warn',
    meta={
        'severity': 'review',
        'message_ja': '計画の将来推計の設定か、計画書の人口に、計算できない行があります',
        'subject': 'main.mart_population_projection',
        'owner_ja': '総合政策部',
        'action_ja': '計画台帳の「将来推計の設定」「計画書の人口」の示された行を直し、landing に置き直す',
        'threshold_reason': '計算できない計画は、その計画の推計だけを外し、ほかの団体の公表は続ける',
    },
) }}
select
    delivery.file_name,
    plan.sheet,
    plan.row as row_number,
    fault.municipality_code,
    '計算できる設定' as expected,
    fault.plan_id as found,
    fault.plan_id || ': ' || fault.message as reason_ja
from {{ source('projection', 'plan_fault') }} as fault
left join {{ source('in_force', 'plan_register_plan') }} as plan
    on fault.municipality_code = plan.municipality_code and fault.plan_id = plan.plan_id
left join {{ source('raw', 'delivery') }} as delivery on plan.source_id = delivery.source_id
