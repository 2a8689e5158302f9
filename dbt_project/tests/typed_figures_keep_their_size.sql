{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '手入力の出生・死亡・転入・転出が、前後の年か台帳の値と桁が違うほど離れています（桁の誤りの疑い）',
        'subject': 'raw.reference_series',
        'owner_ja': '統計担当',
        'action_ja': '示された行と、比べた行（expected のファイルと行）を原資料と見比べ、誤っている方を直したファイルを届け直す。本当の動きであれば、その1件を決裁で通す',
        'threshold_reason': '台帳の実ファイルの前年比（2011～2023年の31,525組、全市区町村、大きい方が50人以上）の最大は、出生2.2倍、転出4.7倍、転入6.6倍（九度山町）、死亡7.7倍（震災の大槌町）。出生5倍、転出6倍、転入8倍、死亡9倍から止める（該当0組）。桁の誤りは10倍前後になる。50人未満は1人と10人のように本当に動くので見ない。別の届け物の値が3倍以内にあれば止めない',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
select
    file_name,
    sheet,
    row_number,
    municipality_code,
    expected,
    found,
    reason_ja
from ({{ typed_steps() }})
where is_stopped
