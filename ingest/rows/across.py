"""What the columns of one row of a file say of each other.

Holds the equations and rates of a contract, over measure columns and the columns that are read for checking only: cells
that slipped by a column, or columns exchanged, break them. Does not hold sums over items, ages or areas (sums.py).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.cells.grid import Grid
from sousei.ingest.contract.rules import Equation, Rate
from sousei.ingest.problems.record import SHOWN, Problem, problem
from sousei.ingest.recognise.recognised import Bound, Recognised
from sousei.ingest.vocabulary.values import RESIDUE, type_column


class _Cells(NamedTuple):
    """A column by its `called` and the year of its header: the numbers row by row, NaN where a sign stands."""

    bound: Bound
    numbers: np.ndarray


_Columns = dict[tuple[str, str | None], list[_Cells]]


def across(grid: Grid, found: Recognised, records: pl.DataFrame, named: frozenset[int] = frozenset()) -> list[Problem]:
    """Problems of the rows (`records` of melt, one for each row of figures) whose columns contradict each other. named:
    rows, as a person counts them, that are not compared."""
    rules = found.layout.checks
    if not rules.equations and not rules.rates:
        return []
    if named:
        records = records.filter(~pl.col("row").is_in(sorted(named)))
    columns: _Columns = {}
    problems: list[Problem] = []
    for bound in found.columns:
        if bound.column.called:
            cells, bad = _numbers(grid, found, bound, records)
            columns.setdefault((bound.column.called, bound.groups.get("year")), []).append(_Cells(bound, cells))
            problems += bad
    if problems:
        return problems[:SHOWN]
    for equation in rules.equations:
        problems += _equation(grid, equation, columns, records)
    for rate in rules.rates:
        problems += _rate(grid, rate, columns, records)
    return problems


def _numbers(grid: Grid, found: Recognised, bound: Bound, records: pl.DataFrame) -> tuple[np.ndarray, list[Problem]]:
    """The cells of a column; a check column's cell that is blank or no number has slipped from elsewhere."""
    body = found.header.body
    raw = grid.texts(bound.place, body, grid.height).gather(records["at"] - body)
    cells = type_column(raw, found.layout.symbols)
    bad = cells.with_row_index("at").filter(pl.col("status").is_in(["blank", "unreadable"]))
    problems = []
    if bound.column.role == "check":
        for place, status in bad.select("at", "status").head(SHOWN).iter_rows():
            problems.append(
                problem(
                    "blank_value.check_column" if status == "blank" else "unreadable_value.check_column",
                    sheet=grid.sheet,
                    row=records["row"][place],
                    column_label=bound.label.shown,
                    area=records["area_name"][place],
                    count=bad.height,
                    text=shown.cell(raw[place] or ""),
                )
            )
    return cells["number"].fill_null(np.nan).to_numpy(), problems


def _one(columns: _Columns, name: str, year: str | None) -> _Cells | None:
    """The column of a name and year, where there is exactly one."""
    cells = columns.get((name, year), [])
    return cells[0] if len(cells) == 1 else None


def _equation(grid: Grid, rule: Equation, columns: _Columns, records: pl.DataFrame) -> list[Problem]:
    whole = _one(columns, rule.total, None)
    parts = [(part.startswith("-"), _one(columns, part.lstrip("-"), None)) for part in rule.parts]
    if whole is None or any(cells is None for _, cells in parts):
        return []
    there = [(minus, cells) for minus, cells in parts if cells is not None]
    added = sum((-cells.numbers if minus else cells.numbers for minus, cells in there), np.zeros(len(records)))
    sign = "".join(f"{'-' if minus else '+'}「{cells.bound.label.path}」" for minus, cells in there).lstrip("+")
    return _told(grid, records, whole, added, np.abs(whole.numbers - added) > RESIDUE, sign)


def _rate(grid: Grid, rule: Rate, columns: _Columns, records: pl.DataFrame) -> list[Problem]:
    problems = []
    for (name, year), cells in columns.items():
        if name != rule.rate:
            continue
        base_year = next((text for of, text in columns if of == rule.base and _year(text) == rule.base_year), None)
        of, base = _one(columns, rule.of, year), _one(columns, rule.base, base_year)
        if of is None or base is None or len(cells) > 1:
            continue
        with np.errstate(divide="ignore", invalid="ignore"):
            due = np.where(base.numbers > 0, 100 * of.numbers / base.numbers, np.nan)
        words = f"「{of.bound.label.path}」÷「{base.bound.label.path}」×100"
        problems += _told(grid, records, cells[0], due, np.abs(cells[0].numbers - due) > rule.within, words)
    return problems[:SHOWN]


def _year(text: str | None) -> int | None:
    return int(text[:4]) if text and text[:4].isdigit() else None


def _told(
    grid: Grid, records: pl.DataFrame, cells: _Cells, due: np.ndarray, wrong: np.ndarray, words: str
) -> list[Problem]:
    at = np.flatnonzero(wrong)
    return [
        problem(
            "columns_contradict",
            sheet=grid.sheet,
            row=records["row"][place],
            column_label=cells.bound.label.shown,
            area=records["area_name"][place],
            column=cells.bound.label.path,
            words=words,
            count=len(at),
            due=due[place],
            number=cells.numbers[place],
        )
        for place in at[:SHOWN].tolist()
    ]
