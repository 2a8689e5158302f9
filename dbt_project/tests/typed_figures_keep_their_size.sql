{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '手入力の出生・死亡・転入・転出が、前後の年か台帳の値の9倍以上か9分の1以下です（桁の誤りの疑い）',
        'subject': 'raw.reference_series',
        'owner_ja': '統計担当',
        'action_ja': '示された行と、比べた行（expected のファイルと行）を原資料と見比べ、誤っている方を直したファイルを届け直す。本当の動きであれば、その1件を決裁で通す',
        'threshold_reason': '実ファイルの前年比は、50人以上の31,525組（2010～2023年の出生・死亡・転入・転出、全市区町村）で最大7.7倍（震災の大槌町の死亡）、次が6.6倍（九度山町の転入）。9倍以上は0組。桁の誤りは10倍前後になる。50人未満は1人と10人のように本当に動くので見ない。別の届け物の値が3倍以内にあれば止めない',
    },
) }}
-- depends_on: {{ ref('meta_source') }} (on which nothing is built: a failure here lets all marts be built and judged)
select * exclude (is_other_delivery, times)
from ({{ typed_steps() }})
where times >= 9
