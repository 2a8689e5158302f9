{{ config(
    severity='warn',
    meta={
        'severity': 'review',
        'message_ja': '計画書の人口と当方の計算が合わず、理由が書かれていません',
        'subject': 'main.mart_vision_reconciliation',
        'owner_ja': '総合政策部',
        'action_ja': '計画台帳の「計画書の人口」の印刷の値と許す差を計画書と照合し、違いの説明を書く',
        'threshold_reason': '許す差は計画台帳の各行が理由つきで定める',
    },
) }}
select
    delivery.file_name,
    figure.sheet,
    figure.row as row_number,
    compared.municipality_code,
    cast(compared.plan_value as varchar) || ' ±' || cast(compared.tolerance as varchar) as expected,
    cast(coalesce(compared.recomputed_value, compared.official_value) as varchar) as found,
    compared.figure_id || ' ' || compared.label_ja || ': 差 ' || compared.difference as reason_ja
from {{ ref('mart_vision_reconciliation') }} as compared
left join {{ source('in_force', 'plan_register_figure') }} as figure
    on
        compared.municipality_code = figure.municipality_code
        and compared.plan_id = figure.plan_id
        and compared.figure_id = figure.figure_id
left join {{ source('raw', 'delivery') }} as delivery on figure.source_id = delivery.source_id
where compared.verdict = 'differs' and compared.why_ja is null
