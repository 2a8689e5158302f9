"""What only another file or the period before can tell: each rule finds its fault, and finds nothing in true figures.

The faults are those of real offices: a value column sorted by itself or slipped by a row, a table under a wrong year's
title, labels exchanged, a file cut short, one municipality in tens. Synthetic municipalities stand in where the samples
(two cities) are too few. Does not hold: what one file tells about itself (tests/faults/ingest).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from sousei.foundation.home import PROJECT_ROOT
from tests.warehouse import FINDING, MADE_OF_MARTS, Warehouse, built

SHARED = PROJECT_ROOT.parent / "shared" / "data"
CHECKS = sorted(path.stem for path in (PROJECT_ROOT / "dbt_project" / "tests").glob("*.sql"))
NOTICES = {
    "coverage_did_not_shrink",
    "figures_that_moved",
    "figures_to_look_at",
    "furusato_detail_matches_series",
    "kpi_values_to_chase",
    "magnitude_of_one_row",
    "redeliveries_to_look_at",
    "scopes_add_up",
    "towns_follow_the_official_list",
    "typed_figures_to_look_at",
    "versions_agree",
    "visitor_levels_to_look_at",
    "wards_add_up_to_their_city",
    "yen_per_donation_to_look_at",
}
"""Checks that inform; all others stop the night."""

pytestmark = pytest.mark.slow


def found_by(warehouse: Warehouse, *marts: str) -> dict[str, list[dict[str, Any]]]:
    """Every check of dbt_project/tests that finds something once these marts are made again."""
    warehouse.rebuild(*marts)
    warehouse.rebuild(*MADE_OF_MARTS, schema="checks")
    rows = {name: warehouse.node(name) for name in CHECKS if name in warehouse.compiled}
    return {name: found for name, found in rows.items() if found}


def stops(found: dict[str, list[dict[str, Any]]]) -> set[str]:
    return found.keys() - NOTICES


def rearranged(value: str, order: str, where: str) -> str:
    """The rows of a raw table, where the values of `where` stand in the order `order` in the rows that held them."""
    return (
        f"with chosen as (select *, row_number() over (order by source_id, sheet, row, {value}) as place "
        f"from truth where {where}), moved as (select row_number() over (order by {order}) as place, {value} as moved "
        f"from chosen) select * exclude (place, moved) replace (moved as {value}) from chosen "
        f"inner join moved using (place) union all by name select * from truth where not coalesce({where}, false)"
    )


# --- visitors: a year against its months ------------------------------------------------------------------------------

YEAR = "form = 'yearly' and year(month) = 2025"


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("order", "n"),
    [("visitors", 22), ("visitors desc", 20), ("place % 24", 24)],
    ids=["sorted", "sorted downwards", "slipped by a row"],
)
def test_year_whose_values_left_their_rows_is_stopped(warehouse: Warehouse, order: str, n: int) -> None:
    with warehouse.changed("tourism_visitors", rearranged("visitors", order, YEAR)):
        found = found_by(warehouse, "fct_tourism_visitors")
    assert stops(found) == {"yearly_visitors_agree_with_months"}
    (row,) = found["yearly_visitors_agree_with_months"]
    assert set(row) == set(FINDING) and row["row_number"] and row["municipality_code"]
    assert row["file_name"] == "city2025.csv" and "city2025" in row["expected"]
    assert f"24団体・月のうち {n} が違います" in row["reason_ja"]


@pytest.mark.exhaustive
def test_two_months_revised_by_the_year_are_a_revision(warehouse: Warehouse) -> None:
    """Nemuro 2025-01 and -02, Kamaishi 2024-01 and -02; a third month of 24 is still less than a fifth."""
    revised = warehouse.rows("select count(*) as n from fct_tourism_visitors where value_status = 'revised'")
    assert revised == [{"n": 4}]
    assert warehouse.node("yearly_visitors_agree_with_months") == []
    third = f"select * replace (if({YEAR} and area_code = '01223' and month(month) = 5, 1.5, 1) * visitors as visitors)"
    for months, n_found in (("(5)", 0), ("(5, 6, 7, 8)", 1)):
        changed = third.replace("= 5", f"in {months}") + " from truth"
        with warehouse.changed("tourism_visitors", changed):
            assert (
                len(found_by(warehouse, "fct_tourism_visitors").get("yearly_visitors_agree_with_months", [])) == n_found
            )


def sorted_and_then_right() -> tuple[str, str]:
    """The sorted year, published once, and the right file a day later."""
    right = f"select * replace ('tourism-right' as source_id) from truth where {YEAR}"
    delivery = (
        "insert into raw.delivery select * replace ('tourism-right' as source_id, 'right.csv' as file_name, "
        "received_at + to_days(1) as received_at) from raw.delivery where file_name = 'city2025.csv'"
    )
    wrong = rearranged("visitors", "visitors", YEAR)
    return f"select * from ({wrong}) union all by name {right}", delivery


def test_right_file_delivered_again_mends_the_year(warehouse: Warehouse) -> None:
    with warehouse.changed("tourism_visitors", *sorted_and_then_right()):
        assert stops(found_by(warehouse, "fct_tourism_visitors")) == set()


# --- the same count in two tables -------------------------------------------------------------------------------------


def test_ages_under_the_title_of_another_year_are_stopped(warehouse: Warehouse) -> None:
    """The table of 2023 called 2024: the totals of 1 January 2024 that the reference series brings say otherwise."""
    moved = (
        "select * replace (if(as_of_date = date '2023-01-01', date '2024-01-01', as_of_date) as as_of_date) from truth"
    )
    with warehouse.changed("registry_population", moved):
        found = found_by(warehouse, "fct_population", "mart_population_current_area")
    # the totals of 2023 that the reference series brings say the same as those now called 2024
    assert stops(found) == {"tables_of_one_count_agree", "periods_do_not_repeat"}
    row = next(row for row in found["tables_of_one_count_agree"] if row["municipality_code"] == "01223")
    assert set(row) == set(FINDING)
    assert {row["file_name"], row["expected"].split("（")[1].split("・")[0]} == {
        "2304ssnen.xlsx",
        "resident_registry_totals.csv",
    }
    assert "23546人" in row["reason_ja"] and "23006人" in row["reason_ja"]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("item", ["population_total", "population_male", "population_female"])
@pytest.mark.parametrize("scope", ["total", "japanese", "foreign"])
def test_flows_and_ages_count_the_same_people(warehouse: Warehouse, item: str, scope: str) -> None:
    where = f"area_code = '01223' and as_of_date = date '2022-01-01' and item = '{item}' and scope = '{scope}'"
    with warehouse.changed(
        "registry_dynamics", f"select * replace (if({where}, value + 1, value) as value) from truth"
    ):
        found = found_by(warehouse, "fct_population")
    assert stops(found) == {"tables_of_one_count_agree"}
    (row,) = found["tables_of_one_count_agree"]
    assert row["municipality_code"] == "01223" and "行目" in row["expected"] and row["file_name"] in row["reason_ja"]


@pytest.mark.exhaustive
def test_last_delivery_is_named_first_and_the_right_one_mends(warehouse: Warehouse) -> None:
    where = "as_of_date = date '2022-01-01' and scope = 'total'"
    wrong = f"select * replace (if({where} and item = 'population_total', value + 1, value) as value) from truth"
    flows = f"(select source_id from raw.registry_dynamics where {where} limit 1)"
    later = f"update raw.delivery set received_at = received_at + to_days(1) where source_id = {flows}"
    with warehouse.changed("registry_dynamics", wrong, later):
        rows = found_by(warehouse)["tables_of_one_count_agree"]
    assert {row["file_name"] for row in rows} == {"2203ssjin.xlsx"}
    right = f"{wrong} union all select * replace ('right' as source_id) from truth where {where}"
    mended = (
        "insert into raw.delivery select * replace ('right' as source_id, received_at + to_days(2) as received_at) "
        f"from raw.delivery where source_id = {flows}"
    )
    with warehouse.changed("registry_dynamics", right, later, mended):
        assert stops(found_by(warehouse)) == set()


# --- men, women, tens -------------------------------------------------------------------------------------------------

SWAPPED = "case sex when 'male' then 'female' when 'female' then 'male' else sex end"


def test_exchanged_labels_are_seen_by_the_old(warehouse: Warehouse) -> None:
    where = "area_code = '01223' and as_of_date = date '2023-01-01'"
    with warehouse.changed("registry_population", f"select * replace (if({where}, {SWAPPED}, sex) as sex) from truth"):
        found = found_by(warehouse, "fct_population", "mart_population_current_area")
    assert stops(found) == {"men_and_women_are_not_exchanged"}
    rows = found["men_and_women_are_not_exchanged"]
    assert {(row["file_name"], row["municipality_code"]) for row in rows} == {("2304ssnen.xlsx", "01223")}
    assert len(rows) == 2, "by the old, and by the year before"
    assert all(set(row) == set(FINDING) and row["row_number"] in (5, 6) for row in rows)


def test_exchanged_labels_without_ages_are_seen_by_the_year_before(warehouse: Warehouse) -> None:
    """Flows of 2022 alone, without the table by age."""
    swapped = (
        "select * replace (if(as_of_date = date '2022-01-01', case item when 'population_male' "
        "then 'population_female' when 'population_female' then 'population_male' else item end, item) as item) "
        "from truth"
    )
    without = (
        "create table raw.ages as select * from raw.registry_population where as_of_date <> date '2022-01-01'",
        "drop view raw.registry_population",
        "create view raw.registry_population as from raw.ages",
    )
    with warehouse.changed("registry_dynamics", swapped, *without):
        found = found_by(warehouse, "fct_population", "mart_population_current_area")
    assert stops(found) == {"men_and_women_are_not_exchanged"}
    assert all("入れ替わっています" in row["reason_ja"] for row in found["men_and_women_are_not_exchanged"])


def test_one_city_in_tens_names_its_own_file_and_the_neighbour(warehouse: Warehouse) -> None:
    """The wrong figure does not fit on either side; the neighbours fit on one."""
    where = "area_code = '01223' and as_of_date = date '2023-01-01'"
    tens = f"select * replace (if({where}, 10, 1) * population_persons as population_persons) from truth"
    with warehouse.changed("registry_population", tens):
        found = found_by(warehouse, "fct_population", "mart_population_current_area")
    assert stops(found) == {"registry_population_moves_less_than_threefold", "tables_of_one_count_agree"}
    rows = found["registry_population_moves_less_than_threefold"]
    assert {row["file_name"] for row in rows} == {"2304ssnen.xlsx"} and len(rows) == 2
    assert any("resident_registry_totals.csv・" in row["expected"] for row in rows)
    assert {row["row_number"] for row in rows} == {4}


@pytest.mark.sampled
@pytest.mark.parametrize(("days", "blamed"), [(1, "2304ssnen.xlsx"), (-1, "resident_registry_totals.csv")])
def test_last_date_in_tens_blames_what_was_delivered_last(warehouse: Warehouse, days: int, blamed: str) -> None:
    tens = (
        "select * replace (if(series = 'resident_registry' and period_end = date '2024-01-01' "
        "and municipality_code = '01223', 10, 1) * value as value) from truth"
    )
    later = (f"update raw.delivery set received_at = received_at + to_days({days}) where file_name = '2304ssnen.xlsx'",)
    with warehouse.changed("reference_series", tens, *later):
        found = found_by(warehouse, "fct_population", "mart_population_current_area")
    assert stops(found) == {"registry_population_moves_less_than_threefold"}
    (row,) = found["registry_population_moves_less_than_threefold"]
    assert row["file_name"] == blamed and set(row) == set(FINDING)
    assert "2304ssnen.xlsx" in row["reason_ja"] and "resident_registry_totals.csv" in row["reason_ja"]


# --- donations --------------------------------------------------------------------------------------------------------


@pytest.mark.sampled
@pytest.mark.parametrize("item", ["donation_jpy", "donation_count"])
@pytest.mark.parametrize("value", ["null", "0"])
def test_amount_without_number_is_stopped(warehouse: Warehouse, item: str, value: str) -> None:
    where = f"area_code = '01223' and fiscal_year = 2024 and item = '{item}'"
    with warehouse.changed("furusato_donation", f"select * replace (if({where}, {value}, value) as value) from truth"):
        found = found_by(warehouse, "fct_furusato_donation")
    assert stops(found) == {"furusato_amount_and_count_go_together"}
    (row,) = found["furusato_amount_and_count_go_together"]
    assert set(row) == set(FINDING) and row["file_name"] == "total_gain.xlsx" and row["row_number"]


def test_amounts_of_two_towns_exchanged_are_stopped_by_the_series(warehouse: Warehouse) -> None:
    where = "fiscal_year = 2019 and form = 'detail' and item = 'donation_jpy'"
    swapped = rearranged("value", "place desc", where)
    with warehouse.changed("furusato_donation", swapped):
        found = found_by(warehouse, "fct_furusato_donation")
    assert stops(found) == {"furusato_survey_is_the_figure_of_the_series"}
    rows = found["furusato_survey_is_the_figure_of_the_series"]
    assert {(row["file_name"], row["municipality_code"]) for row in rows} == {
        ("R1_gain.xlsx", "01223"),
        ("R1_gain.xlsx", "03211"),
    }
    assert all(set(row) == set(FINDING) and row["row_number"] for row in rows)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("times", "stopped"), [(5, None), (12, False), (30, True)], ids=["real boom", "to look at", "another town"]
)
def test_yen_per_donation_against_the_years_beside_it(warehouse: Warehouse, times: int, stopped: bool | None) -> None:
    where = "area_code = '03211' and fiscal_year = 2022 and item = 'donation_jpy'"
    more = f"select * replace (if({where}, {times}, 1) * value as value) from truth"
    with warehouse.changed("furusato_donation", more):
        found = found_by(warehouse, "fct_furusato_donation")
    assert stops(found) == ({"yen_per_donation_keeps_its_size"} if stopped else set())
    assert ("yen_per_donation_to_look_at" in found) is (stopped is False)
    for name in ("yen_per_donation_keeps_its_size", "yen_per_donation_to_look_at"):
        for row in found.get(name, []):
            assert set(row) == set(FINDING) and row["municipality_code"] == "03211" and row["row_number"]


@pytest.mark.exhaustive
def test_amounts_exchanged_between_neighbouring_rows_are_told_without_the_series(warehouse: Warehouse) -> None:
    """Three surveys and no series: 15,932 yen becomes 1,329, and 14,444 becomes 173,112."""
    detail = "form = 'detail'"
    swapped = rearranged("value", "place desc", f"{detail} and fiscal_year = 2019 and item = 'donation_jpy'")
    with warehouse.changed("furusato_donation", f"select * from ({swapped}) where {detail}"):
        found = found_by(warehouse, "fct_furusato_donation")
    assert stops(found) == set()
    rows = found["yen_per_donation_to_look_at"]
    assert all(set(row) == set(FINDING) and row["file_name"] == "R1_gain.xlsx" and row["row_number"] for row in rows)
    told = {row["municipality_code"] for row in rows if "入れ替わっている" in row["reason_ja"]}
    assert told == {"01223", "03211"}


@pytest.mark.exhaustive
def test_month_in_tens_is_told(warehouse: Warehouse) -> None:
    where = "area_code = '01223' and month = date '2026-03-01'"
    tens = f"select * replace (if({where}, 10, 1) * visitors as visitors) from truth"
    with warehouse.changed("tourism_visitors", tens):
        found = found_by(warehouse, "fct_tourism_visitors")
    assert stops(found) == set()
    row, beside = sorted(found["visitor_levels_to_look_at"], key=lambda row: str(row["municipality_code"]))
    assert set(row) == set(FINDING) and (row["file_name"], row["municipality_code"]) == ("city202603.csv", "01223")
    assert beside["municipality_code"] == "03211" and "疑い" in beside["reason_ja"], "as in the samples"


# --- many municipalities (synthetic) ----------------------------------------------------------------------------------

MANY = "(select municipality_code, row_number() over (order by municipality_code) as n from dim_municipality "
MANY += "where is_current and municipality_code between '31201' and '33999' qualify n <= 60) "


def of_two_years(later: str, where: str = "true") -> tuple[str, ...]:
    """Synthetic visitors of June 2030 and 2031 in 60 municipalities; `later` is the second figure of the n-th."""
    deliveries = tuple(
        f"insert into raw.delivery select * replace ('tourism-{name}' as source_id, '{name}.csv' as file_name, "
        f"'{name}' as sha256) from raw.delivery where file_name = 'city202606.csv'"
        for name in ("before", "later")
    )
    figures = tuple(
        "insert into fct_tourism_visitors by name select municipality_code, "
        f"date '{year}-06-01' as month, cast({visitors} as bigint) as visitors, 'not_stated' as count_basis, "
        f"'final' as value_status, date '2021-01-01' as comparable_from, 'tourism-{name}' as source_id, "
        f"'' as source_sheet, cast(n as integer) as source_row from {MANY} where {condition}"
        for name, year, visitors, condition in (
            ("before", 2030, "1000 * (1 + n * 37 % 101)", "true"),
            ("later", 2031, later, where),
        )
    )
    return (*deliveries, *figures)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("later", "is_stopped"),
    [
        ("1100 * (1 + n * 37 % 101)", False),  # all grew
        ("1000 * (1 + n * 37 % 101) * if(n % 5 = 0, 4, 1)", False),  # every fifth has a new level
        ("1000 * n", True),  # sorted
        ("1000 * (1 + (n + 1) * 37 % 101)", True),  # slipped by a row
    ],
)
def test_values_that_left_their_rows_lose_their_ranks(warehouse: Warehouse, later: str, is_stopped: bool) -> None:
    with warehouse.planted(*of_two_years(later)):
        found = found_by(warehouse)
    assert stops(found) == ({"figures_keep_their_ranks"} if is_stopped else set())
    for row in found.get("figures_keep_their_ranks", []):
        assert set(row) == set(FINDING) and row["file_name"] == "later.csv"
        assert "before.csv" in row["reason_ja"]


def test_newer_file_is_named_where_the_older_period_came_later(warehouse: Warehouse) -> None:
    later = "update raw.delivery set received_at = received_at + to_days(1) where file_name = 'before.csv'"
    with warehouse.planted(*of_two_years("1000 * n"), later):
        rows = warehouse.node("figures_keep_their_ranks")
    assert {row["file_name"] for row in rows} == {"before.csv"}


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("left", "n_found"),
    [
        ("n <= 57", 1),  # the last three
        ("n <= 58", 0),
        ("n % 7 > 0", 0),  # scattered, as from month to month
        ("n not between 11 and 20", 1),  # ten neighbours
        ("n not between 11 and 19", 0),
        ("n <= 20", 0),  # an extract
    ],
)
def test_file_that_was_cut_short_is_stopped(warehouse: Warehouse, left: str, n_found: int) -> None:
    with warehouse.planted(*of_two_years("1030 * (1 + n * 37 % 101)", left)):
        found = found_by(warehouse)
    assert stops(found) == ({"files_are_not_cut_short"} if n_found else set())
    for row in found.get("files_are_not_cut_short", []):
        assert set(row) == set(FINDING) and row["file_name"] == "later.csv" and row["municipality_code"]


# --- the real files ---------------------------------------------------------------------------------------------------

NATIONAL = (
    "tables_of_one_count_agree",
    "furusato_amount_and_count_go_together",
    "yen_per_donation_keeps_its_size",
    "figures_keep_their_ranks",
    "files_are_not_cut_short",
    "men_and_women_are_not_exchanged",
    "registry_population_moves_less_than_threefold",
    "yearly_visitors_agree_with_months",
    "population_parts_add_up",
    "magnitude_matches_before",
    "towns_are_not_exchanged",
    "periods_do_not_repeat",
    "flows_are_not_exchanged",
    "ages_follow_their_cohorts",
    "figures_are_possible",
)


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """All municipalities: every registry, census, furusato and tourism file that is at hand."""
    if not SHARED.is_dir():
        pytest.skip("the publishers' files are not at hand (../shared)")
    root = tmp_path_factory.mktemp("nation")
    landing = root / "landing"
    landing.mkdir()
    for base in ("extracts", "extracts_more"):
        for folder in ("resident_registry", "census", "furusato_nozei", "tourism", "ipss_projection"):
            for path in (SHARED / base / folder).glob("*.[xc]*"):
                shutil.copy(path, landing)
    reviews = ("yen_per_donation_to_look_at", "visitor_levels_to_look_at")
    with built(root, landing, *(f"+{name}" for name in (*NATIONAL, *reviews))) as whole:
        yield whole


@pytest.mark.promise("E2")
@pytest.mark.shared
@pytest.mark.exhaustive
def test_no_rule_stops_a_real_file(nation: Warehouse) -> None:
    assert {name: nation.status[name] for name in NATIONAL} == dict.fromkeys(NATIONAL, "pass")
    assert len(nation.node("yen_per_donation_to_look_at")) < 60
    assert len(nation.node("visitor_levels_to_look_at")) < 60


@pytest.mark.shared
@pytest.mark.parametrize(
    "gone",
    [
        "municipality_code in (select municipality_code from dim_municipality where is_current "
        "order by municipality_code desc limit 5)",
        "municipality_code in (select municipality_code from dim_municipality where is_current "
        "order by municipality_code desc limit 300)",
        "left(municipality_code, 2) = '31'",
    ],
    ids=["5 rows", "300 rows", "a prefecture"],
)
@pytest.mark.exhaustive
def test_cut_of_a_real_file_is_stopped(nation: Warehouse, gone: str) -> None:
    with nation.planted(f"delete from fct_tourism_visitors where month = date '2024-12-01' and {gone}"):
        assert nation.node("files_are_not_cut_short")
    left = (
        "select * exclude (municipality_code) from (select *, area_code as municipality_code from truth) "
        f"where not (fiscal_year = 2019 and {gone})"
    )
    with nation.changed("furusato_donation", left):
        assert nation.node("files_are_not_cut_short")
    assert not nation.node("files_are_not_cut_short")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("mart", "value", "period"),
    [
        ("fct_tourism_visitors", "visitors", "year(month) = 2024"),
        (
            "fct_population",
            "population_persons",
            "as_of_date = date '2020-01-01' and sex = 'total' and age_group = 'total'",
        ),
    ],
)
@pytest.mark.parametrize(
    ("where_to", "n"),
    [("row_number() over (order by amount)", 0), ("place", 1)],
    ids=["sorted", "slipped by a row"],
)
@pytest.mark.exhaustive
def test_values_of_a_real_file_that_left_their_rows_are_stopped(
    nation: Warehouse, mart: str, value: str, period: str, where_to: str, n: int
) -> None:
    moved = (
        f"create temp table moved as with chosen as (select rowid as id, {value} as amount, "
        f"row_number() over (order by source_id, source_row) as place from {mart} where {period}), "
        f"rows as (select amount, {where_to} + {n} as place from chosen) "
        "select chosen.id, rows.amount from chosen inner join rows using (place)"
    )
    with nation.planted(moved, f"update {mart} set {value} = moved.amount from moved where {mart}.rowid = moved.id"):
        found = nation.node("figures_keep_their_ranks")
    assert found and all(set(row) == set(FINDING) for row in found)
