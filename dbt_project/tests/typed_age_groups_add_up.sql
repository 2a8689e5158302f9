{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '手入力の年齢3区分の和が、同じ推計の総人口と合いません',
        'subject': 'raw.reference_series, raw.ipss_population',
        'owner_ja': '統計担当',
        'action_ja': '示された年の3区分を結果表2と見比べ、直したファイルを届け直す',
        'threshold_reason': '令和5年推計の結果表では、3区分の和と総人口が人まで一致する（手元の28行で差は0人）。丸めの差として3人まで許す',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
-- The three groups of the 2023 vintage, each as delivered last, against the published total of the same year.
with latest as (
    select
        typed.municipality_code,
        year(typed.period_end) as year,
        case typed.indicator_id
            when 'population_working_age' then 'population_working'
            else typed.indicator_id
        end as indicator_id,
        typed.indicator_value,
        typed.source_sheet,
        typed.source_row,
        delivery.file_name
    from {{ ref('stg_reference_series__value') }} as typed
    left join {{ source('raw', 'delivery') }} as delivery on typed.source_id = delivery.source_id
    where
        typed.version_rank = 1
        and typed.series = 'ipss_2023'
        and typed.indicator_id in (
            'population_young', 'population_working', 'population_working_age', 'population_old'
        )
        and typed.indicator_value is not null
    qualify row_number() over (
        partition by typed.municipality_code, year(typed.period_end), replace(typed.indicator_id, '_age', '')
        order by delivery.received_at desc, typed.source_id asc, typed.source_row asc
    ) = 1
),

added as (
    select
        municipality_code,
        year,
        sum(indicator_value) as persons,
        any_value(file_name) as file_name,
        any_value(source_sheet) as source_sheet,
        min(source_row) as source_row
    from latest
    group by municipality_code, year
    having count(*) = 3
),

totals as (
    select
        municipality_code,
        year,
        max(population_persons) as population_persons
    from {{ ref('stg_ipss__population') }}
    where
        version_rank = 1
        and vintage = 'ipss_2023' and sex = 'total' and age_group = 'total'
        and {{ is_municipality() }}
    group by municipality_code, year
)

select
    added.file_name,
    added.source_sheet as sheet,
    added.source_row as row_number,
    added.municipality_code,
    cast(totals.population_persons as varchar) as expected,
    cast(cast(added.persons as bigint) as varchar) as found,
    added.municipality_code || ' ' || added.year || '年: 3区分の和が総人口と合いません' as reason_ja
from added
inner join totals on added.municipality_code = totals.municipality_code and added.year = totals.year
where abs(added.persons - totals.population_persons) > 3
