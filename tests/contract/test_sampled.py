"""Of a test with the marker `sampled` some cases are in every run, the others in the exhaustive one, none in both.

Holds: what `-m` makes of a synthetic file of tests. Does not hold: which tests have the marker.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sousei.foundation.child import same_code
from tests.alike import in_every_run

TESTS = """
import pytest

@pytest.mark.sampled
@pytest.mark.parametrize("case", ["a", "b", "[c]"])
def test_one_of_three(case): ...

@pytest.mark.parametrize("more", ["x", "y"])
@pytest.mark.parametrize("case", [pytest.param("a", marks=pytest.mark.exhaustive), "b"])
@pytest.mark.sampled(n=2)
def test_the_first_is_exhaustive_by_itself(case, more): ...

@pytest.mark.sampled(2)
@pytest.mark.parametrize("more", ["x", "y"])
@pytest.mark.parametrize("case", ["a", "b", "c"])
def test_both_vary(case, more): ...

class TestThose:
    @pytest.mark.sampled(2)
    @pytest.mark.parametrize("case", ["a", "b", "c"])
    def test_one_of_three(self, case): ...

@pytest.mark.sampled(5)
def test_without_cases(): ...

@pytest.mark.parametrize("case", ["a", "b"])
def test_all(case): ...
"""
IN_EVERY_RUN = {
    "test_one_of_three[a]",
    "test_the_first_is_exhaustive_by_itself[b-x]",
    "test_the_first_is_exhaustive_by_itself[b-y]",
    "test_both_vary[a-x]",
    "test_both_vary[b-y]",
    "TestThose::test_one_of_three[a]",
    "TestThose::test_one_of_three[b]",
    "test_without_cases",
    "test_all[a]",
    "test_all[b]",
}
EXHAUSTIVE = {
    "test_one_of_three[b]",
    "test_one_of_three[[c]]",
    "test_the_first_is_exhaustive_by_itself[a-x]",
    "test_the_first_is_exhaustive_by_itself[a-y]",
    "test_both_vary[a-y]",
    "test_both_vary[b-x]",
    "test_both_vary[c-x]",
    "test_both_vary[c-y]",
    "TestThose::test_one_of_three[c]",
}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (["-m", "not exhaustive"], IN_EVERY_RUN),
        (["-m", "exhaustive"], EXHAUSTIVE),
        ([], IN_EVERY_RUN | EXHAUSTIVE),
    ],
)
def test_some_cases_are_in_every_run(tmp_path: Path, chosen: list[str], expected: set[str]) -> None:
    (tmp_path / "conftest.py").write_text("from tests.conftest import pytest_sampled_are_marked\n", "utf-8")
    (tmp_path / "test_x.py").write_text(TESTS, "utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  sampled\n  exhaustive\n", "utf-8")
    said = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *chosen],
        cwd=tmp_path,
        env=same_code(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    found = [line.partition("::")[2] for line in said.stdout.splitlines() if line.startswith("test_x.py::")]
    assert set(found) == expected
    assert len(found) == len(expected)


def test_a_test_that_is_in_no_run_but_the_exhaustive_one_is_to_be_marked_so() -> None:
    assert in_every_run() == 1
    with pytest.raises(pytest.UsageError, match=r"sampled\(0\)"):
        in_every_run(0)
