"""Every kind of KPI and every edge of it, worked by hand, through the whole of the KPI models.

Holds: tests/golden/kpi_scores.csv (synthetic: no plan holds these rows) planted as catalogue and observations. Does not
hold: the verdicts on the plans themselves (test_warehouse_build.py).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse import Warehouse

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "kpi_scores.csv"
with GOLDEN.open(encoding="utf-8", newline="") as file:
    CASES = list(csv.DictReader(file))
ACTUAL = re.compile(r"(\d{4}):(>=|<=|>|<|~)?([^@!\s]+)(?:@(\w+))?(?:!(\w+))?")
TOWN = "01223"
NOT_SCORED = "(no row)"

Key = tuple[str, str, int]

pytestmark = pytest.mark.slow


def literal(value: str) -> str:
    return f"'{value}'" if value else "null"


def catalogued(case: dict[str, str]) -> str:
    term = f"{case['target_year']} - {case['first_year']} + 1" if case["target_year"] else "null"
    step = "null" if case["kind"] in ("milestone", "reference_observation") else "1"
    column = "'total_persons'" if case["benchmark"] else "null"
    return (
        "insert into seeds.kpi_catalogue by name select "
        f"'{case['plan']}' as plan_id, '{case['case']}' as kpi_id, 1 as target_version, '{TOWN}' as municipality_code, "
        f"'{case['case']}' as kpi_name_ja, '{case['kind']}' as kind, '{case['direction']}' as direction, '人' as unit, "
        f"{literal(case['accumulation'])} as accumulation, {literal(case['baseline'])} as baseline_value, "
        f"'{case['baseline_type']}' as baseline_type, {literal(case['confirmed'])} as is_baseline_confirmed, "
        f"{literal(case['benchmark'])} as benchmark_value, {column} as benchmark_column, 2025 as benchmark_year, "
        f"{literal(case['target'])} as target_value, {literal(case['target_year'])} as target_fiscal_year, "
        f"{term} as term_years, {case['first_year']} as first_fiscal_year, {step} as reporting_step_years, "
        "'reported' as how_measured"
    )


def observed(case: dict[str, str]) -> Iterator[str]:
    for year, comparator, value, accumulation, status in ACTUAL.findall(case["actuals"]):
        state = value if case["kind"] == "milestone" else ""
        yield (
            "insert into seeds.kpi_observations by name select "
            f"'{TOWN}' as municipality_code, '{case['plan']}' as plan_id, '{case['case']}' as kpi_id, "
            f"{year} as fiscal_year, {literal('' if state else value)} as observed_value, "
            f"'{comparator or '='}' as comparator, {literal(accumulation)} as accumulation, "
            f"{literal(state)} as milestone_state, '{status or 'final'}' as value_status, "
            f"{literal('census' if case['kind'] == 'suppress_decline' else '')} as series"
        )


def planted(cases: Iterable[dict[str, str]]) -> Iterator[str]:
    for plan in ("golden_a", "golden_b"):
        yield (
            "insert into seeds.plans by name select "
            f"'{plan}' as plan_id, '{TOWN}' as municipality_code, 2021 as first_fiscal_year, 2030 as last_fiscal_year, "
            f"'abcd_milestone' as grade_rule_id, 'plan:{plan}' as source_id"
        )
    for case in {(case["plan"], case["case"]): case for case in cases}.values():
        yield catalogued(case)
        yield from observed(case)


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
    with (GOLDEN.parents[2] / "dbt_project/seeds/kpi_kinds.csv").open(encoding="utf-8", newline="") as kinds:
        assert {case["kind"] for case in CASES} == {row["kind"] for row in csv.DictReader(kinds)}


def test_every_reason_has_its_row(warehouse: Warehouse) -> None:
    """But those that need a delivered series or another rule: the plans and the unit tests of the model show them."""
    listed = re.findall(r"^    \('(\w+)', '", warehouse.compiled["int_kpi_year__scored"], re.MULTILINE)
    elsewhere = {"series_mismatch", "age_unknown_not_allotted", "no_benchmark", "grade_undecided"}
    assert set(listed) - {case["reason"] for case in CASES} == elsewhere


def test_scores_of_the_plans_are_untouched_by_other_plans(
    warehouse: Warehouse, scored: dict[Key, dict[str, Any]]
) -> None:
    own = warehouse.rows("select * from mart_kpi_scorecard")
    assert [scored[row["plan_id"], row["kpi_id"], row["fiscal_year"]] for row in own] == own
