{{ config(
    severity='warn',
    meta={
        'severity': 'review',
        'message_ja': '手入力の出生・死亡・転入・転出に、別の届け物の値の4倍以上か4分の1以下のものがあります',
        'subject': 'raw.reference_series',
        'owner_ja': '統計担当',
        'action_ja': '示された値を原資料で確かめる。本当の動きであれば何もしなくてよい',
        'threshold_reason': '実ファイルの前年比が4倍以上なのは、50人以上の31,525組のうち9組。同じファイルの中の動きは受領時に知らせている',
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
from ({{ typed_steps() }})
where is_far_from_another and not is_stopped
