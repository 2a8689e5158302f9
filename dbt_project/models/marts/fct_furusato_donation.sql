select
    municipality_code,
    fiscal_year,
    max(amount) filter (where item = 'donation_jpy') as donation_jpy,
    max(amount) filter (where item = 'donation_count') as donation_count,
    coalesce(
        max(value_status) filter (where item = 'donation_jpy'), max(value_status)
    ) as value_status,
    coalesce(max(source_id) filter (where item = 'donation_jpy'), max(source_id)) as source_id,
    coalesce(max(source_sheet) filter (where item = 'donation_jpy'), max(source_sheet)) as source_sheet,
    coalesce(max(source_row) filter (where item = 'donation_jpy'), max(source_row)) as source_row,
    max(source_column) filter (where item = 'donation_jpy') as source_column,
    case
        when
            max(source_id) filter (where item = 'donation_count') = max(source_id) filter (where item = 'donation_jpy')
            then max(source_column) filter (where item = 'donation_count')
    end as donation_count_source_column
from {{ ref('int_furusato__resolved') }}
where version_rank = 1
group by municipality_code, fiscal_year
order by municipality_code, fiscal_year
