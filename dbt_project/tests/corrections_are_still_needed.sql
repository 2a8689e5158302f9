{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '公表元の誤りの訂正（ingest/sources/*/corrections.csv）を見直す必要があります',
        'subject': 'raw.correction',
        'owner_ja': '統計担当',
        'action_ja': '示された行を corrections.csv から消す（公表元が値を直したとき）か、示された欄を埋める',
        'threshold_reason': '訂正は、公表元の値が誤りのままである間だけ正しい。届いた値が誤りとして記録した値と一つでも違えば、訂正が新しい値を覆い隠すおそれがある',
    },
) }}
select
    delivery.file_name,
    correction.sheet,
    correction."row" as row_number,
    coalesce(correction.area, regexp_extract(correction.row_key, '_code=(\S+)', 1)) as municipality_code,
    case
        when correction.outcome = 'superseded' then '誤りとして記録した値 ' || correction.as_published
        else '全ての欄、決まった row_key、同じ値は1行だけ'
    end as expected,
    case
        when correction.outcome = 'superseded' then coalesce(cast(correction.delivered as varchar), '値なし')
        else correction.raw_table || ' ' || correction.row_key
    end as found,
    'ingest/sources/' || correction.file || ' の ' || correction.line_number || ' 行目'
    || case
        when correction.outcome = 'superseded'
            then '（' || correction.row_key || '）を消してください。公表元の値が変わり、届いた値は誤りとして記録した値と違います'
        else 'を直してください。' || correction.fault
    end as reason_ja
from {{ source('raw', 'correction') }} as correction
left join {{ source('raw', 'delivery') }} as delivery on correction.source_id = delivery.source_id
where correction.outcome in ('superseded', 'faulty')
