-- The form of the national grant: each KPI of a project by fiscal year, as increments of the year and as totals since
-- the project began. The machine's grade is that of the rule naikakufu_4 on the totals: the value before the project is
-- where both begin. A year that is missing leaves the totals open, and no grade is said.
with grants as (
    select
        *,
        cast(sum(target_increment) over so_far as decimal(28, 8)) as target_total,
        cast(sum(actual_increment) over so_far as decimal(28, 8)) as actual_total,
        count(target_increment) over so_far = fiscal_year - grant_term_first_year + 1 as is_target_complete,
        count(actual_increment) over so_far = fiscal_year - grant_term_first_year + 1 as is_actual_complete
    from {{ source('in_force', 'section_report_grant') }}
    window
        so_far as (
            partition by municipality_code, plan_id, grant_project_ja, grant_kpi_no, grant_term_first_year
            order by fiscal_year
        )
),

totalled as (
    select
        * exclude (target_total, actual_total),
        case when is_target_complete then target_total end as target_total,
        case when is_actual_complete then actual_total end as actual_total
    from grants
),

-- Less is better where the target is a decrease; a band is tried on the fraction, not on its quotient.
banded as (
    select
        totalled.municipality_code,
        totalled.plan_id,
        totalled.grant_project_ja,
        totalled.grant_kpi_no,
        totalled.fiscal_year,
        band.band_order,
        band.grade,
        band.grade_label_ja,
        band.comparison,
        case band.measure
            when 'target_gap' then sign(totalled.target_total) * (totalled.actual_total - totalled.target_total)
            when 'judged_attainment_pct' then sign(totalled.target_total) * totalled.actual_total * 100
            when 'baseline_gap' then sign(totalled.target_total) * totalled.actual_total
        end as standing,
        case band.measure
            when 'judged_attainment_pct' then band.threshold * abs(totalled.target_total)
            else band.threshold
        end as mark
    from totalled
    inner join {{ ref('grade_bands') }} as band on band.grade_rule_id = 'naikakufu_4'
    where totalled.target_total <> 0
),

graded as (
    select
        municipality_code,
        plan_id,
        grant_project_ja,
        grant_kpi_no,
        fiscal_year,
        arg_min(grade, band_order) as grade,
        arg_min(grade_label_ja, band_order) as grade_label_ja
    from banded
    where
        {{ band_holds('comparison', 'standing', 'mark') }}
    group by municipality_code, plan_id, grant_project_ja, grant_kpi_no, fiscal_year
)

select
    form.municipality_code,
    form.plan_id,
    form.grant_project_ja,
    cast(form.grant_kpi_no as integer) as grant_kpi_no,
    form.fiscal_year,
    {{ fiscal_year_label('form.fiscal_year') }} as fiscal_year_label_ja,
    grant_names.grant_name_ja,
    form.grant_term_first_year,
    form.grant_term_last_year,
    cast(form.grant_term_last_year - form.grant_term_first_year + 1 as integer) as grant_term_years,
    form.actual_cost_yen,
    form.grant_kpi_ja,
    form.unit,
    form.start_value,
    form.target_increment,
    form.actual_increment,
    form.target_total as target_increment_total,
    form.actual_total as actual_increment_total,
    cast(form.start_value + form.target_total as decimal(28, 8)) as target_value,
    cast(form.start_value + form.actual_total as decimal(28, 8)) as actual_value,
    case when form.target_total <> 0 then {{ percentage('form.actual_total', 'form.target_total') }} end
        as attainment_pct,
    graded.grade as machine_grade,
    graded.grade_label_ja as machine_grade_label_ja,
    case
        when graded.grade is not null then null
        when form.target_total is null or form.actual_total is null then 'partially_reported'
        when form.target_total = 0 then 'target_is_zero'
        else 'unchanged'
    end as machine_grade_reason,
    case
        when graded.grade is not null then null
        when form.target_total is null or form.actual_total is null
            then '事業の開始からの増加分がそろっていないため累計を計算できない'
        when form.target_total = 0 then '増加分の目標の累計が0のため判定できない'
        else '開始前と同じ値は4段階のどれにも当たらない（担当課が決める）'
    end as machine_grade_reason_ja,
    max(graded.grade) over (
        partition by form.municipality_code, form.plan_id, form.grant_project_ja, form.fiscal_year
    ) as project_proposed_grade,
    cast(
        count_if(graded.grade is null) over (
            partition by form.municipality_code, form.plan_id, form.grant_project_ja, form.fiscal_year
        ) as integer
    ) as n_project_kpi_undecided,
    form.confirmed_grade,
    {{ word_of('grant_grades', 'form.confirmed_grade') }} as confirmed_grade_label_ja,
    form.cause_ja,
    form.improvement_ja,
    form.expert_verdict,
    {{ word_of('expert_verdicts', 'form.expert_verdict') }} as expert_verdict_ja,
    form.committee_opinion_ja,
    form.future_direction,
    {{ word_of('grant_directions', 'form.future_direction') }} as future_direction_ja,
    form.future_reason_ja,
    form.section_ja,
    form.source_id,
    form.sheet as source_sheet,
    form.row as source_row
from totalled as form
left join graded
    on
        form.municipality_code = graded.municipality_code
        and form.plan_id = graded.plan_id
        and form.grant_project_ja = graded.grant_project_ja
        and form.grant_kpi_no = graded.grant_kpi_no
        and form.fiscal_year = graded.fiscal_year
left join {{ ref('grant_names') }} as grant_names
    on form.fiscal_year between grant_names.first_fiscal_year and grant_names.last_fiscal_year
order by form.municipality_code, form.plan_id, form.grant_project_ja, form.grant_kpi_no, form.fiscal_year
