"""Every check of the suites finds its own fault: one fault is planted, exactly that check fails.

A fault that contradicts two rules at once by logic (an empty mart is also an incomplete one) names both.
Does not hold: what the gate makes of a failed check (test_gate_verdict.py).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sousei.expectations.suites import CHECKS, FRAMES
from sousei.expectations.validation import validate
from tests import gate_candidate

WOMEN = "sex = 'female' and age_from between 20 and 35"
TOTAL = "sex = 'total' and age_group = 'total'"
TOWN = "municipality_code = '99001'"

PLANTS: dict[str, str] = {
    "population_has_a_plausible_number_of_series": "delete from main.fct_population",
    "total_population_fits_a_japanese_municipality": (
        f"update main.fct_population set population_persons = 5000000 where {TOTAL} and {TOWN} and series = 'census';"
        f"update main.fct_population set population_persons = 100000 where {WOMEN} and {TOWN} and series = 'census'"
    ),
    "women_20_39_do_not_exceed_total_population": (
        f"update main.fct_population set population_persons = 1000 where {WOMEN} and {TOWN} and series = 'census'"
    ),
    "women_20_39_share_is_plausible": (
        f"update main.fct_population set population_persons = 300 where {WOMEN} and {TOWN} and series = 'census'"
    ),
    "population_is_counted_on_its_statutory_day": (
        "update main.fct_population set as_of_date = date '2020-10-02' where series = 'census'"
    ),
    "registry_before_july_2012_counts_japanese_only": (
        "update main.fct_population set scope = 'total' where as_of_date = date '2012-03-31'"
    ),
    "population_is_not_of_the_future": (
        "update main.fct_population set as_of_date = date '2027-01-01' where as_of_date = date '2022-01-01'"
    ),
    "population_files_name_municipalities": "update raw.registry_population set area_level = 'ward'",
    "every_delivered_municipality_has_population": (
        "insert into raw.registry_population (area_code, area_level) values ('99003', 'municipality')"
    ),
    "population_change_has_a_plausible_number_of_rows": "delete from main.fct_population_change",
    "birth_rate_is_plausible": "update main.fct_population_change set persons = 400 where component = 'birth'",
    "death_rate_is_plausible": "update main.fct_population_change set persons = 900 where component = 'death'",
    "flow_period_is_one_whole_year_of_its_basis": (
        "update main.fct_population_change set period_end = date '2022-11-30'"
    ),
    "tourism_has_a_plausible_number_of_months": "delete from main.fct_tourism_visitors",
    "monthly_visitors_fit_a_japanese_municipality": (
        f"update main.fct_tourism_visitors set visitors = 40000000 where {TOWN}"
    ),
    "monthly_visitors_move_less_than_300_fold": (
        f"update main.fct_tourism_visitors set visitors = visitors * 1000 where {TOWN} and month = date '2022-06-01'"
    ),
    "visitors_are_not_of_the_future": (
        "update main.fct_tourism_visitors set month = date '2027-12-01' where month = date '2022-12-01'"
    ),
    "tourism_files_name_municipalities": "update raw.tourism_visitors set area_level = 'prefecture'",
    "every_delivered_municipality_has_visitors": (
        "insert into raw.tourism_visitors (area_code, area_level) values ('99003', 'municipality')"
    ),
    "donations_have_a_plausible_number_of_years": "delete from main.fct_furusato_donation",
    "donations_of_a_year_stay_below_200_billion_yen": (
        "update main.fct_furusato_donation set donation_jpy = 300000000000, donation_count = 10000000 "
        "where fiscal_year = 2024"
    ),
    "average_donation_is_plausible": (
        f"update main.fct_furusato_donation set donation_jpy = donation_jpy // 1000 where fiscal_year = 2024 and {TOWN}"
    ),
    "donations_start_in_fiscal_year_2008": (
        "update main.fct_furusato_donation set fiscal_year = 2007 where fiscal_year = 2024"
    ),
    "donations_are_not_of_the_future": (
        "update main.fct_furusato_donation set fiscal_year = 2027 where fiscal_year = 2024"
    ),
    "donation_files_name_municipalities": "update raw.furusato_donation set area_level = 'prefecture'",
    "every_delivered_municipality_has_donations": (
        "insert into raw.furusato_donation (area_code, area_level) values ('99003', 'municipality')"
    ),
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
    "projection_has_a_plausible_number_of_years": "delete from main.mart_population_projection",
    "projected_total_moves_within_a_half_in_five_years": (
        f"update main.mart_population_projection set population_persons = 2 * population_persons "
        f"where {TOWN} and year = 2045"
    ),
    "projection_years_are_five_apart": "delete from main.mart_population_projection where year = 2030",
    "projection_years_are_census_years": "update main.mart_population_projection set year = year + 1",
    "vision_has_a_plausible_number_of_years": "delete from main.mart_population_vision",
    "projected_women_20_39_do_not_exceed_total": (
        f"update main.mart_population_vision set women_20_39_persons = total_persons + 1 where {TOWN} and year = 2040"
    ),
    "age_group_shares_add_to_100": "update main.mart_population_vision set young_share_pct = 20 where year = 2040",
    "natural_and_social_change_explain_the_change": (
        "update main.mart_population_vision set social_change = -15 where year = 2040"
    ),
    "implied_fertility_is_plausible": "update main.mart_population_vision set implied_tfr = 0.2 where year = 2040",
    "sources_have_a_plausible_number_of_files": "delete from main.meta_source",
    "source_sha256_is_a_hash": (
        "update main.meta_source set sha256 = left(sha256, 63) || 'g' where file_name = 'visitors.csv'"
    ),
    "source_id_is_named_by_content": (
        "update main.meta_source set source_id = 'tourism-cccccccccccccccc' where file_name = 'visitors.csv'"
    ),
    "source_file_name_is_a_base_name": (
        "update main.meta_source set file_name = 'inbox/visitors.csv' where file_name = 'visitors.csv'"
    ),
    "source_is_credited": "update main.meta_source set licence = ' ' where file_name = 'visitors.csv'",
    "every_source_gave_rows": "update main.meta_source set rows_read = 0 where file_name = 'visitors.csv'",
    "no_row_was_quarantined": "update main.meta_source set rows_quarantined = 2 where file_name = 'visitors.csv'",
}

FAILS_TOO: dict[str, set[str]] = {
    "population_has_a_plausible_number_of_series": {"every_delivered_municipality_has_population"},
    "women_20_39_do_not_exceed_total_population": {"women_20_39_share_is_plausible"},
    "tourism_has_a_plausible_number_of_months": {"every_delivered_municipality_has_visitors"},
    "donations_have_a_plausible_number_of_years": {"every_delivered_municipality_has_donations"},
    "kpi_catalogue_has_a_plausible_number_of_targets": {"scorecard_looks_at_a_plausible_number_of_targets"},
    "scorecard_looks_at_a_plausible_number_of_targets": {"kpi_catalogue_has_a_plausible_number_of_targets"},
    "scorecard_has_a_plausible_number_of_rows": {"every_target_that_fell_due_is_scored"},
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gate_candidate.make(tmp_path_factory.mktemp("sound") / "candidate.duckdb")


def test_every_check_has_its_fault() -> None:
    assert PLANTS.keys() == {check.check_id for check in CHECKS}


def test_sound_candidate_passes_everything(sound: Path) -> None:
    outcomes = validate(sound)
    assert {one.check_id for one in outcomes} == {check.check_id for check in CHECKS}
    assert [one for one in outcomes if not one.passed] == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.check_id)
def test_planted_fault_fails_exactly_its_check(check, sound: Path, tmp_path: Path) -> None:
    candidate = tmp_path / "candidate.duckdb"
    shutil.copyfile(sound, candidate)
    gate_candidate.plant(candidate, PLANTS[check.check_id])
    reached = {frame.table for frame in FRAMES.values() if f"main.{check.table}" in frame.sql} | {check.table}
    if "main.dim_kpi" in PLANTS[check.check_id]:
        reached |= {"dim_kpi", "mart_kpi_scorecard"}
    outcomes = validate(candidate, reached)
    failed = {one.check_id for one in outcomes if not one.passed}
    assert failed == {check.check_id} | FAILS_TOO.get(check.check_id, set())
    assert [one.error for one in outcomes if one.error] == []


def test_mart_without_any_delivery_must_be_empty(sound: Path, tmp_path: Path) -> None:
    candidate = tmp_path / "candidate.duckdb"
    shutil.copyfile(sound, candidate)
    gate_candidate.plant(candidate, "delete from raw.tourism_visitors")
    failed = {one.check_id: one for one in validate(candidate, {"fct_tourism_visitors"}) if not one.passed}
    assert failed.keys() == {"tourism_has_a_plausible_number_of_months"}
    gate_candidate.plant(candidate, "delete from main.fct_tourism_visitors")
    assert all(one.passed for one in validate(candidate, {"fct_tourism_visitors"}))


def test_missing_mart_fails_all_its_checks(sound: Path, tmp_path: Path) -> None:
    candidate = tmp_path / "candidate.duckdb"
    shutil.copyfile(sound, candidate)
    gate_candidate.plant(candidate, "drop table main.fct_furusato_donation")
    outcomes = validate(candidate, {"fct_furusato_donation"})
    assert len(outcomes) == sum(check.table == "fct_furusato_donation" for check in CHECKS)
    assert not any(one.passed for one in outcomes)
    assert all("fct_furusato_donation" in str(one.error) for one in outcomes)


def test_missing_column_fails_its_checks_and_no_other(sound: Path, tmp_path: Path) -> None:
    candidate = tmp_path / "candidate.duckdb"
    shutil.copyfile(sound, candidate)
    gate_candidate.plant(candidate, "alter table main.meta_source drop column licence")
    assert not any(one.passed for one in validate(candidate, {"meta_source"}))
    assert all(one.passed for one in validate(candidate, {"fct_tourism_visitors"}))


def test_failing_row_names_the_delivered_cell(sound: Path, tmp_path: Path) -> None:
    candidate = tmp_path / "candidate.duckdb"
    shutil.copyfile(sound, candidate)
    gate_candidate.plant(candidate, PLANTS["average_donation_is_plausible"])
    (found,) = (one for one in validate(candidate, {"fct_furusato_donation"}) if not one.passed)
    (example,) = found.examples
    assert (example["sheet"], example["row"]) == ("受入額", 24)
    assert (example["municipality_code"], example["fiscal_year"]) == ("99001", 2024)
    assert example["source_id"] == "furusato-aaaaaaaaaaaaaaaa"
