{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '前の期にあった団体が、まとまって抜けています（ファイルの末尾の切れ・都道府県の欠けの疑い）',
        'subject': 'main.fct_population, main.fct_tourism_visitors, main.fct_furusato_donation',
        'owner_ja': '統計担当',
        'action_ja': '示されたファイルが最後の行まで届いているか、抜けた団体が公表元のファイルにあるか確かめ、そろったファイルを届け直す。抜けているのが正しければ、示された決裁の行を加える',
        'threshold_reason': 'コード順で最後の団体が抜けた月は、観光の実ファイル48か月（月ごとの増減は最大18団体）に一度もなく、隣り合う団体の抜けは最大7（2024年の浜松市の区の再編）。住民基本台帳・国勢調査・ふるさと納税では、合併を今日の区域にそろえると一つも抜けない。最後の3団体、または隣り合う10団体（団体の最も少ない県は15）の抜けを切れとみる。前の期の半分に満たないファイルは抜粋なので対象にしない',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
-- Municipalities (as of today) of a period against the period before, where that held 20 or more. Looked at in the
-- order of their codes: the last three gone, or ten neighbours gone.
with ended as (
    select * from {{ ref('dim_municipality') }}
    where valid_to is not null
),

presence as materialized (
    select distinct
        case figures.subject_family
            when 'visitors' then '観光来訪者数'
            when 'donations' then 'ふるさと納税'
            else '人口 ' || figures.series || ' ' || figures.scope
        end as subject,
        figures.period,
        coalesce(span.current_code, figures.municipality_code) as area,
        figures.source_id
    from {{ ref('int_check__published') }} as figures
    left join ended as span
        on
            figures.municipality_code = span.municipality_code
            and figures.period >= span.valid_from
            and figures.period < span.valid_to
    where figures.subject_family not like 'flows %'
),

areas as (
    select distinct
        subject,
        period,
        area
    from presence
),

periods as (
    select
        subject,
        period,
        mode(source_id) as source_id,
        count(distinct area) as n_areas,
        lag(period) over by_period as period_before,
        lag(count(distinct area)) over by_period as n_areas_before
    from presence
    group by subject, period
    window by_period as (partition by subject order by period)
),

-- The areas of the period before, in the order of codes; `block` grows by one at every area that is still there.
traced as (
    select
        periods.subject,
        periods.period,
        periods.period_before,
        periods.source_id,
        periods.n_areas,
        periods.n_areas_before,
        earlier.area,
        later.area is null as is_lost,
        count(later.area) over (partition by periods.subject, periods.period order by earlier.area) as block,
        max(earlier.area) over (partition by periods.subject, periods.period) as last_of_all
    from periods
    inner join areas as earlier
        on periods.subject = earlier.subject and periods.period_before = earlier.period
    left join areas as later
        on periods.subject = later.subject and periods.period = later.period and earlier.area = later.area
    where periods.n_areas_before >= 20 and periods.n_areas >= 0.5 * periods.n_areas_before
),

runs as (
    select
        subject,
        period,
        period_before,
        source_id,
        n_areas,
        n_areas_before,
        min(area) as first_area,
        max(area) as last_area,
        count(*) as n_lost,
        bool_or(area = last_of_all) as is_at_the_end
    from traced
    where is_lost
    group by subject, period, period_before, source_id, n_areas, n_areas_before, block
)

select
    delivery.file_name,
    cast(null as varchar) as sheet,
    cast(null as integer) as row_number,
    runs.first_area as municipality_code,
    runs.n_areas_before || '団体（' || cast(runs.period_before as date) || '）' as expected,
    runs.n_areas || '団体（' || cast(runs.period as date) || '）' as found,
    runs.subject || ': ' || runs.first_area || ' から ' || runs.last_area || ' まで '
    || if(runs.is_at_the_end, '最後の', '隣り合う') || runs.n_lost
    || '団体が抜けています' as reason_ja
from runs
inner join {{ source('raw', 'delivery') }} as delivery on runs.source_id = delivery.source_id
where runs.n_lost >= 10 or (runs.is_at_the_end and runs.n_lost >= 3)
