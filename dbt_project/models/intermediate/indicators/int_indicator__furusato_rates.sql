-- Yen per donation, amount and count from one file; and yen per resident, the receipts in force over the population of
-- the resident registry counted in the same fiscal year (1 January; until 2013 31 March).
with per_donation as (
    select
        municipality_code,
        fiscal_year,
        max(amount) filter (where item = 'donation_jpy') as numerator,
        max(amount) filter (where item = 'donation_count') as denominator,
        arg_min(value_status, {{ status_rank('value_status') }}) as value_status,
        source_id,
        arg_max(source_sheet, item) as source_sheet,
        arg_max(source_row, item) as source_row,
        max(version_rank) as version_rank
    from {{ ref('int_furusato__resolved') }}
    where item in ('donation_jpy', 'donation_count')
    group by municipality_code, fiscal_year, form, source_id
),

residents as (
    select
        municipality_code,
        population_persons,
        value_status,
        source_id,
        {{ fiscal_year_of('as_of_date') }} as fiscal_year
    from {{ ref('int_population__versions') }}
    where
        series = 'resident_registry'
        and area_level <> 'ward'
        and scope = 'total'
        and sex = 'total'
        and age_group = 'total'
        and version_rank = 1
        and population_persons is not null
    qualify row_number() over (partition by municipality_code, fiscal_year order by as_of_date desc) = 1
),

rates as (
    select
        municipality_code,
        'furusato_jpy_per_donation' as indicator_id,
        fiscal_year,
        numerator,
        denominator,
        value_status,
        source_id,
        source_sheet,
        source_row,
        source_id as source_ids,
        version_rank
    from per_donation
    union all
    select
        receipts.municipality_code,
        'furusato_jpy_per_resident' as indicator_id,
        receipts.fiscal_year,
        receipts.amount as numerator,
        residents.population_persons as denominator,
        if(
            {{ status_rank('residents.value_status') }} < {{ status_rank('receipts.value_status') }},
            residents.value_status,
            receipts.value_status
        ) as value_status,
        receipts.source_id,
        receipts.source_sheet,
        receipts.source_row,
        receipts.source_id || ' ' || residents.source_id as source_ids,
        1 as version_rank
    from {{ ref('int_furusato__resolved') }} as receipts
    inner join residents
        on receipts.municipality_code = residents.municipality_code and receipts.fiscal_year = residents.fiscal_year
    where receipts.item = 'donation_jpy' and receipts.version_rank = 1
)

select
    municipality_code,
    indicator_id,
    {{ first_day_of_fiscal_year('fiscal_year') }} as period_start,
    {{ last_day_of_fiscal_year('fiscal_year') }} as as_of_date,
    {{ quotient('numerator', 'denominator') }} as measured_value,
    numerator,
    denominator,
    'furusato_survey' as series,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_ids,
    version_rank
from rates
