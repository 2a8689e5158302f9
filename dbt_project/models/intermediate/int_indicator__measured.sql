-- Every value that a KPI may name by indicator_id: what the sources measure and what a plan composes of it. One row per
-- indicator, municipality, date and version, in its unit.
select of_sources.* replace (coalesce(of_sources.unit, known.unit) as unit)
from {{ ref('int_indicator__of_sources') }} as of_sources
left join {{ ref('indicators') }} as known on of_sources.indicator_id = known.indicator_id
union all by name
select
    composed.municipality_code,
    {{ composed_indicator('composed', 'composed.composed_id') }} as indicator_id,
    composed.period_start,
    composed.as_of_date,
    cast(composed.composed_value as decimal(38, 8)) as measured_value,
    if(composed.denominator is null, null, cast(composed.numerator as decimal(38, 8))) as numerator,
    cast(composed.denominator as decimal(28, 8)) as denominator,
    composed.unit,
    'composed' as series,
    composed.value_status,
    composed.caveat,
    cast(null as date) as comparable_from,
    composed.source_id,
    composed.source_sheet,
    composed.source_row,
    composed.source_ids,
    1 as version_rank,
    composed.fiscal_year
from {{ ref('int_composed__values') }} as composed
where composed.composed_value is not null
