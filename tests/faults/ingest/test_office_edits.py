"""Edits that offices make to sound files: each is read to the figure, or refused naming the place.

Holds: edits of tables in the layouts of the samples, and of the publishers' own files where ../shared is at hand. The
truth is read by `truth`, a plain reader by position that knows nothing of contracts. Does not hold: faults planted in a
whole landing (test_planted.py), broken bytes and separators (test_pollution.py), hostile files
(test_hostile.py), or edits that no table alone can tell (two columns of ages exchanged under their headers).
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.areas import register as areas
from sousei.ingest.cells.contents import Opener
from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.reading import delivery as reading
from sousei.ingest.recognise import nearest, proposals

ROOT = PROJECT_ROOT
SAMPLES = ROOT / "samples" / "landing"
EXTRACTS = ROOT.parent / "shared" / "data" / "extracts"
Rows = list[list[Any]]
Truth = dict[tuple[Any, ...], int]
Edit = Callable[[Rows], Any]

AGES, FLOWS = "resident_registry/2104ssnen.xlsx", "resident_registry/2103ssjin.xlsx"
DONATIONS, IPSS = "furusato_nozei/R1_gain.xlsx", "ipss_projection/ipss_2023_totals_kekkahyo1.xlsx"
VISITORS, CENSUS = "tourism/city2025.csv", "census/census_2020_sex_age.csv"
BOOKS, CSVS = (AGES, FLOWS, DONATIONS, IPSS), (VISITORS, CENSUS)
BODY = {AGES: 3, FLOWS: 6, DONATIONS: 16, IPSS: 5, VISITORS: 1, CENSUS: 11}
"""First row of figures (0-based)."""
HEAD = {AGES: 1, FLOWS: 1, DONATIONS: 10, IPSS: 3, VISITORS: 0, CENSUS: 10}
"""First row of the header (0-based)."""
FIGURE = {AGES: 7, FLOWS: 5, DONATIONS: 4, IPSS: 6, VISITORS: 8, CENSUS: 12}
"""A column of figures (0-based)."""
NAME = {AGES: 2, FLOWS: 2, DONATIONS: 2, IPSS: 3, VISITORS: 7, CENSUS: 9}
CODE = {AGES: 0, FLOWS: 0, DONATIONS: 0, IPSS: 0, VISITORS: 6, CENSUS: 8}
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


# ---------------------------------------------------------------- files as rows, and back


@cache
def _rows(path: Path) -> tuple[tuple[Any, ...], ...]:
    if path.suffix != ".csv":
        sheets = CalamineWorkbook.from_path(str(path))
        return tuple(tuple(row) for row in sheets.get_sheet_by_index(0).to_python(skip_empty_area=False))
    text = path.read_bytes().decode("utf-8-sig")
    return tuple(tuple(row) for row in csv.reader(io.StringIO(text, newline="")))


def rows_of(name: str, folder: Path = SAMPLES) -> Rows:
    """A fresh copy of a table's rows."""
    return [list(row) for row in _rows(folder / name)]


def csv_bytes(rows: Rows, encoding: str = "utf-8-sig", **dialect: Any) -> bytes:
    """Rows as a CSV file."""
    out = io.StringIO()
    csv.writer(out, **({"lineterminator": "\r\n"} | dialect)).writerows(rows)
    return out.getvalue().encode(encoding)


def book_bytes(rows: Rows, more: Callable[[Worksheet], Any] | None = None) -> bytes:
    """Rows as a workbook; `more` does what rows cannot say (formulas, formats, hidden rows, more sheets)."""
    if more is None:  # a countrywide table is written in a third of the time
        plain = io.BytesIO()
        with xlsxwriter.Workbook(plain, {"in_memory": True, "strings_to_formulas": False}) as written:
            page = written.add_worksheet("表")
            for place, row in enumerate(rows):
                page.write_row(place, 0, row)
        return plain.getvalue()
    book = openpyxl.Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "表"
    for row in rows:
        sheet.append([None if cell == "" else cell for cell in row])
    more(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def file_of(name: str, rows: Rows) -> bytes:
    """Rows in the form that the table came in."""
    return csv_bytes(rows) if name.endswith(".csv") else book_bytes(rows)


# ---------------------------------------------------------------- the truth, by position


def _number(cell: Any) -> int:
    return int(float(str(cell).replace(",", "")))


def truth(name: str, rows: Rows) -> Truth:
    """Figures by place in the table: (code of five digits, what the row says, number of the column)."""
    found: Truth = {}
    keys: tuple[Any, ...]
    for row in rows[BODY[name] :]:
        if len(row) <= FIGURE[name] or not str(row[CODE[name]]).strip():
            continue
        if name == AGES and row[3] in {"計", "男", "女"}:
            keys, columns = (row[0][:5], row[3]), range(4, len(row))
        elif name == FLOWS and row[0].isdigit():
            keys, columns = (row[0][:5],), range(3, len(row))
        elif name == DONATIONS:
            keys, columns = (row[0][:5],), range(3, 5)
        elif name == IPSS:
            keys, columns = (f"{int(row[0]):05}",), range(4, 11)
        elif name == VISITORS:
            keys, columns = (f"{int(row[6]):05}", int(row[0]), int(row[1])), range(8, 9)
        elif name == CENSUS:
            keys, columns = (row[8], row[5], row[7]), range(11, 12)
        else:
            continue
        found |= {(*keys, column): _number(row[column]) for column in columns}
    return found


_ITEMS = ["population_male", "population_female", "population_total", "households", "in_migration", "birth",
          "out_migration", "death"]  # fmt: skip
"""Columns 3 to 10 of the flows of the samples."""
_SEX = {"total": {AGES: "計", CENSUS: "総数"}, "male": dict.fromkeys((AGES, CENSUS), "男"),
        "female": dict.fromkeys((AGES, CENSUS), "女")}  # fmt: skip


def read_back(name: str, found: reading.Reading) -> Truth:
    """What the reader made of a table, by the same keys as `truth`. Raises AssertionError where a key came twice."""
    rows = pl.concat(found.tables.values())
    made: Truth = {}
    for row in rows.filter(pl.col("area_level") != "subtotal").iter_rows(named=True):
        code = (row["area_code"],)
        if name == AGES:
            column = 4 if row["age_from"] is None else 5 + row["age_from"] // 5
            key: tuple[Any, ...] = (*code, _SEX[row["sex"]][name], column)
        elif name == FLOWS:
            key = (*code, 3 + _ITEMS.index(row["item"]))
        elif name == DONATIONS:
            key = (*code, 3 + ["donation_count", "donation_jpy"].index(row["item"]))
        elif name == IPSS:
            key = (*code, 4 + (row["year"] - 2020) // 5)
        elif name == VISITORS:
            key = (*code, row["month"].year, row["month"].month, 8)
        else:
            if row["age_group"] != "total":
                continue
            key = (*code, _SEX[row["sex"]][name], {"total": "国籍総数", "japanese": "日本人"}[row["scope"]], 11)
        assert key not in made, key
        figure = next(row[value] for value in ("population_persons", "value", "visitors") if value in row)
        made[key] = figure
    return made


def read(name: str, data: bytes) -> reading.Reading:
    """The reading of a delivery whose name says nothing."""
    return reading.read(data, "delivery" + Path(name).suffix)


@pytest.mark.parametrize("name", [*BOOKS, *CSVS])
def test_untouched_tables_are_read_as_they_stand(name: str) -> None:
    rows = rows_of(name)
    found = read(name, file_of(name, rows))
    assert found.problems == []
    expected = truth(name, rows)
    assert len(expected) >= 4
    assert read_back(name, found) == expected


# ---------------------------------------------------------------- harmless edits


def _each(name: str, edit: Callable[[list[Any]], Any]) -> Edit:
    """An edit of every row of figures (notes below the table are left alone)."""

    def all_rows(rows: Rows) -> None:
        for row in rows[BODY[name] :]:
            if len(row) > FIGURE[name] and row[FIGURE[name]] != "":
                edit(row)

    return all_rows


def _set(row: list[Any], column: int, cell: Any) -> None:
    row[column] = cell


def _code_text(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) else str(cell)


def _sort_by_figure(name: str) -> Edit:
    def edit(rows: Rows) -> None:
        places = [
            at for at in range(BODY[name], len(rows)) if len(rows[at]) > FIGURE[name] and rows[at][FIGURE[name]] != ""
        ]
        kept = sorted((rows[at] for at in places), key=lambda row: _number(row[FIGURE[name]]))
        for at, row in zip(places, kept, strict=True):
            rows[at] = row

    return edit


def _move_column(name: str) -> Edit:
    def edit(rows: Rows) -> None:
        for row in rows[HEAD[name] :]:
            if len(row) > FIGURE[name] + 1:
                row.insert(FIGURE[name] + 1, row.pop(FIGURE[name]))

    return edit


def _harmless(name: str) -> dict[str, Edit]:
    """Edits that change no figure."""
    code, label, figure = CODE[name], NAME[name], FIGURE[name]
    edits: dict[str, Edit] = {
        "sorted_by_a_figure": _sort_by_figure(name),
        "codes_in_full_width": _each(name, lambda r: _set(r, code, _code_text(r[code]).translate(FULL_WIDTH))),
        "codes_with_spaces": _each(name, lambda r: _set(r, code, f" {_code_text(r[code])}　")),
        "names_spaced_out": _each(name, lambda r: _set(r, label, "　".join(str(r[label])))),
        "figures_as_text_with_commas": _each(name, lambda r: _set(r, figure, f"{_number(r[figure]):,}")),
        "figures_in_full_width": _each(name, lambda r: _set(r, figure, str(_number(r[figure])).translate(FULL_WIDTH))),
        "empty_line_at_the_end": lambda rows: rows.append([""] * len(rows[BODY[name]])),
    }
    if name not in CSVS:
        edits |= {
            "codes_as_numbers": _each(name, lambda r: _set(r, code, int(r[code]))),
            "empty_line_inside": lambda rows: rows.insert(BODY[name] + 1, [""] * len(rows[BODY[name]])),
            "headers_wrapped": lambda rows: _header(name, rows, lambda text: f"{text[:1]}\n{text[1:]}"),
        }
    if name in {AGES, IPSS, CENSUS}:
        edits["columns_moved_with_their_headers"] = _move_column(name)
    return edits


def _header(name: str, rows: Rows, spell: Callable[[str], str]) -> None:
    for row in rows[HEAD[name] : BODY[name]]:
        row[:] = [spell(cell) if isinstance(cell, str) else cell for cell in row]


HARMLESS = [(name, edit) for name in (*BOOKS, *CSVS) for edit in _harmless(name)]


@pytest.mark.sampled(10)
@pytest.mark.parametrize(("name", "edit"), HARMLESS, ids=[f"{Path(name).stem}-{edit}" for name, edit in HARMLESS])
def test_a_harmless_edit_changes_no_figure(name: str, edit: str) -> None:
    rows = rows_of(name)
    expected = truth(name, rows)
    _harmless(name)[edit](rows)
    found = read(name, file_of(name, rows))
    assert found.taken, found.problems
    made = read_back(name, found)
    if edit == "columns_moved_with_their_headers":  # a header names its figures, wherever it stands
        assert sorted(made.values()) == sorted(expected.values())
    assert made == expected


@pytest.mark.parametrize("name", BOOKS)
def test_what_a_workbook_shows_or_hides_changes_no_figure(name: str) -> None:
    def dress(sheet: Worksheet) -> None:
        sheet.row_dimensions[BODY[name] + 1].hidden = True
        sheet.column_dimensions["D"].hidden = True
        sheet.freeze_panes = "C3"
        for row in range(BODY[name] + 1, sheet.max_row + 1):
            sheet.cell(row, FIGURE[name] + 1).number_format = "0%"
        sheet.auto_filter.ref = f"A{BODY[name]}:D{sheet.max_row}"

    found = read(name, book_bytes(rows_of(name), dress))
    assert found.taken, found.problems
    assert read_back(name, found) == truth(name, rows_of(name))


@pytest.mark.promise("C9")
def test_a_block_of_rows_pasted_twice_counts_once() -> None:
    rows = rows_of(AGES)
    rows[6:6] = [list(row) for row in rows[3:6]]
    found = read(AGES, book_bytes(rows))
    assert found.taken
    assert {(p["problem_id"], p["severity"]) for p in found.problems} == {("row_twice", "warn")}
    assert read_back(AGES, found) == truth(AGES, rows_of(AGES))


@pytest.mark.promise("C9")
def test_a_sheet_pasted_twice_counts_once() -> None:
    rows = rows_of(AGES)

    def copy(sheet: Worksheet) -> None:
        sheet.parent.copy_worksheet(sheet).title = "控え"

    found = read(AGES, book_bytes(rows, copy))
    if not found.taken:
        assert all(p["severity"] == "gate" and p["action_ja"] for p in found.problems)
        return
    assert {tuple(key) for key in pl.concat(found.tables.values()).select("area_code").rows()} == {
        ("01223",),
        ("03211",),
    }
    by_key = (
        pl.concat(found.tables.values())
        .group_by("area_code", "sex", "age_group")
        .agg(pl.col("population_persons").n_unique())
    )
    assert by_key["population_persons"].max() == 1


# ---------------------------------------------------------------- harmful edits


def _refused(found: reading.Reading, name: str, rows: set[int] | None = None) -> None:
    """Refused whole, and every reason says what, where and what to do."""
    assert not found.taken
    gates = [p for p in found.problems if p["severity"] == "gate"]
    assert gates, found.problems
    for p in gates:
        assert p["message_ja"] and p["message_en"] and p["action_ja"] and p["expected"]
    if rows is not None:
        assert {p["row"] for p in gates} & rows, gates
    if name in BOOKS:
        assert all(p["sheet"] for p in gates)


def _drop(name: str, column: int, body_only: bool = False) -> Edit:
    """Delete a column, or its cells below the header so that the rest moves to the left."""

    def edit(rows: Rows) -> None:
        for row in rows[BODY[name] if body_only else HEAD[name] :]:
            if len(row) > column:
                del row[column]
                row.extend([""] if body_only else [])

    return edit


def _double(name: str, column: int, body_only: bool = False) -> Edit:
    def edit(rows: Rows) -> None:
        for row in rows[BODY[name] if body_only else HEAD[name] :]:
            if len(row) > column:
                row.insert(column, row[column])
                if body_only:
                    row.pop()

    return edit


def _exchange(name: str, one: int, other: int) -> Edit:
    def edit(rows: Rows) -> None:
        for row in rows[BODY[name] :]:
            if len(row) > max(one, other):
                row[one], row[other] = row[other], row[one]

    return edit


def _one_row_up(name: str, column: int) -> Edit:
    """One column slips by a row."""

    def edit(rows: Rows) -> None:
        places = [
            at for at in range(BODY[name], len(rows)) if len(rows[at]) > FIGURE[name] and rows[at][FIGURE[name]] != ""
        ]
        cells = [rows[at][column] for at in places]
        for at, cell in zip(places, [*cells[1:], cells[0]], strict=True):
            rows[at][column] = cell

    return edit


def _reword(row: int, old: str, new: str) -> Edit:
    """A word in one row above the figures."""

    def edit(rows: Rows) -> None:
        rows[row] = [cell.replace(old, new) if isinstance(cell, str) else cell for cell in rows[row]]

    return edit


def _codes(name: str, codes: dict[str, str]) -> Edit:
    """Codes put in place of others; names, prefectures and figures stay."""

    def edit(rows: Rows) -> None:
        for row in rows[BODY[name] :]:
            if len(row) > FIGURE[name]:
                row[CODE[name]] = codes.get(_code_text(row[CODE[name]]), row[CODE[name]])

    return edit


def _each_above(name: str, old: str, new: str) -> Edit:
    """A word in every row above the figures."""

    def edit(rows: Rows) -> None:
        for row in range(BODY[name]):
            _reword(row, old, new)(rows)

    return edit


def _remarks(row: int) -> Edit:
    """A last column 備考, its header in one row."""

    def edit(rows: Rows) -> None:
        for at, cells in enumerate(rows):
            cells.append("備考" if at == row else "確認" if at > row + 3 else "")

    return edit


HARMFUL: list[tuple[str, str, Edit, str]] = [
    (AGES, "age_column_gone", _drop(AGES, 9), "missing_column"),
    (AGES, "last_age_column_gone", _drop(AGES, 25), "missing_column"),
    (AGES, "total_column_gone", _drop(AGES, 4), "missing_column"),
    (AGES, "code_column_gone", _drop(AGES, 0), "not_recognised"),
    (AGES, "sex_column_gone", _drop(AGES, 3), "missing_column"),
    (AGES, "age_cells_gone_under_the_headers", _drop(AGES, 9, body_only=True), "blank_value"),
    (AGES, "total_cells_gone_under_the_headers", _drop(AGES, 4, body_only=True), "blank_value"),
    (AGES, "age_column_twice", _double(AGES, 9), "column_twice"),
    (AGES, "total_column_twice", _double(AGES, 4), "column_twice"),
    (AGES, "age_cells_twice_under_the_headers", _double(AGES, 9, body_only=True), "total_differs_from_parts"),
    (AGES, "total_and_age_exchanged", _exchange(AGES, 4, 9), "total_differs_from_parts"),
    (AGES, "one_age_slipped_by_a_row", _one_row_up(AGES, 9), "total_differs_from_parts"),
    (AGES, "total_slipped_by_a_row", _one_row_up(AGES, 4), "total_differs_from_parts"),
    (AGES, "sex_slipped_by_a_row", _one_row_up(AGES, 3), ""),
    (AGES, "header_again_inside", lambda r: r.__setitem__(slice(6, 6), [list(x) for x in r[1:3]]), ""),
    (AGES, "table_twice_below", lambda r: r.extend([list(x) for x in r]), ""),
    (AGES, "block_again_doubled", lambda r: r.insert(9, [*r[3][:4], *[2 * x for x in r[3][4:]]]), "key_twice"),
    (AGES, "comment_row", lambda r: r.insert(9, ["確認済み", *[""] * 25]), "row_without_figures"),
    (AGES, "thousands_in_one_cell", lambda r: _set(r[6], 9, r[6][9] / 1000), "fraction"),
    (AGES, "in_thousands", _each(AGES, lambda r: r.__setitem__(slice(4, 26), [x / 1000 for x in r[4:26]])), "fraction"),
    (AGES, "title_of_another_era", _reword(0, "令和", "平成"), "no_layout_for_period"),
    (FLOWS, "required_column_gone", _drop(FLOWS, 8), "missing_column"),
    (FLOWS, "cells_gone_under_the_headers", _drop(FLOWS, 3, body_only=True), ""),
    (FLOWS, "total_and_men_exchanged", _exchange(FLOWS, 3, 5), "total_differs_from_parts"),
    (FLOWS, "men_slipped_by_a_row", _one_row_up(FLOWS, 3), "total_differs_from_parts"),
    (FLOWS, "column_twice", _double(FLOWS, 6), "column_twice"),
    (FLOWS, "header_of_another_year", _reword(1, "令和3", "令和4"), "period_contradiction"),
    (FLOWS, "western_header_of_another_year", _reword(2, "2021", "2022"), "period_contradiction"),
    (FLOWS, "unit_thousands", _reword(5, "人", "千人"), "unit_mismatch"),
    (FLOWS, "unknown_column", _remarks(3), "unknown_column"),
    (DONATIONS, "counts_and_yen_exchanged", _exchange(DONATIONS, 3, 4), "unit_suspect"),
    (DONATIONS, "yen_in_thousands", _each(DONATIONS, lambda r: _set(r, 4, round(r[4] / 1000))), "unit_suspect"),
    (DONATIONS, "count_column_gone", _drop(DONATIONS, 3), ""),
    (DONATIONS, "header_again_inside", lambda r: r.__setitem__(slice(17, 17), [list(x) for x in r[10:16]]), ""),
    (DONATIONS, "question_of_another_year", _reword(11, "令和元年度", "平成30年度"), "period_contradiction"),
    (DONATIONS, "measures_of_another_year", _reword(14, "令和元年度", "平成30年度"), "period_contradiction"),
    (DONATIONS, "one_measure_of_another_year", lambda r: _set(r[14], 4, "①　平成30年度に受け入れた寄附件数、金額"),
     "period_contradiction"),
    (DONATIONS, "note_of_another_year", _reword(2, "令和元年度", "平成30年度"), "period_contradiction"),
    (DONATIONS, "measures_of_a_year_that_never_was", _reword(14, "令和元年度", "令和0年度"), "no_period"),
    (DONATIONS, "everything_of_a_year_that_never_was", _each_above(DONATIONS, "令和元年度", "令和0年度"), "no_period"),
    (AGES, "title_of_a_year_that_never_was", _reword(0, "令和3年", "令和0年"), "no_period"),
    (AGES, "title_of_a_day_that_never_was", _reword(0, "1月1日", "2月30日"), "no_period"),
    (AGES, "code_of_another_prefecture", _codes(AGES, {"032115": "132098"}), "name_code_disagree"),
    (AGES, "codes_exchanged", _codes(AGES, {"032115": "012238", "012238": "032115"}), "name_code_disagree"),
    (AGES, "codes_of_five_digits", _each(AGES, lambda r: _set(r, 0, r[0][:5])), "not_a_code"),
    (FLOWS, "codes_exchanged", _codes(FLOWS, {"032115": "012238", "012238": "032115"}), "prefecture_code_disagree"),
    (FLOWS, "prefectures_exchanged", _one_row_up(FLOWS, 1), "prefecture_code_disagree"),
    (IPSS, "prefecture_of_another", _one_row_up(IPSS, 2), "prefecture_code_disagree"),
    (VISITORS, "six_digits_without_their_zero", _codes(VISITORS, {"1223": "12238"}), "name_code_disagree"),
    (VISITORS, "code_that_nobody_has", _codes(VISITORS, {"3211": "32115"}), "name_code_disagree"),
    (IPSS, "year_column_twice", _double(IPSS, 6), "column_twice"),
    (VISITORS, "code_column_gone", _drop(VISITORS, 6), "missing_column"),
    (VISITORS, "figures_gone", _drop(VISITORS, 8), "missing_column"),
    (VISITORS, "row_moved_right", lambda r: r[4].insert(2, ""), ""),
    (VISITORS, "column_of_remarks", _remarks(0), "unknown_column"),
    (CENSUS, "total_column_gone", _drop(CENSUS, 11), ""),
    (CENSUS, "age_column_gone", _drop(CENSUS, 14), "missing_column"),
    (CENSUS, "total_and_age_exchanged", _exchange(CENSUS, 11, 14), "total_differs_from_parts"),
    (CENSUS, "ages_slipped_by_a_row", _one_row_up(CENSUS, 14), "total_differs_from_parts"),
]  # fmt: skip
"""Table, edit, what it does, the problem that must be named ('' where any reason will do)."""


@pytest.mark.parametrize(("name", "edit", "problem_id"), [(n, e, p) for n, _, e, p in HARMFUL],
                         ids=[f"{Path(n).stem}-{what}" for n, what, _, _ in HARMFUL])  # fmt: skip
def test_a_harmful_edit_is_refused(name: str, edit: Edit, problem_id: str) -> None:
    rows = rows_of(name)
    edit(rows)
    found = read(name, file_of(name, rows))
    if problem_id == "not_recognised":  # nothing is left that says whose table it is
        assert not found.taken
    else:
        _refused(found, name)
    if problem_id:
        assert problem_id in {p["problem_id"] for p in found.problems}


SPELLINGS = ["24858人", "約24858", "2.49E+04", "24.858", "24、858", "24 858", "248,58", "1月2日", "2026-01-02", "なし",
             "n/a", "24858*", "r24858", "'24858", "=24858", "(24858)", "△24858", "▲24858", "−24858", "24858%", "TRUE",
             "○", "一二三", "12:30", "1/2", "NULL", "nan", "inf", "024858", "ー", "未公表"]  # fmt: skip


@pytest.mark.sampled(15)
@pytest.mark.promise("C7")
@pytest.mark.parametrize("name", [AGES, FLOWS, VISITORS])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_figure_in_another_spelling_is_refused_with_its_cell(name: str, spelling: str) -> None:
    rows = rows_of(name)
    at = BODY[name] + 1
    label = str(rows[HEAD[name]][FIGURE[name]])
    rows[at][FIGURE[name]] = spelling
    data = csv_bytes(rows) if name in CSVS else book_bytes(rows, lambda s: _text(s, at + 1, FIGURE[name] + 1, spelling))
    found = read(name, data)
    _refused(found, name, {at + 1})
    assert any(label.replace("～", "~") in p["column_label"] for p in found.problems if p["row"] == at + 1)


def _text(sheet: Worksheet, row: int, column: int, text: str) -> None:
    cell = sheet.cell(row, column)
    cell.value = text
    cell.data_type = "s"


@pytest.mark.promise("C7")
@pytest.mark.parametrize("name", [AGES, FLOWS, IPSS])
@pytest.mark.parametrize(
    "cell", ["=1+1", dt.date(2026, 1, 2), True, "#REF!"], ids=["formula_without_value", "date", "boolean", "error"]
)
def test_a_cell_that_holds_no_number_is_refused_with_its_place(name: str, cell: Any) -> None:
    at = (BODY[name] + 2, FIGURE[name] + 1)

    def put(sheet: Worksheet) -> None:
        sheet.cell(*at).value = cell
        if cell == "#REF!":
            sheet.cell(*at).data_type = "e"

    found = read(name, book_bytes(rows_of(name), put))
    assert not found.taken
    _refused(found, name, {at[0]})


@pytest.mark.promise("C10")
def test_a_figure_formatted_as_a_date_is_refused() -> None:
    def put(sheet: Worksheet) -> None:
        sheet.cell(5, 10).number_format = "m月d日"

    found = read(AGES, book_bytes(rows_of(AGES), put))
    assert not found.taken
    _refused(found, AGES, {5})


def _row_shifts() -> list[tuple[str, int, bool]]:
    return [
        (name, place, right)
        for name, last in ((AGES, 26), (FLOWS, 9))
        for place in range(3, last)
        for right in (True, False)
    ]


@pytest.mark.sampled(10)
@pytest.mark.promise("C3")
@pytest.mark.parametrize(("name", "place", "right"), _row_shifts())
def test_a_row_whose_cells_slipped_is_refused(name: str, place: int, right: bool) -> None:
    """From some cell on the row's cells stand one column off; its last cell falls away or stays blank."""
    rows = rows_of(name)
    row = rows[BODY[name] + 1]
    if right:
        row.insert(place, "")
        row.pop()
    else:
        del row[place]
        row.append("")
    found = read(name, book_bytes(rows))
    assert not found.taken
    _refused(found, name)


@pytest.mark.promise("C4")
@pytest.mark.parametrize(("code", "problem_id"), [("032093", "name_code_disagree"), ("032116", "check_digit_mismatch"),
                                                  ("釜石", "not_a_code"), ("3.2E+04", "not_a_code")])  # fmt: skip
def test_a_wrong_code_is_refused_with_its_row(code: str, problem_id: str) -> None:
    rows = rows_of(AGES)
    for row in rows[6:9]:
        row[0] = code
    found = read(AGES, book_bytes(rows))
    _refused(found, AGES, {7, 8, 9})
    assert {p["problem_id"] for p in found.problems} == {problem_id}


@pytest.mark.parametrize(("code", "name", "agrees"), [
    ("01223", "釜石市", False), ("01223", "岩手県釜石市", False), ("01223", "北海道根室市", True),
    ("34100", "東広島市", False), ("34212", "東広島市", True), ("07213", "伊達市", True), ("01233", "伊達市", True),
    ("13206", "府中市", True), ("34208", "府中市", True), ("01403", "泊村", True), ("01696", "泊村", True),
    ("34208", "伊達市", False), ("23521", "西加茂郡三好町", True), ("11401", "大里村", None), ("01101", "中央区", None),
    ("32115", "釜石市", False), ("01223", "何処にもない市", None),
])  # fmt: skip
def test_a_name_is_looked_up_in_all_prefectures(code: str, name: str, agrees: bool | None) -> None:
    assert areas.register().agrees(code, name) is agrees


def test_a_code_that_lost_its_zero_is_named_with_the_right_one() -> None:
    rows = rows_of(VISITORS)
    _codes(VISITORS, {"1223": "12238"})(rows)
    message = read(VISITORS, csv_bytes(rows)).problems[0]["message_ja"]
    assert all(word in message for word in ("12238", "いすみ市", "北海道根室市(01223)", "012238"))


@pytest.mark.promise("C4")
def test_codes_of_five_digits_are_told_from_a_wrong_check_digit() -> None:
    rows = rows_of(AGES)
    _each(AGES, lambda r: _set(r, 0, int(r[0][:5])))(rows)
    first = read(AGES, book_bytes(rows)).problems[0]
    assert (first["expected"], first["found"], first["row"]) == ("012238", "1223", 4)
    assert "5 桁" in first["message_ja"] and "001228" not in first["message_ja"]


@pytest.mark.promise("C8")
@pytest.mark.parametrize("label", ["合計", "総計", "総数"])
def test_the_sum_of_an_extract_is_not_the_nation(label: str) -> None:
    rows = rows_of(AGES)
    for place, sex in enumerate(("計", "男", "女")):
        parts = rows[3 + place], rows[6 + place]
        rows.append(["-", label, "-", sex, *[sum(cells) for cells in zip(*(part[4:] for part in parts), strict=True)]])
    found = read(AGES, book_bytes(rows))
    assert found.taken, found.problems
    table = pl.concat(found.tables.values())
    summed = table.filter(pl.col("area_name") == label)
    assert set(summed.select("area_level", "area_code").rows()) == {("subtotal", None)}
    assert "00000" not in table["area_code"].to_list()
    assert read_back(AGES, found) == truth(AGES, rows_of(AGES))


def test_a_nation_that_its_own_row_names_is_the_nation_in_an_extract_too() -> None:
    rows = rows_of(AGES)
    rows += [["-", "全国", "-", *row[3:]] for row in rows[3:6]]
    table = pl.concat(read(AGES, book_bytes(rows)).tables.values())
    assert set(table.filter(pl.col("area_name") == "全国").select("area_level", "area_code").rows()) == {
        ("nation", "00000")
    }


@pytest.mark.parametrize("village", ["色丹郡色丹村", "国後郡泊村", "国後郡留夜別村", "択捉郡留別村", "紗那郡紗那村",
                                     "蘂取郡蘂取村"])  # fmt: skip
def test_northern_villages_pass_without_a_code_and_no_other_does(village: str) -> None:
    for name, taken in ((village, True), ("根室市", False)):
        rows = rows_of(AGES)
        rows += [["", "北海道", name, sex, *[0] * 22] for sex in ("計", "男", "女")]
        found = read(AGES, book_bytes(rows))
        assert found.taken is taken, found.problems
        if taken:
            assert read_back(AGES, found) == truth(AGES, rows_of(AGES))


def test_a_measure_of_a_series_without_its_fellow_of_the_year_is_refused() -> None:
    rows = rows_of("furusato_nozei/total_gain.xlsx")
    at = next(row for row in rows if "令和7年度" in row)
    at[at.index("令和7年度") + 1] = "令和8年度"
    found = reading.read(book_bytes(rows), "delivery.xlsx")
    assert [p["problem_id"] for p in found.problems] == ["period_contradiction"]


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", [*BOOKS, *CSVS])
def test_an_empty_column_put_in_changes_no_figure(name: str) -> None:
    for place in range(len(rows_of(name)[BODY[name]]) + 1):
        rows = rows_of(name)
        for row in rows[0 if name in BOOKS else HEAD[name] :]:
            if len(row) >= place:
                row.insert(place, "")
        found = read(name, file_of(name, rows))
        assert found.taken, (place, found.problems)
        assert read_back(name, found) == truth(name, rows_of(name))


PATTERN = ("(?", "[^", "\\", ".*", "{age", "{as_", "{flow", "{fiscal", "「」")


@pytest.mark.promise("C1")
@pytest.mark.parametrize(("name", "column", "words"), [
    (AGES, 2, ["市区町村名"]), (AGES, 3, ["性別"]), (FLOWS, 8, ["○年", "住民票記載数", "出生者数"]),
    (DONATIONS, 3, ["寄附件数"]), (VISITORS, 7, ["市区町村名", "地域名称"]), (CENSUS, 9, ["市区町村名"]),
])  # fmt: skip
def test_a_column_that_is_gone_is_named_as_a_person_knows_it(name: str, column: int, words: list[str]) -> None:
    rows = rows_of(name)
    _drop(name, column)(rows)
    (gone, *_) = [p for p in read(name, file_of(name, rows)).problems if p["problem_id"] == "missing_column"]
    assert all(word in gone["message_ja"] for word in words)
    assert not any(sign in gone["message_ja"] + gone["column_label"] for sign in PATTERN)


def test_every_required_column_has_a_name_for_people() -> None:
    columns = [
        column for contract in all_contracts() for layout in contract.layouts for column in layout.columns
        if column.required
    ]  # fmt: skip
    labels = {column.header: proposals.label_of(column.header) for column in columns}
    assert len(labels) > 40
    assert not [label for label in labels.values() if any(sign in label for sign in PATTERN)]
    assert [header for header, label in labels.items() if not label] == [""]


@pytest.mark.parametrize("name", CSVS)
@pytest.mark.parametrize(("delimiter", "word"), [(";", "セミコロン"), ("\t", "タブ")])
def test_a_csv_with_another_separator_names_its_source_and_the_separator(name: str, delimiter: str, word: str) -> None:
    found = read(name, csv_bytes(rows_of(name), delimiter=delimiter))
    assert found.contract is not None and found.contract.source == name.split("/")[0]
    assert [(p["problem_id"], p["severity"]) for p in found.problems] == [("wrong_separator", "gate")]
    assert word in found.problems[0]["message_ja"] and found.contract.source in found.problems[0]["message_ja"]
    assert not found.tables


def test_a_list_with_semicolons_that_is_nobodys_table_is_left_alone() -> None:
    found = reading.read("品名;数;値\r\n鮭;3;100\r\n鱒;4;200\r\n".encode(), "delivery.csv")
    assert [(p["problem_id"], p["severity"]) for p in found.problems] == [("not_recognised", "warn")]


def _turned(rows: Rows) -> Rows:
    width = max(map(len, rows))
    return [list(column) for column in zip(*[[*row, *[""] * (width - len(row))] for row in rows], strict=True)]


def _nearest(data: bytes) -> str:
    with Opener() as opener:
        contents = opener.open(data)
    found = nearest.nearest(contents.grids, contents.form, all_contracts())
    assert found is None or (found["severity"], found["problem_id"]) == ("warn", "not_recognised")
    return found["message_ja"] if found else ""


@pytest.mark.parametrize("name", [AGES, FLOWS, IPSS])
def test_a_table_without_its_codes_is_told_what_it_lacks(name: str) -> None:
    rows = rows_of(name)
    _drop(name, CODE[name])(rows)
    message = _nearest(file_of(name, rows))
    assert f"({name.split('/')[0]}/" in message
    assert "次の列が見当たりません: 「団体コード" in message and "、「" not in message


@pytest.mark.parametrize("name", [AGES, FLOWS, IPSS, VISITORS, CENSUS])
def test_a_turned_table_is_told_so(name: str) -> None:
    message = _nearest(file_of(name, _turned(rows_of(name))))
    assert f"({name.split('/')[0]}/" in message and "行と列が入れ替わって" in message


def test_a_table_in_another_kind_of_file_is_told_so() -> None:
    assert "(tourism/visitors_2021)" in _nearest(book_bytes(rows_of(VISITORS)))
    assert "CSV で受け取る" in _nearest(book_bytes(rows_of(VISITORS)))


def test_a_list_of_anything_is_near_no_source() -> None:
    assert _nearest("品名,数,値\r\n鮭,3,100\r\n".encode()) == ""


@pytest.mark.parametrize("name", [VISITORS, DONATIONS, AGES, CENSUS])
def test_a_line_above_the_header_that_is_no_title_is_not_kept(name: str) -> None:
    rows = rows_of(name)
    rows.insert(0, ["担当 架空太郎 090-5555-0199", *[""] * (len(rows[BODY[name]]) - 1)])
    found = read(name, file_of(name, rows))
    assert found.contract is not None
    assert "0199" not in found.title and "架空" not in found.title
    assert bool(found.title) is (name in {AGES, CENSUS})


@pytest.mark.parametrize(
    "dialect", [{"delimiter": ";"}, {"delimiter": "\t"}, {"lineterminator": "\r"}], ids=["semicolon", "tab", "mac"]
)
@pytest.mark.parametrize("name", CSVS)
def test_a_csv_of_another_kind_is_not_read_as_something_else(name: str, dialect: dict[str, Any]) -> None:
    found = read(name, csv_bytes(rows_of(name), **dialect))
    assert not found.taken
    assert found.problems and all(p["message_ja"] and p["action_ja"] for p in found.problems)


@pytest.mark.promise("C2")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
@pytest.mark.parametrize("name", CSVS)
def test_an_encoding_that_offices_use_changes_no_figure(name: str, encoding: str) -> None:
    rows = [[cell.replace("～", "~") for cell in row] for row in rows_of(name)]
    found = read(name, csv_bytes(rows, encoding, quoting=csv.QUOTE_ALL))
    assert found.taken, found.problems
    assert read_back(name, found) == truth(name, rows)


# ---------------------------------------------------------------- the publishers' own files, where areas add up

WHOLE = {"resident_registry/2103ssjin.xlsx": 6, "resident_registry/1203sjin.xls": 4}
"""File -> first row of figures (0-based). Code, prefecture, name in columns 0 to 2; figures from 3 on."""


def _whole(name: str) -> tuple[Rows, list[int]]:
    if not EXTRACTS.is_dir():
        pytest.skip("the publishers' files are not at hand (../shared)")
    rows = rows_of(name, EXTRACTS)
    return rows, [at for at in range(WHOLE[name], len(rows)) if str(rows[at][0]).isdigit()]


def _sort_column(rows: Rows, places: list[int], column: int) -> None:
    cells = sorted((rows[at][column] for at in places), key=float)
    for at, cell in zip(places, cells, strict=True):
        rows[at][column] = cell


def _reverse_keys(rows: Rows, places: list[int]) -> None:
    keys = [rows[at][:3] for at in reversed(places)]
    for at, key in zip(places, keys, strict=True):
        rows[at][:3] = key


def _without(codes: set[str]) -> Callable[[Rows, list[int]], None]:
    def edit(rows: Rows, places: list[int]) -> None:
        rows[:] = [row for row in rows if str(row[0])[:5] not in codes]

    return edit


COUNTRYWIDE: dict[str, Callable[[Rows, list[int]], Any]] = {
    "one_column_sorted": lambda rows, places: _sort_column(rows, places, 6),
    "codes_and_names_sorted_alone": _reverse_keys,
    "codes_sorted_alone": lambda rows, places: _sort_column(rows, places[::-1], 0),
    "one_municipality_gone": _without({"03211"}),
    "one_small_village_gone": _without({"13362"}),
    "one_municipality_ten_times": lambda rows, places: [
        row.__setitem__(slice(3, 6), [10 * cell for cell in row[3:6]]) for row in rows if row[0] == "032115"
    ],
    "one_municipality_twice_under_another_name": lambda rows, places: rows.insert(
        places[-1], ["032093", *next(row for row in rows if row[0] == "032115")[1:]]
    ),
}


@pytest.mark.sampled(3)
@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "edit"),
    [("resident_registry/1203sjin.xls", "one_column_sorted")] + [(FLOWS, edit) for edit in COUNTRYWIDE],
)
def test_the_sums_of_a_countrywide_table_betray_an_edit(name: str, edit: str) -> None:
    rows, places = _whole(name)
    COUNTRYWIDE[edit](rows, places)
    found = reading.read(book_bytes(rows), "delivery.xlsx")
    assert not found.taken
    assert all(p["sheet"] and p["row"] and p["action_ja"] for p in found.problems if p["severity"] == "gate")


@pytest.mark.sampled
@pytest.mark.shared
@pytest.mark.parametrize("name", WHOLE)
def test_a_countrywide_table_sorted_by_population_is_the_same_table(name: str) -> None:
    rows, places = _whole(name)
    clean = reading.read((EXTRACTS / name).read_bytes(), "x")
    kept = sorted((rows[at] for at in places), key=lambda row: -float(row[5]))
    for at, row in zip(places, kept, strict=True):
        rows[at] = row
    found = reading.read(book_bytes(rows), "delivery.xlsx")
    assert found.taken, found.problems
    keys = ["area_code", "item", "value", "period_start", "as_of_date"]
    tables = [
        next(iter(one.tables.values())).filter(pl.col("area_level") != "subtotal").select(keys).sort(keys)
        for one in (clean, found)
    ]
    assert tables[0].equals(tables[1])
    assert {row[0][:5]: int(row[5]) for row in kept if row[0][:5] in {"01223", "03211"}} == dict(
        tables[1]
        .filter((pl.col("item") == "population_total") & pl.col("area_code").is_in(["01223", "03211"]))
        .select("area_code", "value")
        .iter_rows()
    )
