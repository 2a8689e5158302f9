"""The checks of a process that tests run in, each of which can be made blind; who saw what is written down.

Holds: for dbt's tests, the suites, the problems of deliveries and the parts of the verdict: their names, and what
stands in the way of one. A blind check is asked as always and finds nothing; a blind problem is told as another one
that holds nothing up. Does not hold: running tests (again).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sousei.expectations import dbt_tests, from_dbt, from_ingest, from_suites, last_release, validation, verdict
from sousei.expectations.suites.declared import CHECKS
from sousei.ingest.problems import record
from sousei.ingest.problems.catalogue import Entry, entries
from tests import parsed, planting, warehouse
from tests.synthetic.broken_rows import BROKEN_ROWS

FAULTS_OF_A_VERDICT = (
    "verdict_missing",
    "verdict_of_another_run",
    "verdict_incomplete",
    "verdict_edited",
    "candidate_changed_after_verdict",
)
CLAUSES = (" に行がありません", "同じキーの行が重なっています", " が空欄です: ", " が用語表にない値です: ")
"""What sound_rows says besides the rules of a mart."""

taken: set[str] = set()
"""The check that is blind now, by its name."""
saw: set[str] = set()
"""Checks that found something since it was emptied."""


def names(group: str) -> set[str]:
    """The checks of a group: tables, suites, deliveries, verdict."""
    if group == "suites":
        return {check.check_id for check in CHECKS}
    if group == "deliveries":
        return set(entries())
    if group == "verdict":
        made = {"every_dbt_test_has_an_outcome", "every_model_was_built", "no_delivery_breaks_its_contract"}
        return {*FAULTS_OF_A_VERDICT, *last_release.RULES, *made, "suite_without_outcome"}
    tests = [node for node in parsed.manifest()["nodes"].values() if node["resource_type"] == "test"]
    rules = {f"{mart}_rows_are_sound/{rule}" for mart, known in BROKEN_ROWS.items() for rule in known}
    return {node["name"] for node in tests} | rules


@contextmanager
def blind(name: str) -> Iterator[None]:
    """The check finds nothing inside the block."""
    taken.add(name)
    try:
        yield
    finally:
        taken.discard(name)


def _left(check: str, rows: list[Any], said: Callable[[Any], str]) -> list[Any]:
    """What a check of the tables finds, without what is blind of it."""
    pieces = {row_no: f"{check}/{said(row).partition(': ')[0]}" for row_no, row in enumerate(rows)}
    if rows:
        saw.update({check, *pieces.values()})
    if check in taken:
        return []
    return [row for row_no, row in enumerate(rows) if pieces[row_no] not in taken]


def _everywhere(old: Any, new: Any) -> None:
    """Put `new` in the place of a function in every module that has it."""
    for module in list(sys.modules.values()):
        for name, one in list(vars(module).items()) if getattr(module, "__name__", "").startswith(_OURS) else ():
            if one is old:
                setattr(module, name, new)


_OURS = ("sousei", "tests", "test_", "benchmarks")


def _tables() -> None:
    node, rows = warehouse.Warehouse.node, planting._rows

    def asked(self: Any, name: str) -> list[dict[str, Any]]:
        found = node(self, name)
        is_check = found and "reason_ja" in found[0]
        return _left(name, found, lambda row: str(row["reason_ja"])) if is_check else found

    def of_bench(connection: Any, one: Any) -> set[tuple[Any, ...]]:
        return set(_left(one.name, list(rows(connection, one)), lambda row: str(row[-1])))

    warehouse.Warehouse.node = asked  # type: ignore[method-assign]
    _everywhere(rows, of_bench)


def _suites() -> None:
    judged, fails = validation.judge_frame, planting.fails

    def frame(*arguments: Any) -> list[validation.SuiteOutcome]:
        found = judged(*arguments)
        saw.update(one.check_id for one in found if not one.passed)
        well = {"passed": True, "n_failing": 0, "examples": (), "error": None}
        return [replace(one, **well) if one.check_id in taken else one for one in found]  # type: ignore[arg-type]

    def plain(connection: Any, check: Any) -> bool:
        if found := fails(connection, check):
            saw.add(check.check_id)
        return found and check.check_id not in taken

    _everywhere(judged, frame)
    _everywhere(fails, plain)


def _deliveries() -> None:
    entry = record.entry

    def told(name: str) -> Entry:
        saw.add(name)
        return replace(entry(name), name="nothing_wrong", severity="review") if name in taken else entry(name)

    record.entry = told


def _passing(outcomes: list[Any]) -> list[Any]:
    saw.update(one.check_id for one in outcomes if not one.passed)
    well = {"passed": True, "n_failing": 0, "message_ja": ""}
    return [replace(one, **well) if one.check_id in taken else one for one in outcomes]


def _verdict() -> None:
    read, dbt, built, ingest = verdict.read, from_dbt.outcomes, dbt_tests.outcomes, from_ingest.outcomes
    last, suite = last_release.outcomes, from_suites.outcome

    def of_file(*arguments: Any) -> verdict.Verdict:
        found = read(*arguments)
        saw.update(text.partition(":")[0] for text in found.faults)
        return replace(found, faults=tuple(text for text in found.faults if text.partition(":")[0] not in taken))

    def of_dbt(*arguments: Any) -> Any:
        found, *more = dbt(*arguments)
        return (_passing(found), *more)

    def of_last(*arguments: Any) -> Any:
        found, findings = last(*arguments)
        return _passing(found), [one for one in findings if one.rule not in taken]

    def of_suite(check: Any, found: Any, *more: Any) -> Any:
        made = suite(check, found, *more)
        if found is None:
            saw.add("suite_without_outcome")
            return replace(made, passed=True, message_ja="") if "suite_without_outcome" in taken else made
        return made

    for old, new in (
        (read, of_file),
        (dbt, of_dbt),
        (built, lambda *arguments: _passing(built(*arguments))),
        (ingest, lambda connection: _passing(ingest(connection))),
        (last, of_last),
        (suite, of_suite),
    ):
        _everywhere(old, new)


def watch() -> None:
    """Stand in the way of every check of this process; to be called once the tests are imported."""
    _tables()
    _suites()
    _deliveries()
    _verdict()
