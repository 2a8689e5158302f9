{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '出生と死亡、または転入と転出が入れ替わっています',
        'subject': 'main.fct_population_change',
        'owner_ja': '統計担当',
        'action_ja': '示された行の出生・死亡・転入・転出の見出しと値を原資料と見比べる。正しいファイルを届け直せば新しい方を採用する',
        'threshold_reason': '住民基本台帳では前後の人口の差が出生－死亡＋転入－転出＋その他に人まで等しい（全国の5年分10,749件で差は0）。名を入れ替えたときだけ等しくなる差10人以上を止める。別の統計（人口動態・移動報告）と比べるのは転入と転出、出生と死亡が28％以上違うときで、両市の32件では合わなさが0.35倍未満になるものは0。前の期間と比べるのは出生と死亡が2倍以上違うときで、実データ1万8千件では最大1.49倍（30人以上）。年齢（女20～39歳100人に出生7、65歳以上100人に死亡4）と比べた合わなさは実データ2万7千件で最大1.18、1.6以上を止める',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
select
    delivery.file_name,
    flows.source_sheet as sheet,
    flows.source_row as row_number,
    flows.municipality_code,
    flows.evidence_ja || ' に合う' || flows.pair_ja as expected,
    flows.gain || ' と ' || flows.loss as found,
    flows.municipality_code || ' ' || flows.period_start || ' からの1年間（' || flows.series || '・' || flows.scope || '）: '
    || flows.pair_ja || 'が入れ替わっています（' || flows.evidence_ja || '）' as reason_ja
from {{ ref('int_check__exchanged_flows') }} as flows
left join {{ source('raw', 'delivery') }} as delivery on flows.source_id = delivery.source_id
where flows.is_certain
