"""How a workbook of a form looks: formats, widths of columns, heights of the rows above the data.

Holds: fonts, fills, sizes. Does not hold: what stands in a cell (writer.py, instructions.py).
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.format import Format

from sousei.ingest.forms.model import Column, words

FONT, SIZE = "游ゴシック", 10.5
_SMALL = 8.5
_NARROWEST = {"id": 13, "municipality": 11, "number": 13, "integer": 10, "year": 9, "date": 12, "month": 13}
_NARROWEST |= {"flag": 8, "choice": 11, "indicator": 22, "text": 22}
_WIDEST = 52
_EXPLAINED = 6
"""Lines that an explanation may take: the rows above the data stay in sight and must leave room for it."""
_PAGE = 205
"""Width that one printed page takes while its text can still be read."""
_RIGHT = {"number", "integer"}
_MIDDLE = {"flag", "year", "date", "month", "municipality"}


class Looks(NamedTuple):
    """The formats of a workbook. open, shut: by how a column's text stands."""

    mark: Format
    about: Format
    above: Format
    explained: Format
    header: Format
    required: Format
    locked: Format
    title: Format
    line: Format
    heading: Format
    cell: Format
    open: dict[str, Format]
    shut: dict[str, Format]

    def of(self, column: Column, is_locked: bool) -> Format:
        """The format of a cell of data."""
        side = "right" if column.type in _RIGHT else "center" if column.type in _MIDDLE else "left"
        return (self.shut if is_locked else self.open)[side]


def looks(book: xlsxwriter.Workbook) -> Looks:
    """The formats, added to a workbook."""

    def made(**told: Any) -> Format:
        return book.add_format({"font_name": FONT, "font_size": SIZE, "valign": "top", **told})

    box = {"border": 4, "border_color": "#A6A6A6"}
    head = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "border_color": "#8C8C8C"}
    cell = {"num_format": "@", "text_wrap": True, **box}
    return Looks(
        mark=made(bold=True, font_size=13, valign="vcenter"),
        about=made(valign="vcenter"),
        above=made(),
        explained=made(font_size=_SMALL, font_color="#595959", text_wrap=True),
        header=made(bg_color="#DCE6F1", **head),
        required=made(bg_color="#FFE08A", **head),
        locked=made(bg_color="#D9D9D9", **head),
        title=made(bold=True, font_size=16, valign="vcenter"),
        line=made(text_wrap=True),
        heading=made(bold=True, font_size=12, valign="vcenter", bottom=1),
        cell=made(text_wrap=True, **box),
        open={side: made(locked=False, align=side, **cell) for side in ("left", "center", "right")},
        shut={side: made(locked=True, align=side, bg_color="#EDEDED", **cell) for side in ("left", "center", "right")},
    )


def wide(text: str) -> int:
    """Width of the widest line of a text on the screen, in half-width characters."""
    return max(
        sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in line) for line in text.split("\n")
    )


def width(column: Column, texts: Sequence[str]) -> int:
    """Width of a column that shows its texts, its header in two lines and its explanation in few."""
    base = _NARROWEST[column.type]
    if column.type == "choice":
        base = max(base, *(wide(word) + 4 for word in words(column.list).values()))
    longest = max(map(wide, texts), default=0)
    if column.type == "text" and longest > 3 * base:
        base = _WIDEST
    header = math.ceil(wide(column.header_ja) / 2) + 3
    explained = math.ceil(wide(column.ja) * _SMALL / SIZE / (_EXPLAINED - 1)) + 2
    return min(_WIDEST, max(base, header, explained, min(longest + 2, 36)))


def lines(text: str, across: int, size: float = SIZE) -> int:
    """Lines that a text takes in a column."""
    room = max(4.0, (across - 2) * SIZE / size)
    return sum(max(1, math.ceil(wide(line) / room)) for line in text.split("\n"))


def explained_height(columns: Sequence[Column], widths: Sequence[int], said: Sequence[str]) -> float:
    """Height of the row of explanations, in points."""
    most = max((lines(text, across, _SMALL) for text, across in zip(said, widths, strict=True)), default=1)
    return 12.5 * min(most, _EXPLAINED + 2) + 4


def pages_across(widths: Sequence[int]) -> int:
    """Printed pages side by side on which the text can still be read."""
    return max(1, math.ceil(sum(widths) / _PAGE))
