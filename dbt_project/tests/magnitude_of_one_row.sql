{{ config(
    severity='warn',
    meta={
        'severity': 'warn',
        'message_ja': '値が直前の約1000倍か1000分の1の団体があります',
        'subject': 'raw.furusato_donation, raw.tourism_visitors, raw.census_population, raw.registry_population',
        'owner_ja': '統計担当',
        'action_ja': '示された団体の値を原資料で確かめる。本当の急増・急減であれば何もしなくてよい',
        'threshold_reason': '多くの団体を含むファイルの中で約1000倍動いた団体。小さな団体では本当に起こり得るので止めない',
    },
) }}
select
    file_name,
    sheet,
    row_number,
    municipality_code,
    expected,
    found,
    reason_ja
from {{ ref('int_magnitude__jumps') }}
where not is_whole_file
