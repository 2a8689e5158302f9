-- What a KPI can name in this home: the indicators of the product, each item of a delivered e-Stat answer, and what the
-- plans compose.
with covered as (
    select
        indicator_id,
        min(as_of_date) as first_period_end,
        max(as_of_date) as last_period_end,
        count(distinct municipality_code) as n_municipalities
    from {{ ref('int_indicator__measured') }}
    group by indicator_id
),

named as (
    select
        indicator_id,
        cast(null as varchar) as municipality_code,
        cast(null as varchar) as plan_id,
        name_ja,
        name_en,
        definition_ja,
        definition_en,
        unit,
        source,
        statistic_ja,
        period_basis,
        count_basis,
        series,
        reference_rule_ja,
        caveat_ja
    from {{ ref('indicators') }}
    union all by name
    select
        'estat:' || stats_data_id || ':' || item_code as indicator_id,
        min(item_ja) as name_ja,
        '統計表「' || min(table_ja) || '」の項目。' as definition_ja,
        'Item of the e-Stat table ' || stats_data_id || '.' as definition_en,
        max(nullif(unit, '')) as unit,
        'estat_api' as source,
        min(table_ja) as statistic_ja,
        case
            when min(period_start) is null then null
            when bool_and(period_start = period_end) then '時点'
            when bool_and(month(period_start) = 4) then '年度'
            when bool_and(month(period_start) = 1) then '暦年'
            else '年度・暦年'
        end as period_basis,
        'estat:' || stats_data_id as series,
        if(
            bool_or(table_ja like '%廃置分合処理済%'),
            '公表時の区域の市区町村（廃置分合処理済）。後に名前かコードだけが変わった団体は今日の団体に読み替える',
            'その年の区域の市区町村。名前かコードだけが変わった団体は今日の団体に読み替え、合併した団体の値は足さない'
        ) as reference_rule_ja
    from {{ ref('stg_estat_api__value') }}
    where period_start is not null and area_level not in ('nation', 'prefecture') and version_rank = 1
    group by stats_data_id, item_code
    union all by name
    select
        {{ composed_indicator('composed', 'composed.composed_id') }} as indicator_id,
        composed.municipality_code,
        composed.plan_id,
        composed.name_ja,
        composed.definition_ja,
        composed.unit,
        'plan_register' as source,
        plan.plan_name_ja as statistic_ja,
        '年度' as period_basis,
        'composed' as series,
        '計画の団体だけ' as reference_rule_ja
    from {{ source('in_force', 'plan_register_composed') }} as composed
    inner join {{ source('in_force', 'plan_register_plan') }} as plan
        on composed.municipality_code = plan.municipality_code and composed.plan_id = plan.plan_id
)

select
    named.indicator_id,
    named.municipality_code,
    named.plan_id,
    named.name_ja,
    named.name_en,
    named.definition_ja,
    named.definition_en,
    named.unit,
    named.source,
    named.statistic_ja,
    named.period_basis,
    named.count_basis,
    named.series,
    named.reference_rule_ja,
    named.caveat_ja,
    covered.first_period_end,
    covered.last_period_end,
    coalesce(covered.n_municipalities, 0) as n_municipalities
from named
left join covered on named.indicator_id = covered.indicator_id
order by named.indicator_id
