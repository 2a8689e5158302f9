"""The checks that alone meet a fault are there under their names, and stop or tell as they must."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sousei.expectations.suites.declared import CHECKS
from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.problems.catalogue import entries
from tests.synthetic.barriers import ACROSS_FILES, SHOWS, STOPS
from tests.synthetic.broken_rows import BROKEN_ROWS
from tests.synthetic.faults import FAULTS
from tests.synthetic.wrong_figures import WRONG_FIGURES

TESTS = {path.stem: path.read_text("utf-8") for path in (PROJECT_ROOT / "dbt_project" / "tests").glob("*.sql")}
PLANTING = {
    path.name: path.read_text("utf-8")
    for folder in ("integration", "faults")
    for path in (PROJECT_ROOT / "tests" / folder).rglob("test_*.py")
} | {"barriers.py": (PROJECT_ROOT / "tests" / "synthetic" / "barriers.py").read_text("utf-8")}
READER = {name.split(".")[0] for name, entry in entries().items() if entry.severity == "gate"}
SUITES = {check.check_id: check.severity for check in CHECKS}


def severity_of(name: str) -> str | None:
    """gate, warn or review; None where no check bears the name."""
    if name in TESTS:
        found = re.search(r"'severity': '(\w+)'", TESTS[name])
        return found.group(1) if found else None
    if name in READER:
        return "gate"
    return SUITES.get(name)


@pytest.mark.promise("E1")
@pytest.mark.parametrize("name", sorted({*STOPS, *ACROSS_FILES}))
def test_only_barrier_stops_the_night(name: str) -> None:
    assert severity_of(name) == "gate"


@pytest.mark.parametrize("name", sorted(SHOWS))
def test_only_sign_of_a_fault_is_told(name: str) -> None:
    assert severity_of(name) in {"warn", "review"}


def test_every_barrier_names_faults_of_the_suite() -> None:
    assert STOPS and SHOWS
    for faults in (*STOPS.values(), *SHOWS.values()):
        assert faults and set(faults) <= FAULTS.keys() | WRONG_FIGURES.keys()


@pytest.mark.promise("E1")
@pytest.mark.parametrize("name", sorted(TESTS))
def test_every_check_of_the_warehouse_is_named_where_a_test_plants_its_fault(name: str) -> None:
    assert [path for path, text in PLANTING.items() if re.search(rf"[\"']{name}[\"']", text)]


@pytest.mark.promise("E1")
def test_every_rule_of_a_mart_has_the_row_that_breaks_it(manifest: dict[str, Any]) -> None:
    """tests/integration/test_rows_of_marts.py plants them."""
    declared = {}
    for node in manifest["nodes"].values():
        if (node.get("test_metadata") or {}).get("name") == "sound_rows":
            rules = [rule["ja"] for rule in node["test_metadata"]["kwargs"].get("rules", [])]
            assert len(rules) == len(set(rules)), "a finding names its rule by these words"
            declared[node["attached_node"].rsplit(".", 1)[-1]] = set(rules)
    assert {mart: set(rows) for mart, rows in BROKEN_ROWS.items()} == {
        mart: rules for mart, rules in declared.items() if rules
    }


@pytest.mark.promise("E1")
@pytest.mark.parametrize("name", ACROSS_FILES)
def test_barrier_across_files_has_its_test(name: str) -> None:
    tests = (PROJECT_ROOT / "tests" / "integration" / "test_warehouse_cross_file.py").read_text("utf-8")
    assert re.search(rf"stops\(.*\) == \(?{{[^}}]*\"{name}\"", tests), "no test asserts that it stops its fault"


def test_a_lost_or_renamed_check_is_seen() -> None:
    assert severity_of("a_check_that_nobody_wrote") is None
