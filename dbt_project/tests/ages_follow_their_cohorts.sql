{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '年齢階級がずれているか、入れ替わっています',
        'subject': 'main.fct_population',
        'owner_ja': '統計担当',
        'action_ja': '示されたファイルの年齢の見出しと列の並びを原資料と見比べる。正しいファイルを届け直せば新しい方を採用する',
        'threshold_reason': '前の時点の年齢構成を経過年数だけ進めたものと比べる（国勢調査1980～2020年・住民基本台帳1995～2023年の約2万9千件）。全階級を同じだけずらしたときに残る外れは、5,000人以上の実データで最小0.52倍なので、0.45倍未満を止める。1,000人以上の同じ台帳の3年以内で二つの階級が入れ替わったように見える最大は人口の1.5％、推計と比べて2.0％で、それぞれ2％・3％以上を止める。外れた割合の最大は推計と比べて14％、同じ台帳どうしで17％で、35％以上を止める（避難のあった団体は推計がなく、国勢調査どうしは比べない）',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
select
    delivery.file_name,
    ages.source_sheet as sheet,
    ages.source_row as row_number,
    ages.municipality_code,
    ages.reference_date || '（' || ages.reference_series || '）から進めた年齢構成' as expected,
    case ages.fault
        when 'exchanged' then ages.one_age || '歳からと ' || ages.other_age || '歳からの階級が逆'
        when 'shifted' then ages.one_age || '歳のずれ'
        else printf('%.0f', 100 * ages.size) || '％の人が別の階級'
    end as found,
    ages.municipality_code || ' ' || ages.series || ' ' || ages.scope || ' ' || ages.as_of_date || ': '
    || case ages.fault
        when 'exchanged' then ages.one_age || '歳からと ' || ages.other_age || '歳からの階級の値が入れ替わっています'
        when 'shifted' then '年齢階級が ' || ages.one_age || '歳ずれています'
        else '年齢構成が前の時点と続きません'
    end as reason_ja
from {{ ref('int_check__misplaced_ages') }} as ages
left join {{ source('raw', 'delivery') }} as delivery on ages.source_id = delivery.source_id
where
    (ages.fault = 'shifted' and ages.persons >= 5000 and ages.size < 0.45)
    or (ages.fault = 'exchanged' and ages.against = 'same' and ages.steps <= 0.6 and ages.size >= 0.02)
    or (ages.fault = 'exchanged' and ages.against = 'projection' and ages.size >= 0.03)
    or (
        ages.fault = 'unlike'
        and ages.size >= 0.35
        and (ages.against = 'projection' or (ages.against = 'same' and ages.series = 'resident_registry'))
    )
