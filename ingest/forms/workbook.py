"""A workbook of a form -> its raw tables, and what is wrong in it.

Holds: which sheets are ours, the cover, what a row takes from it, references between sheets, rows -> frames. Does not
hold: the rules of one form (the source's reader), which are given as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import polars as pl

from sousei.ingest.areas.register import Register, register
from sousei.ingest.cells.grid import Grid
from sousei.ingest.forms.cells import near
from sousei.ingest.forms.model import CHOICES, INSTRUCTIONS, Form, Sheet
from sousei.ingest.forms.sheets import TOP, Row, Table, Units, read_sheet, twice
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.tables import schema_of
from sousei.ingest.vocabulary.text import squeeze

Rules = Callable[[dict[str, Table]], None]
_MARKED = "(sousei様式"


class Filled(NamedTuple):
    """A workbook that was read. tables: raw table -> rows without source_id; empty where the cover cannot be read, or
    where the form is taken whole or not at all and something is wrong. aside: rows that are not used."""

    tables: dict[str, pl.DataFrame]
    problems: list[Problem]
    title: str
    period: str
    subject: str
    aside: int


def is_of(form: Form, grid: Grid) -> bool:
    """Whether a sheet is one of this form: by the mark in its first cells, or by its name and headers."""
    for row in grid.head[:3]:
        for cell in row[:3]:
            if cell.startswith(squeeze(form.title_ja)) and _MARKED in cell:
                return True
    sheet = next((one for one in form.sheets if squeeze(one.sheet_ja) == squeeze(grid.sheet)), None)
    return sheet is not None and _has_headers(grid, sheet)


def _has_headers(grid: Grid, sheet: Sheet) -> bool:
    wanted = {squeeze(one.header_ja) for one in sheet.columns if one.required} or {
        squeeze(one.header_ja) for one in sheet.columns
    }
    return any(wanted <= set(row) for row in grid.head[:TOP])


def read(form: Form, grids: list[Grid], rules: Rules, lists: Mapping[str, Iterable[str]] = {}) -> Filled:
    """Read a workbook. rules: looks at all tables and tells what is wrong. lists: more
    words of lists, by the list's name (a code of a list is always known)."""
    known = register()
    tables = _tables(form, grids, known, lists)
    cover = tables[form.cover]
    problems = _beside(form, grids)
    if not cover.found:
        problems.append(problem("form_sheet_missing", sheet=form.sheet(form.cover).sheet_ja))
    elif not cover.rows and all(told["severity"] == "review" for told in cover.problems):
        cover.tell("form_cover_blank", None)
    unread = form.whole and any(table.unread for table in tables.values())
    if cover.rows and not cover.wrong and not unread:
        _inherit(tables, cover.rows[0])
        for table in tables.values():
            if table.sheet.key:
                twice(table, table.sheet.key)
        _refer(tables)
        rules(tables)
    for table in tables.values():
        problems += table.problems
    broken = not cover.rows or bool(cover.wrong)
    wrong = sum(len(table.wrong) for table in tables.values())
    if broken or (form.whole and any(p["severity"] != "review" for p in problems)):
        return Filled({}, problems, form.title_ja, "", "", sum(len(table.rows) for table in tables.values()))
    for table in tables.values():
        table.drop_wrong()
    first = cover.rows[0].values
    frames = {
        name: rows
        for table in tables.values()
        if (rows := _frame(form, table, first)).height
        for name in [f"{form.form}_{table.sheet.name}"]
    }
    years = [first[name] for name in ("fiscal_year", "first_fiscal_year", "last_fiscal_year") if first.get(name)]
    period = "-".join(f"FY{one}" for one in years)
    subject = "/".join(str(first[name]) for name in ("municipality_code", "plan_id", "section_ja") if first.get(name))
    return Filled(frames, problems, form.title_ja, period, subject, wrong)


def _tables(form: Form, grids: list[Grid], known: Register, lists: Mapping[str, Iterable[str]]) -> dict[str, Table]:
    by_name = {squeeze(grid.sheet): grid for grid in grids}
    found: dict[str, Table] = {}
    taken: dict[int, str] = {}
    for sheet in form.sheets:
        grid = by_name.get(squeeze(sheet.sheet_ja))
        if grid is None:  # renamed: the mark says which it is
            grid = next((one for one in grids if any(squeeze(form.mark(sheet)) in row for row in one.head[:3])), None)
        if grid is None:
            found[sheet.name] = Table(sheet, sheet.sheet_ja)
            continue
        found[sheet.name] = read_sheet(grid, sheet, known, lists, _units(sheet, found))
        taken[id(grid)] = sheet.name
    for grid in grids:  # a copied sheet carries the mark of the one that is read
        again = next((one for one in form.sheets if any(squeeze(form.mark(one)) in row for row in grid.head[:3])), None)
        if again is not None and id(grid) not in taken:
            table = found[again.name]
            table.problems.append(problem("form_sheet_again", sheet=grid.sheet, other=table.name))
    return found


def _beside(form: Form, grids: list[Grid]) -> list[Problem]:
    """Sheets with something in them that somebody put beside those of the form, and that nobody reads."""
    known = {INSTRUCTIONS, CHOICES, *(squeeze(one.sheet_ja) for one in form.sheets)}
    marks = [squeeze(form.mark(one)) for one in form.sheets]
    return [
        problem("form_sheet_unread", sheet=grid.sheet, rows=grid.height)
        for grid in grids
        if grid.visible
        and squeeze(grid.name) not in known
        and any(any(row) for row in grid.head)
        and not any(mark in row for row in grid.head[:3] for mark in marks)
    ]


def _units(sheet: Sheet, found: Mapping[str, Table]) -> Units:
    """The units that a sheet's numbers take from a sheet above it."""
    units: dict[str, tuple[str, dict[Any, str]]] = {}
    for column in sheet.columns:
        if column.unit_of is None:
            continue
        there, name = column.unit_of
        by = next(one for one in sheet.columns if one.refers and one.refers[0] == there)
        assert by.refers is not None
        rows = found[there].rows if there in found else []
        units[column.name] = (
            by.name,
            {row.values[by.refers[1]]: row.values[name] or row.values.get("unit") or "" for row in rows},
        )
    return units


def _inherit(tables: dict[str, Table], cover: Row) -> None:
    for table in tables.values():
        for row in table.rows:
            for name in table.sheet.inherits:
                if row.values.get(name) is None:
                    row.values[name] = cover.values.get(name)


def _refer(tables: dict[str, Table]) -> None:
    """Every reference names a row of the sheet that it refers to."""
    for table in tables.values():
        for column in table.sheet.columns:
            if column.refers is None:
                continue
            sheet, name = column.refers
            there = {row.values[name] for row in tables[sheet].rows if row.values.get(name) is not None}
            for row in table.rows:
                value = row.values.get(column.name)
                if value is not None and value not in there:
                    where = tables[sheet].sheet.sheet_ja
                    table.tell(
                        "form_unknown_id", row.line, column.name, text=value, where=where, near=near(value, there)
                    )


def _frame(form: Form, table: Table, cover: Mapping[str, Any]) -> pl.DataFrame:
    """The rows with the columns of their raw table, but source_id."""
    schema = {
        name: dtype for name, dtype in schema_of(f"{form.form}_{table.sheet.name}").items() if name != "source_id"
    }
    shared = {name: cover.get(name) for name in ("municipality_code", "plan_id") if name in schema}
    rows = [
        shared
        | {
            name: value
            for name, value in row.values.items()
            if name in schema and (value is not None or name not in shared)
        }
        | {"sheet": table.name, "row": row.line}
        for row in table.rows
    ]
    return pl.DataFrame(rows, schema=schema, orient="row") if rows else pl.DataFrame(schema=schema)
