"""Header rows of a grid -> one path per column, and where the figures begin.

Holds: finding the header block round an anchor cell, filling spans, joining levels, taking units off. Does not hold
which columns a table should have (contracts) or any file's position or name.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from sousei.ingest.areas import shown
from sousei.ingest.cells.grid import Grid

DEEPEST = 14
"""Rows between the anchor and the first figures at most."""
_UNITS = """人 千人 万人 世帯 件 円 千円 万円 百万円 億円 % ‰ 人回 人泊 平方km km2 ha 人/km2 団体 社 戸 台 回 泊"""
UNITS = frozenset(_UNITS.split(" "))
_NUMBER = re.compile(r"[-△▲+]?\d[\d,]*(?:\.\d+)?|\(\d[\d,]*\)")
_CODE = re.compile(r"[0-9A-Za-z_.\-]+|/.*コード")
_BRACKETS = re.compile(r"【([^】]+)】$|\(([^()]+)\)$")
_STATED = re.compile(r"単位[:：]?\|?([^)\]|\n]+)")


class Label(NamedTuple):
    """Header of one column: its path without the unit, the unit that it names (or None), the path as it stood."""

    path: str
    unit: str | None
    full: str

    @property
    def shown(self) -> str:
        """The path as a message, a page and a row of raw may give it."""
        return shown.label(self.full)


class Header(NamedTuple):
    """first: first header row; body: first row of figures (both 0-based); title: squeezed text above the header, cells
    parted by '|', rows by line ends; units: units that the title names."""

    first: int
    body: int
    labels: list[Label]
    title: str
    units: list[str]


def find(grid: Grid, anchor: re.Pattern[str]) -> Header | None:
    """The header block that holds a cell matching `anchor` in full, or None."""
    for row, cells in enumerate(grid.head):
        column = next((place for place, cell in enumerate(cells) if cell and anchor.fullmatch(cell)), None)
        if column is not None and (found := _around(grid, row, column)):
            return found
    return None


def _around(grid: Grid, row: int, column: int) -> Header | None:
    head = grid.head
    first = row
    while first > 0:
        above = head[first - 1]
        words = [cell for cell in above if cell]
        level = 2 * len(words) > len([cell for cell in head[row] if cell])  # as full as the row of the anchor
        if (above[column] and not level) or len(words) < 2 or all(_CODE.fullmatch(word) for word in words):
            break
        first -= 1
    body = next(
        (
            below
            for below in range(row + 1, min(row + 1 + DEEPEST, len(head)))
            if any(_NUMBER.fullmatch(cell) for cell in head[below])
        ),
        None,
    )
    if body is None:
        if grid.height != row + 1 and any(cell for cells in head[row + 1 :] for cell in cells):
            return None
        body = row + 1  # a header and nothing below it
    title = "\n".join("|".join(cell for cell in cells if cell) for cells in head[:first])
    units = [unit for found in _STATED.findall(title) for unit in re.split("[、,・]", found)]
    rows = head[first:body]
    nameless = [place for place in range(grid.width) if not any(row[place] for row in rows)]
    empty = {place for place in nameless if not grid.filled([place], body, grid.height).any()}
    return Header(first, body, _labels(rows, empty), title, units)


def _labels(rows: list[list[str]], empty: set[int]) -> list[Label]:
    """Paths of the columns: blanks are filled from the left inside the span of the level above. Columns with nothing
    in header and body have no path; spans go on behind them."""
    width = len(rows[0]) if rows else 0
    places = [place for place in range(width) if place not in empty]
    paths: list[list[str]] = [[] for _ in range(width)]
    for depth, row in enumerate(rows):
        last = depth == len(rows) - 1
        level = list(row)
        for left, place in pairwise(places):
            inside = paths[place] == paths[left] and (paths[place] or not last)
            if not level[place] and level[left] and inside:
                level[place] = level[left]
        for place in places:
            paths[place] = [*paths[place], level[place]]
    return [_label([cell for cell in path if cell]) for path in paths]


def _label(levels: list[str]) -> Label:
    full = " / ".join(_once(levels))
    unit = None
    if len(levels) > 1 and levels[-1] in UNITS:
        unit, levels = levels[-1], levels[:-1]
    elif levels and (found := _BRACKETS.search(levels[-1])):
        named = found[1] or found[2]
        if found[1] or named in UNITS:
            unit = named
            levels = [*levels[:-1], levels[-1][: found.start()]]
    if unit is None:
        for place, level in enumerate(levels):
            found = _BRACKETS.search(level)
            if found and (found[1] or found[2] in UNITS):
                unit = found[1] or found[2]
                levels = [*levels[:place], level[: found.start()], *levels[place + 1 :]]
                break
    return Label(" / ".join(_once([level for level in levels if level])), unit, full)


def _once(levels: list[str]) -> list[str]:
    return [level for place, level in enumerate(levels) if place == 0 or level != levels[place - 1]]
