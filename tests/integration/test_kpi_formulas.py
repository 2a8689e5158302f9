"""The formulas on prepared rows, worked by hand: what needs a projection of its own, and each rule's definition.

Holds: rows put in the place of int_kpi_year__prepared. Does not hold: how these rows come about (test_kpi_scores.py).
B baseline, T target, A actual, P projection of the year, k of n years of the term elapsed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.warehouse import Warehouse

pytestmark = pytest.mark.slow

PLAN = "'01223' as municipality_code, 'formulas' as plan_id"
BOOK = "'synthetic' as source_id, 'synthetic' as sheet, 1 as row, 1 as received_order, 1 as version_rank"
PREPARED: dict[str, Any] = {
    "edition": "latest",
    "plan_id": "formulas",
    "municipality_code": "01223",
    "direction": "higher_is_better",
    "kind": "level_at_end",
    "accumulation": "year",
    "is_stock": False,
    "is_summed": False,
    "target_version": 1,
    "milestone_method": "linear",
    "target_series": "census",
    "actual_series": "census",
    "value_status": "final",
    "period_status": "final",
    "is_kpi_itself": True,
    "fit": "same",
    "comparator": "=",
    "is_partial": False,
    "has_open_question": False,
}

Row = Mapping[str, Any]
Scored = dict[str, dict[str, Any]]


def literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}'" if isinstance(value, str) else str(value)


def prepared(kpi: str, k: int, n: int, target_year: int, **given: Any) -> Row:
    """A row of int_kpi_year__prepared: b, p, p_end, t and a are B, P of the year, P of the target's year, T and A."""
    short = {"b": "baseline_value", "p": "benchmark_value", "p_end": "benchmark_at_target", "t": "target_value"}
    row = PREPARED | {"kpi_id": kpi, "kpi_name_ja": kpi, "elapsed_years": k, "term_years": n}
    row |= {"target_fiscal_year": target_year, "fiscal_year": target_year - (n - k)}
    row |= {"baseline_type": "none" if given.get("b") is None else "actual", "is_baseline_confirmed": True}
    row |= {short.get(name, name): value for name, value in given.items() if name != "a"}
    if given.get("a") is None:
        return row | {"value_status": "not_reported", "period_status": "not_reported", "comparator": None}
    return row | {"actual_value": given["a"], "period_value": given["a"]}


def scored(warehouse: Warehouse, rows: Iterable[Row], rule: str = "abcd_milestone") -> Scored:
    """What the chain after int_kpi_year__prepared makes of rows, by kpi_id."""
    columns = {
        row["column_name"]: row["data_type"]
        for row in warehouse.rows(
            "select column_name, data_type from duckdb_columns() where table_name = 'int_kpi_year__prepared'"
        )
    }
    selects = [
        "select " + ", ".join(f"cast({literal(row.get(name))} as {kind}) as {name}" for name, kind in columns.items())
        for row in rows
    ]
    plan = (
        f"insert into delivered.plan_register_plan by name select {PLAN}, {BOOK}, '1' as edition, "
        f"'synthetic' as plan_name_ja, 2021 as first_fiscal_year, 2030 as last_fiscal_year, '{rule}' as grade_rule_id"
    )
    view = "create or replace view intermediate.int_kpi_year__prepared as " + " union all ".join(selects)
    with warehouse.planted(plan, view):
        found = warehouse.rows("select * from intermediate.int_kpi_year__scored")
    return {row["kpi_id"]: row for row in found}


LOWER = {"direction": "lower_is_better"}
SUM = {"kind": "cumulative_total", "is_summed": True}
RATIO = {"kind": "ratio_percent"}
RATES: list[tuple[tuple[int, int, int], dict[str, Any], tuple[str | None, ...]]] = [
    # 345 -> 320, actual 330: progress 60 per cent; attainment only as T/A, 97.0 for reference
    ((4, 4, 2024), {**LOWER, "b": 345, "t": 320, "a": 330}, ("96.96969697", "60", "320", "C", None)),
    # 105/110 looks like 95 per cent; of the gain only half is made
    ((4, 4, 2024), {"b": 100, "t": 110, "a": 105}, ("95.45454545", "50", "110", "D", None)),
    ((2, 4, 2024), {"b": 100, "t": 110, "a": 98}, ("89.09090909", "-20", "105", "D", None)),
    # 0.24 of 0.3 points is 80 per cent exactly (0.7999... in binary floats)
    ((4, 4, 2024), {**RATIO, "b": 53.8, "t": 54.1, "a": 54.04}, ("99.88909427", "80", "54.1", "B", None)),
    # census 2025 against the plan: below even the projection
    (
        (10, 10, 2025),
        {"kind": "suppress_decline", "b": 26917, "p": 22006, "p_end": 22006, "t": 22453, "a": 21201},
        ("94.42390772", "-180.08948546", "22453", "D", None),
    ),
    (
        (5, 10, 2025),
        {"kind": "suppress_decline", "b": 26917, "p": 24461, "p_end": 22006, "t": 22453, "a": 24636},
        ("109.72253151", "39.14988814", "24684.5", "C", None),
    ),
    ((4, 4, 2024), {**SUM, "t": 500, "a": 594.62373021}, ("118.92474604", "118.92474604", "500", "S", None)),
    ((3, 4, 2024), {**SUM, "t": 3000000, "a": 2135907}, ("71.1969", "71.1969", "2250000", "B", None)),
    (
        (3, 4, 2024),
        {"kind": "increment_over_term", "is_summed": True, "t": 15, "a": 6, "is_partial": True},
        ("40", None, "11.25", None, "partially_reported"),
    ),
    (
        (2, 4, 2024),
        {"kind": "maintain_at_least", "direction": "maintain", "t": 1.67, "a": 1.36},
        ("81.43712575", None, "1.67", "D", "no_progress_for_kind"),
    ),
    ((1, 4, 2024), {"kind": "annual_level", "t": 46000, "a": 23000}, ("50", None, "46000", "D", "no_baseline")),
    ((2, 4, 2024), {"kind": "annual_level", "b": 64, "t": 70, "a": 67}, ("95.71428571", "50", "67", "A", None)),
    (
        (4, 4, 2024),
        {"kind": "relative_to_benchmark", "t": 100, "a": 97.5},
        ("97.5", None, "100", "B", "no_progress_for_kind"),
    ),
    ((4, 4, 2024), {"b": 10, "t": 10, "a": 10}, ("100", None, "10", "S", "target_equals_baseline")),
    ((4, 4, 2024), {"kind": "annual_level", "b": 64, "t": 70, "a": None}, (None, None, "70", None, "no_actual")),
]


def number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def test_rates_milestones_and_grades_of_each_kind(warehouse: Warehouse) -> None:
    rows = [prepared(f"case{i}", *when, **given) for i, (when, given, _) in enumerate(RATES)]
    found = scored(warehouse, rows)
    for i, (_, _, (attainment, progress, milestone, grade, reason)) in enumerate(RATES):
        row = found[f"case{i}"]
        got = (row["attainment_pct"], row["progress_pct"], row["milestone_value"], row["grade"])
        assert got == (number(attainment), number(progress), number(milestone), grade), RATES[i]
        assert row["not_computable_reason"] == reason, RATES[i]


DEFINITIONS: dict[str, list[tuple[int, int, int, float, str | None]]] = {
    # year 2 of 5 = 40 per cent of the target is the yearly target; 60 per cent of that is the lower bound
    "tama_60_100": [(2, 0, 100, 40, "①"), (2, 0, 100, 24, "②"), (2, 0, 100, 23.99999999, "③")],
    # above target / above baseline / within 10 per cent below it / lower
    "nagayo_sabc": [
        (5, 50, 100, 101, "S"),
        (5, 50, 100, 100, "A"),
        (5, 50, 100, 50, "B"),
        (5, 50, 100, 45, "B"),
        (5, 50, 100, 44.9, "C"),
    ],
    "ino_maru": [(5, 50, 100, 101, "◎"), (5, 50, 100, 100, "○"), (5, 50, 100, 99, "△"), (5, 50, 100, 50, "×")],
    # equal counts as reached; unchanged is neither 3 nor 4
    "naikakufu_4": [
        (5, 50, 100, 100, "1"),
        (5, 50, 100, 70, "2"),
        (5, 50, 100, 60, "3"),
        (5, 50, 100, 50, None),
        (5, 50, 100, 49, "4"),
    ],
    # S target reached, A 100, B 80, C 60 per cent of the milestone
    "abcd_milestone": [
        (4, 0, 100, 100, "S"),
        (4, 0, 100, 80, "A"),
        (4, 0, 100, 64, "B"),
        (4, 0, 100, 48, "C"),
        (4, 0, 100, 47.99999999, "D"),
    ],
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("rule", list(DEFINITIONS))
def test_a_published_rule_gives_the_grade_that_its_definition_gives(warehouse: Warehouse, rule: str) -> None:
    cases = DEFINITIONS[rule]
    rows = [prepared(f"case{i}", k, 5, 2025, b=b, t=t, a=a) for i, (k, b, t, a, _) in enumerate(cases)]
    found = scored(warehouse, rows, rule)
    assert [found[f"case{i}"]["grade"] for i in range(len(cases))] == [grade for *_, grade in cases]


def test_what_is_not_scored_says_why(warehouse: Warehouse) -> None:
    """A register count against a census projection, an unsettled baseline, unknown ages, a plan without target, a rate
    of decline that reached zero."""
    suppress = {"kind": "suppress_decline", "actual_series": "resident_registry"}
    ratio = {"kind": "ratio_percent", "target_series": "not_stated", "actual_series": "resident_registry"}
    projected = {"kind": "suppress_decline", "p_end": 1974, "t": 2062}
    undecided = {"baseline_type": "undecided", "is_baseline_confirmed": False}
    found = scored(
        warehouse,
        [
            prepared("women", 2, 4, 2024, **suppress, target_series="not_stated", p=1622, p_end=1622, t=1665, a=1959),
            prepared("population", 2, 4, 2024, **suppress, p=22006, p_end=22006, t=22453, a=23546),
            prepared("working_share", 2, 4, 2024, **ratio, **undecided, b=53.8, t=54.1, a=55.4),
            prepared("women_census", 2, 4, 2024, **projected, caveat="age_unknown_not_allotted", p=1974, a=2023),
            prepared("observed", 2, 4, 2024, kind="reference_observation", target_series=None, t=None, a=51),
            prepared("decline_stopped", 2, 4, 2024, **ratio, **LOWER, b=2.4, t=2.0, a=0),
            prepared("no_projection", 2, 4, 2024, **projected, p=None, a=2023),
            prepared("from_elsewhere", 2, 4, 2024, is_kpi_itself=False, b=1, t=2, a=2),
        ],
    )
    names = ("attainment_pct", "progress_pct", "grade", "target_reached", "not_computable_reason")
    assert {kpi: tuple(row[name] for name in names) for kpi, row in found.items()} == {
        "women": (Decimal("117.65765766"), None, None, None, "series_mismatch"),
        "population": (None, None, None, None, "series_mismatch"),
        "working_share": (Decimal("102.40295749"), None, None, None, "baseline_unconfirmed"),
        "women_census": (Decimal("98.10863240"), None, None, None, "age_unknown_not_allotted"),
        "observed": (None, None, None, None, "no_target"),
        "decline_stopped": (None, 600, "S", 1, "attainment_undefined"),
        "no_projection": (Decimal("98.10863240"), None, None, None, "no_benchmark"),
        "from_elsewhere": (None, None, None, None, "value_from_elsewhere"),
    }
    assert all(row["not_computable_reason_ja"] for row in found.values())


def test_a_grade_that_hangs_on_something_is_provisional_and_says_on_what(warehouse: Warehouse) -> None:
    whole = {"b": 100, "t": 110, "a": 105}
    unsettled = {"is_baseline_confirmed": False, "value_status": "preliminary", "accumulation": "point_or_year"}
    found = scored(
        warehouse,
        [
            prepared("settled", 4, 4, 2024, **whole),
            prepared("question", 4, 4, 2024, **whole, has_open_question=True),
            prepared("all", 4, 4, 2024, **whole, has_open_question=True, **unsettled),
        ],
    )
    names = ("grade", "grade_is_provisional", "provisional_reason")
    assert [tuple(found[kpi][name] for name in names) for kpi in ("settled", "question", "all")] == [
        ("D", False, None),
        ("D", True, "question_open"),
        ("D", True, "question_open baseline_to_be_confirmed accumulation_to_be_confirmed actual_not_final"),
    ]
    assert found["question"]["provisional_reason_ja"] == "計画の読み方（要確認）が決まっていないため"
    assert found["all"]["provisional_reason_ja"].count("・") == 3 + 2  # four reasons; one of them names three words
