{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '手入力の実績値に、基準日より後の期間のものがあります',
        'subject': 'raw.reference_series',
        'owner_ja': '統計担当',
        'action_ja': '期間の年を原資料と見比べる。推計値なら value_status を projected か estimated にしたファイルを届け直す',
        'threshold_reason': '確定・速報・改定の値は、期間が終わってから公表される',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
select
    delivery.file_name,
    typed.source_sheet as sheet,
    typed.source_row as row_number,
    typed.municipality_code,
    '<= ' || run.as_of_date as expected,
    cast(typed.period_end as varchar) as found,
    typed.municipality_code || ' ' || typed.indicator_id || ' ' || typed.period_end || ' は基準日 ' || run.as_of_date
    || ' より後です' as reason_ja
from {{ ref('stg_reference_series__value') }} as typed
cross join {{ source('raw', 'as_of') }} as run
left join {{ source('raw', 'delivery') }} as delivery on typed.source_id = delivery.source_id
where
    typed.version_rank = 1
    and typed.value_status in ('final', 'preliminary', 'revised')
    and typed.period_end > run.as_of_date
