"""A grid -> where its table lies: header, body, columns of figures, cells by kind.

Holds what the checks of machine readability look at, found without any contract, since the maker's page is for files
of every layout. Does not hold a check (feedback.checks) or the reading of figures (ingest.rows).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from sousei.ingest.cells.grid import HEAD, Grid
from sousei.ingest.recognise.headers import UNITS
from sousei.ingest.vocabulary.text import squeeze, squeeze_column

EMPTY, NUMBER, NUMERAL, SYMBOL, WORD = range(5)
"""Kinds of a cell: a number; a text that spells a number; a sign in a number's place; any other text."""

_UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
_PLAIN = r"^-?[0-9]+(\.[0-9]+)?$"  # not \d, which takes full-width digits too
_NUMERAL = rf"^[-+△▲(]?\d[\d,]*(\.\d+)?\)?({_UNIT})?([*※]+\d*|注\d*\)?)?$"
_CIRCLED = "[①-⑳㉑-㉟㊱-㊿]"
_SYMBOLS = [
    "-",
    "--",
    "*",
    "**",
    "***",
    "x",
    "X",
    "...",
    "・",
    "・・・",
    "ー",
    "na",
    "NA",
    "n/a",
    "N/A",
    "皆増",
    "皆減",
]
_YEAR = re.compile(r"(18|19|20)\d\d(年度?)?")
_CODE = re.compile(r"コード|code|番号|\bID\b|\bNo\b", re.I)


@dataclass(frozen=True, eq=False)
class Table:
    """The table of a sheet. Rows and columns are 0-based.

    head: squeezed texts of the first rows, merged ranges filled with their text. kinds: height x width of the grid, a
    cell under a merged text counts as text. words[column]: text of the cells that are not numbers, null elsewhere; None
    where a column has only numbers. top: first row with anything; bottom: last. first .. body: the header rows, none
    where equal; last: last row of data. figures: columns of numbers. labels[column]: header text, levels joined by '/'.
    again: rows further down that look like a header.
    """

    grid: Grid
    head: list[list[str]]
    kinds: np.ndarray
    words: list[pl.Series | None]
    top: int
    bottom: int
    first: int
    body: int
    last: int
    figures: list[int]
    labels: list[str]
    again: list[int]

    @cached_property
    def filled(self) -> np.ndarray:
        """Which cells hold anything."""
        return np.not_equal(self.kinds, EMPTY)

    @cached_property
    def measures(self) -> list[int]:
        """Columns of figures that are not codes."""
        return [column for column in self.figures if not self.is_code(column)]

    @cached_property
    def choices(self) -> dict[int, pl.Series]:
        """Column -> texts of its data, where the same texts come again and again."""
        found = {}
        for column, words in enumerate(self.words):
            if words is None:
                continue
            data = words[self.body : self.last + 1]
            given = data.drop_nulls()
            if len(given) >= 5 and given.n_unique() * 2 <= len(given):
                found[column] = data
        return found

    @property
    def has_header(self) -> bool:
        return self.body > self.first

    def blank(self) -> np.ndarray:
        """A mask of no cell."""
        return np.zeros(self.kinds.shape, dtype=bool)

    def within(self, mask: np.ndarray) -> np.ndarray:
        """The mask without the cells that do not belong to the data; changes the mask itself."""
        mask[: self.body] = False
        mask[self.last + 1 :] = False
        if self.again:
            mask[self.again] = False
        return mask

    def rows_with(self, *kinds: int) -> np.ndarray:
        """Which rows hold a cell of these kinds in a column of figures."""
        return np.any(np.isin(self.kinds[:, self.figures], kinds), axis=1)

    def squeezed(self, row: int) -> list[str | None]:
        """A row's texts, squeezed."""
        return [squeeze(self.grid.cells(column, row, row + 1)[0]) for column in range(self.grid.width)]

    def is_code(self, column: int) -> bool:
        """A column of codes or numbers of things, as its header says or as leading zeros show."""
        if _CODE.search(self.labels[column]):
            return True
        cells = self.grid.texts(column, self.body, min(self.last + 1, self.body + 400))
        zeros = cells.str.contains(r"^\s*0[0-9]+\s*$").sum()
        return zeros * 20 > cells.len() - cells.null_count()

    def where(self, column: int, pattern: str, squeezed: bool = False) -> np.ndarray:
        """Which rows of a column hold a text with the pattern."""
        words = self.words[column]
        if words is None:
            return np.zeros(self.grid.height, dtype=bool)
        if squeezed:
            words = squeeze_column(words)
        return words.str.contains(pattern).fill_null(False).to_numpy()


def table_of(grid: Grid, merged: list[list[int]] | None = None) -> Table | None:
    """The table of a grid; None where the grid is empty. merged: [first row, first column, last row, last column]."""
    kinds, words = _kinds(grid)
    head = [list(row) for row in grid.head]
    for top, left, bottom, right in merged or []:
        if top < grid.height and left < grid.width and kinds[top, left] == WORD:
            kinds[top : bottom + 1, left : right + 1] = WORD
            for row in head[top : bottom + 1]:
                row[left : right + 1] = [head[top][left]] * len(row[left : right + 1])
    filled = kinds != EMPTY
    rows = np.flatnonzero(filled.any(axis=1))
    if not len(rows):
        return None
    top, bottom = int(rows[0]), int(rows[-1])
    numeric, word = (kinds == NUMBER) | (kinds == NUMERAL), kinds == WORD
    lower = rows[len(rows) // 2 :]
    share, against = numeric[lower].sum(axis=0), word[lower].sum(axis=0)
    figures = [int(column) for column in np.flatnonzero((share > 0) & (share >= against))]
    heads = _like_headers(head, numeric, word, filled, figures)
    first, body = _header(head, numeric, word, filled, figures, heads)
    last = bottom
    if figures:
        data = np.flatnonzero((numeric | (kinds == SYMBOL))[:, figures].any(axis=1))
        data = data[data >= body]
        last = int(data[-1]) if len(data) else max(body, first)
    again = [int(row) for row in np.flatnonzero(heads) if body < row <= last] if figures else []
    return Table(
        grid, head, kinds, words, top, bottom, first, body, last, figures, _labels(head[first:body], grid.width), again
    )


def _kinds(grid: Grid) -> tuple[np.ndarray, list[pl.Series | None]]:
    kinds = np.zeros((grid.height, grid.width), dtype=np.int8)
    words: list[pl.Series | None] = []
    for column in range(grid.width):
        numbers = grid.numbers(column, 0, grid.height)
        if numbers is not None:
            kinds[numbers.is_not_null().to_numpy(), column] = NUMBER
            if grid.all_numbers(column, 0, grid.height):
                words.append(None)
                continue
        text = grid.texts(column, 0, grid.height)
        frame = pl.DataFrame({"raw": text, "plain": squeeze_column(text)}).with_columns(
            is_number=numbers.is_not_null() if numbers is not None else pl.col("raw").str.contains(_PLAIN)
        )
        kind = (
            pl.when(pl.col("plain") == "")
            .then(EMPTY)
            .when("is_number")
            .then(NUMBER)
            .when(pl.col("plain").str.contains(_NUMERAL) & ~pl.col("raw").str.contains(_CIRCLED))
            .then(NUMERAL)
            .when(pl.col("plain").is_in(_SYMBOLS))
            .then(SYMBOL)
            .otherwise(WORD)
        )
        frame = frame.with_columns(kind=kind.cast(pl.Int8), raw=pl.when(~pl.col("is_number")).then("raw"))
        kinds[:, column] = frame["kind"].to_numpy()
        words.append(frame.select(pl.when(pl.col("kind") != EMPTY).then("raw")).to_series())
    return kinds, words


def _like_headers(
    head: list[list[str]], numeric: np.ndarray, word: np.ndarray, filled: np.ndarray, figures: list[int]
) -> np.ndarray:
    """Rows whose cells over the columns of figures are mostly words, or years."""
    if not figures:
        return np.zeros(len(word), dtype=bool)
    over = word[:, figures].sum(axis=1)
    heads = (over > 0) & (over * 2 >= filled[:, figures].sum(axis=1)) & (word.sum(axis=1) >= min(2, word.shape[1]))
    for row, cells in enumerate(head):
        years = [cells[column] for column in figures if numeric[row, column]]
        if len(years) >= 2 and len(set(years)) == len(years) and all(_YEAR.fullmatch(year) for year in years):
            heads[row] = True
    return heads


def _header(
    head: list[list[str]],
    numeric: np.ndarray,
    word: np.ndarray,
    filled: np.ndarray,
    figures: list[int],
    heads: np.ndarray,
) -> tuple[int, int]:
    """(first header row, first row of data). The same row twice where no row looks like a header.

    The anchor is the first row like a header that is half as wide as the table; titles and metadata are narrower.
    """
    widths = filled.sum(axis=1)
    rows = np.flatnonzero(widths)
    if not figures:  # a table of words: the first row that is as wide as the table
        first = int(np.flatnonzero(widths * 2 >= widths.max())[0])
        return first, first + 1
    found = np.flatnonzero(heads[:HEAD])
    if not len(found):
        return int(rows[0]), int(rows[0])
    usual = int(np.median(widths[rows[len(rows) // 2 :]]))
    broad = found[widths[found] * 2 >= usual]
    first = int(broad[0] if len(broad) else found[widths[found].argmax()])
    body = next(
        (
            row
            for row in range(first + 1, len(heads))
            if not heads[row] and numeric[row, figures].any() and not (row + 1 < len(heads) and heads[row + 1])
        ),
        first + 1,
    )
    left = int(np.flatnonzero(filled[body:].any(axis=0))[0]) if filled[body:].any() else 0
    # a level of the header stands over columns that have no name below it yet, or shares their merged name; a title
    # stands over a first column that is named below
    while first > 0 and word[first - 1].sum() >= 2:
        above = head[first - 1][left]
        if above and any(row[left] and row[left] != above for row in head[first:body]):
            break
        first -= 1
    return first, body


def _labels(rows: list[list[str]], width: int) -> list[str]:
    """Header text per column; blanks of the upper rows are filled from the left."""
    rows = [list(row) for row in rows]
    for row in rows[:-1]:
        for column in range(1, width):
            row[column] = row[column] or row[column - 1]
    return ["/".join(dict.fromkeys(row[column] for row in rows if row[column])) for column in range(width)]
