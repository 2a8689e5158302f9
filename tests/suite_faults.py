"""A fault planted in a sound candidate, and the checks of the suites that find it.

Holds: planting and judging, shared conditions of the plants. Does not hold: the plants (the test of each subject does).
A fault that contradicts two rules at once by logic (an empty mart is also an incomplete one) names both there.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sousei.expectations.suites.declared import CHECKS, FRAMES
from sousei.expectations.validation import validate
from tests import gate_candidate

WOMEN = "sex = 'female' and age_from between 20 and 35"
TOTAL = "sex = 'total' and age_group = 'total'"
TOWN = "municipality_code = '99001'"


def copy(sound: Path, work: Path, *statements: str) -> Path:
    """A copy of the sound candidate below `work`, with a fault planted in it."""
    return gate_candidate.plant(Path(shutil.copyfile(sound, work / "candidate.duckdb")), *statements)


def found_in(sound: Path, work: Path, check_id: str, fault: str) -> set[str]:
    """The checks that fail on a copy with the fault, among all that look at the mart of `check_id` or at what the
    fault touches; a check that cannot be computed is an error of the test."""
    (check,) = (one for one in CHECKS if one.check_id == check_id)
    reached = {frame.table for frame in FRAMES if f"main.{check.table}" in frame.sql} | {check.table}
    if "main.dim_kpi" in fault:
        reached |= {"dim_kpi", "mart_kpi_scorecard"}
    outcomes = validate(copy(sound, work, fault), reached)
    assert [one.error for one in outcomes if one.error] == []
    return {one.check_id for one in outcomes if not one.passed}
