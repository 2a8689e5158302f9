-- The formulas. What a kind is measured from and what holds for it stands in seeds/kpi_kinds.csv. Rates are per cent
-- and unrounded, may be negative and may exceed 100.
-- B baseline, T target, A actual, P projection of the year, k of n years of the term elapsed.
with judged as (
    select
        kpi_year.*,
        kinds.* exclude (kind, label_ja, label_en, is_summed, has_target),
        case kpi_year.direction when 'lower_is_better' then -1 else 1 end as better,
        case kinds.measured_from
            when 'benchmark' then kpi_year.benchmark_value
            when 'zero' then 0
            when 'baseline' then case when kpi_year.is_baseline_confirmed then kpi_year.baseline_value end
        end as start_value,
        -- What has to be gained from there until the end of the term.
        case kinds.measured_from
            when 'benchmark' then kpi_year.target_value - kpi_year.benchmark_at_target
            when 'zero' then kpi_year.target_value
            when 'baseline'
                then case when kpi_year.is_baseline_confirmed then kpi_year.target_value - kpi_year.baseline_value end
        end as gain_wanted,
        case
            -- A projection stands on the census; a register count cannot be set against it.
            when kinds.measured_from = 'benchmark' then kpi_year.actual_series <> 'census'
            when kpi_year.target_series in ('not_stated') then false
            else kpi_year.target_series <> kpi_year.actual_series
        end as is_other_series
    from {{ ref('int_kpi_year__prepared') }} as kpi_year
    inner join {{ ref('kpi_kinds') }} as kinds on kpi_year.kind = kinds.kind
),

reasoned as (
    select
        *,
        case
            when actual_value is null then without_actual
            when target_value is null then 'no_target'
            when is_partial then 'partially_reported'
            when is_other_series then 'series_mismatch'
            when caveat is not null then caveat
            when measured_from = 'benchmark' and (start_value is null or gain_wanted is null) then 'no_benchmark'
            when not is_baseline_confirmed and baseline_value is not null then 'baseline_unconfirmed'
        end as blocking_reason,
        case
            when measured_from = 'nothing' then 'no_progress_for_kind'
            when start_value is null then 'no_baseline'
            when gain_wanted = 0 then 'target_equals_baseline'
        end as progress_reason
    from judged
),

rated as (
    select
        * exclude (is_attainment_reference),
        case
            when gain_wanted is not null and elapsed_years is not null
                then start_value + {{ quotient('gain_wanted * elapsed_years', 'term_years') }}
            when target_holds_every_year then target_value
        end as milestone_exact,
        case
            when is_other_series and target_series <> 'not_stated' then null
            when direction = 'lower_is_better'
                then case when actual_value > 0 then {{ percentage('target_value', 'actual_value') }} end
            else {{ percentage('actual_value', 'target_value') }}
        end as attainment_pct,
        case
            when blocking_reason is null and progress_reason is null
                then {{ percentage('actual_value - start_value', 'gain_wanted') }}
        end as progress_pct,
        case
            when blocking_reason is not null then null
            when progress_reason is null
                then
                    {{ percentage('(actual_value - start_value) * term_years', 'gain_wanted * elapsed_years') }}
            when direction <> 'lower_is_better' and progress_reason <> 'target_equals_baseline'
                then {{ percentage('actual_value', 'target_value') }}
        end as milestone_pct,
        is_attainment_reference
        or direction = 'lower_is_better'
        or blocking_reason is not null as is_attainment_reference,
        -- What falls by itself lies above its target until the end: reached is said at the end only.
        case
            when blocking_reason in ('series_mismatch', 'partially_reported') then null
            when
                (measured_from = 'benchmark' or blocking_reason = 'baseline_unconfirmed')
                and fiscal_year < target_fiscal_year
                then null
            else better * (actual_value - target_value)
        end as target_gap,
        case when blocking_reason is null then better * (actual_value - start_value) end as baseline_gap
    from reasoned
),

measured as (
    select
        *,
        cast(target_gap >= 0 as integer) as target_reached,
        {{ percentage('baseline_gap', 'abs(start_value)') }} as baseline_change_pct,
        case when is_attainment_reference then progress_pct else attainment_pct end as judged_attainment_pct,
        case
            when not is_attainment_reference
                then {{ percentage('actual_value * term_years', 'target_value * elapsed_years') }}
        end as linear_target_pct
    from rated
),

-- Every band of the rule of the plan with the value of the measure that it looks at.
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
        cast(band.threshold as decimal(24, 8)) as threshold,
        cast(
            case band.measure
                when 'target_reached' then measured.target_reached
                when 'milestone_pct' then measured.milestone_pct
                when 'linear_target_pct' then measured.linear_target_pct
                when 'judged_attainment_pct' then measured.judged_attainment_pct
                when 'target_gap' then measured.target_gap
                when 'baseline_gap' then measured.baseline_gap
                when 'baseline_change_pct' then measured.baseline_change_pct
            end as decimal(24, 8)
        ) as measure_value
    from measured
    inner join {{ ref('grade_bands') }} as band
        on
            measured.grade_rule_id = band.grade_rule_id
            and band.applies_to in ('all', measured.bands)
    where measured.blocking_reason is null
),

graded as (
    select
        municipality_code,
        plan_id,
        kpi_id,
        fiscal_year,
        arg_min(grade, band_order) as grade,
        arg_min(grade_label_ja, band_order) as grade_label_ja
    from banded
    where
        case comparison
            when 'ge' then measure_value >= threshold
            when 'gt' then measure_value > threshold
            when 'le' then measure_value <= threshold
            when 'lt' then measure_value < threshold
            when 'eq' then measure_value = threshold
        end
    group by municipality_code, plan_id, kpi_id, fiscal_year
),

reasons (not_computable_reason, not_computable_reason_ja) as (
    values
    ('no_actual', '実績が未報告または未公表のため'),
    ('milestone_not_reported', '節目の達成状況が未報告のため'),
    ('no_target', '計画に目標値がないため'),
    ('partially_reported', '期間中に未報告の年度があり一部未集計のため（値は下限）'),
    ('series_mismatch', '実績の系列（住民基本台帳）が目標の基準（国勢調査に基づく推計）と異なるため'),
    ('age_unknown_not_allotted', '実績が年齢不詳をあん分する前の値で、基準（あん分後）と比べられないため'),
    ('no_benchmark', '基準となる推計値がないため'),
    ('baseline_unconfirmed', '基準値の意味（過去の実績か推計か）が未確認のため'),
    ('target_equals_baseline', '目標値と基準値が等しいため'),
    ('no_baseline', '基準値がないため進捗率は計算しない'),
    ('no_progress_for_kind', '維持・全国比の指標のため進捗率は定義しない'),
    ('grade_undecided', '評価規則のどの区分にも当たらないため'),
    ('attainment_undefined', '実績か目標が0以下で達成率（割り算）を計算できないため（進捗率と評価による）')
)

select
    measured.* exclude (
        better,
        measured_from,
        target_holds_every_year,
        bands,
        without_actual,
        start_value,
        gain_wanted,
        is_other_series,
        milestone_exact,
        blocking_reason,
        progress_reason
    ),
    cast(measured.milestone_exact as decimal(24, 8)) as milestone_value,
    graded.grade,
    graded.grade_label_ja,
    reasons.not_computable_reason,
    reasons.not_computable_reason_ja
from measured
left join graded
    on
        measured.municipality_code = graded.municipality_code
        and measured.plan_id = graded.plan_id
        and measured.kpi_id = graded.kpi_id
        and measured.fiscal_year = graded.fiscal_year
left join reasons
    on
        coalesce(
            measured.blocking_reason,
            measured.progress_reason,
            case
                when graded.grade is null then 'grade_undecided'
                when measured.attainment_pct is null then 'attainment_undefined'
            end
        ) = reasons.not_computable_reason
