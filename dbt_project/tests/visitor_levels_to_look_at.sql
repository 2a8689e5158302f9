{{ config(
    severity='warn',
    meta={
        'severity': 'review',
        'message_ja': '来訪者数の桁か水準が変わった団体があります（桁の誤り、水準の変わり目、または実際の動き）',
        'subject': 'main.fct_tourism_visitors',
        'owner_ja': '統計担当',
        'action_ja': '示された団体の値を公表元のファイルで確かめる。公表元の対象地点や方法の変更（reading: break）か実際の動き（movement）と決めたら decisions/level_steps.csv に1行を加える。桁の誤りであれば正しいファイルを届け直す',
        'threshold_reason': '実データ3年分（約1,700団体）で、年の中央値が前年の8倍以上か8分の1以下になったのは2022年1、2023年3、2024年31団体（水準の変わり目を含む）。前年同月・前月・翌月のどれからも8倍以上離れた月は約6万のうち4。水準の変わり目の規則（macros/level_breaks.sql）は同じ実データで、どの月も団体の0.5％以下、公表元が方法を変えた2024年1月だけ9％を示した。後の月が3～5か月の疑いは前年同月比を示さず、人に見てもらう。いずれも起こり得るので止めない',
    },
) }}
-- Months against the same month of the year before: a municipality whose year as a whole moved eight times, a single
-- month that stands eight times off all its neighbours, and a break of the level that rests on few months. What a
-- person decided is not asked again; what only the rule found is, it may be a slip of the file.
with stepped as (
    select
        later.*,
        earlier.visitors as visitors_before,
        ln(later.visitors / earlier.visitors) as step,
        lag(later.visitors) over by_month as visitors_of_last_month,
        lead(later.visitors) over by_month as visitors_of_next_month
    from {{ ref('fct_tourism_visitors') }} as later
    inner join {{ ref('fct_tourism_visitors') }} as earlier
        on
            later.municipality_code = earlier.municipality_code
            and earlier.month = later.month - interval 1 year
            and later.visitors > 0
            and earlier.visitors > 0
    left join {{ source('raw', 'level_step') }} as decided
        on
            later.municipality_code = decided.municipality_code
            and later.month >= decided.comparable_from
            and earlier.month < decided.comparable_from
    where decided.municipality_code is null
    window by_month as (partition by later.municipality_code order by later.month)
),

years as (
    select
        municipality_code,
        year(month) as year,
        median(step) as step,
        count(*) as n_months,
        min_by(stepped, month) as place
    from stepped
    group by municipality_code, year(month)
),

found as (
    select
        years.municipality_code,
        years.place.source_id,
        years.place.source_sheet,
        years.place.source_row,
        '前年の水準' as expected,
        printf('%.2f倍（%d か月の中央値）', exp(years.step), years.n_months) as found,
        years.municipality_code || ' ' || years.year || '年: 来訪者数の水準が前年と8倍以上違います' as reason_ja
    from years
    where years.n_months >= 3 and abs(years.step) >= ln(8)
    union all
    select
        municipality_code,
        source_id,
        source_sheet,
        source_row,
        '前年同月 ' || visitors_before || '、前月 ' || visitors_of_last_month
        || coalesce('、翌月 ' || visitors_of_next_month, '') as expected,
        cast(visitors as varchar) as found,
        municipality_code || ' ' || strftime(month, '%Y-%m')
        || ': 前年同月とも隣の月とも8倍以上違います' as reason_ja
    from stepped
    where
        visitors >= 8 * greatest(visitors_before, visitors_of_last_month, coalesce(visitors_of_next_month, 0))
        or 8 * visitors
        <= least(visitors_before, visitors_of_last_month, coalesce(visitors_of_next_month, visitors_before))
    union all
    select
        level_break.municipality_code,
        fact.source_id,
        fact.source_sheet,
        fact.source_row,
        printf('前年同月比 %.2f倍', level_break.ratio_before) as expected,
        printf('%.2f倍（%d か月の中央値）', level_break.ratio_after, level_break.n_months_after) as found,
        level_break.municipality_code || ' ' || strftime(level_break.month, '%Y-%m')
        || ': 来訪者数の水準が変わった疑いがあります' as reason_ja
    from {{ ref('int_tourism__level_breaks') }} as level_break
    inner join {{ ref('fct_tourism_visitors') }} as fact
        on level_break.municipality_code = fact.municipality_code and level_break.month = fact.month
    where level_break.reading = 'suspected'
)

select
    delivery.file_name,
    found.source_sheet as sheet,
    found.source_row as row_number,
    found.municipality_code,
    found.expected,
    found.found,
    found.reason_ja
from found
left join {{ source('raw', 'delivery') }} as delivery on found.source_id = delivery.source_id
