-- The delivered cells that a value of a KPI is made of: of each year the value in force. What an indicator takes is
-- said in its own model (indicators/); here the cells are found again by the delivery, the municipality and the date of
-- the value, and tests/integration/test_trace.py adds them up to the published figures. A composed indicator has the
-- place of its first part only: its parts are those of the register.
with kpi_values as (
    select
        actual.municipality_code,
        actual.plan_id,
        actual.kpi_id,
        actual.fiscal_year,
        actual.how_measured,
        actual.actual_value,
        actual.numerator,
        actual.denominator,
        actual.series,
        coalesce(actual.period_start, actual.as_of_date) as period_start,
        actual.as_of_date,
        actual.source_id,
        actual.source_sheet,
        actual.source_row,
        string_split(actual.source_ids, ' ') as sources,
        kpi.indicator_id,
        regexp_replace(kpi.indicator_id, '^(census|registry)_', '') as counted_of
    from {{ ref('int_kpi__actual') }} as actual
    inner join {{ ref('int_kpi__catalogue') }} as kpi
        on
            kpi.is_current
            and actual.municipality_code = kpi.municipality_code
            and actual.plan_id = kpi.plan_id
            and actual.kpi_id = kpi.kpi_id
    where actual.is_latest and actual.actual_value is not null
),

used as (
    select
        *,
        try_cast(regexp_extract(age_group, '^([0-9]+)', 1) as integer) as age_from
    from {{ ref('int_figure__delivered') }}
    where
        source_id in (select unnest(kpi_values.sources) from kpi_values)
        and municipality_code in (select kpi_values.municipality_code from kpi_values)
        and amount is not null
),

counts as (
    select * from used
    where
        measure = 'population'
        and raw_table in ('census_population', 'registry_population', 'registry_dynamics', 'reference_series')
        and (raw_table = 'reference_series' or counted = 'total')
),

age_classes as (
    select age_classes.* from (
        values
        ('young', 'total', 0, 14),
        ('working_age', 'total', 15, 64),
        ('old', 'total', 65, 999),
        ('old_75', 'total', 75, 999),
        ('women_20_39', 'female', 20, 39)
    ) as age_classes (age_class, sex, first_age, last_age)
),

-- role, sign and period of each cell that an indicator takes from its own date
of_the_date as (
    select
        kpi_values.*,
        counts.* exclude (municipality_code, source_id, source_sheet, source_row, series),
        counts.source_id as cell_source_id,
        counts.source_sheet as cell_sheet,
        counts.source_row as cell_row,
        side.role,
        1 as sign
    from kpi_values
    inner join age_classes
        on regexp_full_match(kpi_values.counted_of, age_classes.age_class || '_(persons|share_pct)')
    cross join
        lateral (
            values
            (if(ends_with(kpi_values.indicator_id, '_pct'), 'numerator', 'value')),
            (if(ends_with(kpi_values.indicator_id, '_pct'), 'denominator', null))
        ) as side (role)
    inner join counts
        on
            kpi_values.municipality_code = counts.municipality_code
            and kpi_values.source_id = counts.source_id
            and kpi_values.as_of_date = counts.period
            and counts.raw_table in ('census_population', 'registry_population')
            and case
                when side.role = 'denominator' and kpi_values.series = 'census'
                    then counts.sex = 'total' and counts.age_from is not null
                when side.role = 'denominator' then counts.sex = 'total' and counts.age_group = 'total'
                else
                    age_classes.sex = counts.sex
                    and counts.age_from between age_classes.first_age and age_classes.last_age
            end
    where side.role is not null
),

totals as (
    select
        kpi_values.*,
        counts.* exclude (municipality_code, source_id, source_sheet, source_row, series),
        counts.source_id as cell_source_id,
        counts.source_sheet as cell_sheet,
        counts.source_row as cell_row,
        side.role,
        side.sign
    from kpi_values
    cross join
        lateral (
            values
            (if(kpi_values.counted_of = 'total_persons', 'value', null), 1, kpi_values.as_of_date),
            (if(kpi_values.counted_of = 'decline_rate_pct', 'numerator', null), 1, kpi_values.period_start),
            (if(kpi_values.counted_of = 'decline_rate_pct', 'numerator', null), -1, kpi_values.as_of_date),
            (if(kpi_values.counted_of = 'decline_rate_pct', 'denominator', null), 1, kpi_values.period_start)
        ) as side (role, sign, counted_on)
    inner join counts
        on
            kpi_values.municipality_code = counts.municipality_code
            and list_contains(kpi_values.sources, counts.source_id)
            and side.counted_on = counts.period
            and counts.sex = 'total'
            and counts.age_group = 'total'
            and (kpi_values.as_of_date <> side.counted_on or kpi_values.source_id = counts.source_id)
            and (counts.raw_table <> 'reference_series' or counts.series in ('census', 'resident_registry'))
    where side.role is not null
    -- of a date that two of the deliveries give, the one that is named for it
    qualify
        row_number() over (
            partition by
                kpi_values.municipality_code,
                kpi_values.plan_id,
                kpi_values.kpi_id,
                kpi_values.fiscal_year,
                side.role,
                side.sign
            order by counts.source_id <> kpi_values.source_id desc, counts.source_id asc, counts.source_row asc
        ) = 1
),

movements as (
    select
        kpi_values.*,
        used.* exclude (municipality_code, source_id, source_sheet, source_row, series),
        used.source_id as cell_source_id,
        used.source_sheet as cell_sheet,
        used.source_row as cell_row,
        if(kpi_values.denominator is null, 'value', parts.role) as role, -- noqa: RF04
        parts.sign
    from kpi_values
    inner join ({{ registry_parts() }}) as parts on kpi_values.indicator_id = parts.indicator_id
    inner join used
        on
            kpi_values.municipality_code = used.municipality_code
            and kpi_values.source_id = used.source_id
            and kpi_values.source_sheet is not distinct from used.source_sheet
            and used.raw_table = 'registry_dynamics'
            and used.counted = 'total'
            and used.period between kpi_values.period_start and kpi_values.as_of_date + interval 1 day
            and if(used.measure = 'population', 'population_' || used.sex, used.measure) = parts.item
),

-- one figure of a series, of the survey of donations or of an e-Stat answer; and the two of a rate of donations
single as (
    select
        kpi_values.*,
        used.* exclude (municipality_code, source_id, source_sheet, source_row, series),
        used.source_id as cell_source_id,
        used.source_sheet as cell_sheet,
        used.source_row as cell_row,
        side.role,
        1 as sign
    from kpi_values
    cross join
        lateral (
            values
            (
                'value',
                case
                    when kpi_values.indicator_id like 'furusato_donation_%'
                        then replace(kpi_values.indicator_id, 'furusato_', '')
                    when kpi_values.indicator_id like 'estat:%' then split_part(kpi_values.indicator_id, ':', 3)
                    when kpi_values.indicator_id = 'vital_births_persons' then 'births'
                    when kpi_values.indicator_id = 'vital_deaths_persons' then 'deaths'
                    when kpi_values.indicator_id = 'migration_report_in_persons' then 'in_migrants'
                    when kpi_values.indicator_id = 'migration_report_out_persons' then 'out_migrants'
                    when kpi_values.indicator_id = 'census_young_persons' then 'population_young'
                    when kpi_values.indicator_id = 'census_old_persons' then 'population_old'
                    when kpi_values.indicator_id = 'census_working_age_persons' then 'population_working'
                    else kpi_values.indicator_id
                end
            ),
            (if(kpi_values.indicator_id like 'furusato_jpy_per_%', 'numerator', null), 'donation_jpy'),
            (if(kpi_values.indicator_id = 'furusato_jpy_per_donation', 'denominator', null), 'donation_count')
        ) as side (role, item)
    inner join used
        on
            kpi_values.municipality_code = used.municipality_code
            and kpi_values.source_id = used.source_id
            and side.item = used.measure
            and used.raw_table in ('furusato_donation', 'reference_series', 'estat_value')
            and used.period between kpi_values.period_start and kpi_values.as_of_date
            and (used.raw_table <> 'estat_value' or used.series = split_part(kpi_values.indicator_id, ':', 2))
            and (kpi_values.indicator_id not like 'census_%' or used.series = 'ipss_2023')
    where side.role is not null
),

residents as (
    select
        kpi_values.*,
        counts.* exclude (municipality_code, source_id, source_sheet, source_row, series),
        counts.source_id as cell_source_id,
        counts.source_sheet as cell_sheet,
        counts.source_row as cell_row,
        'denominator' as role, -- noqa: RF04
        1 as sign
    from kpi_values
    inner join counts
        on
            kpi_values.municipality_code = counts.municipality_code
            and list_contains(kpi_values.sources, counts.source_id)
            and kpi_values.source_id <> counts.source_id
            and counts.period between kpi_values.period_start and kpi_values.as_of_date
            and counts.sex = 'total'
            and counts.age_group = 'total'
            and kpi_values.denominator = counts.amount
    where kpi_values.indicator_id = 'furusato_jpy_per_resident'
),

visitors as (
    select
        kpi_values.*,
        used.* exclude (municipality_code, source_id, source_sheet, source_row, series),
        used.source_id as cell_source_id,
        used.source_sheet as cell_sheet,
        used.source_row as cell_row,
        side.role,
        1 as sign
    from kpi_values
    cross join
        lateral (
            values
            (if(kpi_values.indicator_id = 'tourism_winter_share_pct', 'denominator', 'value')),
            (if(kpi_values.indicator_id = 'tourism_winter_share_pct', 'numerator', null))
        ) as side (role)
    inner join {{ ref('int_tourism__resolved') }} as resolved
        on
            kpi_values.municipality_code = resolved.municipality_code
            and resolved.month between kpi_values.period_start and kpi_values.as_of_date
            and (side.role <> 'numerator' or month(resolved.month) in (12, 1, 2, 3))
    inner join used
        on
            used.raw_table = 'tourism_visitors'
            and resolved.municipality_code = used.municipality_code
            and resolved.month = used.period
            and resolved.source_id = used.source_id
            and resolved.source_row = used.source_row
    where side.role is not null and kpi_values.indicator_id like 'tourism_%'
),

computed as (
    select * from of_the_date
    union all by name
    select * from totals
    union all by name
    select * from movements
    union all by name
    select * from single
    union all by name
    select * from residents
    union all by name
    select * from visitors
),

cells as (
    select
        municipality_code,
        plan_id,
        kpi_id,
        fiscal_year,
        role,
        sign,
        concat_ws(
            ' ',
            strftime(period, '%Y-%m-%d'),
            case measure
                when 'population' then '人口'
                when 'visitors' then '観光来訪者数'
                when 'donation_jpy' then '受入額'
                when 'donation_count' then '受入件数'
                when 'birth' then '出生'
                when 'death' then '死亡'
                when 'in_migration' then '転入'
                when 'out_migration' then '転出'
                when 'social_change' then '社会増減'
                when 'households' then '世帯数'
                else measure
            end,
            case sex when 'male' then '男' when 'female' then '女' when 'total' then '男女計' end,
            case age_group when 'total' then null else age_group || '歳' end
        ) as cell_ja,
        cast(amount as decimal(28, 8)) as cell_value,
        cell_source_id as source_id,
        cell_sheet as source_sheet,
        cell_row as source_row,
        source_column,
        age_from,
        period
    from computed
    where how_measured = 'computed'
    union all
    select
        kpi_values.municipality_code,
        kpi_values.plan_id,
        kpi_values.kpi_id,
        kpi_values.fiscal_year,
        side.role,
        1 as sign,
        side.cell_ja,
        cast(side.cell_value as decimal(28, 8)) as cell_value,
        kpi_values.source_id,
        kpi_values.source_sheet,
        kpi_values.source_row,
        side.cell_ja as source_column,
        null as age_from,
        null as period
    from kpi_values
    cross join
        lateral (
            values
            ('value', '値', kpi_values.actual_value),
            ('numerator', '分子', kpi_values.numerator),
            ('denominator', '分母', kpi_values.denominator)
        ) as side (role, cell_ja, cell_value)
    where kpi_values.how_measured = 'reported' and side.cell_value is not null
)

select
    municipality_code,
    plan_id,
    kpi_id,
    fiscal_year,
    cast(
        row_number() over (
            partition by municipality_code, plan_id, kpi_id, fiscal_year
            order by
                array_position(['value', 'numerator', 'denominator'], role) asc,
                period asc nulls first,
                sign desc,
                age_from asc nulls first,
                source_id asc,
                source_row asc,
                source_column asc
        ) as integer
    ) as input_no,
    role,
    cast(sign as integer) as sign,
    cell_ja,
    cell_value,
    source_id,
    source_sheet,
    source_row,
    source_column
from cells
order by municipality_code, plan_id, kpi_id, fiscal_year, input_no
