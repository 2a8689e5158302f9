-- The formulas. What a kind is measured from and what holds for it stands in seeds/kpi_kinds.csv. Rates are per cent
-- and unrounded, may be negative and may exceed 100. B baseline, T target, A actual, P projection of the year, k of n
-- years of the term elapsed.
with judged as (
    select
        kpi_year.*,
        kinds.* exclude (kind, label_ja, label_en, is_summed, has_target, measured_from, bands),
        case
            -- A count since ever does not begin at nothing when the term begins.
            when kpi_year.is_stock then 'baseline'
            -- A sum with a baseline is set against the sum of as many years before.
            when
                kinds.measured_from = 'zero'
                and kpi_year.baseline_value is not null
                and kpi_year.baseline_type <> 'undecided'
                then 'baseline'
            else kinds.measured_from
        end as measured_from,
        kinds.bands as kind_bands,
        grade_rule.plan_name_ja,
        grade_rule.grade_rule_id,
        grade_rule.grade_rule_label_ja,
        grade_rule.grade_rule_text_ja,
        grade_rule.rate_measure,
        grade_rule.printed_digits,
        grade_rule.printed_rounding,
        kpi_year.direction = 'lower_is_better'
        and grade_rule.lower_is_better_formula <> 'target_over_actual' as is_inverse_ungraded,
        case kpi_year.direction when 'lower_is_better' then -1 else 1 end as better,
        kpi_year.fiscal_year < kpi_year.target_fiscal_year as is_before_end,
        coalesce(kpi_year.milestone_method, 'linear') = 'linear' as is_on_a_line
    from {{ ref('int_kpi_year__prepared') }} as kpi_year
    inner join {{ ref('kpi_kinds') }} as kinds on kpi_year.kind = kinds.kind
    inner join {{ ref('int_grade__rule') }} as grade_rule
        on kpi_year.municipality_code = grade_rule.municipality_code and kpi_year.plan_id = grade_rule.plan_id
),

started as (
    select
        *,
        case measured_from
            when 'benchmark' then benchmark_value
            when 'zero' then 0
            when 'baseline'
                then case
                    when baseline_type = 'undecided' then null
                    -- Of the term before, as many years as have gone of this one.
                    when is_summed then {{ part_of('baseline_value', 'elapsed_years', 'term_years') }}
                    else baseline_value
                end
        end as start_value,
        -- What has to be gained from there until the end of the term.
        case measured_from
            when 'benchmark' then target_value - benchmark_at_target
            when 'zero' then target_value
            when 'baseline' then case when baseline_type <> 'undecided' then target_value - baseline_value end
        end as gain_wanted,
        -- A sum that must not pass its target is kept or not; from nothing it is no way to be made.
        coalesce(is_summed and better * target_value <= 0, false) as is_held,
        coalesce(measured_from = 'zero' and better * target_value <= 0, false) as is_limit,
        coalesce(
            actual_series = 'section_report'
            and (measured_from = 'benchmark' or target_series in ('census', 'resident_registry', 'vital_statistics')),
            false
        ) as is_series_unstated,
        case
            -- A projection stands on the census; a register count cannot be set against it.
            when measured_from = 'benchmark' then actual_series <> 'census'
            when target_series in ('not_stated') then false
            else coalesce(target_series <> actual_series, false)
        end as is_other_series
    from judged
),

reasoned as (
    select
        *,
        if(is_limit, 'limit', kind_bands) as bands,
        case
            when actual_value is null and value_status in ('not_surveyed', 'suppressed', 'not_applicable')
                then value_status
            when actual_value is null then without_actual
            when value_status = 'projected' then 'value_projected'
            when not is_summed and fit <> 'same' then 'value_is_a_proxy'
            when not is_summed and not is_kpi_itself then 'value_from_elsewhere'
            when kind = 'milestone' then if(milestone_state = 'dropped', 'milestone_dropped', null)
            when target_value is null then 'no_target'
            when is_partial then 'partially_reported'
            when basis_reason is not null then basis_reason
            when comparator = '~' then 'value_approximate'
            when comparator <> '=' then 'value_is_a_bound'
            when is_series_unstated then 'series_not_stated'
            when is_other_series then 'series_mismatch'
            when caveat is not null then caveat
            when measured_from = 'benchmark' and (start_value is null or gain_wanted is null) then 'no_benchmark'
            when measured_from = 'baseline' and baseline_type = 'undecided' then 'baseline_unconfirmed'
        end as blocking_reason,
        case
            when measured_from = 'nothing' then 'no_progress_for_kind'
            when is_limit then 'no_progress_for_limit'
            when start_value is null then 'no_baseline'
            when gain_wanted = 0 then 'target_equals_baseline'
            when better * gain_wanted < 0 then 'target_against_direction'
        end as progress_reason
    from started
),

-- Each rate as a fraction: what is there over what is wanted.
fractions as (
    select
        * exclude (is_attainment_reference),
        is_attainment_reference
        or is_inverse_ungraded
        or blocking_reason is not null as is_attainment_reference,
        -- Values that say nothing exact of the KPI.
        coalesce(blocking_reason, '') in (
            'value_approximate',
            'value_is_a_bound',
            'value_projected',
            'value_is_a_proxy',
            'value_from_elsewhere',
            'series_not_stated',
            'accumulation_mismatch',
            'accumulation_not_stated',
            'running_total_without_start'
        ) as is_inexact,
        blocking_reason is null and progress_reason is null as has_progress,
        actual_value - start_value as gained,
        better * (actual_value - target_value) as gap,
        case
            when is_on_a_line and gain_wanted is not null and elapsed_years is not null
                then start_value + {{ part_of('gain_wanted', 'elapsed_years', 'term_years') }}
            when is_on_a_line and target_holds_every_year then target_value
            when not is_on_a_line then coalesce(milestone_given, case when not is_before_end then target_value end)
        end as milestone_exact
    from reasoned
),

attained as (
    select
        *,
        -- Whether attainment may be said at all; and whether it may be set against a milestone.
        coalesce(
            target_value > 0
            and not is_inexact
            and not (is_other_series and coalesce(target_series, '') <> 'not_stated')
            and not (is_held and (is_before_end or is_partial))
            and (direction <> 'lower_is_better' or actual_value > 0),
            false
        ) as has_attainment,
        better * (milestone_exact - start_value) as gain_by_now,
        if(is_on_a_line, target_value, milestone_exact) as wanted_by_now
    from fractions
),

rated as (
    select
        *,
        case when has_attainment then if(direction = 'lower_is_better', target_value, actual_value) end
            as attainment_part,
        if(direction = 'lower_is_better', actual_value, target_value) as attainment_whole,
        case when has_progress then gained end as progress_part,
        -- Without a start, or where the milestone asks for no gain yet, the value itself is set against the milestone.
        case
            when has_progress and is_on_a_line then 'gain_of_line'
            when has_progress and gain_by_now > 0 then 'gain_of_milestone'
            when
                blocking_reason is null
                and (has_progress or progress_reason in ('no_baseline', 'no_progress_for_kind'))
                and has_attainment
                and not is_inverse_ungraded
                and wanted_by_now > 0
                then 'value'
        end as milestone_by,
        -- What falls by itself lies above its target until the end, and so does a sum below its limit: reached is said
        -- at the end only. A count that passed its limit stays there.
        case
            when is_inexact or blocking_reason in ('series_mismatch', 'partially_reported') then null
            when is_held and is_before_end then case when better = -1 and gap < 0 then gap end
            when is_before_end and (measured_from = 'benchmark' or blocking_reason = 'baseline_unconfirmed') then null
            else gap
        end as target_gap,
        case when blocking_reason is null and not is_limit then better * gained end as baseline_gap,
        -- A lower bound at or above the target shows that it is reached.
        case
            when blocking_reason <> 'value_is_a_bound' or (is_before_end and (is_held or measured_from = 'benchmark'))
                then null
            when (better = 1) = (comparator in ('>', '>=')) then case when gap >= 0 then 1 end
            when gap < 0 or (gap = 0 and comparator in ('>', '<')) then 0
        end as reached_by_bound
    from attained
),

measured as (
    select
        *,
        case milestone_by
            when 'gain_of_line' then gained * term_years
            when 'gain_of_milestone' then better * gained
            when 'value' then if(direction = 'lower_is_better', wanted_by_now, actual_value)
        end as milestone_part,
        case milestone_by
            when 'gain_of_line' then gain_wanted * elapsed_years
            when 'gain_of_milestone' then gain_by_now
            when 'value' then if(direction = 'lower_is_better', actual_value, wanted_by_now)
        end as milestone_whole,
        case
            when kind = 'milestone'
                then case
                    when coalesce(blocking_reason, 'milestone_dropped') = 'milestone_dropped'
                        then cast(milestone_state in ('done', 'done_late') as integer)
                end
            else coalesce(reached_by_bound, cast(target_gap >= 0 as integer))
        end as target_reached
    from rated
)

select
    *,
    {{ percentage('attainment_part', 'attainment_whole') }} as attainment_pct,
    {{ percentage('progress_part', 'gain_wanted') }} as progress_pct,
    {{ percentage('milestone_part', 'milestone_whole') }} as milestone_pct
from measured
