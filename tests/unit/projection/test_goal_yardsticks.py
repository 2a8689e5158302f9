"""Goal seek of Nemuro, 9,345 persons in 2060, against the figures of the method: one row of them per convention."""

from __future__ import annotations

import polars as pl
import pytest

from sousei.projection.desk import goals
from sousei.projection.desk.sitting import Desk, open_desk
from tests import registers
from tests.unit.projection import frames

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not frames.SHARED.exists(), reason="../shared is missing: published tables live there"),
]
RISE = "fertility_only"
FROM_2025, HALF_IN_2020 = [(2025, 1.61, "step")], [(2025, 1.61, "linear")]
"""1.61 from the step that ends in 2025 on; the same with half of the rise in the step that ends in 2020."""
PROFILES = ("family_30_34_one_child", "persons_20_39", "women_20_24")


@pytest.fixture(scope="module")
def nemuro() -> Desk:
    return open_desk(frames.two_cities_2018(), registers.night().scenarios, "01223")


def units(desk: Desk, knots: list, **told: object) -> list[float]:
    """Couples with a child, persons 20-39, women 20-24 a year from 2020 on."""
    at = goals.with_tfr(desk, RISE, knots)
    found = goals.goal_seek(
        at, target_persons=9345, target_year=2060, from_year=2020, scenario_ids=[RISE], profiles=PROFILES, **told
    )  # type: ignore[arg-type]
    return found["units_a_year"].to_list()


@pytest.mark.parametrize(
    ("knots", "told", "due"),
    [
        (HALF_IN_2020, {}, (6.0, 16.1, 12.1)),
        ([], {}, (8.3, 22.4, 17.2)),
        (FROM_2025, {"leaving": "residents", "end_mothers": False}, (6.5, 17.7, 14.4)),
        (HALF_IN_2020, {"leaving": "residents", "end_mothers": False}, (6.3, 17.1, 13.8)),
        (HALF_IN_2020, {"end_mothers": False}, (6.1, 16.8, 12.9)),
        (FROM_2025, {"leaving": "never", "timing": "end"}, (4.7, 13.3, 9.3)),
        (FROM_2025, {"leaving": "never", "timing": "end", "end_mothers": False}, (5.1, 14.7, 10.7)),
    ],
    ids=["default", "no rise", "residents", "half in 2020", "no end mothers", "never, low", "never, high"],
)
def test_each_convention_gives_the_figures_of_the_method(nemuro, knots, told, due):
    assert units(nemuro, knots, **told) == pytest.approx(due, abs=0.051)


def test_the_range_of_one_answer_holds_all_of_them_with_its_path(nemuro):
    found = goals.goal_seek(nemuro, target_persons=9345, target_year=2060, scenario_ids=[RISE])
    family = found.filter(pl.col("profile") == "family_30_34_one_child").row(0, named=True)
    assert (round(family["low_units_a_year"], 1), round(family["high_units_a_year"], 1)) == (4.7, 6.6)
    assert family["low_units_a_year"] <= family["units_a_year"] <= family["high_units_a_year"]


def test_from_the_census_of_2025_more_are_needed(nemuro):
    totals = pl.DataFrame(
        {"municipality_code": ["01223"], "series": ["census_preliminary"], "persons": [21_201.0]}
    ).with_columns(pl.date(2025, 10, 1).alias("as_of_date"))
    later = open_desk(
        frames.two_cities_2018(),
        registers.night().scenarios,
        "01223",
        base="census_2025",
        registry_population=frames.registry_two_cities(),
        totals=totals,
    )
    now = goals.goal_seek(later, target_persons=9345, target_year=2060)
    then = goals.goal_seek(nemuro, target_persons=9345, target_year=2060)
    assert (now["from_year"] == 2025).all() and (then["from_year"] == 2020).all()
    assert (now["units_a_year"] > then["units_a_year"]).all()
