select
    municipality_code,
    age_share.indicator_id,
    as_of_date,
    {{ percentage('age_share.persons', 'total_persons') }} as measured_value,
    age_share.persons as numerator,
    total_persons as denominator,
    series,
    value_status,
    caveat,
    source_id,
    source_sheet,
    source_row,
    version_rank
from {{ ref('int_population__by_age') }}
cross join
    lateral (
        values
        ('registry_working_age_share_pct', working_age_persons),
        ('registry_young_share_pct', young_persons)
    ) as age_share (indicator_id, persons)
where series = 'resident_registry'
