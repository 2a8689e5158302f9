{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '1件当たりの受入額が前後の年度と桁違いです（別の団体の金額の疑い）',
        'subject': 'main.fct_furusato_donation',
        'owner_ja': 'ふるさと納税担当',
        'action_ja': '示された行の金額と件数を原資料と見比べる（金額の列だけが隣の団体とずれていないか）。正しいファイルを届け直せば新しい方を採用する',
        'threshold_reason': '比べる年度のどれも1,000件以上の団体では、2008～2020年度の実データで、前か後の1年だけと比べた最大は19倍（11224の2016年度）、前後の両方から離れた最大は11倍（22215の2016年度）。片側だけなら100倍、両側なら20倍を超えれば団体か桁の取り違えとみる。1,000件に満たない団体では公表元の値そのものに数百倍の段差があり（39302と01454の2012年度など4件）、yen_per_donation_to_look_at が知らせる。単位の取り違え（約1000倍）は magnitude_matches_before が見る',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
-- The sure cases; the rest is for a person to look at (yen_per_donation_to_look_at).
select
    delivery.file_name,
    price.source_sheet as sheet,
    price.source_row as row_number,
    price.municipality_code,
    '1件当たり ' || cast(price.yen_of_neighbour as bigint) || '円（' || price.year_of_neighbour || '年度）' as expected,
    '1件当たり ' || cast(price.yen_per_donation as bigint) || '円' as found,
    price.municipality_code || ' ' || price.fiscal_year || '年度: 1件当たりの受入額が'
    || if(price.has_both_neighbours, '前後の年度', '隣の年度') || 'と約' || cast(price.times_off as bigint)
    || '倍違います' as reason_ja
from {{ ref('int_furusato__unit_price') }} as price
left join {{ source('raw', 'delivery') }} as delivery on price.source_id = delivery.source_id
where price.least_count >= 1000 and price.times_off > if(price.has_both_neighbours, 20, 100)
