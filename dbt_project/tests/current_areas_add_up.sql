{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '今日の区域に組み替えた人口の和が公表された計と合いません',
        'subject': 'main.mart_population_current_area',
        'owner_ja': '統計担当',
        'action_ja': 'municipality_changes.csv の示された都道府県の行（日付、旧コード、新コード）を廃置分合の告示と照合する',
        'threshold_reason': '合併・改称・編入で人は増えも減りもしないので、組み替えの前後で和は人まで等しく、公表された都道府県計・全国計とも等しい。県境をまたぐ合併の前の時点は、都道府県ではなく全国で比べる。市区町村がそろわないファイル（抜粋）は公表計と比べない。国勢調査の計は、どの市区町村にも属さない人の分だけ多いことがある（1980年の東京都で37人。100人まで）',
    },
) }}
-- Every figure of a date stands in exactly one area of today, and an area is the sum of what it names (followed by the
-- codes in `parts`, not by the spans). Then the sums of the areas against the totals that the publisher prints, where
-- all of its municipalities were delivered. Total ages only: the ages of a municipality go the same way.
with facts as (
    select
        municipality_code,
        series,
        scope,
        as_of_date,
        sex,
        population_persons,
        source_id,
        source_sheet,
        source_row
    from {{ ref('fct_population') }}
    where age_group = 'total'
),

areas as (
    select
        municipality_code,
        series,
        scope,
        as_of_date,
        sex,
        population_persons,
        is_conserved,
        unnest(string_split(parts, ' ')) as part_code
    from {{ ref('mart_population_current_area') }}
    where age_group = 'total'
),

traced as (
    select
        facts.*,
        count(areas.part_code) as n_areas,
        any_value(areas.municipality_code) as area_code
    from facts
    left join areas
        on
            facts.municipality_code = areas.part_code
            and facts.series = areas.series
            and facts.scope = areas.scope
            and facts.as_of_date = areas.as_of_date
            and facts.sex = areas.sex
    group by all
),

-- A figure that its publisher regrouped gives way to the sum of the predecessors, and the other way round.
lost as (
    select
        traced.source_id,
        traced.source_sheet,
        traced.source_row,
        traced.municipality_code,
        '今日の一つの区域' as expected,
        cast(traced.n_areas as varchar) || '区域' as found,
        traced.municipality_code || ' ' || traced.as_of_date || ' ' || traced.sex || ': 今日の区域に'
        || if(traced.n_areas = 0, '入っていません', '二重に入っています') as reason_ja
    from traced
    where
        traced.n_areas > 1
        or (
            traced.n_areas = 0
            and exists (
                select 1 from {{ ref('dim_municipality') }} as span
                where
                    span.municipality_code = traced.municipality_code
                    and span.valid_from <= traced.as_of_date
                    and coalesce(span.valid_to > traced.as_of_date, true)
                    and not exists (
                        select 1 from areas
                        where
                            areas.municipality_code = span.current_code
                            and areas.series = traced.series
                            and areas.scope = traced.scope
                            and areas.as_of_date = traced.as_of_date
                            and not areas.is_conserved
                    )
            )
        )
),

sums as (
    select
        area_code as municipality_code,
        series,
        scope,
        as_of_date,
        sex,
        sum(population_persons) as persons,
        count(population_persons) as n_parts,
        count(*) as n_rows
    from traced
    where n_areas = 1
    group by all
),

unequal as (
    select distinct
        null as source_id,
        null as source_sheet,
        null as source_row,
        areas.municipality_code,
        cast(sums.persons as varchar) as expected,
        cast(areas.population_persons as varchar) as found,
        areas.municipality_code || ' ' || areas.as_of_date || ' ' || areas.sex
        || ': 今日の区域の人口が、足した団体の和と合いません' as reason_ja
    from areas
    inner join sums
        on
            areas.municipality_code = sums.municipality_code
            and areas.series = sums.series
            and areas.scope = sums.scope
            and areas.as_of_date = sums.as_of_date
            and areas.sex = sums.sex
    where areas.population_persons <> sums.persons
),

-- How many municipalities a whole consists of at a date. The six northern villages are in the registry tables only.
members as (
    select
        dates.as_of_date,
        case parents.level when 'nation' then '00000' else left(span.municipality_code, 2) || '000' end as parent_code,
        count(*) as n_members,
        bool_or(
            parents.level = 'prefecture' and left(span.municipality_code, 2) <> left(span.current_code, 2)
        ) as is_crossed
    from (select distinct as_of_date from facts) as dates
    inner join {{ ref('dim_municipality') }} as span
        on dates.as_of_date >= span.valid_from and (span.valid_to is null or dates.as_of_date < span.valid_to)
    cross join (values ('nation'), ('prefecture')) as parents (level)
    where span.municipality_code not between '01695' and '01700'
    group by all
),

crossed as (
    select distinct
        members.as_of_date,
        left(span.current_code, 2) || '000' as parent_code
    from members
    inner join {{ ref('dim_municipality') }} as span
        on
            members.is_crossed
            and left(members.parent_code, 2) = left(span.municipality_code, 2)
            and left(span.municipality_code, 2) <> left(span.current_code, 2)
            and members.as_of_date >= span.valid_from
            and members.as_of_date < span.valid_to
    union
    select
        as_of_date,
        parent_code
    from members
    where is_crossed
),

delivered as (
    select
        series,
        scope,
        as_of_date,
        sex,
        case parents.level when 'nation' then '00000' else left(municipality_code, 2) || '000' end as parent_code,
        count(*) filter (where municipality_code not between '01695' and '01700') as n_delivered,
        count(*) filter (where population_persons is null) as n_hidden
    from facts
    cross join (values ('nation'), ('prefecture')) as parents (level)
    group by all
),

regrouped as (
    select
        area.series,
        area.scope,
        area.as_of_date,
        area.sex,
        case parents.level when 'nation' then '00000' else left(area.municipality_code, 2) || '000' end as parent_code,
        sum(area.population_persons) as persons
    from {{ ref('mart_population_current_area') }} as area
    cross join (values ('nation'), ('prefecture')) as parents (level)
    where area.age_group = 'total'
    group by all
),

printed as (
    select
        series,
        scope,
        as_of_date,
        sex,
        municipality_code as parent_code,
        population_persons,
        value_status,
        source_id,
        source_sheet,
        source_row
    from {{ ref('stg_census__population') }}
    where area_level in ('nation', 'prefecture') and age_group = 'total'
    union all
    select
        series,
        scope,
        as_of_date,
        replace(item, 'population_', '') as sex,
        municipality_code as parent_code,
        persons as population_persons,
        value_status,
        source_id,
        source_sheet,
        source_row
    from {{ ref('stg_resident_registry__dynamics') }}
    where
        area_level in ('nation', 'prefecture') and item in ('population_male', 'population_female', 'population_total')
),

-- Several deliveries may print a total; the most settled ones count, and one of them must be met.
totals as (
    select
        series,
        scope,
        as_of_date,
        sex,
        parent_code,
        list(distinct population_persons order by population_persons) as persons,
        any_value(source_id) as source_id,
        any_value(source_sheet) as source_sheet,
        any_value(source_row) as source_row
    from (
        select * from printed
        qualify
            rank() over (
                partition by series, scope, as_of_date, sex, parent_code order by {{ status_rank('value_status') }} desc
            ) = 1
    )
    group by series, scope, as_of_date, sex, parent_code
),

off as (
    select
        totals.source_id,
        totals.source_sheet,
        totals.source_row,
        totals.parent_code as municipality_code,
        cast(totals.persons as varchar) as expected,
        cast(regrouped.persons as varchar) as found,
        totals.parent_code || ' ' || totals.series || ' ' || totals.scope || ' ' || totals.as_of_date || ' '
        || totals.sex || ': 今日の区域の和が公表された計と合いません' as reason_ja
    from totals
    inner join members on totals.parent_code = members.parent_code and totals.as_of_date = members.as_of_date
    inner join delivered
        on
            totals.series = delivered.series
            and totals.scope = delivered.scope
            and totals.as_of_date = delivered.as_of_date
            and totals.sex = delivered.sex
            and totals.parent_code = delivered.parent_code
            and members.n_members = delivered.n_delivered
    inner join regrouped
        on
            totals.series = regrouped.series
            and totals.scope = regrouped.scope
            and totals.as_of_date = regrouped.as_of_date
            and totals.sex = regrouped.sex
            and totals.parent_code = regrouped.parent_code
    left join crossed on totals.parent_code = crossed.parent_code and totals.as_of_date = crossed.as_of_date
    where
        crossed.parent_code is null
        and not list_contains(totals.persons, regrouped.persons)
        -- A total may hold persons whose municipality is hidden or not given.
        and not (delivered.n_hidden > 0 and regrouped.persons < list_max(totals.persons))
        -- Persons on land of no municipality, as in areas_add_up.
        and not (totals.series = 'census' and list_max(totals.persons) - regrouped.persons between 1 and 100)
),

broken as (
    select * from lost
    union all
    select * from unequal
    union all
    select * from off
)

select
    delivery.file_name,
    broken.source_sheet as sheet,
    broken.source_row as row_number,
    broken.municipality_code,
    broken.expected,
    broken.found,
    broken.reason_ja
from broken
left join {{ source('raw', 'delivery') }} as delivery on broken.source_id = delivery.source_id
