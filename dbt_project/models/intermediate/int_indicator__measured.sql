-- Indicators that the sources measure, for every municipality: one row per indicator, municipality, date and delivered
-- version. A KPI takes them by indicator_id, so a new KPI needs no SQL. A version is a file: numerator and denominator
-- always come from one file. caveat names what keeps a value from being set against a target or a projection.
with age_sums as (
    select
        municipality_code,
        series,
        as_of_date,
        value_status,
        source_id,
        source_sheet,
        min(source_row) as source_row,
        max(value_rank) as version_rank,
        max(population_persons) filter (where sex = 'total' and age_group = 'total') as total_persons,
        sum(population_persons) filter (where sex = 'total' and age_to <= 14) as young_persons,
        sum(population_persons) filter (
            where sex = 'total' and age_from >= 15 and age_to <= 64
        ) as working_age_persons,
        sum(population_persons) filter (where sex = 'total' and age_from >= 65) as old_persons,
        sum(population_persons) filter (
            where sex = 'female' and age_from >= 20 and age_to <= 39
        ) as women_20_39_persons,
        count(*) filter (where sex = 'female' and age_from >= 20 and age_to <= 39) as n_women_groups,
        coalesce(
            sum(population_persons) filter (where sex = 'total' and age_group <> 'total')
            = max(population_persons) filter (where sex = 'total' and age_group = 'total'), false
        ) as ages_add_up,
        coalesce(
            sum(population_persons) filter (where sex = 'female' and age_group <> 'total')
            = max(population_persons) filter (where sex = 'female' and age_group = 'total'), false
        ) as women_add_up
    from {{ ref('int_population__versions') }}
    where scope = 'total' and area_level <> 'ward'
    group by municipality_code, series, as_of_date, value_status, source_id, source_sheet
),

-- Age tables in which a class has no figure: it is nobody ('-' of a census) where the others make up the total; else it
-- is not known or not used, and no sum is made of the rest.
gaps as (
    select distinct
        municipality_code,
        series,
        as_of_date,
        source_id,
        source_sheet,
        sex
    from {{ ref('int_population__versions') }}
    where scope = 'total' and area_level <> 'ward' and sex in ('total', 'female') and population_persons is null
),

-- Persons whose age is not known (or is hidden) are the rest of the total of the same file.
complete_ages as (
    select
        *,
        case
            when young_persons + working_age_persons + old_persons < total_persons then 'age_unknown_not_allotted'
        end as caveat,
        women_add_up or not exists (
            select 1 from gaps
            where
                gaps.municipality_code = age_sums.municipality_code
                and gaps.series = age_sums.series
                and gaps.as_of_date = age_sums.as_of_date
                and gaps.source_id = age_sums.source_id
                and gaps.source_sheet is not distinct from age_sums.source_sheet
                and gaps.sex = 'female'
        ) as has_all_women
    from age_sums
    where
        young_persons + working_age_persons + old_persons between 0.94 * total_persons and total_persons
        and (
            ages_add_up or not exists (
                select 1 from gaps
                where
                    gaps.municipality_code = age_sums.municipality_code
                    and gaps.series = age_sums.series
                    and gaps.as_of_date = age_sums.as_of_date
                    and gaps.source_id = age_sums.source_id
                    and gaps.source_sheet is not distinct from age_sums.source_sheet
                    and gaps.sex = 'total'
            )
        )
),

registry_totals as (
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
),

measured as (
    select
        municipality_code,
        'census_total_persons' as indicator_id,
        as_of_date as period_start,
        as_of_date,
        cast(population_persons as decimal(28, 8)) as measured_value,
        cast(null as decimal(28, 8)) as numerator,
        cast(null as decimal(28, 8)) as denominator,
        series,
        value_status,
        cast(null as varchar) as caveat,
        source_id,
        source_sheet,
        source_row,
        source_id as source_ids,
        version_rank
    from {{ ref('int_population__versions') }}
    where
        series = 'census'
        and area_level <> 'ward'
        and scope = 'total'
        and sex = 'total'
        and age_group = 'total'
    union all
    select
        municipality_code,
        case series when 'census' then 'census' else 'registry' end || '_women_20_39_persons' as indicator_id,
        as_of_date as period_start,
        as_of_date,
        women_20_39_persons as measured_value,
        null as numerator,
        null as denominator,
        series,
        value_status,
        caveat,
        source_id,
        source_sheet,
        source_row,
        source_id as source_ids,
        version_rank
    from complete_ages
    where n_women_groups = 4 and has_all_women
    union all
    select
        municipality_code,
        'census_working_age_persons' as indicator_id,
        as_of_date as period_start,
        as_of_date,
        working_age_persons as measured_value,
        null as numerator,
        null as denominator,
        series,
        value_status,
        caveat,
        source_id,
        source_sheet,
        source_row,
        source_id as source_ids,
        version_rank
    from complete_ages
    where series = 'census'
    union all
    -- Census with unknown ages allotted, as the base of the 2023 projection gives it: the basis of plan and benchmark.
    select
        municipality_code,
        'census_working_age_persons' as indicator_id,
        period_end as period_start,
        period_end as as_of_date,
        indicator_value as measured_value,
        null as numerator,
        null as denominator,
        'census' as series,
        value_status,
        null as caveat,
        source_id,
        source_sheet,
        source_row,
        source_id as source_ids,
        version_rank
    from {{ ref('stg_reference_series__value') }}
    where indicator_id = 'population_working' and series = 'ipss_2023' and value_status = 'estimated'
    union all
    select
        municipality_code,
        age_share.indicator_id,
        as_of_date as period_start,
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
        source_id as source_ids,
        version_rank
    from complete_ages
    cross join
        lateral (
            values
            ('registry_working_age_share_pct', working_age_persons),
            ('registry_young_share_pct', young_persons)
        ) as age_share (indicator_id, persons)
    where series = 'resident_registry'
    union all
    -- Rate of decrease against the year before, stored positive; only between dates one year apart.
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
        null as caveat,
        source_id,
        source_sheet,
        source_row,
        source_before || ' ' || source_id as source_ids,
        1 as version_rank
    from registry_totals
    where as_of_date = date_before + interval 1 year
    union all
    select
        municipality_code,
        indicator_id,
        period_start,
        period_end as as_of_date,
        indicator_value as measured_value,
        null as numerator,
        null as denominator,
        series,
        value_status,
        null as caveat,
        source_id,
        source_sheet,
        source_row,
        source_id as source_ids,
        version_rank
    from {{ ref('stg_reference_series__value') }}
    where indicator_id in ('tfr_bayes', 'marriages')
    union all
    select
        municipality_code,
        'furusato_' || item as indicator_id,
        make_date(fiscal_year, 4, 1) as period_start,
        make_date(fiscal_year + 1, 3, 31) as as_of_date,
        amount as measured_value,
        null as numerator,
        null as denominator,
        'furusato_survey' as series,
        value_status,
        null as caveat,
        source_id,
        source_sheet,
        source_row,
        source_id as source_ids,
        version_rank
    from {{ ref('int_furusato__resolved') }}
)

select
    measured.*,
    {{ fiscal_year_of('measured.as_of_date') }} as fiscal_year
from measured
where measured.measured_value is not null
