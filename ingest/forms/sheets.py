"""One sheet of a form -> rows with their line numbers, and what is wrong at which cell.

Holds: finding the header, reading each row by its columns, blank rows, rows given twice. Does not hold: what sheets say
of each other (workbook.py), or what a value means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sousei.ingest.areas.register import Register
from sousei.ingest.cells.grid import Grid
from sousei.ingest.forms.cells import Number, Wrong, near, typed
from sousei.ingest.forms.model import Column, Sheet
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.vocabulary.text import squeeze

TOP = 12
"""Rows in which the header is looked for: the title, the explanations and a few lines above."""


@dataclass
class Row:
    """One row. values: column -> value (None where blank). line: its number in the sheet."""

    line: int
    values: dict[str, Any]
    comparators: dict[str, str] = field(default_factory=dict)


@dataclass
class Table:
    """One sheet that was read. rows: sound ones; wrong: lines of rows that are not. found: it is in the
    workbook. unread: its rows were not read, since its header is not that of the form."""

    sheet: Sheet
    name: str = ""
    rows: list[Row] = field(default_factory=list)
    wrong: set[int] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    found: bool = False
    unread: bool = False

    def tell(self, name: str, line: int | None, column: str = "", **values: object) -> None:
        """A problem of a row: the row is not used."""
        header = next((one.header_ja for one in self.sheet.columns if one.name == column), column)
        self.problems.append(problem(name, sheet=self.name, row=line, column_label=header, **values))
        if line is not None:
            self.wrong.add(line)

    def note(self, name: str, line: int | None, column: str = "", **values: object) -> None:
        """The same for what a person should look at while the row is used."""
        header = next((one.header_ja for one in self.sheet.columns if one.name == column), column)
        self.problems.append(problem(name, sheet=self.name, row=line, column_label=header, **values))

    def drop_wrong(self) -> None:
        """Leave out the rows that are wrong."""
        self.rows = [row for row in self.rows if row.line not in self.wrong]


def header_of(grid: Grid, sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """(row of the header, column name -> place), or None where no row of the top has the sheet's headers."""
    wanted = {squeeze(column.header_ja): column.name for column in sheet.columns}
    best: tuple[int, dict[str, int]] | None = None
    for row, cells in enumerate(grid.head[:TOP]):
        places: dict[str, int] = {}
        for place, cell in enumerate(cells):
            if cell in wanted and wanted[cell] not in places:
                places[wanted[cell]] = place
        if len(places) > len(best[1] if best else {}):
            best = row, places
    needed = max(1, sum(column.required for column in sheet.columns) // 2)
    return best if best and len(best[1]) >= min(needed, len(sheet.columns)) else None


Units = Mapping[str, tuple[str, Mapping[Any, str]]]
"""Column -> (the column that names its row in another sheet, the unit of each row there)."""


def read_sheet(grid: Grid, sheet: Sheet, known: Register, lists: Mapping[str, Iterable[str]], units: Units) -> Table:
    """The rows of one sheet. Rows in which nothing but locked columns is filled are left out: nobody wrote there.
    units: of numbers whose unit another sheet says."""
    table = Table(sheet, grid.sheet, found=True)
    head = header_of(grid, sheet)
    if head is None:
        table.unread = True
        table.tell("form_header", None, headers="・".join(one.header_ja for one in sheet.columns if one.required))
        return table
    top, places = head
    missing = [one for one in sheet.columns if (one.required or one.needed) and one.name not in places]
    for one in missing:
        labels = [cell for cell in grid.head[top] if cell]
        table.tell("form_column_missing", None, one.name, near=near(squeeze(one.header_ja), labels))
    if missing:
        table.unread = True
        return table
    _unread(grid, top, places, table)
    columns = [one for one in sheet.columns if one.name in places and one.read]
    cells = {one.name: grid.cells(places[one.name], top + 1, grid.height) for one in columns}
    own = [one for one in columns if not one.locked] or columns
    for at in range(grid.height - top - 1):
        texts = {one.name: str(cells[one.name][at] or "").strip() for one in columns}
        if not any(texts[one.name] for one in own):
            continue
        row = _row(table, grid.line(top + 1 + at), columns, texts, known, lists, units)
        table.rows.append(row)
    if sheet.single and len(table.rows) > 1:
        table.tell("form_one_row", table.rows[1].line)
    return table


def _row(
    table: Table,
    line: int,
    columns: list[Column],
    texts: Mapping[str, str],
    known: Register,
    lists: Mapping[str, Iterable[str]],
    units: Units,
) -> Row:
    row = Row(line, dict.fromkeys(one.name for one in table.sheet.columns if one.read))
    for column in columns:
        text = texts[column.name]
        if not text:
            if column.required:
                table.tell("form_blank", line, column.name)
            continue
        if text in _FAULTS and not (text == "=" and column.list == "comparators"):
            table.tell("form_error_cell", line, column.name, text=text)
            continue
        try:
            value = typed(column, text, known, _unit(column, texts, units), lists)
        except Wrong as wrong:
            if column.name == "reported_value":  # a word of the status in the value's place is read by the reader
                row.values["reported_text"] = text
                row.values["reported_wrong"] = wrong
                continue
            table.tell(wrong.name, line, column.name, **wrong.values)
            continue
        if isinstance(value, Number):
            if value.comparator:
                row.comparators[column.name] = value.comparator
            value = value.value
        row.values[column.name] = value
    return row


def _unit(column: Column, texts: Mapping[str, str], units: Units) -> str:
    """The unit of a number: of its row, or of the row of another sheet that it is about."""
    if column.name not in units:
        return texts.get("unit", "")
    by, there = units[column.name]
    return there.get(squeeze(texts.get(by, "")), "")


_FAULTS = {"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "="}


def _unread(grid: Grid, top: int, places: Mapping[str, int], table: Table) -> None:
    """Columns that the form does not have are told, since nobody reads them; columns for people are not."""
    known = {squeeze(one.header_ja) for one in table.sheet.columns}
    for place, label in enumerate(grid.head[top]):
        if label and label not in known and place not in places.values():
            found = near(label, known - {squeeze(one.header_ja) for one in table.sheet.columns if one.name in places})
            table.problems.append(
                problem("form_column_unread", sheet=table.name, row=grid.line(top), place=place + 1, near=found)
            )


def twice(table: Table, key: tuple[str, ...]) -> None:
    """Rows with one key: equal ones count once, different ones are both told."""
    first: dict[tuple[Any, ...], Row] = {}
    for row in [one for one in table.rows if one.line not in table.wrong]:
        at = tuple(row.values.get(name) for name in key)
        if at not in first:
            first[at] = row
            continue
        other = first[at]
        shown = next((name for name in reversed(key) if row.values.get(name) is not None), key[-1])
        if row.values == other.values:
            table.note("form_row_again", row.line, shown, other=other.line)
            table.rows.remove(row)
            continue
        table.tell("form_twice", row.line, shown, other=other.line)
        table.tell("form_twice", other.line, shown, other=row.line)
