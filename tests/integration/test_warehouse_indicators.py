"""Indicators of the national files: each is explained once, and has the value that the files give, worked by hand.

Figures are those of the embedded samples; planted ones are synthetic.
"""

from __future__ import annotations

import csv
from decimal import Decimal
from typing import Any

import pytest

from sousei.foundation.home import PROJECT_ROOT
from tests.warehouse import Warehouse

pytestmark = pytest.mark.slow

SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "indicators.csv"
NOT_IN_THE_SAMPLES = {"registry_social_change_persons"}
"""Their layouts publish no column of it."""


def seed() -> set[str]:
    with SEED.open(encoding="utf-8", newline="") as file:
        return {row["indicator_id"] for row in csv.DictReader(file)}


def values(warehouse: Warehouse, indicator: str, code: str = "01223") -> dict[str, tuple[Any, ...]]:
    found = warehouse.rows(
        "select as_of_date, indicator_value, numerator, denominator from main.fct_indicator "
        "where indicator_id = ? and municipality_code = ?",
        indicator,
        code,
    )
    return {str(row["as_of_date"]): (row["indicator_value"], row["numerator"], row["denominator"]) for row in found}


def test_every_indicator_that_is_measured_is_explained_and_the_other_way_round(warehouse: Warehouse) -> None:
    measured = warehouse.rows("select distinct indicator_id from intermediate.int_indicator__of_sources")
    ids = {row["indicator_id"] for row in measured}
    assert ids - seed() == set()
    assert seed() - ids == NOT_IN_THE_SAMPLES
    assert warehouse.node("indicators_are_explained") == []
    with warehouse.planted("delete from seeds.indicators where indicator_id = 'marriages'"):
        warehouse.rebuild("dim_indicator")
        found = warehouse.node("indicators_are_explained")
        assert {(row["file_name"], row["found"]) for row in found} == {("vital_statistics.csv", "marriages")}


def test_flows_and_rates_come_from_one_file_with_their_parts(warehouse: Warehouse) -> None:
    """Nemuro 2021: 115 born, 416 died, 802 came, 1,118 left; 24,231 persons in 12,290 households on 1 January 2022."""
    day = "2021-12-31"
    assert values(warehouse, "registry_natural_change_persons")[day] == (Decimal(-301), None, None)
    assert values(warehouse, "registry_net_migration_persons")[day] == (Decimal(-316), None, None)
    rate, births, people = values(warehouse, "registry_births_per_1000")[day]
    assert (births, people) == (115, 24231) and rate == Decimal("4.74598655")
    assert values(warehouse, "registry_net_migration_per_1000")[day] == (Decimal("-13.04114564"), -316, 24231)
    assert values(warehouse, "registry_persons_per_household")["2022-01-01"] == (Decimal("1.97160293"), 24231, 12290)


def test_a_part_that_is_hidden_leaves_no_value(warehouse: Warehouse) -> None:
    hidden = "area_code = '01223' and item = 'birth'"
    hide = f"if({hidden}, null, value) as value, if({hidden}, 'suppressed', value_status) as value_status"
    with warehouse.changed("registry_dynamics", f"select * replace ({hide}) from truth"):
        warehouse.rebuild("fct_indicator")
        for gone in ("births_persons", "births_per_1000", "natural_change_persons", "natural_change_per_1000"):
            assert values(warehouse, f"registry_{gone}") == {}, gone
        assert values(warehouse, "registry_deaths_persons")["2021-12-31"][0] == 416


def test_shares_of_the_census_are_of_persons_whose_age_is_known(warehouse: Warehouse) -> None:
    """Nemuro 2020: 2,396 + 13,370 + 8,648 = 24,414 of 24,636."""
    assert values(warehouse, "census_young_share_pct")["2020-10-01"] == (Decimal("9.81404112"), 2396, 24414)
    assert values(warehouse, "census_old_75_share_pct")["2020-10-01"][1:] == (4569, 24414)


def test_receipts_per_donation_and_per_resident(warehouse: Warehouse) -> None:
    per_donation = values(warehouse, "furusato_jpy_per_donation")["2026-03-31"]
    assert per_donation == (Decimal("22189.32591695"), 12_262_930_968, 552_650)
    per_resident = values(warehouse, "furusato_jpy_per_resident")
    assert per_resident["2024-03-31"][1:] == (12_554_070_247, 23006)
    assert "2026-03-31" not in per_resident, "nobody counted the residents of that year yet"


def test_months_are_never_added_across_a_break_of_the_level(warehouse: Warehouse) -> None:
    """Kamaishi breaks in January 2024 and March 2026, Nemuro in January 2025: fiscal years with them have no sum."""
    nemuro, kamaishi = (values(warehouse, "tourism_visitors_fiscal_year", code) for code in ("01223", "03211"))
    assert sorted(nemuro) == ["2022-03-31", "2023-03-31", "2024-03-31", "2026-03-31"]
    assert sorted(kamaishi) == ["2022-03-31", "2023-03-31", "2025-03-31"]
    assert sorted(values(warehouse, "tourism_visitors_calendar_year", "03211"))[-1] == "2025-12-31"
    share, winter, whole = values(warehouse, "tourism_winter_share_pct", "03211")["2025-03-31"]
    assert (winter, whole) == (107_864, 380_011) and share == Decimal("28.38444150")
    series = warehouse.rows(
        "select distinct series, comparable_from from main.fct_indicator "
        "where indicator_id = 'tourism_visitors_calendar_year' and municipality_code = '03211' order by 1"
    )
    assert [row["series"] for row in series] == ["tourism_from_2021_01", "tourism_from_2024_01"]
    assert str(series[1]["comparable_from"]) == "2024-01-01"


def test_a_year_with_a_month_that_is_not_known_has_no_sum(warehouse: Warehouse) -> None:
    gone = "area_code = '01223' and month = date '2022-06-01'"
    hide = f"if({gone}, null, visitors) as visitors, if({gone}, 'not_reported', value_status) as value_status"
    with warehouse.changed("tourism_visitors", f"select * replace ({hide}) from truth"):
        warehouse.rebuild("fct_indicator")
        assert "2022-12-31" not in values(warehouse, "tourism_visitors_calendar_year")
        assert "2023-03-31" not in values(warehouse, "tourism_winter_share_pct")
        assert "2021-12-31" in values(warehouse, "tourism_visitors_calendar_year")
