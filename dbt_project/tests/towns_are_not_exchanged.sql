{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '二つの団体の値が入れ替わっています',
        'subject': 'main.fct_population, main.fct_tourism_visitors',
        'owner_ja': '統計担当',
        'action_ja': '示されたファイルの二つの団体の行（コード・名称と値）を原資料と見比べる。正しいファイルを届け直せば新しい方を採用する',
        'threshold_reason': '二つの団体の値が、自分の前の値ではなく互いの前の値に合うときに疑う（合わなさが4分の1未満）。実データ（住民基本台帳1995～2024年、国勢調査1980～2020年、観光2021～2024年。隣り合う3団体までと、無作為の20団体の組）で、入れ替わったように見えて前の値から離れた最大は、台帳人口（500人以上・4年以内）が6％、国勢調査（1,000人以上）が14％、観光が年12か月のうち6か月（2024年の方法の変更）。台帳10％、国勢調査22％、観光7か月を超えたものを止める。推計・住民基本台帳と比べた国勢調査は13％以上で、実データは0組',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
-- What is less sure is for a person to look at (figures_to_look_at).
select
    delivery.file_name,
    pair.source_sheet as sheet,
    pair.source_row as row_number,
    pair.municipality_code,
    cast(pair.amount_before as bigint) || '（' || pair.municipality_code || '）、'
    || cast(pair.other_before as bigint) || '（' || pair.other_code || '）に近い値' as expected,
    cast(pair.amount as bigint) || '（' || pair.municipality_code || '）、'
    || cast(pair.other_amount as bigint) || '（' || pair.other_code || '）' as found,
    pair.subject_ja || ' ' || pair.period || ': ' || pair.municipality_code || ' と ' || pair.other_code
    || ' の値が入れ替わっています（'
    || case pair.against
        when 'projection' then '将来推計'
        when 'registry' then '住民基本台帳'
        else cast(pair.period_before as varchar)
    end || ' と比べて）' as reason_ja
from {{ ref('int_check__exchanged_towns') }} as pair
left join {{ source('raw', 'delivery') }} as delivery on pair.source_id = delivery.source_id
where pair.is_certain
