"""Any delivered table -> grids of cells with row numbers.

Holds the one shape that recognition and melting work on, whatever the file was. Does not hold what a cell means.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence

import numpy as np
import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.cells import csvtext, workbook
from sousei.ingest.vocabulary.text import squeeze, squeeze_column
from sousei.ingest.vocabulary.values import text_of_number, text_of_numbers

HEAD = 80
"""Rows in which titles and headers are looked for. The deepest real header ends in row 16."""


class Grid:
    """Cells of one sheet or CSV, by column.

    sheet: name as messages and rows give it (areas.shown), '' for CSV. name: as the workbook has it, for recognising
    only. height, width: cells. `lines[row]`: number that a person counts. `widths[row]`: fields of a
    CSV record (None for sheets). `head`: squeezed texts of the first HEAD rows, row by row. `open_end`: a CSV whose
    last line has no line end. `visible`: False for a hidden sheet.
    """

    def __init__(
        self,
        sheet: str,
        height: int,
        columns: list[pl.Series] | None = None,
        words: list[dict[int, str]] | None = None,
        numbers: list[np.ndarray] | None = None,
        lines: Sequence[int] | None = None,
        widths: np.ndarray | None = None,
        open_end: bool = False,
        visible: bool = True,
        name: str = "",
    ) -> None:
        self.name = name or sheet
        self.sheet, self.height, self.visible = sheet, height, visible
        self._columns, self._words, self._numbers = columns or [], words or [], numbers
        self.width = len(self._columns) or len(self._words)
        self.lines, self.widths, self.open_end = lines, widths, open_end
        self._squeezed: dict[tuple[int, int], pl.Series] = {}
        self._words_from: dict[tuple[int, int], list[str]] = {}
        self.head = self._squeezed_head()

    def _squeezed_head(self) -> list[list[str]]:
        top = min(HEAD, self.height)
        columns = [[squeeze(cell) for cell in self.cells(place, 0, top)] for place in range(self.width)]
        return [list(row) for row in zip(*columns, strict=True)]

    def cells(self, column: int, start: int, stop: int) -> list[str | None]:
        """Cells of a column as text, as they stood; None where empty. For short spans."""
        if self._numbers is None:
            return self._columns[column][start:stop].to_list()
        values = self._numbers[column][start:stop].tolist()
        found = [None if value != value else text_of_number(value) for value in values]
        words = self._words[column]
        spots = words if len(words) <= stop - start else range(start, stop)
        for row in spots:
            if start <= row < stop and (word := words.get(row, "")):
                found[row - start] = word
        return found

    def texts(self, column: int, start: int, stop: int) -> pl.Series:
        """Cells of a column as text, as they stood; null where empty."""
        if self._numbers is None:
            return self._columns[column][start:stop]
        if self.all_numbers(column, start, stop) and stop - start > 400:
            numbers = self.numbers(column, start, stop)
            assert numbers is not None
            return text_of_numbers(numbers)
        return pl.Series(self.cells(column, start, stop), dtype=pl.String)

    def numbers(self, column: int, start: int, stop: int) -> pl.Series | None:
        """Numeric cells of a column as Float64, null elsewhere; None for CSV, whose cells are all text."""
        if self._numbers is None:
            return None
        return pl.Series(self._numbers[column][start:stop]).fill_nan(None)

    def squeezed(self, column: int, start: int) -> pl.Series:
        """Cells of a column from a row on, squeezed; '' where empty. Kept, since headers and keys both look."""
        if (column, start) not in self._squeezed:
            self._squeezed[column, start] = squeeze_column(self.texts(column, start, self.height))
        return self._squeezed[column, start]

    def words(self, column: int, start: int) -> list[str]:
        """The different cells of a column from a row on, squeezed. Kept, since every layout asks."""
        if (column, start) not in self._words_from:
            self._words_from[column, start] = self.squeezed(column, start).unique().to_list()
        return self._words_from[column, start]

    def largest(self, column: int) -> float:
        """Largest numeric cell of a spreadsheet column; -inf where there is none, and for CSV."""
        if self._numbers is None:
            return -np.inf
        values = self._numbers[column]
        values = values[~np.isnan(values)]
        return float(values.max()) if len(values) else -np.inf

    def all_numbers(self, column: int, start: int, stop: int) -> bool:
        """True where every non-empty cell of the span is a spreadsheet number."""
        if self._numbers is None:
            return False
        return not any(start <= row < stop and word != "" for row, word in self._words[column].items())

    def long_texts(self, column: int, length: int) -> list[str]:
        """Text cells of a column with at least `length` characters."""
        if self._numbers is not None:
            words = self._words[column]
            return [word for word in words.values() if len(word) >= length]
        texts = self._columns[column]
        if self.height <= 400:
            return [word for word in texts.to_list() if word and len(word) >= length]
        return texts.filter(texts.str.len_bytes() >= length).to_list()

    def filled(self, columns: list[int], start: int, stop: int) -> np.ndarray:
        """Which rows of the span have something in any of the columns."""
        anything = np.zeros(stop - start, dtype=bool)
        if self._numbers is None:
            for place in columns:
                anything |= (self._columns[place][start:stop].str.strip_chars() != "").to_numpy()
                if anything.all():
                    break
            return anything
        for place in columns:
            anything |= ~np.isnan(self._numbers[place][start:stop])
            words = self._words[place]
            rows = [row - start for row, word in words.items() if start <= row < stop and word.strip()]
            anything[rows] = True
        return anything

    def lines_from(self, start: int) -> pl.Series:
        """`line` of every row from one on."""
        if isinstance(self.lines, list):
            return pl.Series(self.lines[start:], dtype=pl.Int32)
        return pl.int_range(start + 1, self.height + 1, dtype=pl.Int32, eager=True)

    def line(self, row: int) -> int:
        """Number of a row as a person counts it: first = 1; for CSV the line on which the record begins."""
        return self.lines[row] if self.lines else row + 1


def of_csv(text: str) -> Grid:
    """Grid of a decoded CSV. Raises Refusal where it is not RFC 4180."""
    table = csvtext.table(text)
    open_end = not text.endswith("\n")
    return Grid("", len(table.lines), columns=table.columns, lines=table.lines, widths=table.widths, open_end=open_end)


def of_head(data: bytes) -> Grid:
    """Grid of the first lines of a text that cannot be read strictly, for recognising whose it is and nothing else."""
    start = data[: 1 << 18]
    encoding = "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "cp932"
    lines = start.decode(encoding, "replace").splitlines()[:HEAD]
    rows = list(csv.reader(lines))
    width = max(map(len, rows), default=0)
    columns = [
        pl.Series(column, dtype=pl.String) for column in zip(*[r + [""] * (width - len(r)) for r in rows], strict=True)
    ]
    return Grid("", len(rows), columns=columns)


def of_sheets(sheets: Sequence[workbook.Sheet]) -> list[Grid]:
    """Grids of a workbook's sheets that hold anything."""
    return [
        Grid(
            shown.sheet(sheet.name, number),
            sheet.height,
            words=sheet.texts,
            numbers=sheet.numbers,
            visible=sheet.visible,
            name=sheet.name,
        )
        for number, sheet in enumerate(sheets, start=1)
        if sheet.height and sheet.numbers
    ]
