"""Every check on donations finds its own fault, and nothing else does unless it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from sousei.expectations.suites import furusato
from tests.suite_faults import TOWN, found_in

PLANTS: dict[str, str] = {
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
}

FAILS_TOO: dict[str, set[str]] = {
    "donations_have_a_plausible_number_of_years": {"every_delivered_municipality_has_donations"},
}


@pytest.mark.promise("E1")
def test_every_check_has_its_fault() -> None:
    assert PLANTS.keys() == {check.check_id for check in furusato.CHECKS}


@pytest.mark.sampled(2)
@pytest.mark.promise("E1")
@pytest.mark.parametrize("check_id", PLANTS)
def test_planted_fault_fails_exactly_its_check(check_id: str, sound: Path, tmp_path: Path) -> None:
    assert found_in(sound, tmp_path, check_id, PLANTS[check_id]) == {check_id} | FAILS_TOO.get(check_id, set())
