"""Synthetic rows of both forms of our own: every column filled at least once, every rule of the readers kept.

Holds: invented plans and reports of 釧路町 (01661). Does not hold: a figure of any plan.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sousei.ingest.forms.model import Column, Form, form

PLAN, REPORT = form("plan_register"), form("section_report")
CODE, NAME = "01661", "machi_1"
Rows = dict[str, list[dict[str, Any]]]


def _typed(column: Column) -> Any:
    """A value of a column's type that no rule looks at."""
    match column.type:
        case "number":
            return Decimal("-1234.50")
        case "integer":
            return 3
        case "year":
            return 2024
        case "date":
            return dt.date(2024, 3, 31)
        case "month":
            return dt.date(2021, 10, 1)
        case "flag":
            return True
        case "municipality":
            return CODE
        case "id" | "indicator":
            return "0012-x"
        case _:
            return f"合成の{column.header_ja}\n二行目 =1+1"


def _row(of: Form, sheet: str, **told: Any) -> dict[str, Any]:
    """A row with every column that is read: as told, else by its type; choices only where told."""
    columns = [one for one in of.sheet(sheet).columns if one.read]
    return {one.name: told.get(one.name, None if one.type == "choice" else _typed(one)) for one in columns}


def _few(of: Form, sheet: str, **told: Any) -> dict[str, Any]:
    """A row with the columns that are told and nothing else."""
    return {one.name: told.get(one.name) for one in of.sheet(sheet).columns if one.read}


def kpi(name: str, **told: Any) -> dict[str, Any]:
    """One reported KPI of a level at the end of the term."""
    usual = {
        "row_class_ja": "KPI",
        "kpi_name_ja": f"合成の指標{name}",
        "node_id": "1ア1",
        "kind": "level_at_end",
        "direction": "higher_is_better",
        "unit": "人",
        "accumulation": "year",
        "period_basis": "年度",
        "how_measured": "reported",
        "section_ja": "水産課",
    }
    return _few(PLAN, "kpi", kpi_id=name, **{**usual, **told})


def plan_rows() -> Rows:
    """A whole plan register."""
    whole = {
        "kpi_id": "full",
        "row_class_ja": "人口目標",
        "node_id": "1ア1",
        "kind": "suppress_decline",
        "direction": "higher_is_better",
        "unit": "人",
        "accumulation": "point_or_year",
        "how_measured": "computed",
        "indicator_id": "estat:0000020201:A1101",
        "indicator_scale": 1000,
        "first_fiscal_year": 2021,
        "reporting_step_years": 1,
        "benchmark_column": "women_20_39_persons",
        "benchmark_vintage": "ipss_2018",
        "baseline_type": "actual",
        "is_baseline_confirmed": False,
        "section_ja": None,
    }
    return {
        "plan": [
            _row(PLAN, "plan", plan_id=NAME, first_fiscal_year=2021, last_fiscal_year=2025, grade_rule_id="machi_rule")
        ],
        "body": [_row(PLAN, "body", body_no=1, body_kind="assembly")],
        "node": [
            _row(PLAN, "node", node_id="1", level="basic_goal", parent_id=None, section_ja=None),
            _row(
                PLAN, "node", node_id="1ア1", level="measure", parent_id="1", section_ja="商工課", name_ja="合成の施策"
            ),
            _row(PLAN, "node", node_id="1ア2", level="measure", parent_id="1", section_ja=None, name_ja="課のない施策"),
        ],
        "kpi": [
            _row(PLAN, "kpi", **whole),
            kpi("k-1"),
            kpi("k-2", kind="cumulative_total", accumulation="cumulative_term", unit="件", section_ja="商工課"),
            kpi("k-3", kind="milestone", direction="achieve", unit="－", accumulation=None, section_ja=None),
            kpi("k-4", kind="ratio_percent", unit="％", period_basis="年（暦年）"),
            kpi("k-5", reporting_step_years=5, first_fiscal_year=2025),
        ],
        "target": [
            _row(PLAN, "target", kpi_id="full", target_version=1, target_fiscal_year=2025, milestone_method="manual")
            | {"term_years": 4, "valid_from_fiscal_year": 2021, "target_value": Decimal("-2469.00")},
            _few(PLAN, "target", kpi_id="k-1", target_version=1, target_value=Decimal("1460"), target_fiscal_year=2025),
            _few(PLAN, "target", kpi_id="k-2", target_version=1, target_value=Decimal("0.05"), target_fiscal_year=2025),
            _few(PLAN, "target", kpi_id="k-3", target_version=1, target_fiscal_year=2025),
            _few(
                PLAN, "target", kpi_id="k-4", target_version=1, target_value=Decimal("35.95"), target_fiscal_year=2025
            ),
            _few(PLAN, "target", kpi_id="k-5", target_version=1, target_value=Decimal("100"), target_fiscal_year=2025),
        ],
        "milestone": [_row(PLAN, "milestone", kpi_id="full", target_version=1)],
        "composed": [_row(PLAN, "composed", composed_id="c1", formula="rate")],
        "composed_part": [
            _row(PLAN, "composed_part", composed_id="c1", part_no=1, indicator_id=None, kpi_id="k-1", role="numerator")
            | {"sign": "plus"},
            _row(PLAN, "composed_part", composed_id="c1", part_no=2, indicator_id="registry_total_persons", kpi_id=None)
            | {"role": "denominator"},
        ],
        "project": [_row(PLAN, "project", project_id="p1", fund_id="f1")],
        "project_link": [_row(PLAN, "project_link", node_id="1ア1", project_id="p1", line_no=1)],
        "fund": [_row(PLAN, "fund", fund_id="f1")],
        "figure": [
            _row(PLAN, "figure", measure="implied_tfr", of_scenario="ipss", minus_scenario="census")
            | {"tolerance": Decimal("0.00000001"), "divisor": Decimal("1000000000000")}
        ],
        "scenario": [
            _row(PLAN, "scenario", item="arrivals", basis="published", sex="female", shape="step", timing="mid")
            | {"assumption_of": "ours"}
        ],
        "question": [_row(PLAN, "question", question_id="q1", kpi_id="k-2", reading_taken="A", question_state="open")],
        "reading": [
            _few(PLAN, "reading", question_id="q1", reading_id="A", reading_ja="期間の累計", field="accumulation")
            | {"field_value": "cumulative_term"},
            _few(
                PLAN, "reading", question_id="q1", reading_id="B", reading_ja="確認済み", field="is_baseline_confirmed"
            )
            | {"field_value": "true"},
            _few(PLAN, "reading", question_id="q1", reading_id="C", reading_ja="別の値", field="target_value")
            | {"field_value": "63"},
        ],
        "rule": [
            _row(PLAN, "rule", grade_rule_id="machi_rule", rate_measure="progress_pct")
            | {"lower_is_better_formula": "progress", "printed_rounding": "half_up"}
        ],
        "rule_band": [
            _row(PLAN, "rule_band", grade_rule_id="machi_rule", applies_to="all", measure="final_target_reached")
            | {"comparison": "eq"}
        ],
    }


def report_rows() -> Rows:
    """A whole section report."""
    place = {"plan_id": NAME, "fiscal_year": 2024}
    blank = {"numerator": None, "denominator": None, "milestone_state": None}
    return {
        "cover": [_row(REPORT, "cover", section_ja="水産課", **place)],
        "value": [
            _row(REPORT, "value", kpi_id="k-1", value_status="preliminary", comparator=">=", fit="same", **place)
            | {**blank, "accumulation": "year", "unit": "人"},
            _row(REPORT, "value", kpi_id="k-4", value_status="final", unit="％", **place)
            | {**blank, "reported_value": Decimal("25"), "numerator": Decimal("1"), "denominator": Decimal("4")},
            _row(REPORT, "value", kpi_id="k-3", value_status="final", unit="－", **place)
            | {**blank, "reported_value": None, "milestone_state": "done_late"},
            _row(REPORT, "value", kpi_id="k-2", value_status="not_surveyed", unit="件", **place)
            | {**blank, "reported_value": None},
        ],
        "agreement": [_row(REPORT, "agreement", plan_id=NAME)],
        "donation": [_row(REPORT, "donation", plan_id=NAME), _row(REPORT, "donation", plan_id=NAME, donation_no=4)],
        "fund_use": [_row(REPORT, "fund_use", **place) | {"balance_yen": 123456789012}],
        "event": [_row(REPORT, "event", plan_id=NAME)],
        "flow": [_row(REPORT, "flow", plan_id=NAME, flow_term="short", flow_sector="both")],
        "evaluation": [
            _row(REPORT, "evaluation", subject_id="k-1", evaluation_state="draft", future_direction="reduce", **place)
        ],
        "grant": [
            _row(
                REPORT, "grant", confirmed_grade="1", expert_verdict="not_effective", future_direction="review", **place
            )
            | {"grant_term_first_year": 2023, "grant_term_last_year": 2025}
        ],
    }
