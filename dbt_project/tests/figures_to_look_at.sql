{{ config(
    severity='warn',
    meta={
        'severity': 'review',
        'message_ja': '前後の時点や別の統計と合わない値があります（誤りか、本当の変化か）',
        'subject': 'main.fct_population, main.fct_population_change, main.fct_tourism_visitors, main.fct_furusato_donation',
        'owner_ja': '統計担当',
        'action_ja': '示された値を原資料で確かめる。本当の変化であれば何もしなくてよい。誤りであれば正しいファイルを届け直す',
        'threshold_reason': '本当にも起こることなので止めない。全国の実データ（1980～2024年）で示される件数: 団体の入れ替わり 377（観光319、ほか58）、出生・死亡・転入・転出の入れ替わり 49、年齢階級の入れ替わり 107・不連続 40・ずれ 5、受入額の急増 45・1件当たりの急増 71・件数のない受入額 47、国勢調査の急変 24・推計との差 5・台帳との比 21、その他の増減5％以上 17、小さな団体の男女 8。新しく届いたものを先に示す',
    },
) }}
-- What the rules that stop a night (towns_are_not_exchanged, periods_do_not_repeat, flows_are_not_exchanged,
-- ages_follow_their_cohorts, figures_are_possible, furusato_amount_and_count_go_together and others) leave to a person.
with towns as (
    select
        {{ figure_of() }},
        cast(amount_before as bigint) || '、' || cast(other_before as bigint) || ' に近い値' as expected,
        cast(amount as bigint) || '、' || cast(other_amount as bigint) as found,
        subject_ja || ' ' || period || ': ' || municipality_code || ' と ' || other_code
        || ' の値が入れ替わっているようです' as reason_ja
    from {{ ref('int_check__exchanged_towns') }}
    where not is_certain
),

repeats as (
    select
        {{ figure_of() }},
        other_period || ' と違う値' as expected,
        n_figures || '件のうち ' || n_equal || '件が同じ' as found,
        subject_family || ' ' || period || ': ' || other_period || ' の値と同じです' as reason_ja
    from {{ ref('int_check__repeated_periods') }}
    where not is_certain and subject_family not like 'flows %'
),

flows as (
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        period_start as period,
        evidence_ja || ' に合う' || pair_ja as expected,
        gain || ' と ' || loss as found,
        period_start || ' からの1年間（' || series || '・' || scope || '）: ' || pair_ja
        || 'が入れ替わっているようです' as reason_ja
    from {{ ref('int_check__exchanged_flows') }}
    where not is_certain
),

ages as (
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        as_of_date as period,
        reference_date || '（' || reference_series || '）から進めた年齢構成' as expected,
        case fault
            when 'unlike' then printf('%.0f', 100 * size) || '％の人が別の階級'
            when 'shifted' then one_age || '歳のずれ'
            else one_age || '歳からと ' || other_age || '歳からの階級'
        end as found,
        series || ' ' || scope || ' ' || as_of_date || ': '
        || case fault
            when 'unlike' then '年齢構成が前の時点と続きません'
            when 'shifted' then '年齢階級がずれているようです'
            else '二つの年齢階級の値が入れ替わっているようです'
        end as reason_ja
    from {{ ref('int_check__misplaced_ages') }}
    where
        (fault = 'unlike' and size >= if(against = 'projection', 0.1, 0.15))
        or (fault = 'exchanged' and is_shared)
        or (fault = 'shifted' and (persons < 5000 or size >= 0.45))
        or (
            fault = 'exchanged'
            and size * persons >= 50
            and not is_shared
            and size >= case
                when against = 'same' and steps <= 0.6 then 0.005
                when against = 'projection' then 0.008
                else 0.015
            end
        )
),

sexes as (
    select
        municipality_code,
        series,
        scope,
        as_of_date as period,
        max(population_persons) filter (where sex = 'male') as men,
        max(population_persons) filter (where sex = 'female') as women,
        min_by(source_id, source_row) as source_id,
        min_by(source_sheet, source_row) as source_sheet,
        min(source_row) as source_row
    from {{ ref('fct_population') }}
    where scope <> 'foreign' and sex <> 'total' and age_group = 'total'
    group by municipality_code, series, scope, as_of_date
),

sexes_before as (
    select
        *,
        lag(men) over by_date as men_before,
        lag(women) over by_date as women_before
    from sexes
    window by_date as (partition by municipality_code, series, scope order by period)
),

-- Months and years that are missing between others: of all municipalities, or of one where there are few (the publisher
-- leaves out the months of the smallest places).
periods as (
    select
        *,
        lag(period) over (partition by subject, municipality_code order by period) as own_before,
        max(period) over (
            partition by subject order by period range between unbounded preceding and interval 1 day preceding
        ) as period_before,
        row_number() over (partition by subject, period order by municipality_code) as place,
        count(*) over (partition by subject, period) as n_places
    from {{ ref('int_check__figures') }}
    where subject in ('visitors', 'donation_jpy')
),

gaps as (
    select * replace (if(n_places < 20, own_before, period_before) as period_before) from periods
    where n_places < 20 or place = 1
),

unpaired as (
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        {{ first_day_of_fiscal_year('fiscal_year') }} as period,
        '金額と件数の両方' as expected,
        '金額 ' || coalesce(cast(donation_jpy as varchar), 'なし') || '、件数 '
        || coalesce(cast(donation_count as varchar), 'なし') as found,
        fiscal_year || '年度: ふるさと納税の金額と件数の一方だけがありません' as reason_ja
    from {{ ref('fct_furusato_donation') }}
    where (coalesce(donation_jpy, 0) = 0) <> (coalesce(donation_count, 0) = 0)
),

registrations as (
    select
        flows.municipality_code,
        flows.period_start as period,
        flows.persons,
        population.population_persons,
        flows.source_id,
        flows.source_sheet,
        flows.source_row
    from {{ ref('fct_population_change') }} as flows
    inner join {{ ref('fct_population') }} as population
        on
            flows.municipality_code = population.municipality_code
            and flows.series = population.series
            and flows.scope = population.scope
            and population.as_of_date between flows.period_end and flows.period_end + interval 1 day
            and population.sex = 'total'
            and population.age_group = 'total'
    where flows.component = 'other' and flows.scope <> 'foreign'
),

found as (
    select * from towns
    union all by name
    select * from repeats
    union all by name
    select * from flows
    union all by name
    select * from ages
    union all by name
    select * from unpaired
    union all by name
    select * exclude (is_certain) from {{ ref('int_check__jumps') }}
    where not is_certain
    union all by name
    select
        {{ figure_of() }},
        '男 ' || men_before || '、女 ' || women_before as expected,
        '男 ' || men || '、女 ' || women as found,
        series || ' ' || scope || ' ' || period || ': 男女が入れ替わっているようです（小さな団体では本当にも起こる）' as reason_ja
    from sexes_before
    where
        men + women between 100 and 4999
        and abs(men - women) > 0.02 * (men + women)
        and abs(men - women_before) + abs(women - men_before)
        < 0.5 * (abs(men - men_before) + abs(women - women_before))
    union all by name
    select
        {{ figure_of() }},
        '前の期から続く' as expected,
        '前は ' || period_before as found,
        subject || ' ' || period || ': 間の月・年度がありません' as reason_ja
    from gaps
    where period > period_before + if(subject = 'visitors', interval 1 month, interval 1 year)
    union all by name
    select
        {{ figure_of() }},
        '人口の5％未満' as expected,
        'その他 ' || persons || '人' as found,
        period || ' からの1年間: 転入・転出・出生・死亡のほかの増減が人口の5％以上です（一括の職権記載・消除など）' as reason_ja
    from registrations
    where abs(persons) >= 200 and abs(persons) >= 0.05 * population_persons
)

select
    delivery.file_name,
    found.source_sheet as sheet,
    found.source_row as row_number,
    found.municipality_code,
    found.expected,
    found.found,
    found.municipality_code || ' ' || found.reason_ja as reason_ja
from found
left join {{ source('raw', 'delivery') }} as delivery on found.source_id = delivery.source_id
order by
    delivery.received_at desc, found.period desc, found.municipality_code asc, found.reason_ja asc, file_name asc,
    sheet asc, row_number asc, found.expected asc, found.found asc
