{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '男と女が入れ替わっている疑いのある団体があります',
        'subject': 'main.fct_population',
        'owner_ja': '統計担当',
        'action_ja': '示されたファイルの男・女の見出しと行の並びを原資料と見比べる。正しいファイルを届け直せば新しい方を採用する',
        'threshold_reason': '80歳以上が100人以上の団体で女の割合は実データ約4万件（住民基本台帳1995～2023年、国勢調査1980～2020年）の最小が48％（関ケ原町2005年）で、男女が入れ替われば20～40％台前半になる。45％未満を異常とする。年齢のない表は、5,000人以上で男女の差が人口の2％を超える団体で、前の時点の女と男に入れ替えた方が2倍以上よく合うときを異常とする（同じ実データで最も近いのは1.7倍、階上町2000年）。それより小さい村では本当に起こる（東成瀬村2020年、三島村2024年）ので figures_to_look_at が知らせる',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
-- Women are the larger part of the old everywhere; and the sexes of a total do not change places between two dates.
with sexes as (
    select
        municipality_code,
        series,
        scope,
        as_of_date,
        max(population_persons) filter (where sex = 'male' and age_group = 'total') as men,
        max(population_persons) filter (where sex = 'female' and age_group = 'total') as women,
        sum(population_persons) filter (where sex = 'male' and age_from >= 80) as old_men,
        sum(population_persons) filter (where sex = 'female' and age_from >= 80) as old_women,
        min_by(source_id, source_row) as source_id,
        min_by(source_sheet, source_row) as source_sheet,
        min(source_row) as source_row
    from {{ ref('fct_population') }}
    where scope <> 'foreign' and sex <> 'total' and (age_group = 'total' or age_from >= 80)
    group by municipality_code, series, scope, as_of_date
    having not bool_or(
        population_persons is null and {{ has_unused_figures('source_id', 'municipality_code') }}
    )
),

stepped as (
    select
        *,
        lag(men) over by_date as men_before,
        lag(women) over by_date as women_before,
        lag(as_of_date) over by_date as date_before
    from sexes
    window by_date as (partition by municipality_code, series, scope order by as_of_date)
),

suspicious as (
    select
        *,
        '80歳以上は女が45％以上' as expected,
        '男 ' || old_men || '、女 ' || old_women as found,
        '80歳以上で男が女より多くなっています' as reason_ja
    from stepped
    where old_men + old_women >= 100 and old_women < 0.45 * (old_men + old_women)
    union all
    select
        *,
        '男 ' || men_before || '、女 ' || women_before || '（' || date_before || '）' as expected,
        '男 ' || men || '、女 ' || women as found,
        date_before || ' の男女と入れ替わっています' as reason_ja
    from stepped
    where
        men + women >= 5000
        and abs(men - women) > 0.02 * (men + women)
        and date_before >= as_of_date - interval 8 year
        and abs(men - women_before) + abs(women - men_before)
        < 0.5 * (abs(men - men_before) + abs(women - women_before))
)

select
    delivery.file_name,
    suspicious.source_sheet as sheet,
    suspicious.source_row as row_number,
    suspicious.municipality_code,
    suspicious.expected,
    suspicious.found,
    suspicious.municipality_code || ' ' || suspicious.as_of_date || ' ' || suspicious.scope || ': '
    || suspicious.reason_ja as reason_ja
from suspicious
left join {{ source('raw', 'delivery') }} as delivery on suspicious.source_id = delivery.source_id
