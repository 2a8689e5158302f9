"""Every check on KPI of plans finds its own fault, and nothing else does unless it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from sousei.expectations.suites import kpi
from tests.suite_faults import found_in

PLANTS: dict[str, str] = {
    "kpi_catalogue_has_a_plausible_number_of_targets": "delete from main.dim_kpi",
    "target_year_lies_in_the_age_of_the_strategies": (
        "update main.dim_kpi set target_fiscal_year = 2400 where kpi_id = 'k1'"
    ),
    "observation_carries_no_target": "update main.dim_kpi set target_value = 1 where kpi_id = 'k3'",
    "target_lies_in_the_direction_of_improvement": "update main.dim_kpi set target_value = 3 where kpi_id = 'k2'",
    "share_in_a_plan_is_a_percentage": "update main.dim_kpi set target_value = -1 where kpi_id = 'k2'",
    "kpi_actuals_have_a_plausible_number_of_years": "delete from main.fct_kpi_actual",
    "one_revision_of_an_actual_is_the_latest": "update main.fct_kpi_actual set is_latest = true",
    "actual_is_not_of_the_future": "update main.fct_kpi_actual set fiscal_year = 2030 where fiscal_year = 2023",
    "scorecard_has_a_plausible_number_of_rows": "delete from main.mart_kpi_scorecard",
    "kpi_is_computed_or_says_why_not": (
        "update main.mart_kpi_scorecard set not_computable_reason = 'no_target' where kpi_id = 'k1'"
    ),
    "grade_names_its_rule": "update main.mart_kpi_scorecard set grade_rule_id = null where kpi_id = 'k1'",
    "scored_actual_is_missing_only_where_its_status_says_so": (
        "update main.mart_kpi_scorecard set value_status = 'not_reported' where kpi_id = 'k1'"
    ),
    "attainment_stays_within_five_hundredfold": (
        "update main.mart_kpi_scorecard set attainment_pct = 60000 where kpi_id = 'k1'"
    ),
    "progress_needs_a_baseline": "update main.mart_kpi_scorecard set baseline_value = null where kpi_id = 'k2'",
    "observation_is_not_graded": (
        "update main.mart_kpi_scorecard set grade = '1', grade_rule_id = 'r', "
        "actual_value = 5, value_status = 'final' where kpi_id = 'k3'"
    ),
    "scorecard_looks_at_a_plausible_number_of_targets": "delete from main.dim_kpi",
    "every_target_that_fell_due_is_scored": (
        "update main.mart_kpi_scorecard set fiscal_year = 2023 where kpi_id = 'k1'"
    ),
}

FAILS_TOO: dict[str, set[str]] = {
    "kpi_catalogue_has_a_plausible_number_of_targets": {"scorecard_looks_at_a_plausible_number_of_targets"},
    "scorecard_has_a_plausible_number_of_rows": {"every_target_that_fell_due_is_scored"},
    "scorecard_looks_at_a_plausible_number_of_targets": {"kpi_catalogue_has_a_plausible_number_of_targets"},
}


@pytest.mark.promise("E1")
def test_every_check_has_its_fault() -> None:
    assert PLANTS.keys() == {check.check_id for check in kpi.CHECKS}


@pytest.mark.sampled(4)
@pytest.mark.promise("E1")
@pytest.mark.parametrize("check_id", PLANTS)
def test_planted_fault_fails_exactly_its_check(check_id: str, sound: Path, tmp_path: Path) -> None:
    assert found_in(sound, tmp_path, check_id, PLANTS[check_id]) == {check_id} | FAILS_TOO.get(check_id, set())


NO_REPORT = (
    "delete from delivered.section_report_value; delete from main.fct_kpi_actual; delete from main.mart_kpi_scorecard; "
    "update main.dim_kpi set target_fiscal_year = 2030; "
)
NO_PLAN = "delete from raw.plan_register_kpi; delete from main.dim_kpi; "


@pytest.mark.sampled
@pytest.mark.parametrize("emptied", [NO_REPORT, NO_REPORT + NO_PLAN])
@pytest.mark.parametrize(
    "check_id", ["kpi_actuals_have_a_plausible_number_of_years", "kpi_catalogue_has_a_plausible_number_of_targets"]
)
def test_a_home_without_plans_or_reports_is_sound(emptied: str, check_id: str, sound: Path, tmp_path: Path) -> None:
    assert found_in(sound, tmp_path, check_id, emptied) == set()
