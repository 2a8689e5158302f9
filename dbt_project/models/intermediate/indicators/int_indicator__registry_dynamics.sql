-- Stocks, flows and rates of the resident registry's table of population and movements. Each indicator is a sum of
-- items of one file, or a quotient of two: a rate takes flow and population from the file that holds both, and one part
-- that is missing or suppressed leaves no value. Flows belong to their period, stocks to their date.
with parts as (
    {{ registry_parts() }}
),

wanted as (
    select
        indicator_id,
        count(*) as n_parts,
        bool_or(role = 'denominator') as is_quotient
    from parts
    group by indicator_id
),

put_together as (
    select
        figures.municipality_code,
        parts.indicator_id,
        figures.as_of_date as counted_on,
        figures.source_id,
        figures.source_sheet,
        max(figures.period_start) as period_start,
        max(figures.period_end) as period_end,
        sum(parts.sign * figures.persons) filter (where parts.role = 'numerator') as numerator,
        sum(figures.persons) filter (where parts.role = 'denominator') as denominator,
        any_value(parts.times) as times,
        count(figures.persons) as n_given,
        arg_min(figures.value_status, {{ status_rank('figures.value_status') }}) as value_status,
        min(figures.source_row) as source_row,
        any_value(figures.source_column) as source_column,
        max(figures.value_rank) as version_rank
    from {{ ref('stg_resident_registry__dynamics') }} as figures
    inner join parts on figures.item = parts.item
    where figures.scope = 'total' and {{ is_municipality('figures.area_level') }}
    group by
        figures.municipality_code,
        parts.indicator_id,
        figures.as_of_date,
        figures.source_id,
        figures.source_sheet
)

select
    put_together.municipality_code,
    put_together.indicator_id,
    put_together.period_start,
    coalesce(put_together.period_end, put_together.counted_on) as as_of_date,
    if(
        wanted.is_quotient,
        {{ quotient('put_together.numerator', 'put_together.denominator') }} * put_together.times,
        put_together.numerator
    ) as measured_value,
    if(wanted.is_quotient, put_together.numerator, null) as numerator,
    put_together.denominator,
    'resident_registry' as series,
    put_together.value_status,
    put_together.source_id,
    put_together.source_sheet,
    put_together.source_row,
    if(wanted.n_parts = 1, put_together.source_column, null) as source_column,
    put_together.version_rank
from put_together
inner join wanted
    on put_together.indicator_id = wanted.indicator_id and put_together.n_given = wanted.n_parts
