-- What holds, with the value and the grade that were first reported.
with editions as materialized (
    select * from {{ ref('int_kpi_year__scored') }}
)

select
    scored.municipality_code,
    scored.plan_id,
    scored.plan_name_ja,
    scored.kpi_id,
    scored.kpi_name_ja,
    scored.kind,
    scored.direction,
    scored.unit,
    scored.count_basis,
    scored.section_ja,
    scored.fiscal_year,
    scored.period_ja,
    scored.elapsed_years,
    scored.term_years,
    scored.baseline_value,
    scored.baseline_type,
    scored.is_baseline_confirmed,
    scored.benchmark_value,
    scored.benchmark_at_target,
    scored.benchmark_vintage,
    scored.milestone_value,
    scored.milestone_method,
    scored.actual_value,
    scored.period_value,
    scored.period_status,
    scored.comparator,
    scored.milestone_state,
    scored.value_status,
    scored.actual_series,
    scored.fit,
    scored.how_measured,
    scored.reported_by_ja,
    scored.as_of_date,
    scored.period_label_ja,
    scored.revision,
    coalesce(first_scored.actual_value, scored.actual_value) as first_value,
    if(first_scored.actual_value is null, scored.grade, first_scored.grade) as first_grade,
    coalesce(first_scored.actual_value is distinct from scored.actual_value, false)
    and first_scored.actual_value is not null as is_restated,
    scored.restated_reason_ja,
    scored.target_value,
    scored.target_fiscal_year,
    scored.target_version,
    scored.attainment_pct,
    scored.is_attainment_reference,
    scored.progress_pct,
    scored.milestone_pct,
    scored.target_reached = 1 as is_target_reached,
    scored.grade,
    scored.grade_label_ja,
    scored.grade_rule_id,
    scored.grade_rule_label_ja,
    scored.grade_rule_text_ja,
    scored.printed_rate_pct,
    scored.grade_is_provisional,
    scored.provisional_reason,
    scored.provisional_reason_ja,
    scored.not_computable_reason,
    scored.not_computable_reason_ja,
    scored.has_open_question,
    scored.open_question_ja,
    scored.reading_taken_ja,
    scored.source_id,
    scored.source_sheet,
    scored.source_row
from editions as scored
left join editions as first_scored
    on
        first_scored.edition = 'first'
        and scored.municipality_code = first_scored.municipality_code
        and scored.plan_id = first_scored.plan_id
        and scored.kpi_id = first_scored.kpi_id
        and scored.fiscal_year = first_scored.fiscal_year
where scored.edition = 'latest'
order by scored.municipality_code, scored.plan_id, scored.kpi_id, scored.fiscal_year
