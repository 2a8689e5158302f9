"""Every check on counted population and its change finds its own fault, and nothing else does unless it must."""

from __future__ import annotations

from pathlib import Path

import pytest

from sousei.expectations.suites import population
from tests.suite_faults import TOTAL, TOWN, WOMEN, found_in

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
}

FAILS_TOO: dict[str, set[str]] = {
    "population_has_a_plausible_number_of_series": {"every_delivered_municipality_has_population"},
    "women_20_39_do_not_exceed_total_population": {"women_20_39_share_is_plausible"},
}


@pytest.mark.promise("E1")
def test_every_check_has_its_fault() -> None:
    assert PLANTS.keys() == {check.check_id for check in population.CHECKS}


@pytest.mark.sampled(3)
@pytest.mark.promise("E1")
@pytest.mark.parametrize("check_id", PLANTS)
def test_planted_fault_fails_exactly_its_check(check_id: str, sound: Path, tmp_path: Path) -> None:
    assert found_in(sound, tmp_path, check_id, PLANTS[check_id]) == {check_id} | FAILS_TOO.get(check_id, set())


def test_births_of_all_are_not_measured_against_foreign_residents_alone(sound: Path, tmp_path: Path) -> None:
    """The table of foreigners is delivered, that of everybody on the same day is not: there is nothing to divide by."""
    alone = (
        f"update main.fct_population set scope = 'foreign', population_persons = 10 where {TOTAL} and {TOWN} "
        "and as_of_date = date '2023-01-01'"
    )
    assert found_in(sound, tmp_path, "birth_rate_is_plausible", alone) == set()
