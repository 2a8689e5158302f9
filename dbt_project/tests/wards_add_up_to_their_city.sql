{{ config(
    severity='warn',
    meta={
        'severity': 'warn',
        'message_ja': '区の人口の和が市の人口と合いません',
        'subject': 'main.mart_population_ward',
        'owner_ja': '統計担当',
        'action_ja': '再編の前後の区が同じ時点に重なっていないか、届いていない区がないか、原資料と照合する。市の値はこの検査によらず正しい',
        'threshold_reason': '公表された表では区の和が市に人まで一致する。再編の年の表には再編前と再編後の区が並ぶことがあり、市区町村の値には響かないので止めない。秘匿のある区を含むときは和が市を超えなければよい',
    },
) }}
with wards as (
    select
        municipality_code,
        series,
        scope,
        as_of_date,
        sex,
        sum(population_persons) as persons,
        count(*) filter (where population_persons is null) as n_hidden
    from {{ ref('mart_population_ward') }}
    where age_group = 'total'
    group by municipality_code, series, scope, as_of_date, sex
)

select
    delivery.file_name,
    city.source_sheet as sheet,
    city.source_row as row_number,
    wards.municipality_code,
    cast(city.population_persons as varchar) as expected,
    cast(wards.persons as varchar) as found,
    wards.municipality_code || ' ' || wards.as_of_date || ' ' || wards.scope || ' ' || wards.sex || ': 区の和 '
    || wards.persons || ' が市 ' || city.population_persons || ' と合いません' as reason_ja
from wards
inner join {{ ref('fct_population') }} as city
    on
        wards.municipality_code = city.municipality_code
        and wards.series = city.series
        and wards.scope = city.scope
        and wards.as_of_date = city.as_of_date
        and wards.sex = city.sex
        and city.age_group = 'total'
left join {{ source('raw', 'delivery') }} as delivery on city.source_id = delivery.source_id
where
    wards.persons > city.population_persons
    or (wards.persons < city.population_persons and wards.n_hidden = 0)
