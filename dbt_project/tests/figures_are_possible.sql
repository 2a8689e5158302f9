{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': 'ありえない値があります',
        'subject': 'raw.registry_dynamics, raw.reference_series, main.fct_population, main.fct_tourism_visitors',
        'owner_ja': '統計担当',
        'action_ja': '示された行の値を原資料と見比べる（桁、列、団体の取り違え）。正しいファイルを届け直せば新しい方を採用する',
        'threshold_reason': '世帯数は人口を超えない（総数・日本人の実データ33,840件の最大は1人当たり0.75世帯）。合計特殊出生率の市区町村別ベイズ推定値は1983年以降0.77～2.81で、0.5～3.5の外を止める。国勢調査は推計の基準年では推計の基準人口と等しく（3,409件すべて）、速報との差を見て2％を超えるもの、5年後では0.76～1.30倍（1,681団体）なので2倍を超えるものを止める（避難のあった団体は推計がない）。20団体以上の月の来訪者数の前年同月比が前後の月から離れた中央値は2022～2024年に最大1.17倍で、1.65倍以上（ひと月だけの2倍など）を止める',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
with stocks as (
    select
        municipality_code,
        scope,
        as_of_date,
        max(persons) filter (where item = 'households') as households,
        max(persons) filter (where item = 'population_total') as persons,
        max(source_id) filter (where item = 'households') as source_id,
        max(source_sheet) filter (where item = 'households') as source_sheet,
        max(source_row) filter (where item = 'households') as source_row
    from {{ ref('stg_resident_registry__dynamics') }}
    where version_rank = 1 and item in ('households', 'population_total') and scope <> 'foreign'
    group by municipality_code, scope, as_of_date
),

fertility as (
    select *
    from {{ ref('stg_reference_series__value') }}
    where version_rank = 1 and indicator_id like 'tfr%'
),

found as (
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        '人口 ' || persons || ' 以下' as expected,
        '世帯数 ' || households as found,
        as_of_date || '（' || scope || '）: 世帯数が人口を超えています' as reason_ja
    from stocks
    where households > persons
    union all
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        '0.5～3.5' as expected,
        cast(indicator_value as varchar) as found,
        period_start || ' から ' || period_end || ' まで: 合計特殊出生率がありえない値です' as reason_ja
    from fertility
    where indicator_value not between 0.5 and 3.5
    union all
    select
        source_id,
        source_sheet,
        source_row,
        municipality_code,
        expected,
        found,
        reason_ja
    from {{ ref('int_check__jumps') }}
    where is_certain
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
