{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': 'ふるさと納税の各年の調査の値が累計表の値と2倍以上違います',
        'subject': 'raw.furusato_donation',
        'owner_ja': 'ふるさと納税担当',
        'action_ja': '示された団体の行を、現況調査（各年）と累計表のどちらが正しいか原資料で確かめる（行のずれ、列の取り違え、年度の取り違え）。誤っている方の正しいファイルを届け直せば新しい方を採用する',
        'threshold_reason': '両者は同じ調査の同じ値で、違いは千円単位への丸めと後からの訂正だけ（両市の3年分では丸めの範囲で一致）。2倍を超える違いは別の団体か別の年度の値である。それより小さい違いは furusato_detail_matches_series が知らせる',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
-- The survey's last delivery against the last one of the series, same municipality, fiscal year and item. A value on
-- one side only counts too; but not below 100,000 yen or ten donations.
with delivered as (
    select
        donation.*,
        delivery.file_name,
        delivery.received_at
    from {{ ref('int_furusato__resolved') }} as donation
    inner join {{ source('raw', 'delivery') }} as delivery on donation.source_id = delivery.source_id
    qualify row_number() over (
        partition by donation.municipality_code, donation.fiscal_year, donation.item, donation.form
        order by donation.version_rank
    ) = 1
)

select
    detail.file_name,
    detail.source_sheet as sheet,
    detail.source_row as row_number,
    detail.municipality_code,
    coalesce(cast(series.amount as varchar), '値なし') || '（' || series.file_name || '・' || series.source_row
    || '行目）' as expected,
    coalesce(cast(detail.amount as varchar), '値なし') as found,
    detail.municipality_code || ' ' || detail.fiscal_year || '年度 ' || detail.item || ': 各年の調査 '
    || coalesce(cast(detail.amount as varchar), '値なし') || ' と累計表 '
    || coalesce(cast(series.amount as varchar), '値なし') || ' が2倍以上違います' as reason_ja
from delivered as detail
inner join delivered as series
    on
        detail.municipality_code = series.municipality_code
        and detail.fiscal_year = series.fiscal_year
        and detail.item = series.item
        and detail.form = 'detail'
        and series.form = 'series'
where
    greatest(coalesce(detail.amount, 0), coalesce(series.amount, 0))
    >= case detail.item when 'donation_jpy' then 100000 else 10 end
    and greatest(coalesce(detail.amount, 0), coalesce(series.amount, 0))
    >= 2 * least(coalesce(detail.amount, 0), coalesce(series.amount, 0))
    and not {{ has_unused_figures('detail.source_id', 'detail.municipality_code') }}
    and not {{ has_unused_figures('series.source_id', 'series.municipality_code') }}
