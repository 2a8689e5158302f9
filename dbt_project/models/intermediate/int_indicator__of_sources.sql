{{ config(materialized='table') }}
-- Indicators that the sources measure, for every municipality: one row per indicator, municipality, date and delivered
-- version. A new indicator is one model in indicators/, its name here and its row in the seed indicators. A version is
-- a file: numerator and denominator come from one file, or source_ids names all. caveat names what keeps a value from
-- being set against a target or a projection. What a model does not give is null, but period_start is then the date
-- itself and source_ids the one file.
{%- set indicators = [
    'total_persons',
    'age_groups',
    'age_shares',
    'census_allotted',
    'registry_decline_rate',
    'registry_dynamics',
    'reference_values',
    'furusato_receipts',
    'furusato_rates',
    'tourism_years',
    'estat_values',
] %}
with measured as (
    {%- for indicator in indicators %}
    select * replace (cast(measured_value as decimal(38, 8)) as measured_value)
    from {{ ref('int_indicator__' ~ indicator) }}
    where measured_value is not null
    {{- '\n    union all by name' if not loop.last }}
    {%- endfor %}
)

select
    municipality_code,
    indicator_id,
    coalesce(period_start, as_of_date) as period_start,
    as_of_date,
    measured_value,
    cast(numerator as decimal(38, 8)) as numerator,
    cast(denominator as decimal(28, 8)) as denominator,
    unit,
    series,
    value_status,
    caveat,
    comparable_from,
    source_id,
    source_sheet,
    source_row,
    source_column,
    coalesce(source_ids, source_id) as source_ids,
    version_rank,
    {{ fiscal_year_of('as_of_date') }} as fiscal_year
from measured
