select
    published.area_code as municipality_code,
    published.area_level,
    published.month,
    {{ corrected_figure('tourism_visitors') }} as visitors,
    published.form,
    {{ corrected_status() }} as value_status,
    published.source_id,
    published.sheet as source_sheet,
    published."row" as source_row
from {{ with_corrections('tourism_visitors') }}
