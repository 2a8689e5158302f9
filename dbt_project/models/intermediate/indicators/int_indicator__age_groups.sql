-- Women of an age group are counted only where the table gives all women by age.
select
    municipality_code,
    {{ indicator_prefix('series') }} || age_sum.item as indicator_id,
    as_of_date,
    age_sum.persons as measured_value,
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
        ('_young_persons', young_persons),
        ('_working_age_persons', working_age_persons),
        ('_old_persons', old_persons),
        ('_old_75_persons', old_75_persons),
        ('_women_20_39_persons', if(n_women_groups = 4 and has_all_women, women_20_39_persons, null))
    ) as age_sum (item, persons)
