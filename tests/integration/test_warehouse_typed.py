"""Hand-typed figures beside other deliveries: ten times the year before, of the future, groups that do not add up.

Faults are planted into the warehouse of the samples. Does not hold: what one file tells (test_tidy.py).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.test_warehouse_cross_file import found_by, stops
from tests.warehouse import FINDING, Warehouse

pytestmark = pytest.mark.slow
TYPED = "typed_figures_keep_their_size"


def times(number: float, where: str) -> str:
    return f"select * replace (if({where}, {number}, 1) * value as value) from truth"


def of(indicator: str, year: int, code: str = "01223") -> str:
    return f"municipality_code = '{code}' and indicator_id = '{indicator}' and year(period_end) = {year}"


def found(warehouse: Warehouse, select: str, *statements: str) -> dict[str, list[dict[str, Any]]]:
    with warehouse.changed("reference_series", select, *statements):
        return found_by(warehouse, "fct_population_change")


@pytest.mark.sampled(3)
@pytest.mark.parametrize("number", [10, 100, 0.1, 0.01])
@pytest.mark.parametrize(
    ("indicator", "year"), [("births", 2016), ("deaths", 2012), ("in_migrants", 2020), ("out_migrants", 2023)]
)
def test_ten_or_a_hundred_times_is_stopped(warehouse: Warehouse, indicator: str, year: int, number: float) -> None:
    rows = found(warehouse, times(number, of(indicator, year)))[TYPED]
    assert all(set(row) == set(FINDING) and row["row_number"] and row["file_name"] for row in rows)
    assert any(f" {year}-12-31: " in row["reason_ja"] or f"、{year}-12-31 の" in row["reason_ja"] for row in rows)


@pytest.mark.sampled
@pytest.mark.parametrize("indicator", ["births", "in_migrants"])
def test_a_whole_series_in_tens_is_stopped_by_the_register(warehouse: Warehouse, indicator: str) -> None:
    rows = found(warehouse, times(10, f"indicator_id = '{indicator}'"))[TYPED]
    assert {row["municipality_code"] for row in rows} == {"01223", "03211"}


def test_a_figure_six_times_the_registers_is_shown_and_does_not_stop(warehouse: Warehouse) -> None:
    rows = found(warehouse, times(6, of("in_migrants", 2021)))
    assert TYPED not in rows and rows["typed_figures_to_look_at"]


@pytest.mark.exhaustive
def test_the_case_of_migrants_in_tens(warehouse: Warehouse) -> None:
    """8,160 typed for 2017 beside 816 delivered for 2018."""
    typed = (
        "select * from truth union all by name select * replace (8160 as value, date '2017-01-01' as period_start, "
        f"date '2017-12-31' as period_end, 900 as row) from truth where {of('in_migrants', 2018)}"
    )
    (row,) = found(warehouse, typed)[TYPED]
    assert (row["found"], row["row_number"], row["municipality_code"]) == ("8160", 900, "01223")


@pytest.mark.exhaustive
def test_the_deaths_of_2011_are_no_slip(warehouse: Warehouse) -> None:
    """釜石市 1,617 in 2011 beside 620 and 600: the true figures of the samples are found by nothing."""
    assert not stops(found(warehouse, "select * from truth"))
    rows = found(warehouse, times(12 / 2.6, of("deaths", 2011, "03211")))
    assert rows[TYPED]


def test_a_figure_of_the_future_is_stopped(warehouse: Warehouse) -> None:
    moved = (
        "select * replace (cast(if(indicator_id = 'births' and year(period_end) = 2022, period_end + interval 40 year, "
        "period_end) as date) as period_end) from truth"
    )
    rows = found(warehouse, moved)["typed_figures_are_not_of_the_future"]
    assert {row["found"] for row in rows} == {"2062-12-31"} and all(set(row) == set(FINDING) for row in rows)


def test_projected_figures_may_be_of_the_future(warehouse: Warehouse) -> None:
    assert "typed_figures_are_not_of_the_future" not in found(warehouse, "select * from truth")


@pytest.mark.sampled
@pytest.mark.parametrize("indicator", ["population_young", "population_working", "population_old"])
@pytest.mark.parametrize("number", [10, 0.1, 1.01])
def test_a_group_that_does_not_add_up_is_stopped(warehouse: Warehouse, indicator: str, number: float) -> None:
    rows = found(warehouse, times(number, of(indicator, 2030)))["typed_age_groups_add_up"]
    (row,) = rows
    assert (row["municipality_code"], row["file_name"]) == ("01223", "ipss_2023_age_groups.csv")
