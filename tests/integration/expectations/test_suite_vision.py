"""Every check on projected population and the vision finds its own fault, and nothing else does unless it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from sousei.expectations.suites import vision
from tests.suite_faults import TOWN, found_in

PLANTS: dict[str, str] = {
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
        "update main.mart_population_vision set social_change_5y = -15 where year = 2040"
    ),
    "implied_fertility_is_plausible": "update main.mart_population_vision set implied_tfr = 0.2 where year = 2040",
}


@pytest.mark.promise("E1")
def test_every_check_has_its_fault() -> None:
    assert PLANTS.keys() == {check.check_id for check in vision.CHECKS}


@pytest.mark.sampled(3)
@pytest.mark.promise("E1")
@pytest.mark.parametrize("check_id", PLANTS)
def test_planted_fault_fails_exactly_its_check(check_id: str, sound: Path, tmp_path: Path) -> None:
    assert found_in(sound, tmp_path, check_id, PLANTS[check_id]) == {check_id}
