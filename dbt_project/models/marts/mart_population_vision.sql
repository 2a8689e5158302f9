-- The figures of a scenario with the 80 % band of each, and the indices and the stage of depopulation.
{%- set measures = ['total', 'young', 'working_age', 'old', 'women_20_39'] %}
with bands as (
    select
        municipality_code,
        scenario_id,
        vintage,
        year,
        {%- for measure in measures %}
        max(low_persons) filter (where measure = '{{ measure }}') as {{ measure }}_lower_persons,
        max(high_persons) filter (where measure = '{{ measure }}') as {{ measure }}_upper_persons,
        {%- endfor %}
        max(coverage_pct) as band_coverage_pct,
        max(basis) filter (where measure = 'total') as band_basis,
        max(errors_of) filter (where measure = 'total') as band_errors_of,
        max(size_class) filter (where measure = 'total') as band_size_class,
        max(horizon_years) filter (where measure = 'total') as band_horizon_years,
        max(n_errors) filter (where measure = 'total') as band_n_errors,
        max(tested_coverage_pct) filter (where measure = 'total') as band_tested_coverage_pct,
        max(worst_coverage_pct) filter (where measure = 'total') as band_worst_coverage_pct
    from {{ source('projection', 'band') }}
    group by municipality_code, scenario_id, vintage, year
)

select
    summed.*,
    -- names of old, kept for a version
    summed.births_5y as births,
    summed.deaths_5y as deaths,
    summed.natural_change_5y as natural_change,
    summed.social_change_5y as social_change,
    case
        when summed.births_5y is not null then 'national_survival'
        when not summed.is_projection then 'base_year'
        when summed.base_id is null then 'not_printed'
        else 'not_published'
    end as flows_basis,
    {%- for measure in measures %}
    bands.{{ measure }}_lower_persons,
    bands.{{ measure }}_upper_persons,
    {%- endfor %}
    bands.band_coverage_pct,
    bands.band_basis,
    bands.band_errors_of,
    bands.band_basis = 'backtest_extrapolated' as is_band_extrapolated,
    bands.band_size_class,
    bands.band_horizon_years,
    bands.band_n_errors,
    bands.band_tested_coverage_pct,
    bands.band_worst_coverage_pct,
    steps.young_index,
    steps.working_age_index,
    steps.old_index,
    cast(steps.stage as smallint) as depopulation_stage,
    steps.rule as depopulation_stage_rule_ja
from {{ ref('int_vision__summed') }} as summed
left join bands
    on
        summed.municipality_code = bands.municipality_code
        and summed.scenario_id = bands.scenario_id
        and summed.vintage = bands.vintage
        and summed.year = bands.year
left join {{ source('projection', 'stage') }} as steps
    on
        summed.municipality_code = steps.municipality_code
        and summed.scenario_id = steps.scenario_id
        and summed.vintage = steps.vintage
        and summed.year = steps.year
order by summed.municipality_code, summed.scenario_id, summed.vintage, summed.year
