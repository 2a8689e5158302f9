{{ config(
    severity='warn',
    meta={
        'severity': 'review',
        'message_ja': '実績が未報告の指標があります',
        'subject': 'main.mart_kpi_scorecard',
        'owner_ja': '総合政策部',
        'action_ja': '担当課に実績を照会する。計算する指標は、公表資料が出ていれば届ける（未報告の一覧）',
        'threshold_reason': '年度が終わった指標には実績があるはずである。未報告は0ではなく未報告として残す',
    },
) }}
select
    cast(null as varchar) as file_name,
    cast(null as varchar) as sheet,
    cast(null as integer) as row_number,
    score.municipality_code,
    kpi.likely_source_ja as expected,
    score.value_status as found,
    score.kpi_id || ' ' || score.kpi_name_ja || ' ' || score.fiscal_year || '年度: '
    || case kpi.how_measured when 'computed' then '資料が届いていません' else '実績が未報告です' end as reason_ja
from {{ ref('mart_kpi_scorecard') }} as score
inner join {{ ref('dim_kpi') }} as kpi
    on
        kpi.is_current
        and score.municipality_code = kpi.municipality_code
        and score.plan_id = kpi.plan_id
        and score.kpi_id = kpi.kpi_id
where score.value_status = 'not_reported' and score.target_value is not null
