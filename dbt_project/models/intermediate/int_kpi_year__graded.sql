-- The grade of a KPI in a year: the first band of the rule of its plan that holds. A band is tried on the fraction
-- itself, never on its quotient. No row where no band holds or the year is not graded.
with banded as (
    select
        rated.edition,
        rated.municipality_code,
        rated.plan_id,
        rated.kpi_id,
        rated.fiscal_year,
        band.band_order,
        band.grade,
        band.grade_label_ja,
        band.comparison,
        cast(band.threshold as decimal(12, 4)) as threshold,
        -- What is no rate is a fraction of 100.
        cast(
            case band.measure
                when 'target_reached' then rated.target_reached
                when 'final_target_reached'
                    then case
                        when not (rated.target_holds_every_year and rated.is_before_end) then rated.target_reached
                    end
                when 'milestone_done'
                    then case rated.milestone_state
                        when 'done' then 1
                        when 'done_late' then 0.5
                        when 'late' then 0
                    end
                when 'target_gap' then rated.target_gap
                when 'baseline_gap' then rated.baseline_gap
                when 'change_from_previous' then rated.period_value - rated.previous_value
                when 'milestone_pct' then rated.milestone_part
                when 'attainment_pct' then rated.attainment_part
                when 'progress_pct' then rated.progress_part
                when 'judged_attainment_pct'
                    then if(rated.is_attainment_reference, rated.progress_part, rated.attainment_part)
                when 'baseline_change_pct' then rated.baseline_gap
                when 'linear_target_pct'
                    then case when not rated.is_attainment_reference then rated.attainment_part * rated.term_years end
                when 'limit_used_pct'
                    then case
                        when not rated.is_limit then null
                        when rated.actual_value = rated.milestone_exact then 1
                        when rated.is_on_a_line then rated.actual_value * rated.term_years
                        else rated.actual_value
                    end
            end as decimal(30, 8)
        ) as part,
        cast(
            case band.measure
                when 'milestone_pct' then rated.milestone_whole
                when 'attainment_pct' then rated.attainment_whole
                when 'progress_pct' then rated.gain_wanted
                when 'judged_attainment_pct'
                    then if(rated.is_attainment_reference, rated.gain_wanted, rated.attainment_whole)
                when 'baseline_change_pct' then abs(rated.start_value)
                when 'linear_target_pct' then rated.attainment_whole * rated.elapsed_years
                when 'limit_used_pct'
                    then case
                        when rated.actual_value = rated.milestone_exact then 1
                        when rated.is_on_a_line then rated.target_value * rated.elapsed_years
                        else rated.milestone_exact
                    end
                else 100
            end as decimal(30, 8)
        ) as whole
    from {{ ref('int_kpi_year__rated') }} as rated
    inner join {{ ref('int_grade__band') }} as band
        on
            rated.municipality_code = band.municipality_code
            and rated.plan_id = band.plan_id
            and band.applies_to in ('all', rated.bands)
    where rated.blocking_reason is null
),

compared as (
    select
        * exclude (part, whole, threshold),
        part * sign(whole) * 100 as standing,
        threshold * abs(whole) as mark
    from banded
    where whole <> 0
)

select
    edition,
    municipality_code,
    plan_id,
    kpi_id,
    fiscal_year,
    arg_min(grade, band_order) as grade,
    arg_min(grade_label_ja, band_order) as grade_label_ja
from compared
where
    {{ band_holds('comparison', 'standing', 'mark') }}
group by edition, municipality_code, plan_id, kpi_id, fiscal_year
