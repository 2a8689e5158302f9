"""Great Expectations at work on a candidate: everything is judged, and what cannot be judged has not passed.

Does not hold: whether each check finds its own fault (test_suite_<subject>.py), or what the gate makes of a failed
check (test_verdict.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sousei.expectations.suites import declared
from sousei.expectations.suites.declared import CHECKS
from sousei.expectations.validation import validate
from tests import gate_candidate
from tests.suite_faults import copy


@pytest.mark.parametrize("subject", declared.SUBJECTS, ids=lambda subject: subject.__name__.rpartition(".")[2])
def test_every_subject_has_its_faults(subject) -> None:
    assert Path(__file__).with_name(f"test_suite_{subject.__name__.rpartition('.')[2]}.py").is_file()


def test_sound_candidate_passes_everything(sound: Path) -> None:
    outcomes = validate(sound)
    assert {one.check_id for one in outcomes} == {check.check_id for check in CHECKS}
    assert [one for one in outcomes if not one.passed] == []


def test_mart_without_any_delivery_must_be_empty(sound: Path, tmp_path: Path) -> None:
    candidate = copy(sound, tmp_path, "delete from raw.tourism_visitors")
    failed = {one.check_id: one for one in validate(candidate, {"fct_tourism_visitors"}) if not one.passed}
    assert failed.keys() == {"tourism_has_a_plausible_number_of_months"}
    gate_candidate.plant(candidate, "delete from main.fct_tourism_visitors")
    assert all(one.passed for one in validate(candidate, {"fct_tourism_visitors"}))


def test_missing_mart_fails_all_its_checks(sound: Path, tmp_path: Path) -> None:
    candidate = copy(sound, tmp_path, "drop table main.fct_furusato_donation")
    outcomes = validate(candidate, {"fct_furusato_donation"})
    assert len(outcomes) == sum(check.table == "fct_furusato_donation" for check in CHECKS)
    assert not any(one.passed for one in outcomes)
    assert all("fct_furusato_donation" in str(one.error) for one in outcomes)


def test_missing_column_fails_its_checks_and_no_other(sound: Path, tmp_path: Path) -> None:
    candidate = copy(sound, tmp_path, "alter table main.meta_source drop column licence")
    assert not any(one.passed for one in validate(candidate, {"meta_source"}))
    assert all(one.passed for one in validate(candidate, {"fct_tourism_visitors"}))


def test_failing_row_names_the_delivered_cell(sound: Path, tmp_path: Path) -> None:
    candidate = copy(
        sound,
        tmp_path,
        "update main.fct_furusato_donation set donation_jpy = donation_jpy // 1000 "
        "where fiscal_year = 2024 and municipality_code = '99001'",
    )
    (found,) = (one for one in validate(candidate, {"fct_furusato_donation"}) if not one.passed)
    (example,) = found.examples
    assert (example["sheet"], example["row"]) == ("受入額", 24)
    assert (example["municipality_code"], example["fiscal_year"]) == ("99001", 2024)
    assert example["source_id"] == "furusato-aaaaaaaaaaaaaaaa"
