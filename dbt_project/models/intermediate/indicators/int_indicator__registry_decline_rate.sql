-- Rate of decrease against the year before, stored positive; only between dates one year apart.
with registry_totals as (
    select
        municipality_code,
        as_of_date,
        population_persons,
        value_status,
        source_id,
        source_sheet,
        source_row,
        lag(population_persons) over (partition by municipality_code order by as_of_date) as persons_before,
        lag(as_of_date) over (partition by municipality_code order by as_of_date) as date_before,
        lag(source_id) over (partition by municipality_code order by as_of_date) as source_before
    from {{ ref('int_population__versions') }}
    where
        series = 'resident_registry'
        and area_level <> 'ward'
        and scope = 'total'
        and sex = 'total'
        and age_group = 'total'
        and version_rank = 1
)

select
    municipality_code,
    'registry_decline_rate_pct' as indicator_id,
    date_before as period_start,
    as_of_date,
    {{ percentage('persons_before - population_persons', 'persons_before') }} as measured_value,
    persons_before - population_persons as numerator,
    persons_before as denominator,
    'resident_registry' as series,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_before || ' ' || source_id as source_ids,
    1 as version_rank
from registry_totals
where as_of_date = date_before + interval 1 year
