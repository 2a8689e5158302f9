"""What must be true of the KPI of plans: catalogue, actuals, scorecard.

Holds: frames and checks of dim_kpi, fct_kpi_actual and mart_kpi_scorecard. Does not hold: the rules of grading (seeds)
or the figures that actuals are made from (the other subjects).
"""

from __future__ import annotations

from sousei.expectations.owners import PDCA_OFFICE
from sousei.expectations.suites.forms import FIX_MODEL, LOOK_AT_FIGURE_FIRST, Check, Frame, between, is_true, rows

FIX_CATALOGUE = "計画台帳（sousei form plan）の該当行を計画本文と照合し、直した台帳を届け直す。"

KPI = Frame(
    "kpi",
    "dim_kpi",
    "a target of a plan, in one version",
    """
select
    municipality_code, plan_id, kpi_id,
    target_fiscal_year,
    case when kind = 'reference_observation' then target_value is null end as is_observation_without_target,
    case
        when kind in ('level_at_end', 'annual_level', 'ratio_percent') and direction like 'higher%'
            then target_value - baseline_value
        when kind in ('level_at_end', 'annual_level', 'ratio_percent') and direction like 'lower%'
            then baseline_value - target_value
    end as step_to_target,
    case
        when kind = 'ratio_percent'
            then coalesce(target_value between 0 and 100, true) and coalesce(baseline_value between 0 and 100, true)
    end as is_share_a_percentage
from main.dim_kpi
""",
    ("municipality_code", "plan_id", "kpi_id"),
    ("plan_register_kpi",),
)

KPI_ACTUAL = Frame(
    "kpi_actual",
    "fct_kpi_actual",
    "one KPI and fiscal year",
    """
select
    municipality_code, plan_id, kpi_id, fiscal_year,
    count(*) filter (where is_latest) as latest_revisions,
    case
        when bool_or(value_status in ('final', 'preliminary', 'revised') and actual_value is not null)
            then fiscal_year - (select max(fiscal_year) from raw.run)
    end as years_after_run
from main.fct_kpi_actual
group by municipality_code, plan_id, kpi_id, fiscal_year
""",
    ("municipality_code", "plan_id", "kpi_id", "fiscal_year"),
    ("delivered.section_report_value where subseries_ja is null",),
)

SCORECARD = Frame(
    "scorecard",
    "mart_kpi_scorecard",
    "a KPI in one fiscal year",
    """
select
    municipality_code, plan_id, kpi_id, fiscal_year, source_id, source_sheet as sheet, source_row as "row",
    (grade is null or attainment_pct is null or progress_pct is null) = (not_computable_reason is not null)
        as is_computed_or_explained,
    case when grade is not null then grade_rule_id is not null end as is_rule_named,
    (actual_value is null) = (value_status in ('suppressed', 'not_reported', 'not_surveyed', 'not_applicable'))
        as is_missing_as_stated,
    attainment_pct,
    case
        when progress_pct is not null and kind not in ('cumulative_total', 'increment_over_term')
            then baseline_value is not null and baseline_type is not null and baseline_type <> 'none'
    end as is_progress_from_baseline,
    case when kind = 'reference_observation' then grade is null and target_value is null end as is_observation_ungraded
from main.mart_kpi_scorecard
""",
    ("municipality_code", "plan_id", "kpi_id", "fiscal_year", "source_id", "sheet", "row"),
    (
        "main.fct_kpi_actual as actual inner join main.dim_kpi as kpi using (municipality_code, plan_id, kpi_id) "
        "where kpi.is_current and kpi.kind <> 'milestone' and actual.fiscal_year "
        "between coalesce(kpi.first_fiscal_year, 0) and coalesce(kpi.target_fiscal_year, 9999)",
    ),
)

SCORECARD_COVERAGE = Frame(
    "scorecard_coverage",
    "mart_kpi_scorecard",
    "a KPI of a plan",
    """
select
    kpi.municipality_code, kpi.plan_id, kpi.kpi_id,
    case
        when max(kpi.target_value) is not null
            and max(kpi.target_fiscal_year) < (select max(fiscal_year) from raw.run)
            then count(score.fiscal_year) filter (where score.fiscal_year = kpi.target_fiscal_year)
    end as rows_in_target_year
from main.dim_kpi as kpi
left join main.mart_kpi_scorecard as score
    on score.municipality_code = kpi.municipality_code and score.plan_id = kpi.plan_id and score.kpi_id = kpi.kpi_id
group by kpi.municipality_code, kpi.plan_id, kpi.kpi_id
""",
    ("municipality_code", "plan_id", "kpi_id"),
    ("plan_register_kpi",),
)

CHECKS: tuple[Check, ...] = (
    rows(
        "kpi_catalogue_has_a_plausible_number_of_targets",
        KPI,
        500_000,
        "KPI台帳の行数が妥当である",
        "一計画は50〜100件。1,741団体が100件ずつ、改定2回でも約50万行。",
    ),
    between(
        "target_year_lies_in_the_age_of_the_strategies",
        KPI,
        "gate",
        "target_fiscal_year",
        2015,
        2100,
        "目標年度は2015年度から2100年度までである",
        "地方版総合戦略は2015年度に始まり、人口ビジョンの最も遠い目標でも2065年。和暦の数字や年の桁誤りを捕らえる。",
        PDCA_OFFICE,
        FIX_CATALOGUE,
    ),
    is_true(
        "observation_carries_no_target",
        KPI,
        "gate",
        "is_observation_without_target",
        "観測値（reference_observation）には目標値がない",
        "計画が目標を定めていない数値に目標を付けると、存在しない約束を評価してしまう。",
        PDCA_OFFICE,
        FIX_CATALOGUE,
    ),
    between(
        "target_lies_in_the_direction_of_improvement",
        KPI,
        "gate",
        "step_to_target",
        0,
        None,
        "水準・年間値・割合の目標は、基準値から見て改善の向きにある",
        "向きが逆だと評価が反転する（例: 人口減少率の「向上」は低下）。減少抑制型は推計と比べるため対象外。",
        PDCA_OFFICE,
        FIX_CATALOGUE,
    ),
    is_true(
        "share_in_a_plan_is_a_percentage",
        KPI,
        "gate",
        "is_share_a_percentage",
        "割合の基準値と目標値は0％以上100％以下である",
        "割合（ratio_percent）は分母に対する部分であり、0〜100の外はポイントや倍率との取り違え。",
        PDCA_OFFICE,
        FIX_CATALOGUE,
    ),
    rows(
        "kpi_actuals_have_a_plausible_number_of_years",
        KPI_ACTUAL,
        10_000_000,
        "KPI実績の行数が妥当である",
        "台帳50万行に20年分。",
    ),
    between(
        "one_revision_of_an_actual_is_the_latest",
        KPI_ACTUAL,
        "gate",
        "latest_revisions",
        1,
        1,
        "一つのKPIの一つの年度で、最新とされる改訂はちょうど一つである",
        "二つあれば評価が二重になり、なければ実績が消える。",
        PDCA_OFFICE,
        FIX_MODEL,
    ),
    between(
        "actual_is_not_of_the_future",
        KPI_ACTUAL,
        "gate",
        "years_after_run",
        None,
        0,
        "確定・速報・改訂の実績の年度は基準日の年度以前である",
        "まだ始まっていない年度の実績は存在しない。",
        PDCA_OFFICE,
        FIX_MODEL,
    ),
    rows(
        "scorecard_has_a_plausible_number_of_rows",
        SCORECARD,
        10_000_000,
        "評価表の行数が妥当である",
        "台帳50万行に20年分。",
    ),
    is_true(
        "kpi_is_computed_or_says_why_not",
        SCORECARD,
        "gate",
        "is_computed_or_explained",
        "達成率・進捗率・評価のいずれかがない行には必ず理由があり、三つともある行には理由がない",
        "空欄の評価は読む人に「達成」とも「未達」とも読まれる。理由のついた評価は算定できたのかどうかが分からない。",
        PDCA_OFFICE,
        LOOK_AT_FIGURE_FIRST,
    ),
    is_true(
        "grade_names_its_rule",
        SCORECARD,
        "gate",
        "is_rule_named",
        "評価がある行は評価基準（grade_rule_id）を示す",
        "全国共通の評価基準は存在しないため、どの基準によるかを示さない評価は検証できない。",
        PDCA_OFFICE,
        FIX_MODEL,
    ),
    is_true(
        "scored_actual_is_missing_only_where_its_status_says_so",
        SCORECARD,
        "gate",
        "is_missing_as_stated",
        "評価表の実績値の空欄は、状態が「未報告」「秘匿」のときに限り、そのときは必ず空欄である",
        "欠測は0ではなく、理由のない空欄も認めない。",
        PDCA_OFFICE,
        LOOK_AT_FIGURE_FIRST,
    ),
    between(
        "attainment_stays_within_five_hundredfold",
        SCORECARD,
        "gate",
        "attainment_pct",
        -50_000,
        50_000,
        "達成率は±50,000％以内である",
        "根室市の2015年度の寄附は前の年度の396倍で、前年並みの目標に対する達成率は39,600％になる。目標の500倍を超える実績は、円と億円（1億倍）・人と千人（1,000倍）など単位の取り違えを示す。",
        PDCA_OFFICE,
        "KPI台帳の単位（unit, unit_scale）と実績の単位を照合する。",
    ),
    is_true(
        "progress_needs_a_baseline",
        SCORECARD,
        "gate",
        "is_progress_from_baseline",
        "進捗率は基準値とその種類がある行にだけある（累計・増加型を除く）",
        "基準値を推測して進捗率を作らない。",
        PDCA_OFFICE,
        FIX_MODEL,
    ),
    is_true(
        "observation_is_not_graded",
        SCORECARD,
        "gate",
        "is_observation_ungraded",
        "観測値（reference_observation）は評価しない",
        "計画が目標を定めていない数値に評価を付けない。",
        PDCA_OFFICE,
        FIX_MODEL,
    ),
    rows(
        "scorecard_looks_at_a_plausible_number_of_targets",
        SCORECARD_COVERAGE,
        500_000,
        "評価対象のKPIの数が妥当である",
        "一計画は50〜100件。1,741団体が100件ずつ、改定2回でも約50万行。",
    ),
    between(
        "every_target_that_fell_due_is_scored",
        SCORECARD_COVERAGE,
        "gate",
        "rows_in_target_year",
        1,
        None,
        "目標年度が終わったKPIは、目標年度の行が評価表に必ずある",
        "都合の悪いKPIが評価表から消えてはならない。実績がなければ「未報告」の行になる。",
        PDCA_OFFICE,
        FIX_MODEL,
    ),
)
