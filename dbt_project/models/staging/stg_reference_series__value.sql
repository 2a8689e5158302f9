select
    published.municipality_code,
    published.indicator_id,
    published.indicator_ja,
    published.series,
    published.period_start,
    published.period_end,
    {{ corrected_figure('reference_series') }} as indicator_value,
    published.unit,
    published.primary_source_ja,
    {{ corrected_status() }} as value_status,
    published.source_id,
    published.sheet as source_sheet,
    published."row" as source_row
from {{ with_corrections('reference_series') }}
