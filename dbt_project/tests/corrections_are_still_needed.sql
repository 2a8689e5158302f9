{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '公表元の誤りの訂正（decisions/corrections.csv と ingest/sources/*/corrections.csv）を見直す必要があります',
        'subject': 'raw.correction',
        'owner_ja': '統計担当',
        'action_ja': '示された行を corrections.csv から消す（公表元が値を直したとき）か、示された欄を埋める',
        'threshold_reason': '訂正は、公表元の値が誤りのままである間だけ正しい。届いた値が誤りとして記録した値と一つでも違えば、訂正が新しい値を覆い隠すおそれがある。delivery= で始まる行は、その後に同じ数値が別のファイルで届けば要らない',
    },
) }}
-- One row per line that is no longer needed or not whole; of a line over many figures the first of them is shown.
with lines as (
    select
        *,
        if(starts_with(file, 'decisions/'), '$SOUSEI_HOME/', 'ingest/sources/') || file || ' の ' || line_number
        || ' 行目' as line_ja,
        outcome = 'applied' and later_source_id is not null as is_replaced,
        row_number() over (
            partition by file, line_number, outcome, later_source_id, if(as_published is null, '', source_id)
            order by area nulls last, row_key
        ) as place
    from {{ source('raw', 'correction') }}
    where outcome in ('superseded', 'faulty') or (outcome = 'applied' and later_source_id is not null)
)

select
    delivery.file_name,
    lines.sheet,
    lines."row" as row_number,
    coalesce(lines.area, regexp_extract(lines.row_key, '_code=(\S+)', 1)) as municipality_code,
    case
        when lines.is_replaced then '使わないとした数値 ' || coalesce(cast(lines.delivered as varchar), '値なし')
        when lines.outcome = 'superseded' then '誤りとして記録した値 ' || lines.as_published
        else '全ての欄、決まった row_key、同じ値は1行だけ'
    end as expected,
    case
        when lines.is_replaced then '同じ数値が ' || later.file_name || ' で届いた'
        when lines.outcome = 'superseded' then coalesce(cast(lines.delivered as varchar), '値なし')
        else lines.raw_table || ' ' || lines.row_key
    end as found,
    lines.line_ja
    || case
        when lines.is_replaced
            then '（' || lines.row_key || ' など）を消してください。使わないとした数値が、後のファイルで改めて届きました'
        when lines.outcome = 'superseded'
            then '（' || lines.row_key || '）を消してください。公表元の値が変わり、届いた値は誤りとして記録した値と違います'
        else 'を直してください。' || lines.fault
    end as reason_ja
from lines
left join {{ source('raw', 'delivery') }} as delivery on lines.source_id = delivery.source_id
left join {{ source('raw', 'delivery') }} as later on lines.later_source_id = later.source_id
where lines.place = 1
