-- One figure per municipality, fiscal year and item: the survey of the year (detail, in yen) wins over the series of
-- all years (in thousands of yen), because only the first is exact. Then the settled status, then the value that was
-- delivered last.
with received as (
    select
        donation.*,
        max(delivery.received_at) over (
            partition by
                donation.municipality_code,
                donation.fiscal_year,
                donation.item,
                donation.form,
                donation.value_status,
                donation.amount
        ) as value_received_at
    from {{ ref('stg_furusato_nozei__donation') }} as donation
    left join {{ source('raw', 'delivery') }} as delivery on donation.source_id = delivery.source_id
    where donation.area_level in ('municipality', 'designated_city')
)

select
    *,
    row_number() over (
        partition by municipality_code, fiscal_year, item
        order by
            case form when 'detail' then 1 else 2 end asc,
            {{ status_rank('value_status') }} desc,
            value_received_at desc,
            source_id asc,
            source_row asc
    ) as version_rank
from received
