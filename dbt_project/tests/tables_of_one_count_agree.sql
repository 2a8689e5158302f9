{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '同じ統計の二つの表で、同じ時点の人口が違います',
        'subject': 'raw.registry_population, raw.registry_dynamics, raw.census_population, raw.reference_series',
        'owner_ja': '統計担当',
        'action_ja': '後から届いた方のファイルの表題の年と、示された行の団体・男女を、公表元の表とまず見比べる。誤っている方の正しいファイルを届け直せば新しい方を採用する',
        'threshold_reason': '年齢別の表と人口動態の表は同じ台帳を数えており、総数・男・女は人まで一致する（2005～2022年の実ファイルの時点・区分・団体約1万6千件、両市の1995～2022年の28年分で差は0人）。国勢調査の総数表と年齢別の表も同じ。届け直しで新しい値が採用された後の古い値は比べない',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
-- Totals of one count (series, scope, date, area, sex, equally settled) in tables of different layouts: by age, flows,
-- totals, reference series. Of each layout the value delivered last.
with totals as (
    select
        municipality_code,
        series,
        scope,
        as_of_date,
        sex,
        population_persons,
        value_status,
        source_id,
        source_sheet,
        source_row
    from {{ ref('stg_census__population') }}
    where age_group = 'total' and area_level in ('municipality', 'designated_city', 'ward')
    union all
    select
        municipality_code,
        series,
        scope,
        as_of_date,
        sex,
        population_persons,
        value_status,
        source_id,
        source_sheet,
        source_row
    from {{ ref('stg_resident_registry__population') }}
    where age_group = 'total' and area_level in ('municipality', 'designated_city', 'ward')
    union all
    select
        municipality_code,
        series,
        scope,
        as_of_date,
        replace(item, 'population_', '') as sex,
        persons as population_persons,
        value_status,
        source_id,
        source_sheet,
        source_row
    from {{ ref('stg_resident_registry__dynamics') }}
    where
        item in ('population_male', 'population_female', 'population_total')
        and area_level in ('municipality', 'designated_city', 'ward')
    union all
    select
        municipality_code,
        series,
        'total' as scope,
        period_end as as_of_date,
        'total' as sex,
        cast(indicator_value as bigint) as population_persons,
        value_status,
        source_id,
        source_sheet,
        source_row
    from {{ ref('stg_reference_series__value') }}
    where indicator_id = 'population_total' and series in ('census', 'resident_registry')
),

delivered as (
    select
        totals.*,
        delivery.layout,
        delivery.file_name,
        delivery.received_at
    from totals
    inner join {{ source('raw', 'delivery') }} as delivery on totals.source_id = delivery.source_id
    where totals.population_persons is not null
    qualify row_number() over (
        partition by
            totals.municipality_code, totals.series, totals.scope, totals.as_of_date, totals.sex, totals.value_status,
            delivery.layout
        order by delivery.received_at desc, totals.source_id asc, totals.source_row asc
    ) = 1
),

-- The delivery that came last is named first: what stood before it was published.
paired as (
    select
        *,
        lead(population_persons) over latest_first as other_persons,
        lead(file_name) over latest_first as other_file,
        lead(source_sheet) over latest_first as other_sheet,
        lead(source_row) over latest_first as other_row
    from delivered
    window latest_first as (
        partition by municipality_code, series, scope, as_of_date, sex, value_status
        order by received_at desc, layout asc, source_id asc
    )
)

select
    file_name,
    source_sheet as sheet,
    source_row as row_number,
    municipality_code,
    cast(other_persons as varchar) || '（' || other_file || coalesce('・シート「' || nullif(other_sheet, '') || '」', '')
    || '・' || other_row || '行目）' as expected,
    cast(population_persons as varchar) as found,
    municipality_code || ' ' || as_of_date || ' ' || scope || ' ' || sex || ': ' || file_name || ' の '
    || population_persons || '人が、' || other_file || ' の ' || other_persons || '人と合いません' as reason_ja
from paired
where population_persons <> other_persons
