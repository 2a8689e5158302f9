"""Every kind of KPI and every edge of it, worked by hand, through the whole of the KPI models.

Holds: tests/golden/kpi_scores.csv (synthetic: no plan holds these rows) against the scorecard. Does not hold: the
verdicts on the plans themselves (test_warehouse_build.py), rules of other bodies (test_kpi_rules.py).
"""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from typing import Any

import pytest

from tests.kpi_cases import GOLDEN, planted, read
from tests.warehouse import Warehouse

CASES = read("kpi_scores.csv")
NOT_SCORED = "(no row)"

Key = tuple[str, str, int]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scored(warehouse: Warehouse) -> dict[Key, dict[str, Any]]:
    with warehouse.planted(*planted(CASES)):
        rows = warehouse.node("mart_kpi_scorecard")
    return {(row["plan_id"], row["kpi_id"], row["fiscal_year"]): row for row in rows}


def number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


@pytest.mark.parametrize("case", CASES, ids=[f"{case['plan']}-{case['case']}-{case['year']}" for case in CASES])
def test_score_is_what_was_worked_by_hand(scored: dict[Key, dict[str, Any]], case: dict[str, str]) -> None:
    row = scored.get((case["plan"], case["case"], int(case["year"])))
    if case["reason"] == NOT_SCORED:
        assert row is None
        return
    assert row is not None
    rates = ("attainment_pct", "progress_pct", "milestone_value")
    assert {name: row[name] for name in rates} == {name: number(case[name]) for name in rates}
    assert row["is_target_reached"] == {"true": True, "false": False, "": None}[case["reached"]]
    assert (row["grade"] or "", row["provisional_reason"] or "") == (case["grade"], case["provisional"])
    assert row["grade_is_provisional"] == (bool(case["provisional"]) if case["grade"] else None)
    assert (row["provisional_reason_ja"] is None) == (row["provisional_reason"] is None)
    assert (row["not_computable_reason"] or "") == case["reason"]
    assert (row["not_computable_reason_ja"] is None) == (row["not_computable_reason"] is None)


def test_every_kind_has_its_rows() -> None:
    with (GOLDEN.parents[1] / "dbt_project/seeds/kpi_kinds.csv").open(encoding="utf-8", newline="") as kinds:
        assert {case["kind"] for case in CASES} == {row["kind"] for row in csv.DictReader(kinds)}


def test_every_reason_has_its_row(warehouse: Warehouse) -> None:
    """But those that need a delivered series or another rule: the formulas (test_kpi_formulas) show them."""
    listed = re.findall(r"^    \('(\w+)', '", warehouse.compiled["int_kpi_year__scored"], re.MULTILINE)
    elsewhere = {"value_from_elsewhere", "age_unknown_not_allotted", "no_benchmark", "grade_undecided"}
    elsewhere |= {"other_boundary", "part_not_exact"}  # test_warehouse_plan_indicators.py
    assert set(listed) - {case["reason"] for case in CASES} == elsewhere


def test_scores_of_the_plans_are_untouched_by_other_plans(
    warehouse: Warehouse, scored: dict[Key, dict[str, Any]]
) -> None:
    own = warehouse.rows("select * from mart_kpi_scorecard")
    assert [scored[row["plan_id"], row["kpi_id"], row["fiscal_year"]] for row in own] == own
