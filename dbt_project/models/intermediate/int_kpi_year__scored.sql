-- The formulas. What a kind is measured from and what holds for it stands in seeds/kpi_kinds.csv. Rates are per cent
-- and unrounded, may be negative and may exceed 100; a band is tried on the fraction itself, never on its quotient.
-- B baseline, T target, A actual, P projection of the year, k of n years of the term elapsed.
with judged as (
    select
        kpi_year.*,
        kinds.* exclude (kind, label_ja, label_en, is_summed, has_target, measured_from, bands),
        -- A count since ever does not begin at nothing when the term begins.
        if(kpi_year.is_stock, 'baseline', kinds.measured_from) as measured_from,
        kinds.bands as kind_bands,
        grade_rule.rate_measure,
        grade_rule.printed_digits,
        grade_rule.printed_rounding,
        kpi_year.direction = 'lower_is_better'
        and grade_rule.lower_is_better_formula <> 'target_over_actual' as is_inverse_ungraded,
        case kpi_year.direction when 'lower_is_better' then -1 else 1 end as better,
        kpi_year.fiscal_year < kpi_year.target_fiscal_year as is_before_end
    from {{ ref('int_kpi_year__prepared') }} as kpi_year
    inner join {{ ref('kpi_kinds') }} as kinds on kpi_year.kind = kinds.kind
    inner join {{ ref('grade_rules') }} as grade_rule on kpi_year.grade_rule_id = grade_rule.grade_rule_id
),

started as (
    select
        *,
        case measured_from
            when 'benchmark' then benchmark_value
            when 'zero' then 0
            when 'baseline' then case when baseline_type <> 'undecided' then baseline_value end
        end as start_value,
        -- What has to be gained from there until the end of the term.
        case measured_from
            when 'benchmark' then target_value - benchmark_at_target
            when 'zero' then target_value
            when 'baseline' then case when baseline_type <> 'undecided' then target_value - baseline_value end
        end as gain_wanted,
        -- A sum that must not pass its target is no way to be made: it is kept or not.
        coalesce(measured_from = 'zero' and better * target_value <= 0, false) as is_limit,
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
            when actual_value is null then without_actual
            when kind = 'milestone' then if(milestone_state = 'dropped', 'milestone_dropped', null)
            when target_value is null then 'no_target'
            when is_partial then 'partially_reported'
            when basis_reason is not null then basis_reason
            when comparator = '~' then 'value_approximate'
            when comparator <> '=' then 'value_is_a_bound'
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
        -- Whether attainment may be said at all; and whether it may be set against a milestone.
        coalesce(
            target_value > 0
            and coalesce(blocking_reason, '') not in (
                'value_approximate', 'value_is_a_bound', 'accumulation_mismatch', 'running_total_without_start'
            )
            and not (is_other_series and coalesce(target_series, '') <> 'not_stated')
            and not (is_limit and (is_before_end or is_partial))
            and (direction <> 'lower_is_better' or actual_value > 0),
            false
        ) as has_attainment,
        blocking_reason is null and progress_reason is null as has_progress,
        actual_value - start_value as gained,
        better * (actual_value - target_value) as gap
    from reasoned
),

rated as (
    select
        *,
        case
            when gain_wanted is not null and elapsed_years is not null
                then start_value + {{ part_of('gain_wanted', 'elapsed_years', 'term_years') }}
            when target_holds_every_year then target_value
        end as milestone_exact,
        case when has_attainment then if(direction = 'lower_is_better', target_value, actual_value) end
            as attainment_part,
        if(direction = 'lower_is_better', actual_value, target_value) as attainment_whole,
        case when has_progress then gained end as progress_part,
        case
            when has_progress then gained * term_years
            when
                blocking_reason is null
                and progress_reason in ('no_baseline', 'no_progress_for_kind')
                and has_attainment
                and not is_inverse_ungraded
                then if(direction = 'lower_is_better', target_value, actual_value)
        end as milestone_part,
        case
            when has_progress then gain_wanted * elapsed_years
            when direction = 'lower_is_better' then actual_value
            else target_value
        end as milestone_whole,
        -- What falls by itself lies above its target until the end, and so does a sum below its limit: reached is said
        -- at the end only. A count that passed its limit stays there.
        case
            when
                blocking_reason in (
                    'series_mismatch',
                    'partially_reported',
                    'accumulation_mismatch',
                    'running_total_without_start',
                    'value_approximate',
                    'value_is_a_bound'
                )
                then null
            when is_limit and is_before_end then case when better = -1 and gap < 0 then gap end
            when is_before_end and (measured_from = 'benchmark' or blocking_reason = 'baseline_unconfirmed') then null
            else gap
        end as target_gap,
        case when blocking_reason is null and not is_limit then better * gained end as baseline_gap,
        -- A lower bound at or above the target shows that it is reached.
        case
            when blocking_reason <> 'value_is_a_bound' or (is_before_end and (is_limit or measured_from = 'benchmark'))
                then null
            when (better = 1) = (comparator in ('>', '>=')) then case when gap >= 0 then 1 end
            when gap < 0 or (gap = 0 and comparator in ('>', '<')) then 0
        end as reached_by_bound
    from fractions
),

measured as (
    select
        *,
        case
            when kind = 'milestone' then cast(milestone_state in ('done', 'done_late') as integer)
            else coalesce(reached_by_bound, cast(target_gap >= 0 as integer))
        end as target_reached,
        {{ percentage('attainment_part', 'attainment_whole') }} as attainment_pct,
        {{ percentage('progress_part', 'gain_wanted') }} as progress_pct,
        {{ percentage('milestone_part', 'milestone_whole') }} as milestone_pct
    from rated
),

-- Every band of the rule of the plan with the fraction that it looks at; what is no rate is a fraction of 100.
banded as (
    select
        measured.municipality_code,
        measured.plan_id,
        measured.kpi_id,
        measured.fiscal_year,
        band.band_order,
        band.grade,
        band.grade_label_ja,
        band.comparison,
        cast(band.threshold as decimal(12, 4)) as threshold,
        cast(
            case band.measure
                when 'target_reached' then measured.target_reached
                when 'final_target_reached'
                    then case
                        when not (measured.target_holds_every_year and measured.is_before_end)
                            then measured.target_reached
                    end
                when 'milestone_done'
                    then case measured.milestone_state
                        when 'done' then 1
                        when 'done_late' then 0.5
                        when 'late' then 0
                    end
                when 'target_gap' then measured.target_gap
                when 'baseline_gap' then measured.baseline_gap
                when 'change_from_previous' then measured.period_value - measured.previous_value
                when 'milestone_pct' then measured.milestone_part
                when 'attainment_pct' then measured.attainment_part
                when 'judged_attainment_pct'
                    then if(measured.is_attainment_reference, measured.progress_part, measured.attainment_part)
                when 'baseline_change_pct' then measured.baseline_gap
                when 'linear_target_pct'
                    then case
                        when not measured.is_attainment_reference then measured.attainment_part * measured.term_years
                    end
                when 'limit_used_pct'
                    then case
                        when measured.is_limit and measured.actual_value = measured.target_value then 1
                        when measured.is_limit then measured.actual_value * measured.term_years
                    end
            end as decimal(30, 8)
        ) as part,
        cast(
            case band.measure
                when 'milestone_pct' then measured.milestone_whole
                when 'attainment_pct' then measured.attainment_whole
                when 'judged_attainment_pct'
                    then if(measured.is_attainment_reference, measured.gain_wanted, measured.attainment_whole)
                when 'baseline_change_pct' then abs(measured.start_value)
                when 'linear_target_pct' then measured.attainment_whole * measured.elapsed_years
                when 'limit_used_pct'
                    then if(
                        measured.actual_value = measured.target_value, 1, measured.target_value * measured.elapsed_years
                    )
                else 100
            end as decimal(30, 8)
        ) as whole
    from measured
    inner join {{ ref('grade_bands') }} as band
        on
            measured.grade_rule_id = band.grade_rule_id
            and band.applies_to in ('all', measured.bands)
    where measured.blocking_reason is null
),

compared as (
    select
        * exclude (part, whole, threshold),
        part * sign(whole) * 100 as standing,
        threshold * abs(whole) as mark
    from banded
    where whole <> 0
),

graded as (
    select
        municipality_code,
        plan_id,
        kpi_id,
        fiscal_year,
        arg_min(grade, band_order) as grade,
        arg_min(grade_label_ja, band_order) as grade_label_ja
    from compared
    where
        case comparison
            when 'ge' then standing >= mark
            when 'gt' then standing > mark
            when 'le' then standing <= mark
            when 'lt' then standing < mark
            when 'eq' then standing = mark
        end
    group by municipality_code, plan_id, kpi_id, fiscal_year
),

reasons (not_computable_reason, not_computable_reason_ja) as (
    values
    ('no_actual', '実績が未報告または未公表のため'),
    ('milestone_not_reported', '節目の達成状況が未報告のため'),
    ('milestone_dropped', '節目の取組が中止されたため'),
    ('no_target', '計画に目標値がないため'),
    ('partially_reported', '期間中に未報告の年度があり一部未集計のため（値は下限）'),
    ('running_total_without_start', '実績が開始以来の累計で、期間が始まる前の累計が分からないため'),
    ('accumulation_mismatch', '実績の数え方（単年・累計・時点）が目標の数え方と異なるため'),
    ('value_approximate', '実績が概数のため'),
    ('value_is_a_bound', '実績が下限または上限だけで示されているため'),
    ('series_mismatch', '実績の系列（住民基本台帳）が目標の基準（国勢調査に基づく推計）と異なるため'),
    ('other_boundary', '実績が今日と違う区域の値で、基準と比べられないため'),
    ('part_not_exact', '合成指標の部分に概数・下限・上限の値があり、正確な値ではないため'),
    ('age_unknown_not_allotted', '実績が年齢不詳をあん分する前の値で、基準（あん分後）と比べられないため'),
    ('no_benchmark', '基準となる推計値がないため'),
    ('baseline_unconfirmed', '基準値の意味（過去の実績か推計か）が未確認のため'),
    ('target_equals_baseline', '目標値と基準値が等しいため'),
    ('target_against_direction', '目標値が基準値より望ましくない側にあるため'),
    ('no_baseline', '基準値がないため進捗率は計算しない'),
    ('no_progress_for_kind', '維持・全国比・節目の指標のため進捗率は定義しない'),
    ('no_progress_for_limit', '期間の合計に上限（または下限）を置く目標のため進捗率は定義しない'),
    ('grade_undecided', '評価規則のどの区分にも当たらないため'),
    ('attainment_undefined', '実績か目標が0以下で達成率（割り算）を計算できないため（進捗率と評価による）')
),

-- What a grade still hangs on.
provisional as (
    select
        measured.*,
        graded.grade,
        graded.grade_label_ja,
        case measured.rate_measure
            when 'milestone_pct' then measured.milestone_pct
            when 'attainment_pct' then measured.attainment_pct
        end as rule_rate,
        case
            when graded.grade is not null
                then [
                    case
                        when
                            measured.measured_from = 'baseline'
                            and measured.baseline_value is not null
                            and not coalesce(measured.is_baseline_confirmed, false)
                            then 'baseline_to_be_confirmed'
                    end,
                    case when measured.accumulation like '%#_or#_%' escape '#' then 'accumulation_to_be_confirmed' end,
                    case when measured.value_status in ('preliminary', 'projected') then 'actual_not_final' end
                ]
        end as hangs_on
    from measured
    left join graded
        on
            measured.municipality_code = graded.municipality_code
            and measured.plan_id = graded.plan_id
            and measured.kpi_id = graded.kpi_id
            and measured.fiscal_year = graded.fiscal_year
)

select
    provisional.* exclude (
        rate_measure,
        printed_digits,
        printed_rounding,
        is_inverse_ungraded,
        previous_value,
        better,
        measured_from,
        target_holds_every_year,
        bands,
        kind_bands,
        without_actual,
        start_value,
        gain_wanted,
        is_limit,
        is_before_end,
        is_other_series,
        is_stock,
        basis_reason,
        has_attainment,
        has_progress,
        gained,
        gap,
        attainment_part,
        attainment_whole,
        progress_part,
        milestone_part,
        milestone_whole,
        milestone_exact,
        reached_by_bound,
        blocking_reason,
        progress_reason,
        hangs_on,
        rule_rate
    ),
    cast(provisional.milestone_exact as decimal(24, 8)) as milestone_value,
    case
        when provisional.blocking_reason is null
            then {{ as_printed('provisional.rule_rate', 'provisional.printed_digits', 'provisional.printed_rounding') }}
    end as printed_rate_pct,
    case when provisional.grade is not null then list_count(provisional.hangs_on) > 0 end as grade_is_provisional,
    nullif(array_to_string(provisional.hangs_on, ' '), '') as provisional_reason,
    nullif(
        concat_ws(
            '・',
            case
                when list_contains(provisional.hangs_on, 'baseline_to_be_confirmed')
                    then '基準値が担当課で確認されていないため'
            end,
            case
                when list_contains(provisional.hangs_on, 'accumulation_to_be_confirmed')
                    then '目標の数え方（単年・累計・時点）が確認されていないため'
            end,
            case when list_contains(provisional.hangs_on, 'actual_not_final') then '実績が速報値などで確定していないため' end
        ),
        ''
    ) as provisional_reason_ja,
    reasons.not_computable_reason,
    reasons.not_computable_reason_ja
from provisional
left join reasons
    on
        coalesce(
            provisional.blocking_reason,
            provisional.progress_reason,
            case
                when provisional.grade is null then 'grade_undecided'
                when provisional.attainment_pct is null then 'attainment_undefined'
            end
        ) = reasons.not_computable_reason
