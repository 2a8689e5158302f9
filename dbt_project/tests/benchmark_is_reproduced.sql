{{ config(
    severity='warn',
    meta={
        'severity': 'warn',
        'message_ja': '計画に印字された社人研推計を再現できません',
        'subject': 'main.mart_vision_reconciliation',
        'owner_ja': '将来推計担当',
        'action_ja': '推計の計算か入力（社人研の表）が変わっていないか、計画台帳の「計画書の人口」の写し間違いや別の版の推計でないかを確かめる',
        'threshold_reason': '社人研推計の印字値（2025～2060年）は公式表と延長規則で数人以内に再現できることが分かっている。超えれば計算・入力・写しのどれかの誤りである。ほかの団体の公表は止めない',
    },
) }}
select
    cast(null as varchar) as file_name,
    cast(null as varchar) as sheet,
    cast(null as integer) as row_number,
    municipality_code,
    cast(plan_value as varchar) || ' ±' || cast(tolerance as varchar) as expected,
    cast(coalesce(recomputed_value, official_value) as varchar) as found,
    figure_id || ' ' || label_ja || ': 計画の印字値を再現できません（差 ' || difference || '）' as reason_ja
from {{ ref('mart_vision_reconciliation') }}
where verdict = 'differs' and (figure_id like 'ipss_%' or figure_id like 'census_%' or figure_id like 'change_ipss_%')
