-- One figure per municipality, fiscal year and item: the survey of the year (detail, in yen) wins over the series of
-- all years (in thousands of yen), because only the first is exact. Then the settled status, then the later delivery.
select
    donation.*,
    row_number() over (
        partition by donation.municipality_code, donation.fiscal_year, donation.item
        order by
            case donation.form when 'detail' then 1 else 2 end asc,
            {{ status_rank('donation.value_status') }} desc,
            delivery.received_at desc,
            donation.source_id asc
    ) as version_rank
from {{ ref('stg_furusato_nozei__donation') }} as donation
left join {{ source('raw', 'delivery') }} as delivery on donation.source_id = delivery.source_id
where donation.area_level in ('municipality', 'designated_city')
