"""Scenarios as data: what each row means, and what is refused with the line named."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from sousei.projection import national, scenarios
from sousei.projection.engine import ProjectionError
from tests import registers

YEARS = [2015, 2020, 2025, 2030]
NATIONAL = national.rates(YEARS)
HEADER = ",".join(name for name in scenarios.COLUMNS if name != "base")  # a table of before that column
START = "base,*,scenario,published,,,,2015,2030,,,,,,,\nmine,*,scenario,base,,,,2015,2030,,,,,,,\n"


def table(tmp_path, rows: str) -> pl.DataFrame:
    path = tmp_path / "scenarios.csv"
    path.write_text(HEADER + "\n" + START.replace(",base,", ",ipss_2018_extended,") + rows, encoding="utf-8")
    return scenarios.read(path)


def expand(frame: pl.DataFrame, codes=("01223",)) -> scenarios.Assumptions:
    keys = pl.DataFrame({"municipality_code": list(codes), "scenario_id": ["mine"] * len(codes)})
    cwr = np.full((3, len(codes)), 0.2)
    tfr = np.tile(np.array([1.4, 1.41, 1.42, 1.43])[:, None], (1, len(codes)))
    return scenarios.expand(frame, keys, YEARS, cwr, tfr, NATIONAL)


def implied(found: scenarios.Assumptions) -> list[float]:
    return national.tfr_of(found.child_woman_ratio, NATIONAL, first=1)[:, 0].tolist()


def test_the_product_and_the_sample_plans_name_every_scenario_of_the_contract():
    ids = set(scenarios.labels(registers.night().scenarios)["scenario_id"])
    assert {
        "ipss_2018",
        "ipss_2018_extended",
        "ipss_2023",
        "plan",
        "fertility_only",
        "migration_only",
        "closed",
        "sim1",
        "sim2",
    } <= ids


def test_a_linear_knot_rises_from_the_basis_own_value(tmp_path):
    found = expand(table(tmp_path, "mine,*,tfr,,,,,2030,,2.0,linear,,,,,\n"))
    assert implied(found) == pytest.approx([1.6, 1.8, 2.0])


def test_a_step_keeps_the_basis_path_before_it(tmp_path):
    found = expand(table(tmp_path, "mine,*,tfr,,,,,2025,,1.61,step,,,,,\n"))
    assert implied(found) == pytest.approx([1.41, 1.61, 1.61])


def test_knots_join_and_the_last_one_holds(tmp_path):
    found = expand(table(tmp_path, "mine,*,tfr,,,,,2020,,1.5,step,,,,,\nmine,*,tfr,,,,,2030,,1.7,linear,,,,,\n"))
    assert implied(found) == pytest.approx([1.5, 1.6, 1.7])


def test_a_line_from_a_knot_before_the_first_year_runs_on_from_where_it_is(tmp_path):
    rows = "mine,*,tfr,,,,,2010,,1.0,step,,,,,\nmine,*,tfr,,,,,2030,,2.0,linear,,,,,\n"
    assert implied(expand(table(tmp_path, rows))) == pytest.approx([1.5, 1.75, 2.0])


def test_without_tfr_rows_the_child_woman_ratio_is_untouched(tmp_path):
    found = expand(table(tmp_path, ""))
    assert (found.child_woman_ratio == 0.2).all()
    assert (found.multipliers == 1).all()
    assert found.arrivals_start is None


def test_multipliers_hold_in_their_years_ages_and_sex_only(tmp_path):
    found = expand(table(tmp_path, "mine,*,migration_multiplier,,female,20,39,2020,2025,0.5,,,,,,\n"))
    changed = np.argwhere(found.multipliers[found.which[0]] != 1.0)
    assert {tuple(c) for c in changed.tolist()} == {(1, 1, x) for x in (4, 5, 6, 7)}


def test_a_row_for_one_municipality_replaces_the_row_for_all(tmp_path):
    rows = (
        "mine,*,migration_multiplier,,,,,2015,2030,0,,,,,,\nmine,03211,migration_multiplier,,,,,2015,2030,0.5,,,,,,\n"
    )
    found = expand(table(tmp_path, rows), ("01223", "03211"))
    assert (found.multipliers[found.which[0]] == 0).all()
    assert (found.multipliers[found.which[1]] == 0.5).all()


def test_arrivals_are_persons_a_year_spread_over_groups_and_timing(tmp_path):
    found = expand(table(tmp_path, "mine,*,arrivals,,,20,29,2020,2025,8,,mid,,,,\n"))
    assert found.arrivals_start.sum() == pytest.approx(20)
    assert found.arrivals_end.sum() == pytest.approx(20)
    assert found.arrivals_start[1, 0, 4, 0] == pytest.approx(5)
    assert found.arrivals_start[0].sum() == found.arrivals_start[2].sum() == 0


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("mine,*,tfr,,,,,2025,,abc,step,,,,,", r"4行目 value.*line 4"),
        ("mine,*,tfr,,,,,2025,,1.6,curved,,,,,", r"shape.*linear / step"),
        ("mine,*,migrations,,,,,2025,2030,1,,,,,,", r"4行目 item"),
        ("mine,1223,tfr,,,,,2025,,1.6,step,,,,,", "municipality_code"),
        ("mine,*,arrivals,,,20,23,2020,2025,8,,mid,,,,", "age_to"),
        ("mine,*,arrivals,,,20,24,2020,2025,8,,often,,,,", "timing"),
        ("other,*,tfr,,,,,2025,,1.6,step,,,,,", "item=scenario"),
        ("mine,*,scenario,ipss_2018_extended,,,,2015,2030,,,,,,,", "once"),
        ("mine,*,migration_multiplier,,,,,2025,2020,1,,,,,,", "year_to"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line_and_what_was_expected(tmp_path, row, message):
    with pytest.raises(ProjectionError, match=message):
        table(tmp_path, row + "\n")


def test_overlapping_multipliers_are_refused(tmp_path):
    rows = (
        "mine,*,migration_multiplier,,,,,2015,2025,0.9,,,,,,\nmine,*,migration_multiplier,,,20,39,2020,2030,0.8,,,,,,\n"
    )
    with pytest.raises(ProjectionError, match="rows overlap"):
        expand(table(tmp_path, rows))


def test_a_year_between_steps_is_refused(tmp_path):
    with pytest.raises(ProjectionError, match="year_from=2023"):
        expand(table(tmp_path, "mine,*,tfr,,,,,2023,,1.6,step,,,,,\n"))
