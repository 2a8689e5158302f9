"""The cases of ../shared: small inputs and actions that failed once, each with what should be.

Holds: what reading says of the case files; and for a case that needs a night, a home or an action, where its test is.
Figures of the files are synthetic or public.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.dry_run import describe

CASES = PROJECT_ROOT.parent / "shared" / "cases"
FILES = {
    "code_012238_without_its_zero/births_12238.csv": {"code_may_be_anothers"},
    "estimate_as_census_2026/estimate.csv": {"no_such_census", "source_of_another_series"},
    "final_census_2025_after_preliminary/census_2025_final.csv": set(),
    "final_census_2025_after_preliminary/census_2025_final_tidy.csv": set(),
    "litter_makes_releases/Thumbs.db": {"left_alone"},
    "refused_alone_is_nothing_new/empty.csv": {"empty_file"},
    "refused_alone_is_nothing_new/persons_invented.csv": {"personal_data"},
    "suppressed_with_a_value/c11_suppressed_with_value.csv": {"value_of_a_missing_figure"},
    "tidy_goes_nowhere/c09_series_typo.csv": {"misspelt_series"},
    "tidy_units_and_sizes/c03_rate_as_births.csv": {
        "unit_of_indicator",
        "name_of_another_indicator",
        "fraction_of_a_count",
    },
    "tidy_units_and_sizes/c06_in_migrants_x10.csv": set(),  # a row alone says nothing of its size: the night does
    "two_files_refused_at_the_door/a.csv": {"empty_file"},
    "two_files_refused_at_the_door/b.csv": {"empty_file"},
    "two_files_refused_at_the_door/good.csv": set(),
}
"""Case file -> what reading says of it."""
TESTS = {
    "aggregate_dates_lost": "tests/unit/ingest/receive/test_persons.py::test_the_case_of_lost_dates",
    "environment_breaks_the_night": "tests/faults/test_environment.py::"
    "test_a_night_works_in_an_environment_full_of_traps",
    "final_census_2025_after_preliminary": "tests/integration/test_first_weeks.py::"
    "test_final_census_and_preliminary_in_any_order",
    "kpi_id_of_another_plan": "tests/integration/test_plan_marts.py::"
    "test_plans_of_two_towns_with_the_same_identifiers_stay_apart",
    "litter_makes_releases": "tests/integration/test_first_weeks.py::test_litter_and_junk_make_no_release",
    "query_while_locked": "tests/integration/publication/test_asked.py::test_a_database_that_somebody_writes_is_told",
    "refused_alone_is_nothing_new": "tests/integration/test_first_weeks.py::"
    "test_personal_data_in_landing_makes_status_unhealthy",
    "seeds_in_cp932": "tests/unit/ingest/decided/test_registers.py::"
    "test_the_case_of_corrections_saved_by_a_spreadsheet",
    "status_ignores_age": "tests/unit/test_orchestration_health.py::test_no_refresh_ended_for_too_long",
    "tidy_units_and_sizes": "tests/integration/test_warehouse_typed.py::",
    "two_files_refused_at_the_door": "tests/integration/test_first_weeks.py::"
    "test_files_refused_at_the_door_hold_up_nobody",
}
"""Case that takes more than reading -> its test."""

needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the cases of ../shared are not here")


@needs_cases
@pytest.mark.shared
@pytest.mark.parametrize("name", FILES)
def test_reading_says_what_is_wrong(name: str) -> None:
    told = describe(CASES / name)
    assert {one["problem_id"] for one in told["problems"]} == FILES[name]
    assert told["would_be_taken"] is not bool(FILES[name])


@needs_cases
@pytest.mark.shared
def test_every_case_has_its_test() -> None:
    folders = {path.name for path in CASES.iterdir() if path.is_dir()}
    assert folders == {name.split("/")[0] for name in FILES} | set(TESTS)


@pytest.mark.parametrize("case", TESTS)
def test_the_test_of_a_case_is_there(case: str) -> None:
    place, _, name = TESTS[case].partition("::")
    text = (PROJECT_ROOT / Path(place)).read_text("utf-8")
    assert re.search(rf"^def {name or 'test_'}", text, re.M)
