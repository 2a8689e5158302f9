{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '公表元の誤りの訂正（corrections.csv）を見直す必要があります',
        'subject': 'seeds.corrections',
        'owner_ja': '統計担当',
        'action_ja': '示された行を seeds/corrections.csv から消す（公表元が値を直したとき）か、示された欄を埋める',
        'threshold_reason': '訂正は、公表元の値が誤りのままである間だけ正しい。届いた値が誤りとして記録した値と一つでも違えば、訂正が新しい値を覆い隠すおそれがある',
    },
) }}
with declared as (
    {{ declared_corrections() | indent(4) }}
),

lines as (
    select
        *,
        row_number() over (order by rowid) + 1 as line_number,
        count(*) over (partition by raw_table, row_key) as n_lines
    from {{ ref('corrections') }}
),

broken as (
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        '誤りとして記録した値 ' || as_published as expected,
        coalesce(cast(delivered as varchar), '値なし') as found,
        'seeds/corrections.csv の ' || line_number || ' 行目（' || raw_table || ' ' || row_key
        || '）を消してください。公表元の値が変わり、届いた値は誤りとして記録した値と違います' as reason_ja
    from declared
    where source_id is not null and (delivered <> as_published or delivered is null)
    union all
    select
        null as source_id,
        null as source_sheet,
        null as source_row,
        regexp_extract(row_key, '_code=(\S+)', 1) as municipality_code,
        '{{ correctable() | join(" / ") }}、全ての欄、同じ値は1行だけ' as expected,
        raw_table || ' ' || row_key as found,
        'seeds/corrections.csv の ' || line_number || ' 行目の記載が足りないか重なっています' as reason_ja
    from lines
    where
        n_lines > 1
        or line_number not in (select declared.line_number from declared)
        or as_published is null
        or corrected is null
        or declared_on is null
        or coalesce(status, '') not in ('declared', 'confirmed_by_publisher')
        or coalesce(reason_ja, '') = ''
        or coalesce(provider, '') = ''
        or coalesce(evidence, '') = ''
)

select
    delivery.file_name,
    broken.source_sheet as sheet,
    broken.source_row as row_number,
    broken.municipality_code,
    broken.expected,
    broken.found,
    broken.reason_ja
from broken
left join {{ source('raw', 'delivery') }} as delivery on broken.source_id = delivery.source_id
