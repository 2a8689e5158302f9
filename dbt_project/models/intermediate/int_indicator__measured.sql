-- Indicators that the sources measure, for every municipality: one row per indicator, municipality, date and delivered
-- version. A KPI takes them by indicator_id, so a new KPI needs no SQL; a new indicator is one model in indicators/ and
-- its name here. A version is a file: numerator and denominator always come from one file. caveat names what keeps a
-- value from being set against a target or a projection. What a model does not give is null, but period_start is then
-- the date itself and source_ids the one file.
{%- set indicators = [
    'census_total_persons',
    'women_20_39_persons',
    'census_working_age_persons',
    'registry_age_shares',
    'registry_decline_rate',
    'reference_values',
    'furusato_receipts',
    'estat_values',
] %}
with measured as (
    {%- for indicator in indicators %}
    select * replace (cast(measured_value as decimal(38, 8)) as measured_value)
    from {{ ref('int_indicator__' ~ indicator) }}
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
    series,
    value_status,
    caveat,
    source_id,
    source_sheet,
    source_row,
    coalesce(source_ids, source_id) as source_ids,
    version_rank,
    {{ fiscal_year_of('as_of_date') }} as fiscal_year
from measured
where measured_value is not null
