"""Mergers, new names and ward re-organisations carry a series through; corrections and shrunken deliveries need a line.

Rows that no publisher ever printed stand here and nowhere else, planted inside a transaction. The real national files
are read where ../shared is there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.decided import corrections
from tests.warehouse import FINDING, Warehouse, built

SHARED = PROJECT_ROOT.parent / "shared" / "data" / "extracts"
AREAS = ("dim_municipality", "fct_population", "mart_population_current_area", "mart_population_ward")
TOTALS = "series = 'resident_registry' and scope = 'total' and sex = 'total' and age_group = 'total'"

pytestmark = pytest.mark.slow


def stocks(*figures: tuple[str, str, str, int]) -> str:
    """Registry totals (code, level, date, persons) beside the true rows."""
    rows = ", ".join(
        f"('{code}', '{level}', date '{day}', {persons}, {n})" for n, (code, level, day, persons) in enumerate(figures)
    )
    return (
        "select * from truth union all select one.* exclude (code, level, day, persons, n) replace (code as area_code, "
        'level as area_level, day as as_of_date, persons as value, cast(900 + n as integer) as "row") from ('
        "select * from (select * from truth where item = 'population_total' and scope = 'total' limit 1) "
        f"cross join (values {rows}) as planted (code, level, day, persons, n)) as one"
    )


def series_of(warehouse: Warehouse, code: str) -> list[tuple[Any, ...]]:
    rows = warehouse.rows(
        "select as_of_date, population_persons, parts, is_conserved from main.mart_population_current_area "
        f"where municipality_code = ? and {TOTALS} order by as_of_date",
        code,
    )
    return [tuple(row.values()) for row in rows]


# --- areas of today ---------------------------------------------------------------------------------------------------


@pytest.mark.sampled(2)
@pytest.mark.promise("C12")
@pytest.mark.parametrize(
    ("before", "after", "day"),
    [
        ("04423", "04216", "2016-10-09"),  # 富谷町 -> 富谷市 on 2016-10-10
        ("40305", "40231", "2018-09-30"),  # 那珂川町 -> 那珂川市
        ("28221", "28221", "2019-04-30"),  # 篠山市 -> 丹波篠山市, the code stays
        ("22202", "22130", "2007-03-31"),  # 浜松市 becomes a designated city
        ("08407", "08232", "2005-07-31"),  # 波崎町 -> 神栖町 -> 神栖市, both on one day
    ],
)
def test_series_goes_on_under_the_code_of_today(warehouse: Warehouse, before: str, after: str, day: str) -> None:
    days = (day, "2024-01-01")
    planted = [(before, "municipality", days[0], 1000), (after, "municipality", days[1], 990)]
    if before == "08407":
        planted.append(("08406", "municipality", days[0], 500))
    with warehouse.changed("registry_dynamics", stocks(*planted)):
        warehouse.rebuild(*AREAS)
        found = series_of(warehouse, after)
        assert warehouse.node("current_areas_add_up") == []
        (kept,) = warehouse.rows(
            "select population_persons from main.fct_population where municipality_code = ? and as_of_date = ?",
            before,
            date.fromisoformat(day),
        )
    assert kept["population_persons"] == 1000, "fct_population keeps the codes of the date"
    parts = "08406 08407" if before == "08407" else before
    whole = 1500 if before == "08407" else 1000
    assert found == [(date.fromisoformat(day), whole, parts, True), (date(2024, 1, 1), 990, after, True)]


@pytest.mark.promise("C12")
def test_merger_is_one_row_and_a_part_is_never_the_whole(warehouse: Warehouse) -> None:
    merger = (
        "insert into seeds.municipality_changes (change_date, old_code, old_name_ja, new_code, new_name_ja, reason) "
        "values (date '2025-04-01', '01223', '根室市', '01206', '釧路市', 'absorption')"
    )
    for figures, persons, is_conserved in (
        ([], None, False),
        ([("01206", "municipality", "2021-01-01", 165667)], 165667 + 24858, True),
    ):
        with warehouse.changed("registry_dynamics", stocks(*figures) if figures else "select * from truth", merger):
            warehouse.rebuild(*AREAS)
            found = [row for row in series_of(warehouse, "01206") if row[0] == date(2021, 1, 1)]
            (reason,) = warehouse.rows(
                "select not_conserved_reason_ja as said, value_status from main.mart_population_current_area "
                f"where municipality_code = '01206' and as_of_date = date '2021-01-01' and {TOTALS}"
            )
            assert warehouse.node("current_areas_add_up") == []
        assert [(row[1], row[3]) for row in found] == [(persons, is_conserved)]
        assert ("01206 01223" in (reason["said"] or "")) is not is_conserved
        assert (reason["value_status"] == "not_reported") is not is_conserved


@pytest.mark.promise("C12")
def test_divided_municipality_is_given_to_none_and_the_sum_stays(warehouse: Warehouse) -> None:
    """上九一色村 went to 甲府市 and 富士河口湖町 on 2006-03-01."""
    towns = [("19341", 1500), ("19201", 190000), ("19326", 5000), ("19430", 23000)]
    with warehouse.changed("registry_dynamics", stocks(*((c, "municipality", "2005-03-31", n) for c, n in towns))):
        warehouse.rebuild(*AREAS)
        rows = {
            row["municipality_code"]: row
            for row in warehouse.rows(
                "select * from main.mart_population_current_area where as_of_date = date '2005-03-31'"
            )
        }
        assert warehouse.node("current_areas_add_up") == []
    assert {code: row["population_persons"] for code, row in rows.items()} == {
        "19341": 1500,
        "19201": 195000,
        "19430": 23000,
    }
    assert not any(row["is_conserved"] for row in rows.values())
    assert "2006-03-01" in rows["19201"]["not_conserved_reason_ja"]
    assert "割り振らない" in rows["19341"]["not_conserved_reason_ja"]


def test_moved_boundary_moves_no_figure_and_is_declared(warehouse: Warehouse) -> None:
    moved = (
        "insert into seeds.municipality_changes (change_date, old_code, old_name_ja, new_code, new_name_ja, reason) "
        "values (date '2021-06-01', '01223', '根室市', '01691', '別海町', 'changesOfBoundaries')"
    )
    with warehouse.planted(moved):
        warehouse.rebuild("dim_municipality", "mart_population_current_area")
        found = {row[0]: row for row in series_of(warehouse, "01223")}
        assert warehouse.node("dim_municipality_rows_are_sound") == []
    assert found[date(2021, 1, 1)][1:] == (24858, "01223", False)
    assert found[date(2022, 1, 1)][3] is True


def test_figure_regrouped_by_its_publisher_counts_once(warehouse: Warehouse) -> None:
    """今の団体コードで過去の時点の値が届いたとき: 合併前の値がそろえばその和、そろわなければ公表元の値."""
    regrouped = [("08232", "municipality", "2004-01-01", 1600), ("08407", "municipality", "2004-01-01", 1000)]
    for more, expected in (
        ([], (1600, "08232", False)),
        ([("08406", "municipality", "2004-01-01", 500)], (1500, "08406 08407", True)),
    ):
        with warehouse.changed("registry_dynamics", stocks(*regrouped, *more)):
            warehouse.rebuild(*AREAS)
            assert [row[1:] for row in series_of(warehouse, "08232")] == [expected]
            assert warehouse.node("current_areas_add_up") == []


def test_lost_area_and_wrong_sum_are_seen(warehouse: Warehouse) -> None:
    for fault, said in (
        ("delete from main.mart_population_current_area where municipality_code = '03211'", "入っていません"),
        (
            "update main.mart_population_current_area set population_persons = population_persons + 1 "
            "where municipality_code = '03211'",
            "和と合いません",
        ),
    ):
        assert warehouse.node("current_areas_add_up") == []
        with warehouse.planted(fault):
            found = warehouse.node("current_areas_add_up")
        assert found and set(found[0]) == set(FINDING)
        assert any(said in row["reason_ja"] for row in found)


@pytest.mark.promise("C12")
@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("(date '2025-04-01', '01223', '根室市', '01999', '幻市', 'absorption')", "今日の団体にたどり着きません"),
        ("(date '2005-08-01', '08407', '波崎町', '08202', '日立市', 'absorption')", "行き先が二つ以上"),
    ],
)
def test_change_that_leads_nowhere_or_two_ways_stops(warehouse: Warehouse, row: str, said: str) -> None:
    columns = "(change_date, old_code, old_name_ja, new_code, new_name_ja, reason)"
    with warehouse.planted(f"insert into seeds.municipality_changes {columns} values {row}"):
        warehouse.rebuild("dim_municipality")
        found = warehouse.node("dim_municipality_rows_are_sound") + warehouse.node("municipalities_are_known")
    assert any(said in one["reason_ja"] for one in found), found


def test_number_of_municipalities_is_the_official_one(warehouse: Warehouse) -> None:
    """Cities, towns and villages as counted by the ministry, with 23 special wards and 6 northern villages."""
    for day, official in (("2005-03-31", 2521), ("2010-03-31", 1727), ("2014-04-05", 1718), ("2024-01-01", 1718)):
        (held,) = warehouse.rows(
            "select count(*) as n from dim_municipality where valid_from <= cast($1 as date) "
            "and coalesce(valid_to > cast($1 as date), true)",
            day,
        )
        assert held["n"] == official + 23 + 6, day


# --- wards ------------------------------------------------------------------------------------------------------------


@pytest.mark.promise("C8", "C12")
def test_wards_stand_apart_and_lead_to_the_wards_of_today(warehouse: Warehouse) -> None:
    wards = {"22131": 10, "22132": 20, "22133": 30, "22134": 40, "22135": 50, "22136": 60, "22137": 70}
    figures = [(code, "ward", "2021-01-01", n) for code, n in wards.items()]
    figures.append(("22130", "designated_city", "2021-01-01", 280))
    with warehouse.changed("registry_dynamics", stocks(*figures)):
        warehouse.rebuild(*AREAS)
        found = warehouse.rows(
            "select current_ward_code, sum(population_persons) as persons, any_value(comparable_from) as since "
            "from main.mart_population_ward group by 1 order by 1"
        )
        in_facts = warehouse.rows("select * from main.fct_population where municipality_code like '2213%'")
        assert warehouse.node("wards_add_up_to_their_city") == []
        assert warehouse.node("municipalities_are_known") == []
    assert [row["population_persons"] for row in in_facts] == [280], "a ward beside its city would count twice"
    since = date(2024, 1, 1)
    assert [tuple(row.values()) for row in found] == [
        ("22138", 100, since),
        ("22139", 60, since),
        ("22140", 70, None),
        (None, 50, None),  # 北区 was divided
    ]
    with warehouse.changed("registry_dynamics", stocks(*figures[:-1], ("22130", "designated_city", "2021-01-01", 281))):
        warehouse.rebuild(*AREAS)
        assert [row["municipality_code"] for row in warehouse.node("wards_add_up_to_their_city")] == ["22130"]


# --- corrections ------------------------------------------------------------------------------------------------------

KEY = "area_code=01223 fiscal_year=2019 form=detail item=donation_count"


@contextmanager
def declared(warehouse: Warehouse, folder: Path, was: int, key: str = KEY) -> Iterator[None]:
    """One line of a corrections.csv, seven donations more, is in force inside the block."""
    (folder / "furusato_nozei").mkdir()
    line = f"furusato_donation,{key},{was},{was + 7},試験,試験課,declared,2026-04-01,試験資料"
    (folder / "furusato_nozei" / "corrections.csv").write_text(f"{','.join(corrections.LINE)}\n{line}\n", "utf-8")
    with warehouse.planted():
        corrections.expose(warehouse.connection, corrections.declared(folder))
        warehouse.resolve("raw.correction")
        yield


def donations(warehouse: Warehouse) -> dict[str, Any]:
    (row,) = warehouse.rows(
        "select donation_count, source_row from main.fct_furusato_donation "
        "where municipality_code = '01223' and fiscal_year = 2019"
    )
    return row


def test_declared_error_is_put_right_and_marked(warehouse: Warehouse, tmp_path: Path) -> None:
    before = donations(warehouse)
    with declared(warehouse, tmp_path, before["donation_count"]):
        warehouse.rebuild("fct_furusato_donation")
        after = donations(warehouse)
        changed = warehouse.rows("select * from staging.stg_furusato_nozei__donation where value_status = 'revised'")
        assert warehouse.node("corrections_are_still_needed") == []
        assert any("訂正して使っています" in row["reason_ja"] for row in warehouse.node("figures_that_moved"))
        (told,) = warehouse.node("meta_correction")
    assert told["municipality_code"] == "01223" and told["source_row"] == before["source_row"]
    assert told["corrected_value"] - told["published_value"] == 7 and told["reason_ja"] == "試験"
    assert after["donation_count"] == before["donation_count"] + 7
    assert len(changed) == 1 and changed[0]["source_row"] == before["source_row"]


def test_correction_stops_the_night_once_the_source_is_right(warehouse: Warehouse, tmp_path: Path) -> None:
    with declared(warehouse, tmp_path, donations(warehouse)["donation_count"] - 7):
        found = warehouse.node("corrections_are_still_needed")
        kept = warehouse.rows("select * from staging.stg_furusato_nozei__donation where value_status = 'revised'")
    assert kept == [], "the publisher's new value is not covered up"
    assert len(found) == 1 and set(found[0]) == set(FINDING)
    assert "furusato_nozei/corrections.csv の 2 行目" in found[0]["reason_ja"] and KEY in found[0]["reason_ja"]
    assert found[0]["file_name"] and found[0]["row_number"] and found[0]["municipality_code"] == "01223"


def test_correction_that_is_not_whole_stops_the_night(warehouse: Warehouse, tmp_path: Path) -> None:
    with declared(warehouse, tmp_path, 1, key="area_code=01223"):
        (found,) = warehouse.node("corrections_are_still_needed")
    assert "corrections.csv の 2 行目を直してください" in found["reason_ja"]
    assert found["municipality_code"] == "01223"


def test_correction_of_nothing_delivered_is_told(warehouse: Warehouse, tmp_path: Path) -> None:
    with declared(warehouse, tmp_path, 1, key=KEY.replace("01223", "99999")):
        assert warehouse.node("corrections_are_still_needed") == []
        assert any("届いた資料にありません" in row["reason_ja"] for row in warehouse.node("figures_that_moved"))


# --- the official list of codes ---------------------------------------------------------------------------------------


def test_town_of_the_official_list_that_is_not_known_is_told(warehouse: Warehouse) -> None:
    """All towns of today as a delivered list: nothing to tell; a new name and a town left out are told (synthetic)."""
    lists = (
        "insert into raw.delivery select * replace ('codes' as source_id, 'municipality_codes' as source, "
        "'codes.csv' as file_name, received_order + 1000 as received_order) "
        "from raw.delivery order by received_order desc limit 1"
    )
    towns = (
        "insert into raw.municipality by name select municipality_code, code6, prefecture_name_ja, name_ja, kana, "
        "'codes' as source_id, 1 as \"row\" from main.dim_municipality where is_current and kana is not null "
        "and area_level in ('municipality', 'designated_city')"
    )
    with warehouse.planted(lists, towns):
        assert warehouse.node("towns_follow_the_official_list") == []
    renamed = "update raw.municipality set name_ja = '北根室市' where municipality_code = '01223'"
    left_out = "delete from raw.municipality where municipality_code = '03211'"
    with warehouse.planted(lists, towns, renamed, left_out):
        found = {row["municipality_code"]: row for row in warehouse.node("towns_follow_the_official_list")}
    assert found.keys() == {"01223", "03211"} and set(found["01223"]) == set(FINDING)
    assert (found["01223"]["expected"], found["01223"]["found"]) == ("北根室市", "根室市")
    assert found["03211"]["expected"] == "一覧にない" and found["01223"]["file_name"] == "codes.csv"


def test_change_of_a_town_after_the_last_known_one_is_told(warehouse: Warehouse) -> None:
    change = (
        "insert into raw.municipality_change by name select date '{day}' as change_date, '{reason}' as reason, "
        "'01223' as old_code, '根室市' as old_name_ja, '01999' as new_code, '北根室市' as new_name_ja, "
        "'x' as source_id, "
        '7 as "row"'
    )
    for day, reason, n in (
        ("2027-04-01", "changesOfNames", 1),
        ("2027-04-01", "abolishmentOfDistrict", 0),
        ("2010-04-01", "changesOfNames", 0),
    ):
        with warehouse.planted(change.format(day=day, reason=reason)):
            assert len(warehouse.node("towns_follow_the_official_list")) == n, (day, reason)


# --- shrunken deliveries ----------------------------------------------------------------------------------------------


def delivered_again(where: str, days: int = 1) -> tuple[str, str]:
    """Visitors of January 2024 delivered once more, `days` later, with the rows that `where` leaves."""
    again = "'tourism-again'"
    first = "select source_id from truth where form = 'yearly' and month = date '2024-01-01' limit 1"
    rows = (
        f"select * from truth union all select * replace ({again} as source_id) from truth "
        f"where source_id = ({first}) and {where}"
    )
    delivery = (
        f"insert into raw.delivery select * replace ({again} as source_id, 'feed' as sha256, 'again.csv' as file_name, "
        f"received_at + to_days({days}) as received_at) from raw.delivery "
        f"where source_id = ({first.replace('truth', 'raw.truth')})"
    )
    return rows, delivery


def test_shrunken_redelivery_is_found(warehouse: Warehouse) -> None:
    for where, n in (("true", 0), ("area_code <> '03211'", 1)):
        with warehouse.changed("tourism_visitors", *delivered_again(where)):
            found = warehouse.node("deliveries_did_not_shrink")
        assert len(found) == n
    assert set(found[0]) == set(FINDING)
    assert (found[0]["file_name"], found[0]["municipality_code"]) == ("again.csv", "03211")


def test_shrinking_that_was_let_pass_at_the_reader_asks_for_no_second_decision(warehouse: Warehouse) -> None:
    decided = (
        "insert into raw.decision by name select 'go_ahead' as kind, '{rule}' as rule, 'tourism-again' as subject, "
        "'統計担当' as decided_by, date '2026-11-29' as decided_on, '合成' as reason_ja"
    )
    for rule, n in (("shrunken_delivery", 0), ("same_values_other_period", 1)):
        again = delivered_again("area_code <> '03211'")
        with warehouse.changed("tourism_visitors", *again, decided.format(rule=rule)):
            assert len(warehouse.node("deliveries_did_not_shrink")) == n, rule


def test_small_file_that_came_first_or_in_the_same_batch_is_no_shrinking(warehouse: Warehouse) -> None:
    for days in (0, -1):
        with warehouse.changed("tourism_visitors", *delivered_again("area_code <> '03211'", days)):
            assert warehouse.node("deliveries_did_not_shrink") == [], days


def test_next_period_may_lose_five_in_a_hundred(warehouse: Warehouse) -> None:
    """100 municipalities in June, fewer in July of another file that came a day later."""
    for n_left, n_found in ((96, 0), (94, 1)):
        rows = (
            "select * from truth union all select one.* exclude (code, later) replace ("
            "if(later, 'tourism-b', 'tourism-a') as source_id, code as area_code, "
            "if(later, date '2030-07-01', date '2030-06-01') as month) from ("
            "select * from (select * from truth where form = 'monthly' limit 1) cross join ("
            "select municipality_code as code, later from (select municipality_code, row_number() over "
            "(order by municipality_code) as n from main.dim_municipality where is_current) "
            f"cross join (values (false), (true)) as files (later) where n <= if(later, {n_left}, 100))) as one"
        )
        delivery = (
            "insert into raw.delivery select * replace (id as source_id, id as sha256, id || '.csv' as file_name, "
            "received_at + to_days(day) as received_at) from (select * from raw.delivery where source = 'tourism' "
            "limit 1) cross join (values ('tourism-a', 1), ('tourism-b', 2)) as files (id, day)"
        )
        delivery = delivery.replace("select * replace", "select * exclude (id, day) replace")
        with warehouse.changed("tourism_visitors", rows, delivery):
            assert len(warehouse.node("deliveries_did_not_shrink")) == n_found, n_left


# --- the real national files ------------------------------------------------------------------------------------------

REGISTRY = ("0503sjin.xls", "1603ssjin.xls", "1903ssjin.xls", "2103ssjin.xlsx")
CENSUS = ("census_2015_population_final_cp932.csv",)


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    if not SHARED.is_dir():
        pytest.skip("the real files of ../shared are not here")
    root = tmp_path_factory.mktemp("nation")
    landing = root / "landing"
    landing.mkdir()
    for path in (*(SHARED / "resident_registry" / name for name in REGISTRY), *(SHARED / "census" / n for n in CENSUS)):
        shutil.copy(path, landing)
    select = ("+mart_population_current_area", "+mart_population_ward", "current_areas_add_up")
    with built(root, landing, *select) as whole:
        yield whole


@pytest.mark.promise("C8", "C12")
@pytest.mark.shared
def test_national_totals_of_every_year_stand_in_the_areas_of_today(nation: Warehouse) -> None:
    rows = nation.rows(
        "select as_of_date, sum(population_persons) as persons, count(*) as n, "
        "count(*) filter (where not is_conserved) as n_not from main.mart_population_current_area "
        "where sex = 'total' and age_group = 'total' group by 1 order by 1"
    )
    # 1,747 areas of today and, in 2005, 上九一色村 beside them; 甲府市 and 富士河口湖町 got its parts.
    assert [tuple(row.values()) for row in rows] == [
        (date(2005, 3, 31), 126_869_397, 1748, 3),
        (date(2015, 10, 1), 127_094_745, 1741, 0),
        (date(2016, 1, 1), 128_066_211, 1747, 0),
        (date(2019, 1, 1), 127_443_563, 1747, 0),
        (date(2021, 1, 1), 126_654_244, 1747, 0),
    ]
    assert nation.status["current_areas_add_up"] == "pass"


@pytest.mark.shared
def test_codes_of_every_registry_year_are_exactly_those_in_force(nation: Warehouse) -> None:
    off = nation.rows(
        "with file as (select distinct as_of_date, municipality_code from main.fct_population "
        "where series = 'resident_registry'), days as (select distinct as_of_date from file), "
        "held as (select days.as_of_date, span.municipality_code from days cross join main.dim_municipality as span "
        "where span.valid_from <= days.as_of_date and coalesce(span.valid_to > days.as_of_date, true)) "
        "(from file except from held) union all (from held except from file)"
    )
    assert off == []


@pytest.mark.promise("C12")
@pytest.mark.shared
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("04216", [("04423", 52295), ("04216", 52569), ("04216", 52431)]),  # 富谷
        ("40231", [("40305", 50235), ("40231", 50420), ("40231", 50444)]),  # 那珂川
        ("28221", [("28221", 42948), ("28221", 41804), ("28221", 40845)]),  # 篠山
        ("22130", [("22130", 809027), ("22130", 804780), ("22130", 799966)]),  # 浜松
    ],
)
def test_real_series_run_through_their_change(nation: Warehouse, code: str, expected: list[tuple[str, int]]) -> None:
    found = [row for row in series_of(nation, code) if row[0] >= date(2016, 1, 1)]
    assert [(row[2], row[1]) for row in found] == expected
    assert all(row[3] for row in found)


@pytest.mark.promise("C12")
@pytest.mark.shared
def test_wards_of_hamamatsu_keep_the_sum_of_the_city(nation: Warehouse) -> None:
    rows = nation.rows(
        "select current_ward_code, sum(population_persons) as persons from main.mart_population_ward "
        "where municipality_code = '22130' and as_of_date = date '2021-01-01' and sex = 'total' group by 1 order by 1"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("22138", 579252),
        ("22139", 100004),
        ("22140", 27429),
        (None, 93281),
    ]
    assert sum(row["persons"] for row in rows) == 799_966
