"""Records of a CSV: L1-14, L1-15.

Holds: line ends inside a value, records of another width, quotes that do not close. Does not hold what the cells say.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sousei.feedback.checks.seen import File
from sousei.feedback.findings import NAMED, Found, cells, rows
from sousei.feedback.table import Table

NOT_RFC4180 = "not_rfc4180"
"""The problem_id of a CSV whose quotes do not close."""
LINE_END = r"[\r\n]"


def line_ends(table: Table) -> Iterator[Found]:
    """L1-14: line ends inside a CSV field."""
    if table.grid.widths is None:
        return
    mask = table.blank()
    for column in range(table.grid.width):
        mask[:, column] = table.where(column, LINE_END)
    yield from cells("broken", mask, "値の中に改行があります。", "Line ends inside a field's value.")


def widths(table: Table) -> Iterator[Found]:
    """L1-15: records of another width than the header."""
    if table.grid.widths is None:
        return
    given = np.array(table.grid.widths)
    other = (given != given[table.first]) & table.filled.any(axis=1)
    other[: table.first] = False
    if other.any():
        ja = f"列数が項目名の行({given[table.first]} 列)と違う行があります。"
        en = f"Records whose width is not the header's ({given[table.first]})."
        yield Found("broken", rows(other)[:NAMED], int(other.sum()), "行", ja, en)


def quotes(file: File) -> Iterator[Found]:
    """L1-15: a CSV that cannot be read because of its quotes."""
    for one in file.problems:
        if one["problem_id"] == NOT_RFC4180:
            yield Found("broken", [], 1, "ファイル", one["message_ja"], one["message_en"])


FILE_CHECKS = (("L1-15", quotes),)
TABLE_CHECKS = (("L1-14", line_ends), ("L1-15", widths))
