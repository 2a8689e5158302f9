{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '前に届いた資料より団体か行が少ない資料が届きました（受け入れの決裁がありません）',
        'subject': 'raw.delivery',
        'owner_ja': '統計担当',
        'action_ja': '欠けた団体を公表元に確かめ、そろった資料を届け直す。少ないのが正しければ、示された決裁の行を加える',
        'threshold_reason': '同じ情報源・様式・時点の届け直しでは、団体は一つも減らず、行は1％を超えて減らない（公表元の訂正で行が消えるのは例外なので決裁を求める）。次の期の資料では、合併を今日の区域にそろえて数えた団体が5％を超えて減らない（観光来訪者数の月ごとの地域は1858～1879で1.1％の幅、住民基本台帳と国勢調査は変わらない）。20団体未満の抜粋は次の期と比べない。前の半分に満たない資料は抜粋で、載っていない団体の値はそのまま生きるので対象にしない。参考系列は抜粋なので対象にしない',
    },
) }}
-- The last delivery of a source, layout, count (scope, form or vintage) and period against those received before it: of
-- the same period, and of the period before. What came in one batch has no order and is not compared.
with cells as (
    select
        source_id,
        counted,
        period,
        municipality_code,
        count(*) as n_rows
    from {{ ref('int_figure__delivered') }}
    where raw_table <> 'reference_series' and {{ is_municipality() }}
    group by all
),

-- Counted in areas of today, so that a merger is no loss.
measured as (
    select
        cells.source_id,
        delivery.source,
        delivery.raw_table,
        delivery.layout,
        delivery.received_at,
        cells.counted,
        cells.period,
        sum(cells.n_rows) as n_rows,
        list(distinct coalesce(span.current_code, cells.municipality_code)) as areas
    from cells
    inner join {{ source('raw', 'delivery') }} as delivery on cells.source_id = delivery.source_id
    left join {{ ref('dim_municipality') }} as span
        on
            cells.municipality_code = span.municipality_code
            and cells.period >= span.valid_from
            and cells.period < coalesce(span.valid_to, date '9999-12-31')
    group by all
),

ranked as (
    select
        *,
        received_at = max(received_at) over (partition by source, layout, counted, period) as is_last
    from measured
),

pairs as (
    select
        later.source_id,
        later.source,
        later.counted,
        later.period,
        earlier.period as period_before,
        later.n_rows,
        earlier.n_rows as n_rows_before,
        len(later.areas) as n_areas,
        len(earlier.areas) as n_areas_before,
        list_sort(list_filter(earlier.areas, area -> not list_contains(later.areas, area))) as areas_lost
    from ranked as later
    inner join ranked as earlier
        on
            later.is_last
            and later.source = earlier.source
            and later.raw_table = earlier.raw_table
            and later.counted = earlier.counted
            and later.received_at > earlier.received_at
            and (
                (later.period = earlier.period and later.layout = earlier.layout)
                or (
                    later.period > earlier.period
                    and earlier.is_last
                    and len(earlier.areas) >= 20
                )
            )
    -- Of the periods before, the nearest one.
    qualify
        earlier.period = later.period
        or earlier.period = max(earlier.period) filter (where earlier.period < later.period) over (
            partition by later.source_id, later.counted, later.period
        )
),

shrunken as (
    select
        source_id,
        count(distinct period) as n_periods,
        arg_max(pairs, len(areas_lost)) as worst
    from pairs
    where
        -- An extract (less than half of the areas) takes nothing away: what it does not name stays in force.
        n_areas >= 0.5 * n_areas_before
        and case
            -- Rows that could not be read and that a line of the corrections names are known to be gone.
            when period = period_before
                then len(areas_lost) > (
                    select count(*) from {{ source('raw', 'correction') }} as declared
                    where
                        declared.outcome = 'applied'
                        and declared.sheet is null
                        and declared.source_id = pairs.source_id
                ) or n_rows < 0.99 * n_rows_before
            else n_areas < 0.95 * n_areas_before
        end
    group by source_id
)

select
    delivery.file_name,
    cast(null as varchar) as sheet,
    cast(null as integer) as row_number,
    shrunken.worst.areas_lost[1] as municipality_code,
    shrunken.worst.n_areas_before || '団体 ' || shrunken.worst.n_rows_before || '行（' || shrunken.worst.period_before
    || '）' as expected,
    shrunken.worst.n_areas || '団体 ' || shrunken.worst.n_rows || '行（' || shrunken.worst.period || '）' as found,
    '届いていない団体 ' || len(shrunken.worst.areas_lost) || '（'
    || array_to_string(shrunken.worst.areas_lost[1:5], ' ') || if(len(shrunken.worst.areas_lost) > 5, ' …', '')
    || '）' as reason_ja
from shrunken
inner join {{ source('raw', 'delivery') }} as delivery on shrunken.source_id = delivery.source_id
-- What the reader found first (fewer rows than the same publication before) and a named person let pass is decided.
where not exists (
    select 1 from {{ source('raw', 'decision') }} as decided
    where
        decided.kind = 'go_ahead'
        and decided.rule = 'shrunken_delivery'
        and decided.subject = shrunken.source_id
)
