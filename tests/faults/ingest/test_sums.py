"""Figures that stand in the wrong cells of a table in order, and tables that are cut short, are refused by what one
delivery says of itself: sums, sizes, neighbouring columns, and that a table of the country is whole.

Synthetic edits of the samples, and of the publishers' own files where ../shared is at hand. Every edit keeps the layout
and changes cells or rows only. Does not hold edits of titles and headers, of spellings (test_office_edits.py).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError
from python_calamine import CalamineWorkbook

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.consistency import sums as checks
from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.contract.model import Layout
from sousei.ingest.contract.rules import Checks, Ratio, Sum
from sousei.ingest.reading import delivery as reading
from tests.alike import alike
from tests.synthetic.books import book

ROOT = PROJECT_ROOT
SAMPLES = ROOT / "samples" / "landing"
EXTRACTS = ROOT.parent / "shared" / "data" / "extracts"
Row = list[Any]
Rows = list[Row]
Edit = Callable[[Rows], Any]

AGES, FLOWS = "resident_registry/2304ssnen.xlsx", "resident_registry/2203ssjin.xlsx"
DONATIONS, SERIES = "furusato_nozei/R1_gain.xlsx", "furusato_nozei/total_gain.xlsx"
IPSS = "ipss_projection/ipss_2023_totals_kekkahyo1.xlsx"
FINAL = "census/census_2015_population_final_cp932.csv"
PRELIMINARY = "census/census_2015_population_preliminary_cp932.csv"


@cache
def _rows(path: Path) -> tuple[tuple[Any, ...], ...]:
    if path.suffix != ".csv":
        sheet = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
        return tuple(map(tuple, sheet.to_python(skip_empty_area=False)))
    encoding = "cp932" if "cp932" in path.name else "utf-8-sig"
    text = path.read_bytes().decode(encoding)
    return tuple(map(tuple, csv.reader(io.StringIO(text, newline=""))))


def rows_of(name: str, folder: Path = SAMPLES) -> Rows:
    return [list(row) for row in _rows(folder / name)]


def data_of(name: str, rows: Rows) -> bytes:
    """Rows in the form that the table came in."""
    if not name.endswith(".csv"):
        return book(rows)
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("cp932" if "cp932" in name else "utf-8-sig")


def read(name: str, rows: Rows) -> reading.Reading:
    """What the reader makes of rows in the form that the table came in."""
    return reading.read(data_of(name, rows), "delivery.csv" if name.endswith(".csv") else "delivery.xlsx")


@cache
def sound(name: str, folder: Path = SAMPLES) -> reading.Reading:
    """What the reader makes of the table as it is."""
    return read(name, rows_of(name, folder))


def problems_of(name: str, edit: Edit, folder: Path = SAMPLES) -> list[dict[str, Any]]:
    """Problems after an edit, of which one at least must stop the delivery."""
    rows = rows_of(name, folder)
    assert sound(name, folder).problems == []
    edit(rows)
    found = read(name, rows)
    assert not found.taken
    for problem in found.problems:
        assert problem["message_ja"] and problem["message_en"] and problem["action_ja"]
    return found.problems


def ids(problems: list[dict[str, Any]]) -> set[str]:
    return {problem["problem_id"] for problem in problems if problem["severity"] == "gate"}


def each(rows: Rows, code: str, place: int = 0) -> Rows:
    """The rows of an area."""
    return [row for row in rows if row and str(row[place]) == code]


def set_cells(code: str, changes: dict[int, Any], place: int = 0) -> Edit:
    def edit(rows: Rows) -> None:
        for row in each(rows, code, place):
            for at, value in changes.items():
                row[at] = value

    return edit


def exchanged(first: int, second: int, body: int) -> Edit:
    def edit(rows: Rows) -> None:
        for row in rows[body:]:
            if len(row) > max(first, second) and str(row[first]) and str(row[second]):
                row[first], row[second] = row[second], row[first]

    return edit


# ---------------------------------------------------------------- donations: two figures that belong together


@pytest.mark.parametrize(
    ("changes", "cells"),
    [
        ({3: "", 4: 413575}, ["空欄", "413,575"]),
        ({3: ""}, ["空欄", "6,589,106,736"]),
        ({4: ""}, ["413,575", "空欄"]),
        ({4: "-"}, ["413,575", "-"]),
        ({4: 0}, ["413,575", "0"]),
        ({3: 0}, ["0", "6,589,106,736"]),
        ({4: 413575}, ["413,575", "413,575"]),
    ],
    ids=["slipped_right", "no_count", "no_amount", "dash", "amount_zero", "count_zero", "count_twice"],
)
def test_a_count_without_its_amount_is_refused_with_both_cells(changes: dict[int, Any], cells: list[str]) -> None:
    problems = problems_of(DONATIONS, set_cells("012238", changes))
    assert ids(problems) == {"pair_differs"}
    assert [problem["row"] for problem in problems] == [17]
    said = problems[0]["message_ja"]
    assert "根室市" in said and f"寄附件数 {cells[0]}、寄附金額 {cells[1]}" in said


def test_neither_count_nor_amount_and_both_zero_are_taken() -> None:
    for value, status in (("", "not_reported"), (0, "final")):
        rows = rows_of(DONATIONS)
        set_cells("012238", {3: value, 4: value})(rows)
        found = read(DONATIONS, rows)
        assert found.taken, found.problems
        mine = found.tables["furusato_donation"].filter(pl.col("area_code") == "01223")
        assert set(mine["value_status"]) == {status}


def test_a_row_of_the_series_that_slipped_by_a_column_is_refused() -> None:
    def edit(rows: Rows) -> None:
        row = next(row for row in rows if row[1] == "根室市")
        row[2:] = ["", *row[2:-1]]

    problems = problems_of(SERIES, edit)
    assert ids(problems) & {"pair_differs", "fraction"}
    assert {problem["row"] for problem in problems} == {5}


def test_the_series_may_round_a_few_hundred_yen_to_nothing() -> None:
    rows = rows_of(SERIES)
    rows[4][2:4] = [0, 1]
    assert read(SERIES, rows).problems == []


@pytest.mark.parametrize("year", ["平成20年度", "平成27年度", "平成28年度", "令和7年度"])
def test_an_amount_without_a_count_is_told_until_2015_and_refused_later(year: str) -> None:
    rows = rows_of(SERIES)
    at = rows[1].index(year)
    rows[4][at : at + 2] = [5, 0]
    found = read(SERIES, rows)
    counted = year not in {"平成20年度", "平成27年度"}
    said = [problem["problem_id"] for problem in found.problems]
    assert said == ["pair_differs" if counted else "not_counted"] and found.taken is not counted
    if not counted:
        mine = found.tables["furusato_donation"].filter(
            (pl.col("row") == 5) & pl.col("column_label").str.starts_with(year)
        )
        assert dict(mine.select("item", "value").iter_rows()) == {"donation_jpy": 5000, "donation_count": 0}


def test_a_slipped_table_is_not_called_a_matter_of_units_alone() -> None:
    problems = problems_of(DONATIONS, exchanged(3, 4, 16))
    assert ids(problems) == {"unit_suspect"}
    assert "ずれ" in problems[0]["message_ja"] and "が全体で 0 で" not in problems[0]["message_ja"]


# ---------------------------------------------------------------- columns that are read for checking


@pytest.mark.parametrize(("name", "first", "second", "body"), [(FINAL, 3, 4, 10), (PRELIMINARY, 5, 6, 8)])
def test_the_figures_of_another_count_are_refused(name: str, first: int, second: int, body: int) -> None:
    problems = problems_of(name, exchanged(first, second, body))
    assert "columns_contradict" in ids(problems)
    assert "根室市" in problems[0]["message_ja"] and "組替" in problems[0]["message_ja"]


def test_one_figure_of_the_earlier_count_is_refused_with_its_row() -> None:
    problems = problems_of(FINAL, set_cells("03211", {3: "39,574"}))
    assert [(problem["problem_id"], problem["row"]) for problem in problems] == [("columns_contradict", 12)]


def test_projections_one_column_to_the_left_are_refused() -> None:
    def edit(rows: Rows) -> None:
        for row in rows[5:]:
            row[4:] = [*row[5:], ""]

    assert ids(problems_of(IPSS, edit)) == {"blank_value"}

    def around(rows: Rows) -> None:
        for row in rows[5:]:
            row[4:11] = [*row[5:11], row[4]]

    assert ids(problems_of(IPSS, around)) == {"columns_contradict"}


@pytest.mark.parametrize(("cell", "problem_id"), [("", "blank_value"), ("約80", "unreadable_value")])
def test_a_cell_for_checking_that_is_no_number_is_refused(cell: str, problem_id: str) -> None:
    problems = problems_of(IPSS, lambda rows: rows[6].__setitem__(12, cell))
    assert [(problem["problem_id"], problem["row"]) for problem in problems] == [(problem_id, 7)]


def test_an_index_that_an_office_rounded_is_taken() -> None:
    rows = rows_of(IPSS)
    for row in rows[5:]:
        row[11:] = [round(cell, 1) for cell in row[11:]]
    assert read(IPSS, rows).problems == []


# ---------------------------------------------------------------- ages and sexes


@pytest.mark.parametrize("place", [5, 6, 12, 18, 20])
@pytest.mark.parametrize(("value", "problem_id"), [(0, ""), ("-", "part_missing"), ("X", "part_missing")])
def test_an_age_class_that_is_gone_for_both_sexes_is_refused(place: int, value: Any, problem_id: str) -> None:
    def edit(rows: Rows) -> None:
        for code in ("012238", "032115"):
            set_cells(code, {place: value})(rows)

    problems = problems_of(AGES, edit)
    assert ids(problems) <= {problem_id} if problem_id else ids(problems) <= {"total_differs_from_parts", "class_empty"}


def test_an_age_class_of_one_small_row_is_refused() -> None:
    """The youngest men of one city: fewer than the foreigners whose ages a municipality may hide."""

    def edit(rows: Rows) -> None:
        total, men, _ = each(rows, "012238")
        total[5], men[5] = total[5] - men[5], 0

    problems = problems_of(AGES, edit)
    assert [(problem["problem_id"], problem["row"]) for problem in problems] == [("class_empty", 5)]


def test_a_row_without_any_figure_is_not_reported_and_taken() -> None:
    rows = rows_of(AGES)
    set_cells("012238", dict.fromkeys(range(4, len(rows[3])), "***"))(rows)
    found = read(AGES, rows)
    assert found.problems == []
    mine = found.tables["registry_population"].filter(pl.col("area_code") == "01223")
    assert mine["population_persons"].null_count() == mine.height and set(mine["value_status"]) == {"not_reported"}


def test_hidden_ages_of_few_foreigners_are_taken() -> None:
    rows = rows_of("resident_registry/2212gsnen.xlsx")
    for row in each(rows, "012238"):
        row[5:] = ["X" if cell != "" else "" for cell in row[5:]]
    assert read(AGES, rows).problems == []


@pytest.mark.parametrize("codes", [("012238",), ("032115",), ("012238", "032115")])
def test_men_and_women_exchanged_are_refused(codes: tuple[str, ...]) -> None:
    def edit(rows: Rows) -> None:
        for row in rows:
            if str(row[0]) in codes:
                row[3] = {"男": "女", "女": "男"}.get(row[3], row[3])

    problems = problems_of(AGES, edit)
    assert ids(problems) == {"sexes_exchanged"}
    assert "80 歳以上" in problems[0]["message_ja"]


def test_a_remainder_is_taken_up_to_what_the_publisher_hides() -> None:
    for more, taken in ((300, True), (1000, False)):
        rows = rows_of(AGES)
        total, men, _ = each(rows, "012238")
        total[4], men[4] = total[4] + more, men[4] + more
        found = read(AGES, rows)
        assert found.taken == taken, found.problems
        assert ids(found.problems) == (set() if taken else {"total_differs_from_parts"})
        assert all(problem["message_ja"].startswith("根室市: ") for problem in found.problems)


def test_small_remainders_of_a_whole_prefecture_are_too_many_together() -> None:
    """Synthetic: 鳥取県 of ten thousand people each, every municipality 300 persons short in its classes."""
    codes = ["312011", "312029", "312037", "312045", "313025", "313254", "313289", "313297", "313645", "313700"]
    names = ["鳥取市", "米子市", "倉吉市", "境港市", "岩美町", "若桜町", "智頭町", "八頭町", "三朝町", "湯梨浜町"]
    for short, taken in ((20, True), (190, False)):
        rows = rows_of(AGES)[:3]
        for code, name in zip(codes, names, strict=True):
            parts = [600] * 18
            for sex, times in (("計", 2), ("男", 1), ("女", 1)):
                classes = [part * times for part in parts] + [0] * (len(rows[2]) - 5 - len(parts))
                rows.append([code, "鳥取県", name, sex, sum(classes) + short * times, *classes])
        for row in rows[3:]:
            row[-1] = 0
        found = read(AGES, rows)
        assert found.taken == taken, found.problems
        if not taken:
            assert ids(found.problems) == {"total_differs_from_parts"}
            assert all("鳥取県の市区町村" in problem["message_ja"] for problem in found.problems)


# ---------------------------------------------------------------- messages


@pytest.mark.promise("C8")
def test_a_total_that_is_no_sum_is_named_as_the_table_names_it() -> None:
    problems = problems_of(FLOWS, set_cells("012238", {5: 24232}))
    assert [problem["problem_id"] for problem in problems] == ["total_differs_from_parts"]
    said = problems[0]["message_ja"]
    assert "「人口 計」" in said and "「人口 男」＋「人口 女」" in said and "population" not in said
    assert (problems[0]["row"], problems[0]["expected"], problems[0]["found"]) == (7, "24231", "24232")


# ---------------------------------------------------------------- rules of the contract itself


def test_ages_in_rows_are_compared_too() -> None:
    """Synthetic: a layout with a column of ages, of which the total and its parts stand in different rows."""
    base = next(one for contract in all_contracts() for one in contract.layouts if one.layout == "age_block_estat")
    columns = [{"role": "age", "header": "年齢"}, {"role": "measure", "header": "人口", "unit": "人"}]
    held = {"sums": [{"over": "age_group", "total": "total"}], "areas": False}
    layout = Layout.model_validate(base.model_dump() | {"columns": columns, "checks": held})
    for whole, wrong in ((7, 0), (8, 1)):
        rows = pl.DataFrame(
            {
                "row": [1, 2, 3],
                "area_code": ["01223"] * 3,
                "area_name": ["根室市"] * 3,
                "area_level": ["municipality"] * 3,
                "as_of_date": [None] * 3,
                "scope": ["total"] * 3,
                "sex": ["male"] * 3,
                "age_group": ["total", "0-4", "5+"],
                "population_persons": [whole, 3, 4],
                "sheet": [""] * 3,
                "column_label": ["人口"] * 3,
            },
            schema_overrides={"as_of_date": pl.Date},
        )
        _, problems = checks.check(rows, layout, "population_persons")
        assert [problem["problem_id"] for problem in problems] == ["total_differs_from_parts"] * wrong


@pytest.mark.parametrize(
    "rule",
    [
        {"over": "sex", "total": "total", "parts": ["male", "-female"]},
        {"total": "change", "parts": ["birth"], "at_most": 5},
        {"total": "change", "parts": ["birth"], "missing_is_nothing": True, "missing_refused": True},
        {"over": "month", "total": "total"},
    ],
)
def test_a_sum_that_could_not_hold_is_refused_at_loading(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Sum.model_validate(rule)


@pytest.mark.parametrize(
    ("layout", "held"),
    [
        ("flows_2014", {"sums": [{"total": "population_totals", "parts": ["population_male"]}]}),
        ("flows_2014", {"larger": [{"more": "in_migration", "less": "others", "at_least": 1}]}),
        ("totals_2023", {"rates": [{"rate": "indices", "of": "population", "base": "population", "within": 1}]}),
        ("totals_2023", {}),
    ],
)
def test_a_check_of_a_column_that_is_not_there_is_refused_at_loading(layout: str, held: dict[str, Any]) -> None:
    base = next(one for contract in all_contracts() for one in contract.layouts if one.layout == layout)
    assert Layout.model_validate(base.model_dump()) == base
    with pytest.raises(ValidationError):
        Layout.model_validate(base.model_dump() | {"checks": Checks.model_validate(held).model_dump()})


@pytest.mark.parametrize("layout", [one for contract in all_contracts() for one in contract.layouts],
                         ids=lambda layout: str(layout.layout))  # fmt: skip
def test_every_remainder_of_a_contract_is_bounded(layout: Layout) -> None:
    assert all(rule.at_most is not None for rule in layout.checks.sums if rule.remainder == "not_stated")
    with_ages = {column.role for column in layout.columns} >= {"measure"} and "{age}" in str(layout.columns)
    assert (layout.checks.ages is not None) == with_ages
    assert all(isinstance(rule, Ratio) and rule.row_minimum > 1 for rule in layout.checks.ratios)


# ---------------------------------------------------------------- the publishers' own files, edited

shared = [
    pytest.mark.shared,
    pytest.mark.skipif(not EXTRACTS.is_dir(), reason="the publishers' files are not at hand (../shared)"),
]
R = "resident_registry/"
WHOLE = {
    R + "2103ssjin.xlsx": (0, 6), R + "1203sjin.xls": (0, 4), R + "2212gsnen.xlsx": (0, 3),
    IPSS: (0, 5), FINAL: (0, 10), PRELIMINARY: (2, 10),
}  # fmt: skip
"""Tables of the whole country: column of the code, first row of figures."""


def code_of(name: str, row: Row) -> str:
    """Five digits of a row's code, '' where it has none."""
    text = str(row[WHOLE[name][0]]) if len(row) > WHOLE[name][0] else ""
    if name == IPSS:
        return f"{int(float(text)):05}" if text[:1].isdigit() else ""
    return text[:5] if text[:2].isdigit() else ""


def cut(count: int) -> Callable[[str, Rows], Rows]:
    def edit(name: str, rows: Rows) -> Rows:
        last = max(at for at, row in enumerate(rows) if code_of(name, row))
        return rows[: last + 1 - count]

    return edit


def without(gone: Callable[[str], bool]) -> Callable[[str, Rows], Rows]:
    return lambda name, rows: [
        row for at, row in enumerate(rows) if at < WHOLE[name][1] or not gone(code_of(name, row))
    ]


TOWNS = {"16322", "16323", "16342", "16343", "16321"}
SHORTER = {
    "last 5 rows": cut(5),
    "last 30 rows": cut(30),
    "last 300 rows": cut(300),
    "a prefecture": without(lambda code: code[:2] == "16"),
    "the last prefecture": without(lambda code: code[:2] == "47"),
    "a prefecture's own row": without(lambda code: code == "16000"),
    "towns of one prefecture": without(lambda code: code in TOWNS),
    "a city of a large prefecture": without(lambda code: code == "13209"),
    "towns alone of a prefecture": without(lambda code: code[:2] == "31" and code != "31000"),
}


class TestWhole:
    pytestmark = shared

    @pytest.mark.sampled(2)
    @pytest.mark.parametrize("edit", alike(SHORTER))
    @pytest.mark.parametrize("name", WHOLE, ids=lambda name: Path(name).name)
    def test_a_table_of_the_country_that_is_cut_short_is_refused(self, name: str, edit: str) -> None:
        rows = rows_of(name, EXTRACTS)
        found = read(name, SHORTER[edit](name, rows))
        assert not found.taken
        assert ids(found.problems) & {"prefecture_missing", "area_total_differs"}, found.problems

    @pytest.mark.sampled(2)
    @pytest.mark.parametrize("name", WHOLE, ids=lambda name: Path(name).name)
    def test_extracts_that_an_office_makes_are_taken(self, name: str) -> None:
        rows = rows_of(name, EXTRACTS)
        cities = {"01223", "03211"}
        heads = {f"{number:02}000" for number in range(48)}
        for kept in (
            cities,
            cities | heads,
            cities | {"00000", "01000", "03000"},
            heads,
            {code for row in rows for code in [code_of(name, row)] if code[:2] in {"02", "03", "04", "05"}},
        ):
            nation = "00000" in kept

            def gone(code: str, kept: set[str] = kept, nation: bool = nation) -> bool:
                return code not in kept and not (code == "" and nation)

            found = read(name, without(gone)(name, rows))
            assert found.taken and found.problems == [], (sorted(kept)[:5], found.problems[:2])

    @pytest.mark.parametrize("name", WHOLE, ids=lambda name: Path(name).name)
    def test_a_prefecture_alone_needs_each_of_its_municipalities(self, name: str) -> None:
        rows = rows_of(name, EXTRACTS)
        mine = without(lambda code: code[:2] != "16")(name, rows)
        assert read(name, mine).problems == []
        for town in sorted(TOWNS):
            found = read(name, without(lambda code, town=town: code == town)(name, mine))  # type: ignore[misc]
            assert ids(found.problems) == {"area_total_differs"}, town
            assert "富山県" in found.problems[0]["message_ja"]

    @pytest.mark.sampled
    @pytest.mark.parametrize("name", ["furusato_nozei/R1_gain.xlsx", "tourism/city202412.csv"])
    def test_tables_without_sums_name_every_prefecture(self, name: str) -> None:
        rows = rows_of(name, EXTRACTS)
        assert read(name, rows).taken
        place = 0 if name.endswith("xlsx") else 4
        left = [row for row in rows if str(row[place])[:2] != "16"]
        assert len(left) < len(rows)
        found = read(name, left)
        assert ids(found.problems) == {"prefecture_missing"}
        assert "富山県" in found.problems[0]["message_ja"]


@pytest.mark.exhaustive
class TestReal:
    pytestmark = shared

    @pytest.mark.parametrize(("name", "first", "second"), [("1203sjin.xls", 7, 9), ("1203sjin.xls", 11, 13),
                                                           ("0503sjin.xls", 9, 11), ("2103ssjin.xlsx", 9, 11),
                                                           ("1203sjin.xls", 17, 19), ("1203sjin.xls", 8, 9),
                                                           ("2103ssjin.xlsx", 12, 15)])  # fmt: skip
    def test_two_flows_exchanged_over_the_country_are_refused(self, name: str, first: int, second: int) -> None:
        rows = rows_of(R + name, EXTRACTS)
        exchanged(first, second, 6 if name.endswith("x") else 4)(rows)
        found = read("x.xlsx", rows)
        assert ids(found.problems) & {"columns_exchanged", "total_differs_from_parts"}, found.problems

    @pytest.mark.parametrize("name", ["0504snen.xls", "1204snen.xls", "1404ssnen.xls", "2104ssnen.xlsx"])
    @pytest.mark.parametrize("value", [0, "-"])
    def test_the_oldest_class_of_every_row_gone_is_refused(self, name: str, value: Any) -> None:
        rows = rows_of(R + name, EXTRACTS)
        label = len(rows[2 if name.endswith("x") else 1]) - 1
        for row in rows[2:]:
            if isinstance(row[label], float | int) and row[3] in {"計", "男", "女"}:
                row[label] = value
        found = read("x.xlsx", rows)
        assert ids(found.problems) & {"class_empty", "part_missing", "total_differs_from_parts"}
        assert not found.taken

    def test_the_oldest_foreigners_of_every_row_gone_are_refused(self) -> None:
        rows = rows_of(R + "2212gsnen.xlsx", EXTRACTS)
        for row in rows[3:]:
            if isinstance(row[-1], float | int) and row[3] in {"計", "男", "女"}:
                row[-1] = 0
        problems = read("x.xlsx", rows).problems
        assert ids(problems) == {"class_empty"} and len(problems) == 3
        assert "どの行にも" in problems[0]["message_ja"]

    @pytest.mark.parametrize("name", ["0504snen.xls", "2004ssnen.xls", "2104ssnen.xlsx"])
    def test_men_and_women_exchanged_over_the_country_are_refused(self, name: str) -> None:
        rows = rows_of(R + name, EXTRACTS)
        for row in rows:
            row[3] = {"男": "女", "女": "男"}.get(row[3], row[3])
        assert ids(read("x.xlsx", rows).problems) == {"sexes_exchanged"}

    @pytest.mark.parametrize(("name", "first", "second"), [(FINAL, 3, 4), (FINAL, 3, 9), (FINAL, 3, 7), (FINAL, 3, 5),
                                                           (PRELIMINARY, 5, 6), (PRELIMINARY, 5, 9),
                                                           (PRELIMINARY, 5, 11)])  # fmt: skip
    def test_census_columns_exchanged_are_refused(self, name: str, first: int, second: int) -> None:
        rows = rows_of(name, EXTRACTS)
        exchanged(first, second, 10)(rows)
        found = read(name, rows)
        assert ids(found.problems) & {"columns_contradict", "fraction", "negative_value"}
