{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '意味の書かれていない指標に値があります',
        'subject': 'main.fct_indicator',
        'owner_ja': '統計担当',
        'action_ja': 'dbt_project/seeds/indicators.csv に、その指標の行（名称・定義・単位・出どころ）を足す',
        'threshold_reason': '計画の担当者は指標を名前と定義で選ぶので、説明のない値は1件も出さない',
    },
) }}
select
    delivery.file_name,
    any_value(measured.source_sheet) as sheet,
    any_value(measured.source_row) as row_number,
    any_value(measured.municipality_code) as municipality_code,
    'indicators.csv の行' as expected,
    measured.indicator_id as found,
    measured.indicator_id || ' の説明がありません' as reason_ja
from {{ ref('fct_indicator') }} as measured
anti join {{ ref('dim_indicator') }} as known on measured.indicator_id = known.indicator_id
left join {{ source('raw', 'delivery') }} as delivery on measured.source_id = delivery.source_id
group by delivery.file_name, measured.indicator_id
