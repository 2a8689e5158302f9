"""Breaks of the level of monthly visitors as the rule finds them: samples, made-up series, the whole country."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from sousei.foundation.home import PROJECT_ROOT
from tests.warehouse import Warehouse

NATIONAL = PROJECT_ROOT.parent / "shared" / "data" / "extracts" / "tourism"
FIRST = date(2021, 1, 1)
Month = Callable[[int], float]
"""Visitors of the n-th month (0 is January 2021) of a made-up series."""


@contextmanager
def delivered(warehouse: Warehouse, figures: str) -> Iterator[None]:
    """The visitors of `figures` (code, month, visitors) in place of those of the samples."""
    rows = (
        "select one.* replace (figures.code as area_code, figures.month as month, figures.visitors as visitors, "
        "'yearly' as form, coalesce(town.area_level, 'ward') as area_level) "
        f"from (from truth where form = 'yearly' limit 1) as one cross join ({figures}) as figures "
        "left join seeds.municipalities as town on figures.code = town.municipality_code"
    )
    with warehouse.changed("tourism_visitors", rows):
        warehouse.rebuild("fct_tourism_visitors")
        yield


def breaks(warehouse: Warehouse) -> dict[tuple[str, str], str]:
    found = warehouse.rows(
        "select municipality_code as code, strftime(month, '%Y-%m') as month, reading "
        "from intermediate.int_tourism__level_breaks where ratio_after is not null"
    )
    return {(row["code"], row["month"]): row["reading"] for row in found}


def typed(series: dict[str, Month], n_months: int) -> str:
    values = ", ".join(
        f"('{code}', date '{FIRST.year + n // 12}-{n % 12 + 1:02d}-01', {round(visitors(n))})"
        for code, visitors in series.items()
        for n in range(n_months)
    )
    return f"select * from (values {values}) as typed (code, month, visitors)"


def season(n: int) -> float:
    """A town with a summer five times its winter, and some noise that is always the same."""
    return 6000 * (1.5 + math.cos((n % 12 - 7) * math.pi / 6)) * (1 + 0.12 * math.sin(n * 2.399))


def stepped(*steps: tuple[int, float]) -> Month:
    """The season, with another level from each month on."""
    return lambda n: season(n) * math.prod(fold for start, fold in steps if n >= start)


def test_samples_show_the_three_known_breaks(warehouse: Warehouse) -> None:
    assert breaks(warehouse) == {
        ("01223", "2025-01"): "break",
        ("03211", "2024-01"): "break",
        ("03211", "2026-03"): "suspected",
    }
    (row,) = warehouse.rows(
        "select * from fct_tourism_visitors where municipality_code = '03211' and month = '2024-01-01'"
    )
    assert (row["visitors"], row["replaced_visitors"], row["visitors_year_before"]) == (22359, 6046, 7475)
    assert row["of_year_before_pct"] is None and row["level_state"] == "break"
    assert "0.75倍から4.58倍" in row["level_reason_ja"] and "6046人→22359人" in row["level_reason_ja"]
    assert "0.75 to 4.58" in row["level_reason_en"]


def test_a_ratio_stands_only_within_one_level(warehouse: Warehouse) -> None:
    rows = warehouse.rows("select * from fct_tourism_visitors")
    shown = [row for row in rows if row["of_year_before_pct"] is not None]
    assert len(shown) > 60
    assert {row["level_state"] for row in shown} == {"same_level", "untested"}
    for row in shown:
        assert float(row["of_year_before_pct"]) == pytest.approx(
            100 * row["visitors"] / row["visitors_year_before"], abs=0.006
        )
    withheld = {(row["municipality_code"], row["level_state"]) for row in rows} - {
        (row["municipality_code"], row["level_state"]) for row in shown
    }
    assert {state for _, state in withheld} == {"break", "suspected", "no_year_before"}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("series", "n_months", "expected"),
    [
        (stepped(), 60, {}),
        (stepped((36, 2.0)), 60, {"2024-01": "break"}),
        (stepped((38, 0.5)), 60, {"2024-03": "break"}),
        (stepped((36, 1.4)), 60, {}),
        (stepped((36, 2.0)), 41, {"2024-01": "suspected"}),
        (stepped((36, 2.0)), 38, {}),  # two months after it say nothing yet
        (stepped((36, 2.0), (37, 0.5)), 60, {}),  # a month
        (stepped((24, 4.0), (36, 2.0)), 60, {"2023-01": "break", "2024-01": "break"}),  # one hides behind the other
        (stepped((24, 4.0), (50, 2.0)), 60, {"2023-01": "break", "2025-03": "break"}),
        (lambda n: season(n) * 1.03**n, 60, {}),  # growth, 43 per cent a year
        (lambda n: season(n) * (0.35 + 0.65 * min(n / 24, 1)), 60, {}),  # two years of recovery
        (lambda n: season(n) * (0.5 if n in (3, 4, 7, 8) else 1), 60, {}),  # states of emergency
    ],
)
def test_one_town_alone(warehouse: Warehouse, series: Month, n_months: int, expected: dict[str, str]) -> None:
    with delivered(warehouse, typed({"01661": series}, n_months)):
        assert breaks(warehouse) == {("01661", month): reading for month, reading in expected.items()}


def test_what_moves_everybody_is_no_break_of_a_town(warehouse: Warehouse) -> None:
    """A pandemic that quarters every town at once: told of a town alone, not where twenty others moved with it."""
    hit = stepped((40, 0.25))
    codes = warehouse.rows(
        "select municipality_code from dim_municipality where is_current and area_level = 'municipality' order by 1 "
        "limit 25"
    )
    many = {row["municipality_code"]: hit for row in codes} | {"01661": stepped((40, 0.25), (46, 3.0))}
    with delivered(warehouse, typed({"01661": hit}, 60)):
        assert list(breaks(warehouse)) == [("01661", "2024-05")]
    with delivered(warehouse, typed(many, 60)):
        assert breaks(warehouse) == {("01661", "2024-11"): "break"}


@pytest.mark.parametrize(("reading", "is_shown"), [("movement", True), ("break", False)])
def test_a_person_decides_about_a_step(warehouse: Warehouse, reading: str, is_shown: bool) -> None:
    with delivered(warehouse, typed({"01661": stepped((38, 2.5))}, 60)):
        warehouse.connection.execute(
            f"insert into raw.level_step values ('01661', date '2024-04-01', '{reading}', '観光課長', "
            "date '2024-11-28', '温泉の開業。')"
        )
        warehouse.rebuild("int_tourism__growth", "int_tourism__level_breaks", schema="intermediate")
        warehouse.rebuild("fct_tourism_visitors")
        assert breaks(warehouse) == {("01661", "2024-04"): reading}
        (row,) = warehouse.rows("select * from fct_tourism_visitors where month = date '2024-06-01'")
        assert (row["level_state"], row["of_year_before_pct"] is not None) == (reading, is_shown)
        assert "温泉の開業" in row["level_reason_ja"] and "decided on 2024-11-28" in row["level_reason_en"]
        assert row["comparable_from"] == (FIRST if is_shown else date(2024, 4, 1))
        (told,) = warehouse.node("meta_decision")
        assert (told["kind"], told["rule"], told["subject"]) == ("level_step", reading, "01661 2024-04-01")
        assert warehouse.node("meta_decision") == [
            {
                "kind": "level_step",
                "rule": reading,
                "subject": "01661 2024-04-01",
                "decided_by": "観光課長",
                "decided_on": date(2024, 11, 28),
                "reason_ja": "温泉の開業。",
            }
        ]


def test_months_too_near_to_an_end_are_untested(warehouse: Warehouse) -> None:
    with delivered(warehouse, typed({"01661": season}, 36)):
        rows = warehouse.rows("select month, level_state from fct_tourism_visitors order by month")
    states = [row["level_state"] for row in rows]
    assert states == ["no_year_before"] * 12 + ["untested"] * 17 + ["same_level"] * 5 + ["untested"] * 2


def national(where: str = "true") -> str:
    if not NATIONAL.is_dir():
        pytest.skip("the publisher's files are not at hand (../shared)")
    files = [str(NATIONAL / f"city{year}.csv") for year in range(2021, 2025)]
    return (
        'select printf(\'%05d\', "地域コード") as code, make_date("年", "月", 1) as month, '
        f'any_value("人数") as visitors from read_csv({files}, header = true, '
        f"types = {{'地域コード': 'INTEGER'}}) group by all having {where}"
    )


@pytest.mark.shared
def test_the_whole_country(warehouse: Warehouse) -> None:
    """The publisher changed its way of counting in January 2024; any other month is marked in one of 200 towns."""
    with delivered(warehouse, national()):
        found = breaks(warehouse)
        (size,) = warehouse.rows("select count(distinct municipality_code) as n from fct_tourism_visitors")
        asked = warehouse.node("visitor_levels_to_look_at")
    months = [month for _, month in found]
    assert size["n"] > 1700 and 100 < months.count("2024-01") < 200
    assert all(months.count(month) < 0.01 * size["n"] for month in set(months) - {"2024-01"})
    assert sum(month < "2023-06" for month in months) < 0.03 * size["n"], "recovery from the pandemic is no break"
    assert found["03211", "2024-01"] == "break" and not [code for code, _ in found if code == "01223"]
    assert found["01234", "2023-03"] == found["17202", "2024-01"] == "break", "nobody has decided that they are real"
    assert len(asked) < 80


@pytest.mark.exhaustive
@pytest.mark.shared
def test_a_town_alone_is_told_as_in_the_whole_country(warehouse: Warehouse) -> None:
    with delivered(warehouse, national()):
        together = breaks(warehouse)
    some = "('03211', '01223', '16205', '13104', '31202', '42323', '33202')"
    with delivered(warehouse, national(f"code in {some}")):
        alone: dict[Any, str] = breaks(warehouse)
    assert alone == {key: reading for key, reading in together.items() if key[0] in some}
