"""Every promise has tests that can fail, under its name; the page lists them; a run keeps how they ended."""

from __future__ import annotations

import pytest

from tests import promises
from tests.golden import pages

TESTS = promises.all_marked()
PROVING = """
import pytest
pytestmark = [pytest.mark.slow, pytest.mark.promise("A1")]

def told():
    assert True

@pytest.mark.promise("B1", "B2")
@pytest.mark.parametrize("one", [1, pytest.param(2, marks=pytest.mark.exhaustive)])
def test_one(one):
    assert one

@pytest.mark.exhaustive
def test_two():
    told()

def test_three():
    print("nothing is asked")
"""
BESIDE = '@pytest.mark.promise("A1")\ndef test_one():\n    assert True\n'


@pytest.mark.parametrize("promise", promises.PROMISES)
def test_a_promise_has_a_test_that_can_fail(promise: str) -> None:
    assert [one.node for one in TESTS if promise in one.promises and one.can_fail]


@pytest.mark.parametrize("promise", promises.PROMISES)
def test_a_promise_has_a_test_in_every_run(promise: str) -> None:
    assert [one.node for one in TESTS if promise in one.promises and not one.exhaustive]


def test_no_marker_names_an_unknown_promise_and_no_marked_test_asserts_nothing() -> None:
    assert {name for one in TESTS for name in one.promises} == promises.PROMISES.keys()
    assert [one.node for one in TESTS if not one.can_fail] == []


def test_the_page_of_the_promises_lists_their_tests() -> None:
    """A test that is marked, renamed or moved: `make pages`."""
    assert pages.PROMISES.read_text("utf-8") == promises.page(TESTS)


def test_markers_of_a_module_and_of_a_test_are_found() -> None:
    found = promises.marked(PROVING, "tests/test_x.py")
    assert found == [
        promises.Marked("tests/test_x.py::test_one", ("A1", "B1", "B2"), True),
        promises.Marked("tests/test_x.py::test_two", ("A1",), True, exhaustive=True),
        promises.Marked("tests/test_x.py::test_three", ("A1",), False),
    ]
    assert all(one.exhaustive for one in promises.marked("pytestmark = [pytest.mark.exhaustive]\n" + BESIDE, "x.py"))
    assert not any(one.exhaustive for one in promises.marked(BESIDE, "x.py"))


def test_a_test_that_failed_in_any_phase_has_failed() -> None:
    assert promises.worse(None, "passed") == "passed"
    assert promises.worse("passed", "skipped") == "skipped"
    assert promises.worse("failed", "passed") == "failed"


def test_results_are_kept_by_test_and_told_with_their_day() -> None:
    before = {
        "tests/test_x.py::test_one[1]": ["failed", "2026-11-01"],
        "tests/test_x.py::test_two": ["passed", "2026-11-01"],
    }
    ended = {"tests/test_x.py::test_one[1]": "passed", "tests/test_x.py::test_one[2]": "failed"}
    results = promises.kept(before, ended, "2026-11-02")
    assert promises.told("tests/test_x.py::test_one", results) == "合格 1・不合格 1（2026-11-02）"
    assert promises.told("tests/test_x.py::test_two", results) == "合格 1（2026-11-01）"
    assert promises.told("tests/test_x.py::test_three", results) == "未実行"
    assert "test_one`: 合格 1・不合格 1（2026-11-02）" in promises.page(
        [promises.Marked("tests/test_x.py::test_one", ("A1",), True)], results
    )
