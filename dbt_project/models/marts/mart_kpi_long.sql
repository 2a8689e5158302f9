-- One line per KPI and year for machines: values of the year from the version in force, rates and grade from the
-- scorecard; years outside the term have a value and no grade.
with actuals as (
    select * from {{ ref('fct_kpi_actual') }}
    where is_latest
),

years as (
    select
        municipality_code,
        plan_id,
        kpi_id,
        fiscal_year
    from {{ ref('mart_kpi_scorecard') }}
    union
    select
        municipality_code,
        plan_id,
        kpi_id,
        fiscal_year
    from actuals
)

select
    years.municipality_code,
    years.plan_id,
    years.kpi_id,
    years.fiscal_year,
    {{ last_day_of_fiscal_year('years.fiscal_year') }} as calendar_date,
    actual.actual_value as value,
    coalesce(actual.value_status, 'not_reported') as value_status,
    kpi.unit,
    kpi.count_basis,
    actual.numerator,
    actual.denominator,
    coalesce(score.target_value, kpi.target_value) as target_value,
    score.milestone_value,
    score.attainment_pct as attainment,
    score.progress_pct as progress,
    score.grade,
    score.grade_rule_id,
    actual.source_id,
    actual.as_of_date as as_of,
    actual.revision as revision_no,
    nullif(
        concat_ws(
            '／',
            case when actual.comparator <> '=' then '値は正確でない（' || actual.comparator || '）' end,
            actual.period_label_ja,
            case
                when score.actual_value is distinct from score.period_value and score.actual_value is not null
                    then
                        '達成率・進捗率は期間の初めからの累計 '
                        || trim(trailing '.' from trim(trailing '0' from cast(score.actual_value as varchar))) || ' による'
            end,
            case when score.is_attainment_reference and score.attainment_pct is not null then '達成率は参考' end,
            case when score.grade_is_provisional then '評価は暫定：' || score.provisional_reason_ja end,
            score.not_computable_reason_ja,
            case when score.kpi_id is null then '計画期間の外の値（評価しない）' end
        ),
        ''
    ) as note
from years
inner join {{ ref('dim_kpi') }} as kpi
    on
        kpi.is_current
        and years.municipality_code = kpi.municipality_code
        and years.plan_id = kpi.plan_id
        and years.kpi_id = kpi.kpi_id
left join {{ ref('mart_kpi_scorecard') }} as score
    on
        years.municipality_code = score.municipality_code
        and years.plan_id = score.plan_id
        and years.kpi_id = score.kpi_id
        and years.fiscal_year = score.fiscal_year
left join actuals as actual
    on
        years.municipality_code = actual.municipality_code
        and years.plan_id = actual.plan_id
        and years.kpi_id = actual.kpi_id
        and years.fiscal_year = actual.fiscal_year
order by years.municipality_code, years.plan_id, years.kpi_id, years.fiscal_year
