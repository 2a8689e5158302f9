"""What stands beside a plan's population: one gap to the projection, no forecast's band on a goal, no register count.

Holds: the marts of the samples. Does not hold: the projection itself (test_warehouse_vision.py).
"""

from __future__ import annotations

import pytest

from tests.kpi_cases import TOWN
from tests.warehouse import Warehouse

pytestmark = pytest.mark.slow


def test_the_gap_to_the_projection_is_one_number(warehouse: Warehouse) -> None:
    """The plan stands on 22,006 persons in 2025: its gain of 447 is 22,453 less that. The official table has 22,005."""
    (row,) = warehouse.rows(
        "select actual_value, plan_value from mart_vision_reconciliation where figure_id = 'gain_2025_total_persons' "
        f"and municipality_code = '{TOWN}' and plan_id = 'nemuro_vision_2019'"
    )
    (score,) = warehouse.rows(
        "select actual_value - benchmark_value as gap, target_value - benchmark_at_target as gain "
        f"from mart_kpi_scorecard where municipality_code = '{TOWN}' and plan_id = 'nemuro_vision_2019' "
        "and kpi_id = 'n2-p-4' and fiscal_year = 2025"
    )
    assert (row["actual_value"], row["plan_value"]) == (-805, 447)
    assert (score["gap"], score["gain"]) == (-805, 447)


BANDS = {
    "mart_population_projection": "lower_persons is not null or upper_persons is not null",
    "mart_population_integer": "lower_persons is not null or upper_persons is not null",
    "mart_population_vision": (
        "total_lower_persons is not null or young_lower_persons is not null or working_age_lower_persons is not null "
        "or old_lower_persons is not null or women_20_39_lower_persons is not null or band_coverage_pct is not null"
    ),
}


FORECASTS = {
    *("ipss_2018", "ipss_2018_extended", "ipss_2018_from_2025"),
    *("ipss_2023", "ipss_2023_extended", "ipss_2023_fitted"),
}
"""Both editions, also from another base or with ages of our own: they say what is to be expected."""


@pytest.mark.sampled
@pytest.mark.parametrize("mart", list(BANDS))
def test_goals_and_what_ifs_carry_no_band_of_a_forecast(warehouse: Warehouse, mart: str) -> None:
    runs = {row["scenario_id"] for row in warehouse.rows(f"select distinct scenario_id from {mart}")}
    rows = warehouse.rows(f"select distinct scenario_id from {mart} where {BANDS[mart]}")
    banded = {row["scenario_id"] for row in rows}
    assert {"closed", "sim1", "sim2", "plan_recomputed"} <= runs
    assert banded == runs & FORECASTS != set()
    check = "projected_totals_have_their_band"
    with warehouse.planted(f"update main.{mart} set {BANDS[mart].split()[0]} = 1 where scenario_id = 'closed'"):
        found = warehouse.node(check)
    assert warehouse.node(check) == []
    assert any("予測でないのに幅があります" in row["reason_ja"] for row in found)


def test_a_register_count_stands_beside_no_plan(warehouse: Warehouse) -> None:
    rows = warehouse.rows("select * from mart_population_actual")
    compared = ("plan_persons", "plan_gap_persons", "ipss_2018_error_pct", "ipss_2023_error_pct")
    register = [row for row in rows if row["series"] == "resident_registry"]
    assert register and {row[name] for row in register for name in compared} == {None}
    assert any(row["plan_gap_persons"] is not None for row in rows if row["series"].startswith("census"))
    scored = warehouse.rows(
        "select distinct actual_series from mart_kpi_scorecard where kind = 'suppress_decline' and "
        "(grade is not null or progress_pct is not null or is_target_reached is not null)"
    )
    assert [row["actual_series"] for row in scored] == ["census"]
    reconciled = warehouse.rows(
        "select distinct actual_series from mart_vision_reconciliation where actual_value is not null"
    )
    assert [row["actual_series"] for row in reconciled] == ["census"]
    unscaled = warehouse.rows(
        "select * from mart_population_refresh where plan_persons is not null and scale_factor is null"
    )
    assert unscaled == []
