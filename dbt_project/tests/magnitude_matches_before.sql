{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '値が直前の約1000倍か1000分の1です（単位の取り違えの疑い）',
        'subject': 'raw.furusato_donation, raw.tourism_visitors, raw.census_population, raw.registry_population',
        'owner_ja': '統計担当',
        'action_ja': 'ファイルの単位（千円・円、千人・人）を見出しと原資料で確かめ、正しい単位のファイルを届け直す',
        'threshold_reason': '単位の取り違えは比が1000倍（常用対数±3）になる。根室市2014→2015年度は金額が396倍でも1件当たりは変わらない。2008～2020年度の全団体で約1000倍動いたのは13件、どれも100件に満たない年度が絡む小さな団体なので、20団体以上のファイルでは2割以上の団体で起きたとき、それより小さいファイルでは前後とも100件以上の団体で起きたときに止める（実データは0件）。観光の前月比の最大は113倍。1件当たり円は全国の実例から500円未満か500万円超の中央値を異常とする',
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
where is_whole_file
