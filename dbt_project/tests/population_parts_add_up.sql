{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '人口の内訳が計と合いません',
        'subject': 'raw.census_population, raw.registry_population, raw.ipss_population',
        'owner_ja': '統計担当',
        'action_ja': '示された行の男・女・計と年齢の内訳を原資料と照合し、正しいファイルを届け直す',
        'threshold_reason': '公表された表では内訳の和が計に一致する。ただし住民基本台帳は、2025年から性別の記載のない人が、また各年で年齢の記録のない人と秘匿された少数の外国人が計にのみ入るため、内訳の和が計を超えず、外国人の表を除いて6％かつ200人を超えて足りなくならなければよい（実ファイル9年分の最大は7.0％・85人の東成瀬村男2023年。2,500人以上では4.2％）',
    },
) }}
-- Inside one file: men + women = total, and ages = total; in the registry ages may fall short. Suppressed cells are not
-- added up.
with figures as (
    select
        'census' as series,
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        scope,
        as_of_date,
        sex,
        age_group,
        population_persons
    from {{ ref('stg_census__population') }}
    union all
    select
        'resident_registry' as series,
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        scope,
        as_of_date,
        sex,
        age_group,
        population_persons
    from {{ ref('stg_resident_registry__population') }}
    union all
    select
        'ipss' as series,
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        vintage as scope,
        {{ census_day('year') }} as as_of_date,
        sex,
        age_group,
        population_persons
    from {{ ref('stg_ipss__population') }}
),

sexes as (
    select
        series,
        source_id,
        source_sheet,
        municipality_code,
        scope,
        as_of_date,
        '年齢 ' || age_group as place,
        '男＋女' as parts_ja,
        min(source_row) filter (where sex = 'total') as source_row,
        max(population_persons) filter (where sex = 'total') as whole,
        sum(population_persons) filter (where sex <> 'total') as parts,
        series = 'resident_registry' and as_of_date >= date '2025-01-01' as may_exceed
    from figures
    group by series, source_id, source_sheet, municipality_code, scope, as_of_date, age_group
    having
        count(population_persons) filter (where sex in ('male', 'female')) = 2
        and count(population_persons) filter (where sex = 'total') = 1
),

ages as (
    select
        series,
        source_id,
        source_sheet,
        municipality_code,
        scope,
        as_of_date,
        '性別 ' || sex as place,
        '年齢の和' as parts_ja,
        min(source_row) as source_row,
        max(population_persons) filter (where age_group = 'total') as whole,
        sum(population_persons) filter (where age_group <> 'total') as parts,
        series = 'resident_registry'
        and (scope = 'foreign' or parts >= 0.94 * whole or whole - parts <= 200) as may_exceed
    from figures
    group by series, source_id, source_sheet, municipality_code, scope, as_of_date, sex
    having
        count(*) filter (where age_group <> 'total') > 1
        and count(*) filter (where population_persons is null) = 0
        and count(*) filter (where age_group = 'total') = 1
),

compared as (
    select * from sexes
    union all
    select * from ages
)

select
    delivery.file_name,
    compared.source_sheet as sheet,
    compared.source_row as row_number,
    compared.municipality_code,
    '計 ' || compared.whole as expected,
    compared.parts_ja || ' ' || compared.parts as found,
    compared.municipality_code || ' ' || compared.as_of_date || ' ' || compared.scope || ' ' || compared.place || ': '
    || compared.parts_ja || ' ' || compared.parts || ' が計 ' || compared.whole || ' と合いません' as reason_ja
from compared
left join {{ source('raw', 'delivery') }} as delivery on compared.source_id = delivery.source_id
where compared.parts > compared.whole or (compared.parts < compared.whole and not compared.may_exceed)
