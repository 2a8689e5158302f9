{{ config(
    severity='warn',
    meta={
        'severity': 'review',
        'reads_every_delivery': true,
        'message_ja': '届け直しで値が変わりました',
        'subject': 'raw.census_population, raw.registry_population, raw.registry_dynamics, raw.furusato_donation, raw.tourism_visitors, raw.ipss_population, raw.reference_series',
        'owner_ja': '統計担当',
        'action_ja': '示された二つのファイルを見比べ、後から届いた方の値が正しいか公表元で確かめる。正しければ何もしなくてよい',
        'threshold_reason': '公表元の訂正もあるので止めない。速報と確定の違いは訂正ではないので、同じ確定度の値だけを比べる。年次と月次、各年の調査と累計表、年齢別の表と人口動態の表の違いはそれぞれの検査が見る',
    },
) }}
-- Figures of one table, key and status that a later delivery gives another value than the one before it. One row per
-- pair of files.
with cells as (
    select
        source_id,
        if(raw_table in ('furusato_donation', 'tourism_visitors'), raw_table || ' ' || counted, raw_table) as raw_table,
        figure,
        municipality_code,
        value_status,
        amount,
        source_sheet,
        source_row
    from {{ ref('int_figure__delivered') }}
),

-- Deliveries of one table, layout and first day of the period: only among these can a figure come twice. This keeps the
-- cells of all other files out of what follows.
again as (
    select source_id
    from {{ source('raw', 'delivery') }}
    where verdict = 'taken'
    qualify
        count(distinct received_at) over (partition by source, raw_table, split_part(period, '..', 1)) > 1
),

versions as (
    select
        cells.*,
        delivery.file_name,
        delivery.received_at,
        lag(cells.amount) over by_arrival as amount_before,
        lag(delivery.file_name) over by_arrival as file_before,
        lag(delivery.received_at) over by_arrival as received_before
    from cells
    inner join again on cells.source_id = again.source_id
    inner join {{ source('raw', 'delivery') }} as delivery on cells.source_id = delivery.source_id
    window by_arrival as (
        partition by cells.raw_table, cells.figure, cells.value_status
        order by delivery.received_at, cells.source_id
    )
)

select
    file_name,
    min_by(source_sheet, source_row) as sheet,
    min(source_row) as row_number,
    min_by(municipality_code, source_row) as municipality_code,
    coalesce(cast(min_by(amount_before, source_row) as varchar), '値なし') || '（' || file_before || '）' as expected,
    coalesce(cast(min_by(amount, source_row) as varchar), '値なし') as found,
    raw_table || ': ' || file_name || ' が ' || file_before || ' の値を ' || count(*) || '件 変えました。最初の例: '
    || min_by(figure, source_row) as reason_ja
from versions
where received_before < received_at and amount is distinct from amount_before
group by raw_table, file_name, file_before
order by max(received_at) desc, file_name asc, file_before asc, raw_table asc
