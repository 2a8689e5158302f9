"""Grading rules give what the bodies that use them printed, through the SQL that scores our plans.

Holds: tests/golden/kpi_printed_by_other_bodies.csv (figures as these bodies printed them, each with its source), what
each rule says of its edges. Does not hold: definitions of rules case by case (unit tests of int_kpi_year__scored).
"""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.kpi_cases import Case, planted, read
from tests.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "data" / "figures" / "kpi_tables_of_other_bodies.csv"
PRINTED = read("kpi_printed_by_other_bodies.csv")

pytestmark = pytest.mark.slow


def case_of(rule: str, name: str, actuals: str, **given: str) -> Case:
    whole = {
        "plan": f"by_{rule}",
        "rule": rule,
        "case": name,
        "kind": "level_at_end",
        "direction": "higher_is_better",
        "accumulation": "",
        "baseline": "",
        "confirmed": "true",
        "benchmark": "",
        "target": "100",
        "first_year": "2021",
        "target_year": "2024",
        "actuals": actuals,
    }
    whole |= given
    return whole | {"baseline_type": "actual" if whole["baseline"] else "none"}


def printed_cases() -> list[Case]:
    actuals: dict[tuple[str, str], list[str]] = {}
    for row in PRINTED:
        actuals.setdefault((row["rule"], row["case"]), []).append(
            f"{row['fiscal_year']}:{row['actual']}@{row['accumulation']}"
        )
    taken = ("kind", "baseline", "target", "first_year", "target_year", "accumulation")
    return [
        case_of(
            row["rule"],
            row["case"],
            " ".join(actuals[row["rule"], row["case"]]),
            **{name: row[name] for name in taken},
        )
        for row in PRINTED
    ]


def scorecard(warehouse: Warehouse, cases: list[Case]) -> dict[tuple[str, str, int], dict[str, Any]]:
    with warehouse.planted(*planted(cases)):
        rows = warehouse.node("mart_kpi_scorecard")
    return {(row["grade_rule_id"], row["kpi_id"], row["fiscal_year"]): row for row in rows}


@pytest.fixture(scope="module")
def scored(warehouse: Warehouse) -> dict[tuple[str, str, int], dict[str, Any]]:
    return scorecard(warehouse, printed_cases())


@pytest.mark.parametrize("row", PRINTED, ids=[f"{row['rule']}-{row['case']}-{row['fiscal_year']}" for row in PRINTED])
def test_rule_prints_what_its_body_printed(
    scored: dict[tuple[str, str, int], dict[str, Any]], row: dict[str, str]
) -> None:
    score = scored[row["rule"], row["case"], int(row["fiscal_year"])]
    assert row["printed_rate_pct"] or row["printed_grade"]
    if row["printed_rate_pct"]:
        assert score["printed_rate_pct"] == Decimal(row["printed_rate_pct"])
    if row["printed_grade"]:
        assert score["grade"] == row["printed_grade"]


def rules(warehouse: Warehouse) -> dict[str, dict[str, Any]]:
    return {row["grade_rule_id"]: row for row in warehouse.rows("select * from seeds.grade_rules")}


def test_a_value_equal_to_the_target_gets_the_grade_that_the_rule_says(warehouse: Warehouse) -> None:
    known = rules(warehouse)
    found = scorecard(warehouse, [case_of(rule, "equal", "2024:100", baseline="50") for rule in known])
    meant = {rule: row["grade_at_target"] for rule, row in known.items() if row["grade_at_target"]}
    assert {rule: found[rule, "equal", 2024]["grade"] for rule in meant} == meant
    graded_by_target = {
        row["grade_rule_id"]
        for row in warehouse.rows("select * from seeds.grade_bands where measure <> 'change_from_previous'")
    }
    assert set(meant) == graded_by_target


def test_a_rule_may_grade_target_over_actual_where_lower_is_better(warehouse: Warehouse) -> None:
    """A rule of the test's own: no published one that we hold prints such a row."""
    own = (
        "insert into seeds.grade_rules select * replace ('inverse' as grade_rule_id, "
        "'target_over_actual' as lower_is_better_formula) from seeds.grade_rules where grade_rule_id = 'ibaraki_2019'",
        "insert into seeds.grade_bands select * replace ('inverse' as grade_rule_id) from seeds.grade_bands "
        "where grade_rule_id = 'ibaraki_2019'",
    )
    cases = [
        case_of(rule, "lower", "2024:105", direction="lower_is_better", target="100")
        for rule in ("inverse", "ibaraki_2019")
    ]
    with warehouse.planted(*own, *planted(cases)):
        rows = {row["grade_rule_id"]: row for row in warehouse.node("mart_kpi_scorecard") if row["kpi_id"] == "lower"}
    assert (rows["inverse"]["grade"], rows["inverse"]["printed_rate_pct"]) == ("B+", Decimal("95.2"))  # 100/105
    assert (rows["ibaraki_2019"]["grade"], rows["ibaraki_2019"]["printed_rate_pct"]) == (None, None)
    assert [rows[rule]["is_attainment_reference"] for rule in ("inverse", "ibaraki_2019")] == [False, True]


@pytest.mark.sampled
@pytest.mark.parametrize(("actual", "rate"), [("66.65", "66.7"), ("66.64", "66.6"), ("-0.05", "-0.1")])
def test_our_own_rule_prints_one_digit_rounded_half_up(warehouse: Warehouse, actual: str, rate: str) -> None:
    found = scorecard(warehouse, [case_of("abcd_milestone", "printed", f"2024:{actual}")])
    assert found["abcd_milestone", "printed", 2024]["printed_rate_pct"] == Decimal(rate)


def test_a_rule_without_rates_and_grades_lists_the_total_and_the_year(warehouse: Warehouse) -> None:
    """Izumo: 515 jobs by FY2016 (うちH28 255人) of 1,000; 260 is what that leaves for FY2015."""
    jobs = case_of(
        "izumo_listing", "jobs", "2015:260@year 2016:255@year", kind="cumulative_total", target="1000",
        first_year="2015", target_year="2019", accumulation="cumulative_term",
    )  # fmt: skip
    row = scorecard(warehouse, [jobs])["izumo_listing", "jobs", 2016]
    assert (row["actual_value"], row["period_value"]) == (515, 255)
    assert (row["grade"], row["printed_rate_pct"]) == (None, None)
    assert row["not_computable_reason"] == "grade_undecided"


EDGES = {
    "nagano_2016": [("100", "順調"), ("80", "おおむね順調"), ("79.99", "努力を要する")],
    "fuji_80_50_20": [("80", "80％以上"), ("79.9", "50～80％"), ("49.9", "20～50％"), ("19.9", "20％未満")],
    "osaka_library": [("110", "A"), ("109.9", "B"), ("80", "B"), ("79.9", "C"), ("50", "C"), ("49.9", "D")],
    "fukuoka_3pct": [("51.51", "a"), ("51.5", "b"), ("48.5", "b"), ("48.49", "c")],
    "manifesto_10": [("100", "A"), ("90", "B"), ("89.9", "C"), ("80", "C"), ("79.9", "D")],
    "naikakufu_4_above": [("100.1", "1"), ("100", "2"), ("70", "2"), ("69.9", "3"), ("49", "4")],
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("rule", list(EDGES))
def test_the_edges_of_a_rule_are_where_its_body_says(warehouse: Warehouse, rule: str) -> None:
    """Baseline 50, target 100, last year."""
    cases = [case_of(rule, f"case{i}", f"2024:{actual}", baseline="50") for i, (actual, _) in enumerate(EDGES[rule])]
    found = scorecard(warehouse, cases)
    assert [found[rule, f"case{i}", 2024]["grade"] for i in range(len(cases))] == [grade for _, grade in EDGES[rule]]


@pytest.mark.shared
def test_printed_figures_are_those_of_the_collected_tables() -> None:
    if not SHARED.is_file():
        pytest.skip("the real files of ../shared are not here")
    with SHARED.open(encoding="utf-8", newline="") as file:
        collected = [
            row for row in csv.DictReader(file) if row["actual"] and (row["printed_rate_pct"] or row["printed_grade"])
        ]
    names = ("body", "kpi_name_ja", "actual_label", "kind", "baseline", "actual", "printed_rate_pct", "printed_grade")
    assert [[row[name] for name in names] for row in PRINTED] == [[row[name] for name in names] for row in collected]
    yearly = {"annual_level": "printed_milestone"}
    assert [row["target"] for row in PRINTED] == [row[yearly.get(row["kind"], "target")] for row in collected]
