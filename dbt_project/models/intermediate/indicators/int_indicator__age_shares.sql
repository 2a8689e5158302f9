-- Shares of the resident registry are of the total, those of the census of the persons whose age is known, as the
-- publishers print them.
with counted as (
    select
        *,
        if(series = 'census', young_persons + working_age_persons + old_persons, total_persons) as whole_persons
    from {{ ref('int_population__by_age') }}
)

select
    municipality_code,
    {{ indicator_prefix('series') }} || age_share.item as indicator_id,
    as_of_date,
    {{ percentage('age_share.persons', 'whole_persons') }} as measured_value,
    age_share.persons as numerator,
    whole_persons as denominator,
    series,
    value_status,
    caveat,
    source_id,
    source_sheet,
    source_row,
    version_rank
from counted
cross join
    lateral (
        values
        ('_young_share_pct', young_persons),
        ('_working_age_share_pct', working_age_persons),
        ('_old_share_pct', old_persons),
        ('_old_75_share_pct', old_75_persons)
    ) as age_share (item, persons)
