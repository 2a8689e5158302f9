"""How a workbook of a form looks: formats, widths of columns, heights of the rows above the data.

Holds: fonts, fills, sizes, a cell with its look. Does not hold: what stands in a cell (writer.py, instructions.py).
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sousei.ingest.forms.model import Column, words

SIZE = 10.5
DEFAULT = {"font_name": "游ゴシック", "font_size": SIZE, "font_charset": 128, "font_scheme": False}
"""Properties of every cell's font."""
LINE = 17.25
"""Height of a line of text, in points."""
_TALLEST = 400.0
_SMALL = 8.5
_NARROWEST = {"id": 13, "municipality": 11, "number": 13, "integer": 10, "year": 9, "date": 12, "month": 13}
_NARROWEST |= {"flag": 8, "choice": 11, "indicator": 22, "text": 22}
_WIDEST = 52
_EXPLAINED = 6
"""Lines that an explanation may take: the rows above the data stay in sight and must leave room for it."""
_PAGE = 205
"""Width that one printed page takes while its text can still be read."""
_TEXT = 49
"""Excel's own number of the format of texts (@)."""
_SIDES: dict[str, dict[str, Any]] = {
    "left": {"align": "left", "indent": 1},
    "center": {"align": "center"},
    "right": {"align": "right", "indent": 1},
}
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
        return book.add_format({**DEFAULT, "valign": "top", **told})

    box = {"border": 4, "border_color": "#A6A6A6"}
    head = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1, "border_color": "#8C8C8C"}
    cell = {"num_format": _TEXT, "text_wrap": True, **box}
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
        open={side: made(locked=False, **stands, **cell) for side, stands in _SIDES.items()},
        shut={side: made(locked=True, bg_color="#EDEDED", **stands, **cell) for side, stands in _SIDES.items()},
    )


def put(page: Worksheet, row: int, place: int, text: str, look: Format) -> None:
    """Write a text, or a blank cell where it is ''."""
    if text:
        page.write_string(row, place, text, look)
    else:
        page.write_blank(row, place, None, look)


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
    header = math.ceil(wide(column.header_ja) / 2) + 4
    explained = math.ceil(wide(column.ja) * _SMALL / SIZE / (_EXPLAINED - 1)) + 2
    return min(_WIDEST, max(base, header, explained, min(longest + 4, 36)))


def lines(text: str, across: int, size: float = SIZE) -> int:
    """Lines that a text takes in a column."""
    room = max(4.0, (across - 3) * SIZE / size)
    return sum(max(1, math.ceil(wide(line) / room)) for line in text.split("\n"))


def row_height(texts: Sequence[str], widths: Sequence[int]) -> float | None:
    """Height of a row of data in points; None where its texts are one line each and Excel may choose."""
    most = max((lines(text, across) for text, across in zip(texts, widths, strict=True) if text), default=1)
    return min(LINE * most + 3, _TALLEST) if most > 1 else None


def header_height(columns: Sequence[Column], widths: Sequence[int]) -> float:
    """Height of the row of headers, in points."""
    return LINE * max(lines(one.header_ja, across - 1) for one, across in zip(columns, widths, strict=True)) + 5


def explained_height(columns: Sequence[Column], widths: Sequence[int], said: Sequence[str]) -> float:
    """Height of the row of explanations, in points."""
    most = max((lines(text, across, _SMALL) for text, across in zip(said, widths, strict=True)), default=1)
    return 12.5 * min(most, _EXPLAINED + 2) + 4


def pages_across(widths: Sequence[int]) -> int:
    """Printed pages side by side on which the text can still be read."""
    return max(1, math.ceil(sum(widths) / _PAGE))
