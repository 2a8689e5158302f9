-- What the lists that sections keep hold beside the value that is reported for the KPI which they name. It is shown and
-- never scored: the list and the value may count different things.
with entries as (
    select
        municipality_code,
        plan_id,
        kpi_id,
        'agreement' as register,
        fiscal_year
    from {{ ref('mart_agreement') }}
    where kpi_id is not null
    union all
    select
        municipality_code,
        plan_id,
        kpi_id,
        'event' as register,
        fiscal_year
    from {{ ref('mart_event') }}
    where kpi_id is not null
),

actuals as (
    select * from {{ ref('fct_kpi_actual') }}
    where is_latest
),

years as (
    select distinct
        municipality_code,
        plan_id,
        kpi_id,
        register,
        fiscal_year
    from entries
    union
    select
        actual.municipality_code,
        actual.plan_id,
        actual.kpi_id,
        entries.register,
        actual.fiscal_year
    from actuals as actual
    inner join entries
        on
            actual.municipality_code = entries.municipality_code
            and actual.plan_id = entries.plan_id
            and actual.kpi_id = entries.kpi_id
),

counted as (
    select
        years.municipality_code,
        years.plan_id,
        years.kpi_id,
        years.register,
        years.fiscal_year,
        count_if(entries.fiscal_year = years.fiscal_year) as n_in_year,
        count_if(entries.fiscal_year >= plan.first_fiscal_year) as n_in_term,
        count(entries.kpi_id) as n_so_far
    from years
    inner join {{ source('in_force', 'plan_register_plan') }} as plan
        on years.municipality_code = plan.municipality_code and years.plan_id = plan.plan_id
    left join entries
        on
            years.municipality_code = entries.municipality_code
            and years.plan_id = entries.plan_id
            and years.kpi_id = entries.kpi_id
            and years.register = entries.register
            and years.fiscal_year >= entries.fiscal_year
    group by years.municipality_code, years.plan_id, years.kpi_id, years.register, years.fiscal_year
),

compared as (
    select
        counted.*,
        kpi.kpi_name_ja,
        kpi.unit,
        coalesce(actual.accumulation, kpi.accumulation) as accumulation,
        actual.actual_value as reported_value,
        case coalesce(actual.accumulation, kpi.accumulation)
            when 'year' then counted.n_in_year
            when 'cumulative_term' then counted.n_in_term
            when 'cumulative_ever' then counted.n_so_far
            when 'point' then counted.n_so_far
            else case when counted.n_in_year = counted.n_so_far then counted.n_so_far end
        end as n_compared,
        actual.comparator,
        actual.source_id,
        actual.source_sheet,
        actual.source_row
    from counted
    inner join {{ ref('dim_kpi') }} as kpi
        on
            kpi.is_current
            and counted.municipality_code = kpi.municipality_code
            and counted.plan_id = kpi.plan_id
            and counted.kpi_id = kpi.kpi_id
    left join actuals as actual
        on
            counted.municipality_code = actual.municipality_code
            and counted.plan_id = actual.plan_id
            and counted.kpi_id = actual.kpi_id
            and counted.fiscal_year = actual.fiscal_year
)

select
    municipality_code,
    plan_id,
    kpi_id,
    register,
    if(register = 'agreement', '協定', '催し・講座') as register_ja,
    fiscal_year,
    kpi_name_ja,
    unit,
    accumulation,
    cast(n_in_year as integer) as n_in_year,
    cast(n_in_term as integer) as n_in_term,
    cast(n_so_far as integer) as n_so_far,
    cast(n_compared as integer) as n_compared,
    reported_value,
    cast(n_compared - reported_value as decimal(24, 8)) as difference,
    case
        when reported_value is null then 'not_reported'
        when n_compared is null or comparator <> '=' then 'not_comparable'
        when n_compared = reported_value then 'agrees'
        else 'differs'
    end as verdict,
    source_id,
    source_sheet,
    source_row
from compared
order by municipality_code, plan_id, kpi_id, register, fiscal_year
