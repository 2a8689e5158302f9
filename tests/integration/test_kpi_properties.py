"""What must hold of scores whatever the figures are: scale, sign, order, and no value out of nothing.

Holds: drawn rows (fixed seed) through the formulas. Does not hold: worked figures (test_kpi_formulas.py).
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.test_kpi_formulas import prepared, scored
from tests.warehouse import Warehouse

pytestmark = pytest.mark.slow

KINDS = ("level_at_end", "annual_level", "ratio_percent", "cumulative_total", "suppress_decline")
N = 60


def drawn() -> list[dict[str, Any]]:
    draw = random.Random(20261129)
    cases = []
    for i in range(N):
        base, gain, made = draw.randint(1, 900), draw.randint(1, 90), draw.randint(-60, 120)
        cases.append({"kind": KINDS[i % len(KINDS)], "base": base, "gain": gain, "made": made, "k": draw.randint(1, 4)})
    return cases


def row(name: str, case: dict[str, Any], times: int = 1, turned: bool = False, more: int = 0) -> Any:
    """One case, in units `times` as small; turned: a fall that is wanted instead of a rise; more: that much better."""
    base, gain, made = case["base"], case["gain"], case["made"] + more
    sign = -1 if turned else 1
    given: dict[str, Any] = {"kind": case["kind"], "direction": "lower_is_better" if turned else "higher_is_better"}
    start, target, actual = (times * (base + sign * x) for x in (0, gain, made))
    if case["kind"] == "cumulative_total":
        given |= {"is_summed": True, "t": times * gain, "a": times * max(made, 0)}
    elif case["kind"] == "suppress_decline":
        given |= {"p": start, "p_end": start, "t": target, "a": actual}
    else:
        given |= {"b": start, "t": target, "a": actual}
    return prepared(name, case["k"], 4, 2024, **given)


@pytest.mark.exhaustive
def test_rates_and_grades_do_not_hang_on_the_unit(warehouse: Warehouse) -> None:
    cases = drawn()
    found = scored(warehouse, [row(f"{i}x{t}", case, t) for i, case in enumerate(cases) for t in (1, 1000)])
    names = ("attainment_pct", "progress_pct", "milestone_pct", "target_reached", "grade", "not_computable_reason")
    for i, case in enumerate(cases):
        one, other = found[f"{i}x1"], found[f"{i}x1000"]
        assert [one[name] for name in names] == [other[name] for name in names], case
        assert other["milestone_value"] is None or abs(other["milestone_value"] - 1000 * one["milestone_value"]) < 1


def test_a_fall_that_is_wanted_progresses_as_a_rise_does(warehouse: Warehouse) -> None:
    cases = [case for case in drawn() if case["kind"] in ("level_at_end", "ratio_percent", "annual_level")]
    found = scored(warehouse, [row(f"{i}{t}", case, turned=t) for i, case in enumerate(cases) for t in (False, True)])
    for i, case in enumerate(cases):
        rise, fall = found[f"{i}False"], found[f"{i}True"]
        assert rise["progress_pct"] == fall["progress_pct"] == round(Decimal(case["made"]) / case["gain"] * 100, 8)
        assert (rise["grade"], rise["target_reached"]) == (fall["grade"], fall["target_reached"]), case


def test_a_better_value_never_scores_worse(warehouse: Warehouse) -> None:
    cases = drawn()
    found = scored(warehouse, [row(f"{i}+{m}", case, more=m) for i, case in enumerate(cases) for m in (0, 1, 40)])
    for i, case in enumerate(cases):
        rows = [found[f"{i}+{m}"] for m in (0, 1, 40)]
        progress = [one["progress_pct"] for one in rows]
        assert progress == sorted(progress), case
        grades = ["DCBAS".index(one["grade"]) for one in rows]
        assert grades == sorted(grades), case


@pytest.mark.exhaustive
def test_nothing_reported_scores_nothing(warehouse: Warehouse) -> None:
    rows = [{**row(str(i), case), "actual_value": None, "period_value": None} for i, case in enumerate(drawn())]
    for status, reason in (
        ("not_reported", "no_actual"),
        ("not_surveyed", "not_surveyed"),
        ("suppressed", "suppressed"),
    ):
        found = scored(warehouse, [{**one, "value_status": status, "comparator": None} for one in rows])
        assert {one["not_computable_reason"] for one in found.values()} == {reason}
        names = ("attainment_pct", "progress_pct", "milestone_pct", "target_reached", "grade", "printed_rate_pct")
        assert {one[name] for one in found.values() for name in names} == {None}
