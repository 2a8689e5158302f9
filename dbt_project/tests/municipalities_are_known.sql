{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '知らない団体コードか、検査数字の合わないコードがあります',
        'subject': 'main.dim_municipality と全てのファクト表 / and all fact tables',
        'owner_ja': '統計担当',
        'action_ja': '団体コードを確かめる。合併・名称変更であれば seeds/municipality_changes.csv（と新しい団体の municipalities.csv）に1行加える',
        'threshold_reason': '市区町村コードは総務省の一覧と廃置分合の記録にあり、検査数字（JIS X 0402）が合うものに限る',
    },
) }}
-- Every fact belongs to a municipality that is or was; every six-digit code has its check digit.
with facts as (
    {%- for topic in ['population', 'population_change', 'tourism_visitors', 'furusato_donation', 'kpi_actual'] %}
    select
        municipality_code,
        source_id,
        source_sheet,
        source_row
    from {{ ref('fct_' ~ topic) }}
    union all
    {%- endfor %}
    select distinct
        municipality_code,
        source_id,
        null as source_sheet,
        null as source_row
    from {{ ref('mart_population_projection') }}
    union all
    select distinct
        municipality_code,
        null as source_id,
        null as source_sheet,
        null as source_row
    from {{ ref('dim_kpi') }}
),

unknown as (
    select
        facts.municipality_code,
        any_value(facts.source_id) as source_id,
        any_value(facts.source_sheet) as source_sheet,
        min(facts.source_row) as source_row
    from facts
    left join {{ ref('dim_municipality') }} as known on facts.municipality_code = known.municipality_code
    where known.municipality_code is null
    group by facts.municipality_code
)

select
    delivery.file_name,
    unknown.source_sheet as sheet,
    unknown.source_row as row_number,
    unknown.municipality_code,
    '総務省の一覧か廃置分合の記録にあるコード' as expected,
    unknown.municipality_code as found,
    '団体コード ' || unknown.municipality_code || ' は一覧にも廃置分合の記録にもありません' as reason_ja
from unknown
left join {{ source('raw', 'delivery') }} as delivery on unknown.source_id = delivery.source_id
union all
select
    'municipalities.csv' as file_name,
    null as sheet,
    null as row_number,
    municipality_code,
    municipality_code || {{ check_digit('municipality_code') }} as expected,
    code6 as found,
    '団体コード ' || code6 || ' の検査数字が合いません' as reason_ja
from {{ ref('dim_municipality') }}
where code6 <> municipality_code || {{ check_digit('municipality_code') }}
union all
select
    'municipality_changes.csv' as file_name,
    null as sheet,
    null as row_number,
    old_code as municipality_code,
    '行き先が1団体、または分割（partialAbsorption・divisionIntoSeveralMunicipalities）の記載' as expected,
    string_agg(distinct new_code, ' ' order by new_code) as found,
    '団体コード ' || old_code || ' の ' || change_date || ' の行き先が二つ以上あります。分割であれば reason に書いてください' as reason_ja
from {{ ref('municipality_changes') }}
where reason not in ('partialAbsorption', 'divisionIntoSeveralMunicipalities', 'separation', 'changesOfBoundaries')
group by old_code, change_date
having count(distinct new_code) > 1
