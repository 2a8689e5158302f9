select
    published.area_code as municipality_code,
    published.area_level,
    'resident_registry' as series,
    published.scope,
    published.as_of_date,
    published.period_start,
    published.period_end,
    published.period_basis,
    published.item,
    {{ corrected_figure('registry_dynamics') }} as persons,
    {{ corrected_status() }} as value_status,
    published.source_id,
    published.sheet as source_sheet,
    published."row" as source_row
from {{ with_corrections('registry_dynamics') }}
