"""Sheets of the workbook: formats, cells, heights of rows, print set-up.

Holds: how a cell is written and how a sheet prints. Does not hold: what stands in a sheet (its own module), words.
Every text is written as a string, so that one that starts like a formula is none.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sousei.publication.told.figures import Cell, Number
from sousei.publication.told.read import EDITIONS, Told
from sousei.publication.told.words import digits, era_day, number_format

A4, A3 = 9, 8
SIZE = 10.0
FONT = {"font_name": "游ゴシック", "font_size": SIZE, "font_charset": 128, "font_scheme": False}
DEFAULT_ROW = 23
"""Height of a row that nothing is set for, in pixels."""
HEAD_FILL, BAND_FILL = "#DCE6F1", "#EFEFEF"
_LINE = 1.62
"""Height of a line, times the size of its font."""
_TALLEST = 400.0
_PAPERS = {A4: (297 / 25.4, 210 / 25.4), A3: (420 / 25.4, 297 / 25.4)}
"""Width and height in inches of a paper that lies on its side."""
_POINTS = 5.4
"""Width of a half-width character of a column, in points."""
_SAFE = 0.94
"""Part of a page that is filled: programs round the heights of rows differently."""
_MARGINS = {"left": 20 / 25.4, "right": 15 / 25.4, "top": 18 / 25.4, "bottom": 15 / 25.4}


KEPT = 1 << 16
"""Texts whose widths are kept: the editions of a plan and the plans of a night say the same."""


class Column(NamedTuple):
    """A column of a table: header, width in half-width characters, where its texts stand."""

    header: str
    width: float
    align: str = "left"


class Book:
    """A workbook under construction; formats are made once."""

    def __init__(self, sink: Any, told: Told, paper_no: str) -> None:
        self.told, self.paper_no = told, paper_no
        self.file = xlsxwriter.Workbook(
            sink,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_format_properties": FONT,
                "default_row_height": DEFAULT_ROW,
            },
        )
        self.contents: list[tuple[str, str]] = []
        self._formats: dict[frozenset[tuple[str, Any]], Format] = {}

    def look(self, **told: Any) -> Format:
        """The format of these properties."""
        key = frozenset(told.items())
        if key not in self._formats:
            self._formats[key] = self.file.add_format({**FONT, "valign": "top", **told})
        return self._formats[key]


class _Widths(dict[str, int]):
    """Character -> its width in half-width characters, found out once."""

    def __missing__(self, char: str) -> int:
        self[char] = 2 if unicodedata.east_asian_width(char) in "WFA" else 1
        return self[char]


_WIDTHS = _Widths()


@lru_cache(KEPT)
def wide(text: str) -> int:
    """Width of a line in half-width characters."""
    return sum(map(_WIDTHS.__getitem__, text))


@lru_cache(KEPT)
def lines(text: str, across: float, size: float = SIZE) -> int:
    """Lines that a text takes in a width."""
    room = max(2.0, (across - 0.5) * SIZE / size)
    return sum(max(1, math.ceil(wide(line) / room)) for line in text.split("\n"))


def parts(text: str, across: float, size: float = SIZE, most: int = 20) -> list[str]:
    """A text cut into pieces of at most `most` lines each, at the end of a line."""
    room = max(2.0, (across - 0.5) * SIZE / size)
    found, start, used, line = [], 0, 1, 0.0
    for place, char in enumerate(text):
        width = _WIDTHS[char]
        if char == "\n" or line + width > room:
            used, line = used + 1, 0.0
            if used > most:
                found.append(text[start:place])
                start, used = place + (char == "\n"), 1
        line += 0 if char == "\n" else width
    return [*found, text[start:]]


def height(told: Sequence[tuple[str, float]], size: float = SIZE, least: int = 1, rows: int = 1) -> float:
    """Height in points that shows texts in their widths, over one row or more."""
    most = max([least, *(lines(text, across, size) for text, across in told if text)])
    return min(most * size * _LINE + 4, _TALLEST * rows)


class Page:
    """One print sheet: a title, lines about it, tables and paragraphs one below the other."""

    def __init__(
        self,
        book: Book,
        name: str,
        about: str,
        widths: Sequence[float],
        *,
        paper: int = A4,
        landscape: bool = True,
        size: float = SIZE,
        title: str | None = None,
        titled: bool = True,
    ) -> None:
        self.book, self.name, self.widths, self.size = book, name, list(widths), size
        self.sheet: Worksheet = book.file.add_worksheet(name)
        book.contents.append((name, about))
        self.row = 0
        self.breaks: list[int] = []
        self._repeated = 0.0
        self._looks: dict[tuple[Any, ...], Format] = {}
        for place, width in enumerate(widths):
            self.sheet.set_column(place, place, width)
        self.sheet.hide_gridlines(2)
        self.paper, self.landscape = paper, landscape
        self._print(paper, landscape)
        if titled:
            self._title(title or about)

    def _print(self, paper: int, landscape: bool) -> None:
        sheet, told = self.sheet, self.book.told
        if landscape:
            sheet.set_landscape()
        else:
            sheet.set_portrait()
        sheet.set_paper(paper)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(**_MARGINS)
        office = f"{told.town} {told.plan['secretariat_ja'] or ''}".strip().replace("&", "&&")
        if self.book.paper_no:
            sheet.set_header(f"&R{self.book.paper_no.replace('&', '&&')[:90]}")
        sheet.set_footer(f"&L{office[:90]}　{EDITIONS[told.edition]}&C&P／&N&R{era_day(told.as_of)}作成")

    def _title(self, title: str) -> None:
        told = self.book.told
        self.line(title, bold=True, font_size=14)
        self.line(f"{told.plan['plan_name_ja']}　{told.fiscal_year(told.year)}実績　基準日 {era_day(told.as_of)}")

    def line(self, text: str, **looks: Any) -> None:
        """A line that may run over the cells to its right."""
        size = looks.get("font_size", self.size)
        self.sheet.set_row(self.row, size * 1.75 + 3)
        self.sheet.write_string(self.row, 0, text, self.book.look(**{"font_size": self.size, **looks}))
        self.row += 1

    def paragraph(self, text: str, **looks: Any) -> None:
        """A text over the whole width, wrapped."""
        self.block(self.row, 0, len(self.widths) - 1, text, **looks)
        self.sheet.set_row(self.row, height([(text, sum(self.widths))], self.size))
        self.row += 1

    def block(self, row: int, first: int, last: int, text: str, down: int = 0, **looks: Any) -> None:
        """A text over several columns, and over `down` more rows."""
        look = self.book.look(**{"text_wrap": True, "font_size": self.size, **looks})
        if last > first or down:
            self.sheet.merge_range(row, first, row + down, last, "", look)
        self.sheet.write_string(row, first, text, look)

    def header(self, columns: Sequence[Column]) -> None:
        """The row of headers of a table."""
        look = self.book.look(
            bold=True,
            bg_color=HEAD_FILL,
            border=1,
            text_wrap=True,
            align="center",
            valign="vcenter",
            font_size=self.size,
        )
        for place, column in enumerate(columns):
            self.sheet.write_string(self.row, place, column.header, look)
        self.sheet.set_row(
            self.row, height([(c.header, w) for c, w in zip(columns, self.widths, strict=False)], self.size)
        )
        self.row += 1

    def repeat_from_top(self) -> None:
        """The rows so far are repeated on each page and stay in sight."""
        self._repeated = self._points(0)
        self.sheet.repeat_rows(0, self.row - 1)
        self.sheet.freeze_panes(self.row, 0)

    def cells(self, columns: Sequence[Column], row: Sequence[Cell], *, together: bool = False, **looks: Any) -> None:
        """One row of a table; `together`: it starts the page that it does not fit on."""
        tall = height([(cell, self.widths[at]) for at, cell in enumerate(row) if isinstance(cell, str)], self.size)
        if together:
            self.keep(tall)
        for place, (column, cell) in enumerate(zip(columns, row, strict=True)):
            self.put(self.row, place, cell, column.align, **looks)
        self.sheet.set_row(self.row, tall)
        self.row += 1

    def put(
        self, row: int, place: int, cell: Cell, align: str = "left", down: int = 0, across: int = 0, **looks: Any
    ) -> None:
        """One cell with its frame, over so many more rows and columns: a number as a number, all else as text; None is
        blank."""
        if isinstance(cell, (int, float, Decimal)):
            cell = Number(cell)
        form = ""
        if isinstance(cell, Number):
            places = digits(cell.value, cell.most) if cell.places is None else cell.places
            form = "0" if cell.is_year else number_format(places, cell.before, cell.after)
            align = "center" if cell.is_year else "right"
        key = (form, align, *looks.items())
        look = self._looks.get(key)
        if look is None:
            told: dict[str, Any] = {"border": 1, "border_color": "#808080", "font_size": self.size, **looks}
            told |= {"align": align} | ({"shrink": True, "num_format": form} if form else {"text_wrap": True})
            look = self._looks[key] = self.book.look(**told)
        if down or across:
            self.sheet.merge_range(row, place, row + down, place + across, "", look)
        if isinstance(cell, Number):
            self.sheet.write_number(row, place, float(cell.value), look)
        elif cell:
            self.sheet.write_string(row, place, cell, look)
        else:
            self.sheet.write_blank(row, place, None, look)

    def room(self) -> float:
        """Height in points of the rows that one printed page takes at the scale that fits its width."""
        across, down = _PAPERS[self.paper] if self.landscape else reversed(_PAPERS[self.paper])
        scale = min(1.0, (across - _MARGINS["left"] - _MARGINS["right"]) * 72 / (sum(self.widths) * _POINTS))
        return (down - _MARGINS["top"] - _MARGINS["bottom"]) * 72 / scale

    def turn(self) -> None:
        """The next row starts a printed page."""
        self.breaks.append(self.row)
        self.sheet.set_h_pagebreaks(self.breaks)

    def keep(self, points: float) -> None:
        """So many points from the next row on stand on one page: a new one where they do not fit on this one.

        A page that is said breaks alike in each program, though they measure fonts and rows differently.
        """
        used = self._points(self.breaks[-1]) + self._repeated if self.breaks else self._points(0)
        if used + points > self.room() * _SAFE and self.row not in (0, *self.breaks[-1:]):
            self.turn()

    def _points(self, start: int) -> float:
        """Height of the rows from `start` to the last one."""
        pixels = self.sheet.row_sizes
        return 0.75 * sum(pixels[row][0] if row in pixels else DEFAULT_ROW for row in range(start, self.row))

    def band(self, text: str) -> None:
        """A filled row over the whole table."""
        look = {"bold": True, "bg_color": BAND_FILL, "font_size": self.size}
        self.sheet.set_row(self.row, self.size * _LINE + 5)
        self.sheet.write_string(self.row, 0, text, self.book.look(**look, top=1, bottom=1, left=1, valign="vcenter"))
        for place in range(1, len(self.widths)):
            end = {"right": 1} if place == len(self.widths) - 1 else {}
            self.sheet.write_blank(
                self.row, place, None, self.book.look(**look, top=1, bottom=1, valign="vcenter", **end)
            )
        self.row += 1

    def gap(self) -> None:
        """A blank line."""
        self.row += 1


def created(told: Told) -> dt.datetime:
    """The day that the workbook gives as its own: that of the release."""
    return dt.datetime(told.as_of.year, told.as_of.month, told.as_of.day)  # noqa: DTZ001 - a day as Office keeps it
