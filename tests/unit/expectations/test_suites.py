"""The declared checks: cheap to list, complete in what a person needs, and known to Great Expectations.

Does not hold: whether a check finds its fault (tests/integration/expectations).
"""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
from collections import Counter

import pytest

from sousei.expectations import suites
from sousei.expectations.suites import declared
from sousei.expectations.suites.declared import CHECKS, FRAMES
from sousei.expectations.suites.forms import Frame
from sousei.expectations.validation import threshold_of
from sousei.foundation.home import PROJECT_ROOT


def test_listing_the_checks_does_not_import_great_expectations() -> None:
    code = (
        "import sys\n"
        "from sousei.expectations import dbt_tests, gate\n"
        "from sousei.expectations.suites import declared\n"
        "sys.exit(any(name in sys.modules for name in ('great_expectations', 'pandas', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, check=False).returncode == 0


def test_every_subject_of_the_folder_is_declared() -> None:
    modules = {found.name for found in pkgutil.iter_modules(suites.__path__)} - {"forms", "declared"}
    assert modules == {subject.__name__.rpartition(".")[2] for subject in declared.SUBJECTS}


def test_check_ids_are_unique_and_fit_for_dagster() -> None:
    repeated = [name for name, count in Counter(check.check_id for check in CHECKS).items() if count > 1]
    assert not repeated
    assert not [check.check_id for check in CHECKS if not re.fullmatch(r"[a-z][a-z0-9_]+", check.check_id)]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: frame.name)
def test_every_frame_refuses_to_be_empty(frame: Frame) -> None:
    counts = [c for c in CHECKS if c.frame == frame and c.expectation == "ExpectTableRowCountToBeBetween"]
    assert len(counts) == 1
    assert counts[0].severity == "gate"
    assert counts[0].arguments["min_value"] >= 1


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.check_id)
def test_check_names_its_owner_action_and_reason(check) -> None:
    assert check.severity in ("gate", "warn", "review")
    for text in (check.owner_ja, check.action_ja, check.description_ja, check.why):
        assert len(text) >= 4 and re.search(r"[ぁ-んァ-ン一-龥]", text)
    assert threshold_of(check)


def test_great_expectations_knows_every_expectation() -> None:
    import great_expectations.expectations as gxe

    assert not [check.expectation for check in CHECKS if not hasattr(gxe, check.expectation)]
