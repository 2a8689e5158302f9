-- Rates and grade of a KPI in a year with what they hang on: why a rate or the grade is missing, and why a grade is
-- provisional. Edition `latest` is what holds; edition `first` what the values first reported gave.
with reasons (not_computable_reason, not_computable_reason_ja) as (
    values
    ('no_actual', '実績が未報告または未公表のため'),
    ('not_surveyed', '調査を行わない年度のため（調査なし）'),
    ('suppressed', '実績が秘匿のため'),
    ('not_applicable', 'この年度には該当がないため（該当なし）'),
    ('milestone_not_reported', '節目の達成状況が未報告のため'),
    ('milestone_dropped', '節目の取組が中止されたため'),
    ('no_target', '計画に目標値がないため'),
    ('value_projected', '実績が見込み値のため'),
    ('value_is_a_proxy', '指標そのものではない代理・参考の値のため'),
    ('value_from_elsewhere', '計画台帳の定める統計ではなく、担当課の報告の値のため'),
    ('partially_reported', '期間中に実績のない年度があり一部未集計のため（値は下限）'),
    ('running_total_without_start', '実績が開始以来の累計で、期間が始まる前の累計が分からないため'),
    ('accumulation_mismatch', '実績の数え方（単年・累計・時点）が目標の数え方と異なるため'),
    ('accumulation_not_stated', '実績が単年か累計か書かれていないため'),
    ('value_approximate', '実績が概数のため'),
    ('value_is_a_bound', '実績が下限または上限だけで示されているため'),
    ('other_boundary', '実績が今日と違う区域の値で、基準と比べられないため'),
    ('part_not_exact', '合成指標の部分に概数・下限・上限の値があり、正確な値ではないため'),
    ('series_not_stated', '実績の系列（国勢調査か住民基本台帳かなど）が書かれていないため'),
    ('series_mismatch', '実績の系列（住民基本台帳など）が目標の基準（国勢調査に基づく推計など）と異なるため'),
    ('age_unknown_not_allotted', '実績が年齢不詳をあん分する前の値で、基準（あん分後）と比べられないため'),
    ('no_benchmark', '基準となる推計値がないため'),
    ('baseline_unconfirmed', '基準値の意味（過去の実績か推計か）が未確認のため'),
    ('no_milestone', 'この年度の目安値がないため（評価規則は目安値を見る）'),
    ('target_equals_baseline', '目標値と基準値が等しいため'),
    ('target_against_direction', '目標値が基準値より望ましくない側にあるため'),
    ('no_baseline', '基準値がないため進捗率は計算しない'),
    ('no_progress_for_kind', '維持・全国比・節目の指標のため進捗率は定義しない'),
    ('no_progress_for_limit', '期間の合計に上限（または下限）を置く目標のため進捗率は定義しない'),
    ('grade_undecided', '評価規則のどの区分にも当たらないため'),
    ('attainment_undefined', '実績か目標が0以下で達成率（割り算）を計算できないため（進捗率と評価による）')
),

pending (place, provisional_reason, provisional_reason_ja) as (
    values
    (1, 'question_open', '計画の読み方（要確認）が決まっていないため'),
    (2, 'baseline_to_be_confirmed', '基準値が担当課で確認されていないため'),
    (3, 'accumulation_to_be_confirmed', '目標の数え方（単年・累計・時点）が確認されていないため'),
    (4, 'actual_not_final', '実績が速報値などで確定していないため')
),

graded as (
    select
        rated.*,
        graded.grade,
        graded.grade_label_ja,
        case rated.rate_measure
            when 'milestone_pct' then rated.milestone_pct
            when 'attainment_pct' then rated.attainment_pct
            when 'progress_pct' then rated.progress_pct
        end as rule_rate,
        -- What a grade still hangs on.
        case
            when graded.grade is not null
                then list_filter(
                    [
                        case when rated.has_open_question then 'question_open' end,
                        case
                            when
                                rated.measured_from = 'baseline'
                                and rated.baseline_value is not null
                                and not coalesce(rated.is_baseline_confirmed, false)
                                then 'baseline_to_be_confirmed'
                        end,
                        case
                            when rated.accumulation like '%#_or#_%' escape '#' then 'accumulation_to_be_confirmed'
                        end,
                        case when rated.value_status = 'preliminary' then 'actual_not_final' end
                    ],
                    lambda reason: reason is not null
                )
        end as hangs_on
    from {{ ref('int_kpi_year__rated') }} as rated
    left join {{ ref('int_kpi_year__graded') }} as graded
        on
            rated.edition = graded.edition
            and rated.municipality_code = graded.municipality_code
            and rated.plan_id = graded.plan_id
            and rated.kpi_id = graded.kpi_id
            and rated.fiscal_year = graded.fiscal_year
)

select
    graded.edition,
    graded.municipality_code,
    graded.plan_id,
    graded.plan_name_ja,
    graded.kpi_id,
    graded.kpi_name_ja,
    graded.kind,
    graded.direction,
    graded.unit,
    graded.accumulation,
    graded.count_basis,
    graded.section_ja,
    graded.fiscal_year,
    {{ period_in_words(
        'graded.period_label_ja', 'graded.period_start', 'graded.as_of_date', 'graded.fiscal_year', 'graded.period_basis'
    ) }} as period_ja,
    graded.elapsed_years,
    graded.term_years,
    graded.target_version,
    graded.baseline_value,
    graded.baseline_type,
    graded.is_baseline_confirmed,
    graded.benchmark_value,
    graded.benchmark_at_target,
    graded.benchmark_vintage,
    cast(graded.milestone_exact as decimal(24, 8)) as milestone_value,
    coalesce(graded.milestone_method, 'linear') as milestone_method,
    graded.actual_value,
    graded.period_value,
    graded.period_status,
    graded.comparator,
    graded.milestone_state,
    graded.value_status,
    graded.actual_series,
    graded.fit,
    graded.how_measured,
    graded.reported_by_ja,
    graded.restated_reason_ja,
    graded.as_of_date,
    graded.period_label_ja,
    graded.revision,
    graded.target_value,
    graded.target_fiscal_year,
    graded.attainment_pct,
    graded.is_attainment_reference,
    graded.progress_pct,
    graded.milestone_pct,
    graded.target_reached,
    graded.grade,
    graded.grade_label_ja,
    graded.grade_rule_id,
    graded.grade_rule_label_ja,
    graded.grade_rule_text_ja,
    case
        when graded.blocking_reason is null
            then {{ as_printed('graded.rule_rate', 'graded.printed_digits', 'graded.printed_rounding') }}
    end as printed_rate_pct,
    case when graded.grade is not null then len(graded.hangs_on) > 0 end as grade_is_provisional,
    nullif(array_to_string(graded.hangs_on, ' '), '') as provisional_reason,
    (
        select string_agg(pending.provisional_reason_ja, '・' order by pending.place)
        from pending
        where list_contains(graded.hangs_on, pending.provisional_reason)
    ) as provisional_reason_ja,
    reasons.not_computable_reason,
    reasons.not_computable_reason_ja,
    coalesce(graded.has_open_question, false) as has_open_question,
    graded.open_question_ja,
    graded.reading_taken_ja,
    graded.source_id,
    graded.source_sheet,
    graded.source_row
from graded
left join reasons
    on
        coalesce(
            graded.blocking_reason,
            case
                when graded.grade is null and not graded.is_on_a_line and graded.milestone_exact is null
                    then 'no_milestone'
            end,
            graded.progress_reason,
            case
                when graded.grade is null then 'grade_undecided'
                when graded.attainment_pct is null then 'attainment_undefined'
            end
        ) = reasons.not_computable_reason
