{{ config(
    severity='warn',
    meta={
        'severity': 'warn',
        'message_ja': 'ふるさと納税の各年の調査と累計表が合いません',
        'subject': 'raw.furusato_donation',
        'owner_ja': 'ふるさと納税担当',
        'action_ja': '現況調査（各年）と累計表の値を総務省の公表資料で確かめる。各年の値（円）を採用している',
        'threshold_reason': '累計表は千円単位に丸めてあるため1,000円未満の差は丸めである（2018年度は切り捨て）',
    },
) }}
-- Survey of one year against the series of all years, same municipality and fiscal year. Amounts: less than 1,000 yen
-- apart; counts: equal.
select
    delivery.file_name,
    series.source_sheet as sheet,
    series.source_row as row_number,
    series.municipality_code,
    cast(detail.amount as varchar) as expected,
    cast(series.amount as varchar) as found,
    series.municipality_code || ' ' || series.fiscal_year || '年度 ' || series.item || ': 各年の調査 ' || detail.amount
    || ' と累計表 ' || series.amount || ' が丸めの範囲を超えて異なります' as reason_ja
from {{ ref('stg_furusato_nozei__donation') }} as series
inner join {{ ref('stg_furusato_nozei__donation') }} as detail
    on
        series.municipality_code = detail.municipality_code
        and series.area_level = detail.area_level
        and series.fiscal_year = detail.fiscal_year
        and series.item = detail.item
        and detail.form = 'detail'
left join {{ source('raw', 'delivery') }} as delivery on series.source_id = delivery.source_id
where
    series.form = 'series'
    and abs(series.amount - detail.amount) >= case series.item when 'donation_jpy' then 1000 else 1 end
