"""Municipalities beside their peers, and targets beside what others did: cases computed by hand on planted values."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from tests.warehouse import Warehouse

pytestmark = pytest.mark.slow

MEASURE = "population_change_5y_pct"
YEAR = ("date '2015-10-01'", "date '2020-10-01'")
NEMURO = "01223"


def towns(warehouse: Warehouse, prefecture: str) -> list[str]:
    found = warehouse.rows(
        "select municipality_code from peers.int_peer__place where prefecture_code = ? order by 1", prefecture
    )
    return [row["municipality_code"] for row in found]


def measured(
    values: dict[str, float], measure: str = MEASURE, base: int = 5000, half: float | None = None
) -> list[str]:
    """Statements that leave these values of a measure and no other."""
    rows = ", ".join(
        f"('{code}', '{measure}', {YEAR[0]}, {YEAR[1]}, {value}, {base}, "
        f"{'null' if half is None else value - half}, {'null' if half is None else value + half}, 'final')"
        for code, value in values.items()
    )
    return ["delete from peers.int_peer__measure", f"insert into peers.int_peer__measure values {rows}"]


def standing(warehouse: Warehouse, kind: str = "prefecture") -> dict[str, dict[str, Any]]:
    return {row["municipality_code"]: row for row in warehouse.node("mart_peer_standing") if row["group_kind"] == kind}


def test_two_towns_alone_have_no_rank_and_every_row_says_why(warehouse: Warehouse) -> None:
    rows = warehouse.rows("select * from mart_peer_standing")
    assert {row["municipality_code"] for row in rows} == {NEMURO, "03211"}
    assert {row["measure_id"] for row in rows} >= {MEASURE, "implied_tfr", "social_ratio_pct"}
    assert {row["withheld_reason"] for row in rows} == {"few_measured"}
    assert [row["value_rank"] for row in rows if row["value_rank"] is not None or row["median_value"] is not None] == []
    asked = warehouse.rows("select * from mart_target_ambition where subject_kind = 'kpi'")
    assert {row["withheld_reason"] for row in asked} <= {"no_window", "few_measured", "no_start"}
    assert warehouse.rows("select count(*) as n from mart_similar_municipality") == [{"n": 0}]


def test_rank_percentile_and_quartiles_of_a_prefecture_by_hand(warehouse: Warehouse) -> None:
    codes = towns(warehouse, "31")
    assert len(codes) == 19
    values = {code: float(place) for place, code in enumerate(codes, 1)} | {codes[17]: 19.0}
    with warehouse.planted(*measured(values)):
        found = standing(warehouse)
    first, last, middle = found[codes[0]], found[codes[18]], found[codes[9]]
    assert (first["value_rank"], first["percentile_pct"]) == (19, 0)
    assert (last["value_rank"], found[codes[17]]["value_rank"], found[codes[16]]["value_rank"]) == (1, 1, 3)
    assert last["percentile_pct"] == Decimal("94.44444444"), "17 of 18 others are lower, one is equal"
    assert (middle["value_rank"], middle["percentile_pct"], middle["n_measured"], middle["n_members"]) == (
        10,
        50,
        19,
        19,
    )
    names = ("minimum", "lower_quartile", "median", "upper_quartile", "maximum")
    assert [middle[f"{name}_value"] for name in names] == [1, Decimal("5.5"), 10, Decimal("14.5"), 19]


@pytest.mark.sampled
@pytest.mark.parametrize(("n", "reason"), [(9, "few_measured"), (15, "part_of_group"), (16, None)])
def test_rank_is_withheld_of_few_and_of_less_than_four_fifths(warehouse: Warehouse, n: int, reason: str | None) -> None:
    codes = towns(warehouse, "31")[:n]
    with warehouse.planted(*measured({code: float(place) for place, code in enumerate(codes)})):
        prefecture, nation = standing(warehouse), standing(warehouse, "nation")
    assert {row["withheld_reason"] for row in prefecture.values()} == {reason}
    assert all((row["value_rank"] is None) == (reason is not None) for row in prefecture.values())
    assert {row["withheld_reason"] for row in nation.values()} == {"few_measured" if n < 10 else "part_of_group"}


def test_rank_of_a_value_moves_within_its_interval(warehouse: Warehouse) -> None:
    codes = towns(warehouse, "31")
    values = {code: float(place) for place, code in enumerate(codes, 1)}
    with warehouse.planted(*measured(values, half=2.5)):
        one = standing(warehouse)[codes[9]]
    # 10 with 7.5 to 12.5: above 12.5 lie 13 ... 19 (seven), above 7.5 besides itself 8, 9, 11 ... 19 (eleven)
    assert (one["value_rank_from"], one["value_rank"], one["value_rank_to"]) == (8, 10, 12)


def test_rates_of_few_persons_are_marked(warehouse: Warehouse) -> None:
    codes = towns(warehouse, "31")
    with warehouse.planted(
        *measured(dict.fromkeys(codes, 1.0), base=299),
        f"update peers.int_peer__place set is_small_place = true where municipality_code = '{codes[0]}'",
    ):
        found = standing(warehouse)
    assert (found[codes[0]]["noise_reason"], found[codes[1]]["noise_reason"]) == ("small_place", "small_base")


def test_interval_of_a_count_holds_for_no_event_and_for_many(warehouse: Warehouse) -> None:
    """Exact 95 % limits of a Poisson mean (Garwood 1936): of 0 0 to 3.69, of 10 4.80 to 18.39, of 100 81.4 to 121.6."""
    macro = {
        count: (max(math.sqrt(count) - 0.98, 0) ** 2, (math.sqrt(count + 1) + 0.98) ** 2) for count in (0, 10, 100)
    }
    for count, exact in ((0, (0, 3.69)), (10, (4.80, 18.39)), (100, (81.4, 121.6))):
        assert macro[count] == pytest.approx(exact, abs=0.5)
    births = warehouse.rows(
        """
        select fact.numerator as births, fact.denominator as persons, peer.lower_value, peer.upper_value
        from peers.int_peer__measure as peer
        inner join fct_indicator as fact
            on peer.municipality_code = fact.municipality_code and peer.period_end = fact.as_of_date
        where peer.measure_id = 'births_per_1000' and fact.indicator_id = 'registry_births_per_1000'
        """
    )
    assert births
    for row in births:
        count, persons = float(row["births"]), float(row["persons"])
        assert float(row["lower_value"]) == pytest.approx((math.sqrt(count) - 0.98) ** 2 / persons * 1000)
        assert float(row["upper_value"]) == pytest.approx((math.sqrt(count + 1) + 0.98) ** 2 / persons * 1000)


def test_nearest_are_those_at_the_smallest_standardised_distance(warehouse: Warehouse) -> None:
    codes = towns(warehouse, "31") + towns(warehouse, "32")
    places = {
        code: (1000.0 * (3 + place * 7 % 38), 8 + place * 5 % 11 * 0.5, 25 + place * 3 % 17 * 1.1)
        for place, code in enumerate(codes)
    }
    statements = ["update peers.int_peer__place set persons = null"] + [
        f"update peers.int_peer__place set persons = {persons}, young_share_pct = {young}, "
        f"old_share_pct = {old}, as_of_date = date '2020-10-01' where municipality_code = '{code}'"
        for code, (persons, young, old) in places.items()
    ]
    with warehouse.planted(*statements):
        found = [row for row in warehouse.node("mart_similar_municipality") if row["municipality_code"] == codes[0]]
    columns = list(zip(*((math.log(persons), young, old) for persons, young, old in places.values()), strict=True))
    scaled = []
    for column in columns:
        mean = sum(column) / len(column)
        spread = math.sqrt(sum((value - mean) ** 2 for value in column) / len(column))
        scaled.append([(value - mean) / spread for value in column])
    distance = {
        code: math.dist([column[0] for column in scaled], [column[place] for column in scaled])
        for place, code in enumerate(codes)
    }
    expected = sorted(codes[1:], key=lambda code: (round(distance[code], 9), code))[:20]
    assert [row["similar_code"] for row in sorted(found, key=lambda row: row["similarity_rank"])] == expected
    assert float(found[0]["distance"]) == pytest.approx(distance[found[0]["similar_code"]], abs=1e-6)


ASKED = (
    "municipality_code, plan_id, subject_kind, subject_id, compares, label_ja, unit, direction, indicator_id, is_sum, "
    "is_in_points, start_basis, start_value, start_year, target_value, target_year, asked_years, reason, asked_change"
)


def asks(**told: Any) -> str:
    """A target that asks town 31201 for a change; what is not told is that of a count from 100 to 110 in four years."""
    one: dict[str, Any] = {
        "municipality_code": "31201", "plan_id": "p", "subject_kind": "kpi", "subject_id": "k", "compares": "change",
        "label_ja": "指標", "unit": "人", "direction": "higher_is_better", "indicator_id": "i", "is_sum": False,
        "is_in_points": False, "start_basis": "measured", "start_value": 100, "start_year": 2020, "target_value": 110,
        "target_year": 2024, "asked_years": 4, "reason": None, "asked_change": 10,
    } | told  # fmt: skip
    values = ", ".join(
        "null" if one[name] is None else f"'{one[name]}'" if isinstance(one[name], str) else str(one[name])
        for name in ASKED.split(", ")
    )
    return f"insert into peers.int_ambition__asked ({ASKED}) values ({values})"


def had(values: dict[str, list[float]], years: list[int]) -> str:
    """Values of fiscal years at their end, of each town in the order of the years."""
    rows = ", ".join(
        f"('{code}', 'i', 's', date '{year}-04-01', date '{year + 1}-03-31', {year}, {value})"
        for code, series in values.items()
        for year, value in zip(years, series, strict=True)
    )
    return f"insert into peers.int_ambition__value values {rows}"


def told(warehouse: Warehouse, *statements: str) -> dict[str, Any]:
    """The row of the prefecture."""
    empty = [f"delete from peers.int_ambition__{name}" for name in ("asked", "value")]
    with warehouse.planted(*empty, *statements):
        (row,) = [row for row in warehouse.node("mart_target_ambition") if row["group_kind"] == "prefecture"]
    return row


def test_share_that_reached_the_change_counts_the_others_by_hand(warehouse: Warehouse) -> None:
    """Of 18 others that went from 100 to 100 + i, those with i of 10 and more: nine; the town itself is not counted."""
    codes = towns(warehouse, "31")
    values = {code: [100.0, 100.0 + place] for place, code in enumerate(codes)} | {"31201": [100.0, 500.0]}
    row = told(warehouse, asks(), had(values, [2015, 2019]))
    assert (row["n_members"], row["n_measured"], row["n_reached"], row["share_reached_pct"]) == (18, 18, 9, 50)
    assert (row["threshold_value"], row["own_value"], row["median_value"]) == (10, 400, Decimal("9.5"))
    assert (row["window_years"], row["is_scaled"], str(row["window_start"]), str(row["window_end"])) == (
        4, False, "2016-03-31", "2020-03-31",
    )  # fmt: skip


def test_what_falls_is_reached_by_those_that_fell_as_much(warehouse: Warehouse) -> None:
    codes = towns(warehouse, "31")
    values = {code: [5.0, 5.0 - place * 0.1] for place, code in enumerate(codes)}
    row = told(
        warehouse,
        asks(direction="lower_is_better", is_in_points=True, unit="％", asked_change=-1, target_value=99),
        had(values, [2015, 2019]),
    )
    assert (row["n_reached"], row["change_unit"], row["threshold_value"]) == (9, "ポイント", -1)


def test_window_of_another_length_brings_what_is_asked_to_its_pace(warehouse: Warehouse) -> None:
    """21 per cent in four years are 10 in two at a constant pace; with points half of them."""
    codes = towns(warehouse, "31")
    values = {code: [100.0, 100.0 + place] for place, code in enumerate(codes)}
    row = told(warehouse, asks(asked_change=21, target_value=121), had(values, [2017, 2019]))
    assert (row["is_scaled"], row["window_years"], row["threshold_value"], row["n_reached"]) == (True, 2, 10, 9)
    points = told(warehouse, asks(asked_change=21, is_in_points=True), had(values, [2017, 2019]))
    assert (points["threshold_value"], points["n_reached"]) == (Decimal("10.5"), 8)


def test_window_less_than_half_as_long_is_none(warehouse: Warehouse) -> None:
    values = {code: [100.0, 120.0] for code in towns(warehouse, "31")}
    row = told(warehouse, asks(), had(values, [2018, 2019]))
    assert (row["withheld_reason"], row["share_reached_pct"], row["n_measured"]) == ("no_window", None, 0)


def test_window_as_long_as_asked_is_preferred_and_of_these_the_newest(warehouse: Warehouse) -> None:
    values = {code: [1.0, 2.0, 3.0, 4.0, 5.0] for code in towns(warehouse, "31")}
    row = told(warehouse, asks(), had(values, [2010, 2014, 2015, 2017, 2019]))
    assert (str(row["window_start"]), str(row["window_end"]), row["is_scaled"]) == ("2016-03-31", "2020-03-31", False)


def test_total_over_a_term_is_beside_the_total_of_as_many_years_before(warehouse: Warehouse) -> None:
    """1 + 1 before, then 1 + i: half as much again from i = 2 on; a town without one of the years is not counted."""
    codes = towns(warehouse, "31")
    values = {code: [1.0, 1.0, 1.0, float(place)] for place, code in enumerate(codes)}
    statement = had({code: series for code, series in values.items() if code != codes[-1]}, [2016, 2017, 2018, 2019])
    short = had({codes[-1]: [1.0, 1.0, 9.0]}, [2017, 2018, 2019])
    row = told(
        warehouse, asks(is_sum=True, asked_years=2, asked_change=50, start_basis="measured_sum"), statement, short
    )
    assert (row["n_measured"], row["n_reached"], row["window_years"], row["is_scaled"]) == (17, 16, 2, False)


def test_level_is_beside_the_newest_level_of_the_others(warehouse: Warehouse) -> None:
    values = {code: [0.0, float(place)] for place, code in enumerate(towns(warehouse, "31"))}
    row = told(
        warehouse,
        asks(compares="level", asked_change=None, target_value=15, subject_kind="plan_fertility"),
        had(values, [2015, 2019]),
    )
    assert (row["n_reached"], row["n_measured"], row["threshold_value"]) == (4, 18, 15)


def test_what_a_sample_plan_asks_is_read_from_its_baseline_or_from_what_was_measured(warehouse: Warehouse) -> None:
    asked = {
        (row["subject_id"], row["compares"]): row
        for row in warehouse.rows("select * from peers.int_ambition__asked where municipality_code = ?", NEMURO)
    }
    total = asked["n2-p-4", "change"]
    assert (total["start_basis"], total["start_year"], total["asked_years"]) == ("plan_baseline", 2015, 10)
    assert float(total["asked_change"]) == pytest.approx((22453 / 26917 - 1) * 100, abs=1e-6)
    left = asked["n2-p-5", "change_from_now"]
    assert (left["start_value"], left["start_year"], left["asked_years"]) == (21201, 2025, 10)
    assert float(left["asked_change"]) == pytest.approx((18109 / 21201 - 1) * 100, abs=1e-6)
    young = asked["n2-g2-2", "change"]
    assert (young["start_basis"], young["start_year"]) == ("measured", 2020), "its baseline may be a projection"
    receipts = asked["n2-3b1-1", "change"]
    assert receipts["start_basis"] == "measured_sum"
    assert float(receipts["start_value"]) == pytest.approx(280.654, abs=0.001), "fiscal years 2017 to 2020, 億円"
