"""Every check on visitors finds its own fault, and nothing else does unless it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from sousei.expectations.suites import tourism
from tests.suite_faults import TOWN, found_in

PLANTS: dict[str, str] = {
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
}

FAILS_TOO: dict[str, set[str]] = {
    "tourism_has_a_plausible_number_of_months": {"every_delivered_municipality_has_visitors"},
}


@pytest.mark.promise("E1")
def test_every_check_has_its_fault() -> None:
    assert PLANTS.keys() == {check.check_id for check in tourism.CHECKS}


@pytest.mark.sampled(2)
@pytest.mark.promise("E1")
@pytest.mark.parametrize("check_id", PLANTS)
def test_planted_fault_fails_exactly_its_check(check_id: str, sound: Path, tmp_path: Path) -> None:
    assert found_in(sound, tmp_path, check_id, PLANTS[check_id]) == {check_id} | FAILS_TOO.get(check_id, set())
