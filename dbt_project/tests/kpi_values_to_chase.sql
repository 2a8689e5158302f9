{{ config(
    severity='warn',
    meta={
        'severity': 'review',
        'subject': 'main.mart_kpi_scorecard',
        'owner_ja': '総合政策部',
        'action_ja': '担当課に実績を照会する（未報告の一覧）',
        'threshold_reason': '年度が終わった指標には実績があるはずである。未報告は0ではなく未報告として残す',
    },
) }}
select
    cast(null as varchar) as file_name,
    cast(null as varchar) as sheet,
    cast(null as integer) as row_number,
    municipality_code,
    '実績' as expected,
    value_status as found,
    kpi_id || ' ' || kpi_name_ja || ' ' || fiscal_year || '年度: 実績が未報告です' as reason_ja
from {{ ref('mart_kpi_scorecard') }}
where value_status = 'not_reported' and target_value is not null
