"""A form and rows -> a workbook that people fill in and the reader of the form reads back.

Holds: the sheets of a form: mark, explanations, headers, rows, drop-downs, protection, printing. Does not hold: which
rows (plan.py, report.py), looks (looks.py), what is offered at a cell (drop_downs.py), the first sheet
(instructions.py).

Each sheet: row 1 its mark, by which it is known, and what it is for; row 2 what to write in each column; row 3 the
headers; data from row 4. Cells of data are texts, so that what is typed stays as it is typed (35.95%, R6, 1-1).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from sousei.feedback.forms import drop_downs, instructions
from sousei.feedback.forms.drop_downs import FIRST, Range, explained
from sousei.feedback.forms.looks import (
    DEFAULT,
    Looks,
    explained_height,
    header_height,
    looks,
    pages_across,
    put,
    row_height,
    wide,
    width,
)
from sousei.feedback.forms.texts import of_cell
from sousei.ingest.forms.model import CHOICES, Column, Form, Sheet

OPEN_ROWS = 150
"""Rows below the given ones for which Excel offers drop-downs and messages."""
_A4 = 9
_ALLOWED = (
    *("format_cells", "format_columns", "format_rows", "insert_rows", "insert_columns", "delete_rows"),
    *("sort", "autofilter", "insert_hyperlinks", "select_locked_cells", "select_unlocked_cells"),
)
"""What a protected sheet lets people do beside filling it in."""


def write(
    form: Form,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    to: Path | str | BinaryIO,
    *,
    made_on: dt.date,
    open_rows: int = OPEN_ROWS,
) -> None:
    """Write the workbook of a form; the same bytes for the same arguments.

    rows: name of a sheet -> its rows, column -> value (str, Decimal, int, bool, date; a choice as its code; None or
    left out where the cell is blank). What a row has beside the form's columns is passed over. made_on: the day that
    the workbook gives as its own. open_rows: rows with drop-downs below the given ones; one sheet with a single row has
    none. Sheets of a form with locked columns are protected without a password.

    Raises ValueError for a value of another type than its column's, KeyError for a sheet that the form does not have.
    """
    if strange := set(rows) - {sheet.name for sheet in form.sheets}:
        raise KeyError(f"no such sheet: {sorted(strange)}")
    cells = {
        sheet.name: [
            [of_cell(column, row.get(column.name)) for column in sheet.columns] for row in rows.get(sheet.name, ())
        ]
        for sheet in form.sheets
    }
    book = xlsxwriter.Workbook(
        to,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_format_properties": DEFAULT,
            "default_row_height": 23,
        },
    )
    created = dt.datetime(made_on.year, made_on.month, made_on.day)  # noqa: DTZ001 - a day as Office keeps it
    book.set_properties({"title": form.title_ja, "created": created})
    formats, lists = looks(book), drop_downs.long_lists(form)
    instructions.add(book, form, formats)
    for sheet in form.sheets:
        _add(book.add_worksheet(sheet.sheet_ja), form, sheet, cells[sheet.name], formats, lists, open_rows)
    if lists:
        _choices(book.add_worksheet(CHOICES), form, lists, formats)
    book.close()


def _add(
    page: Worksheet,
    form: Form,
    sheet: Sheet,
    rows: list[list[str]],
    formats: Looks,
    lists: dict[str, Range],
    open_rows: int,
) -> None:
    columns = sheet.columns
    widths = [width(column, [row[place] for row in rows]) for place, column in enumerate(columns)]
    said = list(map(explained, columns))
    _above(page, form, sheet, widths, said, formats)
    last = FIRST + len(rows) - 1 + (0 if sheet.single and rows else 1 if sheet.single else open_rows)
    for place, column in enumerate(columns):
        stays = column.locked and (not column.read or column.name in sheet.inherits)
        page.set_column(place, place, widths[place], formats.of(column, stays))
        if told := drop_downs.validation(form, sheet, column, lists):
            page.data_validation(FIRST, place, last, place, told)
    for line, row in enumerate(rows, start=FIRST):
        if height := row_height(row, widths):
            page.set_row(line, height)
        for place, (column, text) in enumerate(zip(columns, row, strict=True)):
            put(page, line, place, text, formats.of(column, column.locked))
    page.ignore_errors({"number_stored_as_text": f"A{FIRST + 1}:{xl_col_to_name(len(columns) - 1)}1048576"})
    kept = _labels(columns, widths)
    page.freeze_panes(FIRST, kept)
    if any(column.locked for one in form.sheets for column in one.columns):
        page.protect("", dict.fromkeys(_ALLOWED, True))
    _printed(page, sheet.sheet_ja, form.title_ja, pages_across(widths), kept)


def _above(page: Worksheet, form: Form, sheet: Sheet, widths: list[int], said: list[str], formats: Looks) -> None:
    """The three rows above the data."""
    page.set_row(0, 24)
    page.set_row(1, explained_height(sheet.columns, widths, said))
    page.set_row(2, header_height(sheet.columns, widths))
    mark, free = form.mark(sheet), 1
    while free < len(widths) and sum(widths[:free]) < wide(mark) * 1.3:
        free += 1
    for place in range(max(len(widths), free + 1)):
        page.write_blank(0, place, None, formats.above)
    page.write_string(0, 0, mark, formats.mark)
    page.write_string(0, free, sheet.about_ja, formats.about)
    for place, column in enumerate(sheet.columns):
        put(page, 1, place, said[place], formats.explained)
        look = formats.locked if column.locked else formats.required if column.required else formats.header
        page.write_string(2, place, column.header_ja, look)


def _labels(columns: Sequence[Column], widths: Sequence[int]) -> int:
    """How many columns from the left stay in sight: those that say what a row is about, as far as they are narrow."""
    about = 0
    while about < len(columns) and about < 3 and columns[about].locked:
        about += 1
    about = about or 1
    return about if sum(widths[:about]) <= 75 else 1


def _printed(page: Worksheet, name: str, title: str, across: int, kept: int) -> None:
    page.set_landscape()
    page.set_paper(_A4)
    page.fit_to_pages(across, 0)
    page.set_margins(0.4, 0.4, 0.6, 0.6)
    page.repeat_rows(0, FIRST - 1)
    if across > 1:
        page.repeat_columns(0, kept - 1)
    page.set_footer(f"&L{title}　{name}&R&P / &N")


def _choices(page: Worksheet, form: Form, lists: dict[str, Range], formats: Looks) -> None:
    """The sheet of the long lists: one a column, under the header of the first column that takes it."""
    for name, one in lists.items():
        header = next(
            f"{sheet.sheet_ja}の{column.header_ja}"
            for sheet in form.sheets
            for column in sheet.columns
            if column.list == name
        )
        page.set_column(one.column, one.column, max(map(wide, (header, *one.words))) + 3)
        page.write_string(0, one.column, header, formats.header)
        for line, word in enumerate(one.words, start=1):
            page.write_string(line, one.column, word, formats.cell)
