{{ config(materialized='table') }}
-- Delivered rows whose size is about 1,000 times (or a thousandth of) what went before, or of what another file says
-- for the same period: the mark of a wrong unit. One row per suspicious row; is_whole_file says whether the file as a
-- whole looks wrong (a fifth of its municipalities, or any in a small file that counts 100 donations or more).
with figures as (
    select
        case raw_table
            when 'furusato_donation' then 'ふるさと納税 ' || measure
            when 'tourism_visitors' then '観光来訪者数'
            else '人口 ' || series
        end as subject,
        municipality_code,
        if(raw_table = 'tourism_visitors', year(period) * 12 + month(period), year(period)) as period,
        case raw_table
            when 'furusato_donation' then year(period) || '年度'
            when 'tourism_visitors' then strftime(period, '%Y-%m')
            else cast(period as varchar)
        end as period_ja,
        cast(amount as double) as amount,
        if(raw_table = 'furusato_donation', unit_ja, '人') as unit_ja,
        source_id,
        source_sheet,
        source_row
    from {{ ref('int_figure__delivered') }}
    where
        {{ is_municipality() }}
        and (
            raw_table in ('furusato_donation', 'tourism_visitors')
            or (
                raw_table in ('census_population', 'registry_population', 'registry_dynamics')
                and counted = 'total' and measure = 'population' and sex = 'total' and age_group = 'total'
            )
            or (raw_table = 'reference_series' and measure = 'population' and series in ('census', 'resident_registry'))
        )
),

-- A wrong unit moves the yen per donation; a real boom moves yen and donations together (Nemuro FY2015: 396 times).
sized as (
    select
        figures.*,
        figures.amount / nullif(donations.amount, 0) as per_donation,
        donations.amount as n_donations
    from figures
    left join figures as donations
        on
            figures.source_id = donations.source_id
            and figures.municipality_code = donations.municipality_code
            and figures.period = donations.period
            and if(figures.subject = 'ふるさと納税 donation_jpy', 'ふるさと納税 donation_count', null) = donations.subject
    where figures.amount > 0 and figures.subject <> 'ふるさと納税 donation_count'
),

-- What a reader would have expected from the figure before, of whatever file, or of another file for the same period.
others as (
    select
        *,
        lag(amount) over before as amount_before,
        lag(per_donation) over before as per_donation_before,
        lag(n_donations) over before as n_donations_before,
        lag(period_ja) over before as period_before
    from sized
    window before as (partition by subject, municipality_code order by period, source_id)
),

jumps as (
    select
        *,
        amount_before is not null as is_compared,
        coalesce(
            abs(abs(log10(amount / amount_before)) - 3) <= 0.25
            and coalesce(abs(log10(per_donation / per_donation_before)) >= 2, true),
            false
        ) as is_jump
    from others
),

by_file as (
    select
        *,
        count(*) filter (where is_compared) over (partition by source_id, subject, period) as n_compared,
        count(*) filter (where is_jump) over (partition by source_id, subject, period) as n_jumps
    from jumps
),

-- Yen per donation: the only sign of a wrong unit in a file that holds all years.
per_file as (
    select
        source_id,
        period_ja,
        median(per_donation) as yen_per_donation,
        min(source_sheet) as source_sheet,
        min(source_row) as source_row,
        min_by(municipality_code, source_row) as municipality_code
    from sized
    where per_donation is not null
    group by source_id, period_ja
),

suspicious as (
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        subject || ' ' || period_before || ' ' || cast(amount_before as bigint) as expected,
        cast(cast(amount as bigint) as varchar) as found,
        subject || ' ' || period_ja || ': 直前の値（' || period_before || '）の約'
        || case when amount > amount_before then '1000倍です。' else '1000分の1です。' end
        || case
            when subject like 'ふるさと納税 donation_jpy' and amount < amount_before
                then '千円単位の値を円として読んでいませんか（ファイルの単位表示: ' || coalesce(unit_ja, 'なし') || '）'
            when subject like 'ふるさと納税 donation_jpy'
                then '円単位の値を千円として読んでいませんか（ファイルの単位表示: ' || coalesce(unit_ja, 'なし') || '）'
            else '単位（千人・人）を確かめてください'
        end as reason_ja,
        (n_compared < 20 and coalesce(least(n_donations, n_donations_before) >= 100, true))
        or (n_compared >= 20 and n_jumps >= 0.2 * n_compared) as is_whole_file
    from by_file
    where is_jump
    union all
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        '1件当たり 500円～500万円' as expected,
        '1件当たり ' || cast(cast(yen_per_donation as bigint) as varchar) || '円' as found,
        'ふるさと納税 ' || period_ja || ': 1件当たりの受入額（中央値）が '
        || cast(cast(yen_per_donation as bigint) as varchar) || '円です。'
        || case when yen_per_donation < 500 then '千円単位の値を円として' else '円単位の値を千円として' end
        || '読んでいませんか' as reason_ja,
        true as is_whole_file
    from per_file
    where yen_per_donation < 500 or yen_per_donation > 5000000
)

select
    delivery.file_name,
    suspicious.source_sheet as sheet,
    suspicious.source_row as row_number,
    suspicious.municipality_code,
    suspicious.expected,
    suspicious.found,
    suspicious.reason_ja,
    suspicious.is_whole_file
from suspicious
left join {{ source('raw', 'delivery') }} as delivery on suspicious.source_id = delivery.source_id
