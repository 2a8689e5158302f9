"""What a check of machine readability gives: findings, with the places of a sheet as spreadsheets name them.

Holds: the shapes of a finding and of what was found in a file; masks of cells, rows and columns -> A1 ranges. Does not
hold a check (feedback.checks) or the rules (rules.yaml). A finding names cells and counts, never what a cell holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np

NAMED = 20
"""Ranges that a finding names; the rest are in its count."""

Result = Literal["broken", "doubtful"]
Places = list[tuple[str, int]]
"""(A1 range, cells, rows or columns in it)."""


class Found(NamedTuple):
    """What one check says of one sheet, or of the file: NAMED places at most, the total of all, and what is counted."""

    result: Result
    addresses: Places
    total: int
    counted_ja: str
    message_ja: str
    message_en: str


class Finding(NamedTuple):
    """One rule on one sheet: what was found, under the rule's id. sheet is '' where the whole file is meant."""

    rule: str
    sheet: str
    result: Result
    addresses: Places
    total: int
    counted_ja: str
    message_ja: str
    message_en: str


class Examination(NamedTuple):
    """What was found in one file. notes_ja: facts about the file. unseen: rule -> why it could not be judged."""

    form: str
    findings: list[Finding]
    notes_ja: list[str]
    unseen: dict[str, str]


def letters(column: int) -> str:
    """Name of a 0-based column as spreadsheets show it: 0 -> A, 26 -> AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def box(top: int, left: int, bottom: int, right: int) -> str:
    """The A1 range of a rectangle; one address where it is one cell."""
    first, last = f"{letters(left)}{top + 1}", f"{letters(right)}{bottom + 1}"
    return first if first == last else f"{first}:{last}"


def runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """(first, last) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(start), int(stop) - 1) for start, stop in edges.reshape(-1, 2)]


def ranges(mask: np.ndarray) -> tuple[Places, int]:
    """(the first NAMED rectangles of True cells with their size, the number of True cells)."""
    done: list[list[int]] = []
    open_boxes: dict[tuple[int, int], list[int]] = {}
    for column in np.flatnonzero(mask.any(axis=0)):
        still: dict[tuple[int, int], list[int]] = {}
        for run in runs(mask[:, column])[:2_000]:
            known = open_boxes.pop(run, None)
            if known is not None and known[3] == column - 1:
                known[3] = int(column)
            else:
                known = [run[0], int(column), run[1], int(column)]
                done.append(known)
            still[run] = known
        open_boxes = still
    done.sort()
    named = [(box(*one), (one[2] - one[0] + 1) * (one[3] - one[1] + 1)) for one in done[:NAMED]]
    return named, int(mask.sum())


def rows(mask: np.ndarray) -> Places:
    """Runs of rows, e.g. 4:6."""
    return [(f"{first + 1}:{last + 1}", last - first + 1) for first, last in runs(mask)]


def columns(mask: np.ndarray) -> Places:
    """Runs of columns, e.g. B:C."""
    return [(f"{letters(first)}:{letters(last)}", last - first + 1) for first, last in runs(mask)]


def cells(result: Result, mask: np.ndarray, ja: str, en: str) -> Iterator[Found]:
    """What is found in the cells of a mask of the sheet, if there are any."""
    if mask.any():
        addresses, count = ranges(mask)
        yield Found(result, addresses, count, "セル", ja, en)
