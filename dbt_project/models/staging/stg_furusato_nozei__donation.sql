select
    published.area_code as municipality_code,
    published.area_level,
    published.fiscal_year,
    published.item,
    {{ corrected_figure('furusato_donation') }} as amount,
    published.unit_in_file,
    published.form,
    {{ corrected_status() }} as value_status,
    published.source_id,
    published.sheet as source_sheet,
    published."row" as source_row
from {{ with_corrections('furusato_donation') }}
