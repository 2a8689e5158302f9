"""What a check is given: a file as it was opened, a sheet as the workbook describes it.

Holds: the two shapes. Does not hold the opening (feedback.examine), the table of a sheet (feedback.table) or a check.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

from sousei.feedback.table import Table
from sousei.ingest.cells.grid import Grid
from sousei.ingest.problems.record import Problem


class Built(TypedDict, total=False):
    """How a workbook says that a sheet is built, see feedback.worker. Rows and columns are 0-based.

    objects: [kind, row, column]. merged: [first row, first column, last row, last column]. formulas: (row, column).
    marked: [look, rows, columns] of each look that is not plain; a look is [fill, font colour, bold, italic, strike].
    An old workbook tells name, state, kind and merged. shown_as: the name as a page may give it (areas.shown).
    """

    name: str
    shown_as: str
    state: str
    kind: str
    objects: list[tuple[str, int | None, int | None]]
    controls: int
    merged: list[list[int]]
    hidden_rows: list[int]
    hidden_columns: list[tuple[int, int]]
    formulas: list[tuple[int, int]]
    marked: list[tuple[list[str | bool], list[int], list[int]]]


class File(NamedTuple):
    """One file. problems: why it cannot be opened. columns: of a text. links: to other workbooks."""

    form: str
    is_document: bool = False
    problems: tuple[Problem, ...] = ()
    columns: int | None = None
    links: int = 0


class Sheet(NamedTuple):
    """One sheet of a workbook; the one table of a text, which nothing describes. None where there is no such thing."""

    built: Built
    grid: Grid | None
    table: Table | None
    is_cp932: bool = False
