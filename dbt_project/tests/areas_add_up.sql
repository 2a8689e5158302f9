{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '市区町村の和が都道府県計・全国計と合いません',
        'subject': 'raw.census_population, raw.registry_population, raw.ipss_population',
        'owner_ja': '統計担当',
        'action_ja': '示された都道府県の行と市区町村の行を原資料と照合する。欠けた市区町村があれば届け直す',
        'threshold_reason': '公表された全国表では市区町村の和が都道府県計に、都道府県の和が全国計に人まで一致する。市区町村がそろわないファイル（抜粋）と、秘匿のある住民基本台帳の年齢別は対象にしない。国勢調査の都道府県は、どの市区町村にも属さない人の分だけ多いことがある（1980年の東京都で37人。100人まで）',
    },
) }}
-- Inside one file: municipalities add up to their prefecture (wards and district subtotals left out), prefectures to
-- the nation. Only where the file holds them all.
with figures as (
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        area_level,
        scope,
        as_of_date,
        sex,
        age_group,
        population_persons
    from {{ ref('stg_census__population') }}
    union all
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        area_level,
        scope,
        as_of_date,
        sex,
        age_group,
        population_persons
    from {{ ref('stg_resident_registry__population') }}
    where age_group = 'total'
    union all
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        area_level,
        vintage as scope,
        {{ census_day('year') }} as as_of_date,
        sex,
        age_group,
        population_persons
    from {{ ref('stg_ipss__population') }}
),

-- A file that holds a prefecture but not all of its municipalities is an extract.
members as (
    select
        left(municipality_code, 2) || '000' as parent_code,
        municipality_code,
        valid_from,
        valid_to
    from {{ ref('dim_municipality') }}
    where municipality_code not between '01695' and '01700'
),

wholes as (
    select * from figures
    where area_level in ('prefecture', 'nation') and population_persons is not null
),

parts as (
    select
        source_id,
        source_sheet,
        case area_level when 'prefecture' then '00000' else left(municipality_code, 2) || '000' end as parent_code,
        scope,
        as_of_date,
        sex,
        age_group,
        sum(population_persons) as persons,
        count(population_persons) filter (where municipality_code not between '01695' and '01700') as n_members,
        count(*) filter (where population_persons is null) as n_null
    from figures
    where area_level in ('prefecture', 'municipality', 'designated_city')
    group by all
),

compared as (
    select
        wholes.*,
        parts.persons as parts_persons,
        case
            when wholes.area_level = 'nation' then 47
            else (
                select count(*) from members
                where
                    members.parent_code = wholes.municipality_code
                    and members.valid_from <= wholes.as_of_date
                    and coalesce(members.valid_to, date '9999-12-31') > wholes.as_of_date
            )
        end as n_expected,
        parts.n_members
    from wholes
    inner join parts
        on
            wholes.source_id = parts.source_id
            and wholes.source_sheet is not distinct from parts.source_sheet
            and wholes.municipality_code = parts.parent_code
            and wholes.scope = parts.scope
            and wholes.as_of_date = parts.as_of_date
            and wholes.sex = parts.sex
            and wholes.age_group = parts.age_group
    where
        parts.n_null = 0 and parts.persons <> wholes.population_persons
        -- persons on land of no municipality (東京都 1980: 37); the reader's contract has the same limit and tells them
        and not (
            wholes.source_id like 'census-%' and wholes.area_level = 'prefecture'
            and wholes.population_persons - parts.persons between 1 and 100
        )
)

select
    delivery.file_name,
    compared.source_sheet as sheet,
    compared.source_row as row_number,
    compared.municipality_code,
    cast(compared.population_persons as varchar) as expected,
    cast(compared.parts_persons as varchar) as found,
    compared.municipality_code || ' ' || compared.as_of_date || ' ' || compared.sex || ' ' || compared.age_group
    || ': 内訳の地域の和 ' || compared.parts_persons || ' が計 ' || compared.population_persons || ' と合いません' as reason_ja
from compared
left join {{ source('raw', 'delivery') }} as delivery on compared.source_id = delivery.source_id
where compared.n_members = compared.n_expected
