{{ config(
    severity='warn',
    meta={
        'severity': 'warn',
        'message_ja': '前の期にあった団体が最新の期にありません',
        'subject': 'main.fct_population, main.fct_tourism_visitors, main.fct_furusato_donation',
        'owner_ja': '統計担当',
        'action_ja': '最新のファイルに市区町村の欠けがないか確かめる。合併で減ったのであれば municipality_changes.csv にあるか確かめる',
        'threshold_reason': '前の期にあった団体は、廃止されない限り次の期にもある。速報や抜粋で一時的に欠けることがあるため止めない',
    },
) }}
-- A municipality that the last period but one had and that still exists is in the last period too.
with presence as (
    select distinct
        case subject_family
            when 'visitors' then 'fct_tourism_visitors'
            when 'donations' then 'fct_furusato_donation'
            else 'fct_population ' || series || ' ' || scope
        end as subject,
        municipality_code,
        period
    from {{ ref('int_check__published') }}
    where subject_family not like 'flows %'
    union all
    -- The table by age, where the totals come from another one.
    select
        'fct_population ' || series || ' ' || scope || ' by age' as subject,
        municipality_code,
        as_of_date as period
    from {{ ref('fct_population') }}
    where sex = 'total' and age_group = '0-4'
),

held as (
    select distinct
        subject,
        period
    from presence
),

periods as (
    select
        subject,
        period,
        lag(period) over (partition by subject order by period) as period_before
    from held
    qualify row_number() over (partition by subject order by period desc) = 1
),

lost as (
    select
        presence.subject,
        presence.municipality_code,
        periods.period,
        periods.period_before
    from periods
    inner join presence on periods.subject = presence.subject and periods.period_before = presence.period
    left join presence as present
        on
            periods.subject = present.subject
            and periods.period = present.period
            and presence.municipality_code = present.municipality_code
    where present.municipality_code is null
),

-- A last period that holds less than a tenth of the one before is an extract, typed by hand or cut out on purpose.
whole as (
    select
        subject,
        period,
        count(*) as n_areas
    from presence
    group by subject, period
)

select
    cast(null as varchar) as file_name,
    cast(null as varchar) as sheet,
    cast(null as integer) as row_number,
    lost.municipality_code,
    '前の期（' || lost.period_before || '）と同じ団体' as expected,
    'なし' as found,
    lost.subject || ': ' || lost.municipality_code || ' が最新の期（' || lost.period || '）にありません' as reason_ja
from lost
inner join {{ ref('dim_municipality') }} as municipality
    on lost.municipality_code = municipality.municipality_code and municipality.is_current
inner join whole as last_one on lost.subject = last_one.subject and lost.period = last_one.period
inner join whole as one_before on lost.subject = one_before.subject and lost.period_before = one_before.period
where last_one.n_areas >= 0.1 * one_before.n_areas
