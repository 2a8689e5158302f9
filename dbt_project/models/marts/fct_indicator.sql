-- The version in force of every value that a KPI can name, for every municipality: what a municipality is set beside. A
-- value without a caveat wins, then the more settled, then the version that ingest/in_force.py found.
select
    municipality_code,
    indicator_id,
    period_start,
    as_of_date,
    fiscal_year,
    measured_value as indicator_value,
    numerator,
    denominator,
    unit,
    series,
    value_status,
    comparable_from,
    caveat,
    source_id,
    source_sheet,
    source_row,
    source_column,
    source_ids
from {{ ref('int_indicator__measured') }}
qualify
    row_number() over (
        partition by municipality_code, indicator_id, period_start, as_of_date
        order by
            caveat is null desc,
            {{ status_rank('value_status') }} desc,
            version_rank asc,
            source_id asc,
            source_row asc
    ) = 1
