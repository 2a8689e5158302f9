-- Donations and visitors of a fiscal year over the residents counted in it: the last date of the resident registry in
-- the year (1 January; until 2013 31 March). The same denominator as the indicator furusato_jpy_per_resident.
with residents as (
    select
        municipality_code,
        {{ fiscal_year_of('as_of_date') }} as fiscal_year,
        population_persons as residents_persons,
        as_of_date as residents_date,
        value_status as residents_status,
        source_id as residents_source_id
    from {{ ref('fct_population') }}
    where
        series = 'resident_registry' and scope = 'total' and sex = 'total' and age_group = 'total'
        and population_persons is not null
    qualify row_number() over (partition by municipality_code, fiscal_year order by as_of_date desc) = 1
),

visitors as (
    select
        municipality_code,
        fiscal_year,
        cast(indicator_value as bigint) as visitors,
        value_status as visitors_status,
        comparable_from as visitors_comparable_from,
        source_ids as visitors_source_ids
    from {{ ref('fct_indicator') }}
    where indicator_id = 'tourism_visitors_fiscal_year'
),

years as (
    select
        municipality_code,
        fiscal_year
    from {{ ref('fct_furusato_donation') }}
    union
    select
        municipality_code,
        fiscal_year
    from visitors
)

select
    years.municipality_code,
    years.fiscal_year,
    residents.residents_persons,
    residents.residents_date,
    residents.residents_status,
    residents.residents_source_id,
    donation.donation_jpy,
    donation.donation_count,
    cast({{ quotient('donation.donation_jpy', 'residents.residents_persons') }} as decimal(28, 8))
        as donation_jpy_per_resident,
    donation.value_status as donation_status,
    donation.source_id as donation_source_id,
    visitors.visitors,
    cast({{ quotient('visitors.visitors', 'residents.residents_persons') }} as decimal(28, 8))
        as visitors_per_resident,
    visitors.visitors_status,
    visitors.visitors_comparable_from,
    visitors.visitors_source_ids
from years
left join {{ ref('fct_furusato_donation') }} as donation
    on years.municipality_code = donation.municipality_code and years.fiscal_year = donation.fiscal_year
left join visitors on years.municipality_code = visitors.municipality_code and years.fiscal_year = visitors.fiscal_year
left join residents
    on years.municipality_code = residents.municipality_code and years.fiscal_year = residents.fiscal_year
order by years.municipality_code, years.fiscal_year
