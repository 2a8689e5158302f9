"""One recognised grid -> its rows, checked, with the lines of the corrections applied.

Holds the order of melting, applying and checking, and what a named row that cannot be read costs. Does not hold the
steps themselves, or several sheets of one delivery (delivery.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from sousei.ingest.cells.grid import Grid
from sousei.ingest.consistency import sums
from sousei.ingest.consistency.keyed import Equation
from sousei.ingest.decided import named
from sousei.ingest.decided.named import Line
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.recognise.recognised import Recognised
from sousei.ingest.rows.area_keys import prefectures_of
from sousei.ingest.rows.figures import bad_cells
from sousei.ingest.rows.keys import measures
from sousei.ingest.rows.melt import Melted, melt
from sousei.ingest.tables import figure_of


class Page(NamedTuple):
    """rows: the raw table without source_id, as `named.applied` gives it. whole: they were melted and checked; what the
    problems say decides. unused: figures of the rows that are not used; aside: figures of named rows that could not be
    read and are not among the rows. broken: sums that do not hold, by the rows' numbers."""

    rows: pl.DataFrame
    problems: list[Problem]
    observed: list[dt.date]
    whole: bool
    unused: int
    aside: int
    broken: list[Equation]


def read_sheet(sheet: Grid, found: Recognised, lines: Sequence[Line]) -> Page:
    """The rows of one sheet and what is wrong with them."""
    table, value = found.layout.raw_table, figure_of(found.layout.raw_table)
    here = {"", named.plain_sheet(sheet.sheet)}
    own = [line for line in lines if line.raw_table == table and line.sheet in here]
    melted, aside = _melted(sheet, found, own)
    rows = melted.rows
    stopped = [p for p in melted.problems if p["severity"] == "gate"]
    if own and not stopped:
        rows = named.applied(rows, table, own)
    problems = [*bad_cells(sheet, found, _left(melted.bad, rows, value, own))] or melted.across or stopped
    whole = not problems
    problems = [*problems, *(p for p in melted.problems if p["severity"] != "gate")]
    if sheet.open_end:
        problems.append(_open_end(sheet, found, own))
    broken: list[Equation] = []
    if whole:
        gone = prefectures_of(sheet, found, aside)
        rows, wrong = sums.check(rows, found.layout, value, gone, broken)
        problems += wrong
    problems += named.told(rows, sorted(aside), sheet.sheet, table, own)
    unused = int(rows[named.UNKNOWN].sum()) if named.UNKNOWN in rows.columns else 0
    return Page(rows, problems, melted.observed, whole, unused, len(aside) * len(measures(found)), broken)


def _melted(sheet: Grid, found: Recognised, lines: Sequence[Line]) -> tuple[Melted, frozenset[int]]:
    """(melted, rows set aside): rows that a line names by their place and that cannot be read are left out."""
    placed = [line for line in lines if line.rows is not None]
    if not placed:
        return melt(sheet, found), frozenset()
    first = sheet.line(found.header.body) if found.header.body < sheet.height else 0
    touched = {row for line in placed if line.rows for row in range(line.rows[0], min(line.rows[1], _MOST_ROWS) + 1)}
    full = [line for line in placed if not line.keys]
    aside: frozenset[int] = frozenset()
    while True:
        melted = melt(sheet, found, aside, frozenset(touched))
        stopping = {p["row"] for p in melted.problems if p["severity"] == "gate" and p["row"] is not None}
        more = {row for row in stopping if row >= first and any(line.covers(sheet.sheet, row) for line in full)} - aside
        if not more:
            return melted, aside
        aside |= more


_MOST_ROWS = 2_000_000
"""Rows of the largest sheet that is opened, with room."""


def _left(bad: pl.DataFrame, rows: pl.DataFrame, value: str, lines: Sequence[Line]) -> pl.DataFrame:
    """The cells that the contract does not allow and that no line names."""
    if bad.is_empty() or not lines:
        return bad
    if named.UNKNOWN in rows.columns:
        settled = rows.filter(pl.col(named.UNKNOWN) | pl.col(value).ne_missing(pl.col(named.PUBLISHED)))
        cells = settled.select("row", pl.col("column_label").cast(pl.String)).unique()
        return bad.join(cells, on=["row", "column_label"], how="anti", maintain_order="left")
    if rows.is_empty():  # melting stopped elsewhere: whole rows are known by their place
        full = [line.rows for line in lines if line.rows is not None and not line.keys]
        return bad.filter(~pl.any_horizontal(pl.lit(False), *(pl.col("row").is_between(*span) for span in full)))
    return bad


def _open_end(sheet: Grid, found: Recognised, lines: Sequence[Line]) -> Problem:
    """A last line without a line end. Where it ends in a figure that no sum covers, half a figure would not be seen."""
    last = max(found.columns, key=lambda bound: bound.place)
    at = sheet.line(sheet.height - 1)
    settled = any(line.covers(sheet.sheet, at) for line in lines)
    unseen = last.column.role == "measure" and not found.layout.checks.sums and not settled
    return problem("no_final_line_end.not_covered" if unseen else "no_final_line_end.covered_by_sums", row=at)
