{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '団体の大小の並びが前の期と似ていません（値の列のずれ・並べ替えの疑い）',
        'subject': 'main.fct_tourism_visitors, main.fct_furusato_donation, main.fct_population',
        'owner_ja': '統計担当',
        'action_ja': '示されたファイルで値が団体の行からずれていないか、値の列だけが並べ替えられていないか、公表元のファイルと見比べる。正しいファイルを届け直せば新しい方を採用する。正しい値であれば、示された決裁の行を加える',
        'threshold_reason': '前の期との順位相関の実データの最小は、観光来訪者数（前年同月）が全国0.93・都道府県ごと0.67、ふるさと納税が全国0.82、人口が全国0.99・都道府県ごと0.90（平成の大合併をまたぐ7年）。値を1行ずらすと全国で観光0.43・納税0.39・人口0.74以下、並べ替えると0.07以下になる。下限はその間の、観光と納税が全国0.65・都道府県0.45（観光だけ）、人口が全国0.90・都道府県0.80とする。15団体未満と、10年を超えて離れた期は比べない（福島県の1980年と2015年は0.76）',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
-- Rank correlation of what one file publishes for one period with the period before (visitors: the same month of the
-- year before), over all its municipalities and by prefecture. One row per file and period that fails.
with figures as (
    select
        case subject_family
            when 'visitors' then '観光来訪者数'
            when 'donations' then 'ふるさと納税 ' || subject
            else '人口 ' || series || ' ' || scope
        end as subject,
        municipality_code,
        period,
        if(subject_family = 'visitors', period - interval 1 year, null) as period_before,
        amount,
        source_id,
        source_sheet,
        source_row
    from {{ ref('int_check__published') }}
    where subject_family not like 'flows %' and scope is distinct from 'foreign'
),

stepped as (
    select * replace (coalesce(period_before, lag(period) over one_area) as period_before)
    from figures
    where amount is not null
    window one_area as (partition by subject, municipality_code order by period)
),

pairs as (
    select
        later.*,
        earlier.amount as amount_before,
        earlier.source_id as source_before,
        unnest(['00', left(later.municipality_code, 2)]) as prefecture
    from stepped as later
    inner join stepped as earlier
        on
            later.subject = earlier.subject
            and later.municipality_code = earlier.municipality_code
            and later.period_before = earlier.period
            and earlier.period >= later.period - interval 10 year
            and later.source_id <> earlier.source_id
),

ranked as (
    select
        *,
        rank() over (partition by source_id, subject, period, period_before, prefecture order by amount) as place,
        rank() over (
            partition by source_id, subject, period, period_before, prefecture order by amount_before
        ) as place_before
    from pairs
),

groups as (
    select
        source_id,
        subject,
        period,
        period_before,
        prefecture,
        corr(place, place_before) as rank_correlation,
        mode(source_before) as source_before,
        count(*) as n_areas,
        case
            when subject like '人口 %' then if(prefecture = '00', 0.9, 0.8)
            when prefecture = '00' then 0.65
            when subject = '観光来訪者数' then 0.45
        end as lower_bound,
        min_by(ranked, source_row) as first_one
    from ranked
    group by source_id, subject, period, period_before, prefecture
    having count(*) >= 15 and count(distinct amount) >= 15
),

-- A night that delivers both periods at once has no newer file; else the newer one is named first.
unlike as (
    select
        groups.*,
        delivery.file_name,
        delivery.received_at,
        delivery_before.file_name as file_before,
        delivery_before.received_at > delivery.received_at as is_before_newer
    from groups
    inner join {{ source('raw', 'delivery') }} as delivery on groups.source_id = delivery.source_id
    inner join {{ source('raw', 'delivery') }} as delivery_before on groups.source_before = delivery_before.source_id
    where groups.rank_correlation < groups.lower_bound
)

select
    if(unlike.is_before_newer, unlike.file_before, unlike.file_name) as file_name,
    if(unlike.is_before_newer, null, unlike.first_one.source_sheet) as sheet,
    if(unlike.is_before_newer, null, unlike.first_one.source_row) as row_number,
    if(unlike.prefecture = '00', unlike.first_one.municipality_code, unlike.prefecture || '000') as municipality_code,
    '順位相関 ' || unlike.lower_bound || ' 以上' as expected,
    printf('%.2f', unlike.rank_correlation) as found,
    unlike.subject || ' ' || cast(unlike.period as date) || ' の ' || unlike.n_areas || '団体'
    || if(unlike.prefecture = '00', '', '（都道府県 ' || unlike.prefecture || '）') || ': 大小の並びが '
    || cast(unlike.period_before as date) || ' と似ていません。'
    || if(unlike.is_before_newer, unlike.file_before, unlike.file_name) || ' を '
    || if(unlike.is_before_newer, unlike.file_name, unlike.file_before)
    || ' と見比べてください' as reason_ja
from unlike
