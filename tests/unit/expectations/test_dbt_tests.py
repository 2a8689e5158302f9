"""dbt's manifest and run results as gate outcomes: every declared test has one, and silence never passes."""

from __future__ import annotations

from typing import Any

import pytest

from sousei.expectations.dbt_tests import outcomes


def manifest() -> dict[str, Any]:
    def test(name: str, **meta: str) -> dict[str, Any]:
        return {
            "resource_type": "test",
            "name": name,
            "config": {"meta": meta},
            "depends_on": {"nodes": ["model.sousei.fct_population"]},
            "compiled_code": None,
        }

    return {
        "nodes": {
            "model.sousei.fct_population": {"resource_type": "model", "name": "fct_population", "config": {}},
            "seed.sousei.plans": {"resource_type": "seed", "name": "plans", "config": {}},
            "test.sousei.add_up": test(
                "add_up", severity="gate", owner_ja="統計担当", action_ja="直す", subject="人口"
            ),
            "test.sousei.jump": test("jump", severity="review"),
            "test.sousei.bare": test("bare"),
        },
        "unit_tests": {
            "unit_test.sousei.score": {"resource_type": "unit_test", "name": "score", "model": "m", "config": {}}
        },
    }


def results(**status: str) -> list[dict[str, Any]]:
    names = {
        "fct_population": "model.sousei.fct_population",
        "plans": "seed.sousei.plans",
        "add_up": "test.sousei.add_up",
        "jump": "test.sousei.jump",
        "bare": "test.sousei.bare",
        "score": "unit_test.sousei.score",
    }
    given = {"fct_population": "success", "plans": "success", "add_up": "pass", "jump": "pass", "bare": "pass"} | status
    return [
        {"unique_id": names[name], "status": value, "failures": 3 if value in ("fail", "warn") else 0}
        for name, value in given.items()
        if value
    ]


def test_every_declared_test_has_an_outcome() -> None:
    found = {one.check_id: one for one in outcomes(manifest(), results())}
    assert found.keys() == {"every_model_was_built", "add_up", "jump", "bare"}
    assert all(one.passed for one in found.values())
    assert (found["add_up"].owner, found["add_up"].subject) == ("統計担当", "人口")


def test_severity_is_gate_unless_the_test_says_otherwise() -> None:
    found = {one.check_id: one.severity for one in outcomes(manifest(), results())}
    assert (found["bare"], found["jump"]) == ("gate", "review")


@pytest.mark.parametrize("status", ["fail", "warn"])
def test_failing_test_does_not_pass_whatever_dbt_calls_it(status: str) -> None:
    found = {one.check_id: one for one in outcomes(manifest(), results(add_up=status))}
    assert found["add_up"].passed is False
    assert found["add_up"].n_failing == 3


@pytest.mark.parametrize("status", ["error", "skipped", "runtime error", "no-op", ""])
def test_test_that_did_not_run_has_no_outcome(status: str) -> None:
    found = {one.check_id: one for one in outcomes(manifest(), results(add_up=status))}
    assert found["add_up"].passed is None


@pytest.mark.parametrize("status", ["error", "skipped", ""])
@pytest.mark.parametrize("node", ["fct_population", "plans"])
def test_model_that_was_not_built_is_a_failed_gate(node: str, status: str) -> None:
    (whole,) = (
        one for one in outcomes(manifest(), results(**{node: status})) if one.check_id == "every_model_was_built"
    )
    assert (whole.passed, whole.severity, whole.n_failing) == (False, "gate", 1)
    assert node in whole.message_ja


def test_unit_test_counts_when_it_was_run() -> None:
    found = {one.check_id: one.passed for one in outcomes(manifest(), results(score="fail"))}
    assert found["score"] is False


def test_result_of_an_unknown_node_is_an_error() -> None:
    with pytest.raises(KeyError, match="dbt_result_unknown"):
        outcomes(manifest(), [*results(), {"unique_id": "test.sousei.other", "status": "pass"}])
