"""The rows of one sheet with what its sums work on.

Holds: rows -> the numbers of their keys, totals against parts with the same keys, and the equations that do not hold.
Does not hold which totals have which parts (sums.py, area_sums.py) or what is said of them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.ingest.contract.model import Layout
from sousei.ingest.decided.named import UNKNOWN
from sousei.ingest.rows.coded import coded
from sousei.ingest.tables import key_of, schema_of

_SOLVED = 400
"""Equations that do not hold and are kept for finding the one figure that is wrong."""
MUNICIPAL = {"municipality", "designated_city", "other"}
AREA, PREFECTURE = "area", "prefecture"
"""Keys of the checks' own: area_code with area_name, and the first two digits of area_code."""


class Equation(NamedTuple):
    """A sum that does not hold, by the figures' numbers in the rows. parts: (figure, its sign). short: the total less
    its parts; most: how far it may be above them."""

    total: int
    parts: list[tuple[int, int]]
    short: int
    most: float


class Keyed(NamedTuple):
    """Rows with what the sums work on. numbers: key -> for each row a number, equal where the keys are equal, from 0.
    figures: the values, whole numbers, 0 where missing. unknown: figures that are not used. places: the numbers of keys
    that were asked for together. broken: takes the equations that do not hold; None where nobody asks."""

    rows: pl.DataFrame
    value: str
    numbers: dict[str, np.ndarray]
    figures: np.ndarray
    missing: np.ndarray
    unknown: np.ndarray
    places: dict[tuple[str, ...], np.ndarray]
    broken: list[Equation] | None = None

    def place(self, keys: list[str]) -> np.ndarray:
        """The numbers of several keys as one."""
        if tuple(keys) not in self.places:
            self.places[tuple(keys)] = together(self.numbers, keys)
        return self.places[tuple(keys)]

    def once(self, keys: list[str]) -> pl.DataFrame:
        """The last row of each combination of keys."""
        place = self.place(keys)
        last = np.full(int(place.max()) + 1, -1)
        last[place] = np.arange(len(place))
        return self.rows[np.sort(last[last >= 0])]

    def words(self, name: str) -> list[str | None]:
        """The different words of a text column by their number, null last."""
        return words_of(self.rows[name])

    @property
    def municipal(self) -> np.ndarray:
        """Which rows are of municipalities, each area once."""
        return self.among("area_level", MUNICIPAL)

    def among(self, name: str, words: set[str]) -> np.ndarray:
        """Which rows have one of the words in a text column."""
        return np.array([word in words for word in words_of(self.rows[name])], dtype=bool)[self.numbers[name]]


def keyed_of(rows: pl.DataFrame, layout: Layout, value: str) -> Keyed:
    names = ("row", "area_level", "area_name", *keys_of(layout))
    rows = rows.with_columns(coded(rows[name]) for name in names if rows.schema[name] == pl.String)
    numbers = {name: _numbers(rows[name]) for name in names}
    numbers[AREA] = together(numbers, ["area_code", "area_name"])
    prefectures = coded(pl.Series([word and word[:2] for word in words_of(rows["area_code"])], dtype=pl.String))
    numbers[PREFECTURE] = _numbers(prefectures)[numbers["area_code"]]
    missing = rows[value].is_null().to_numpy()
    unknown = rows[UNKNOWN].to_numpy() if UNKNOWN in rows.columns else np.zeros(len(missing), dtype=bool)
    return Keyed(rows, value, numbers, rows[value].fill_null(0).to_numpy(), missing, unknown, {})


def words_of(column: pl.Series) -> list[str | None]:
    """The different words of a coded column by their number, null last."""
    assert isinstance(column.dtype, pl.Enum)
    return [*column.dtype.categories, None]


def _numbers(column: pl.Series) -> np.ndarray:
    if isinstance(column.dtype, pl.Enum):
        return column.to_physical().cast(pl.Int64).fill_null(len(column.dtype.categories)).to_numpy()
    number = column.to_physical().cast(pl.Int64)
    return (number - number.min()).fill_null(-1).to_numpy() + 1


def together(numbers: dict[str, np.ndarray], names: list[str]) -> np.ndarray:
    """The numbers of several keys as one; they stay below four times the number of rows."""
    place, size = np.zeros_like(numbers["row"]), 1
    for name in names:
        count = int(numbers[name].max()) + 1
        place, size = place * count + numbers[name], size * count
        if size > 4 * len(place):
            place = (pl.Series(place).rank("dense") - 1).cast(pl.Int64).to_numpy()
            size = int(place.max()) + 1
    return place


def keys_of(layout: Layout) -> list[str]:
    """Columns that make a row of the raw table one of a kind inside a delivery."""
    return [name for name in schema_of(layout.raw_table) if name in key_of(layout.raw_table)]


def other_keys(layout: Layout, over: str) -> list[str]:
    """Keys, beside the area's, that a total has in common with its parts."""
    return [name for name in keys_of(layout) if name not in {over, "area_code"}]


def differing(
    keyed: Keyed,
    keys: list[str],
    whole: np.ndarray,
    parts: np.ndarray,
    signs: np.ndarray,
    missing_is_nothing: bool,
    room: np.ndarray | float,
    count: int = 0,
    hidden: bool = False,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of `whole` that are not the sum of the rows of `parts` with the same keys, with that sum (`added`) and
    the most that would do (`most`); and what every tested row, by its number `at`, is `short` of.

    Left out: totals that are missing, that have no parts (or not `count` of them), or that have missing parts where
    those are not nothing or that are not used; with `hidden`, a total with missing parts is only not below what its
    other parts add up to. signs: of the parts, 1 or -1. room: how far a total may lie above its parts, for each row or
    for all.
    """
    place = keyed.place(keys)
    size = int(place.max()) + 1
    added = np.zeros(size, dtype=np.int64)
    np.add.at(added, place[parts], (keyed.figures * signs)[parts])
    found = np.bincount(place[parts], minlength=size)
    tested = found == count if count else found > 0
    gaps = np.zeros(size, dtype=bool)
    if not missing_is_nothing:
        gaps[place[parts & keyed.missing]] = True
        if not hidden:
            tested &= ~gaps
    tested[place[parts & keyed.unknown]] = False
    at = np.flatnonzero(whole & ~keyed.missing)
    at = at[tested[place[at]]]
    short = keyed.figures[at] - added[place[at]]
    most = np.where(gaps[place[at]], np.inf, room[at] if isinstance(room, np.ndarray) else room)
    wrong = (short < 0) | (short > most)
    every = pl.DataFrame({"at": at, "short": short})
    if not wrong.any():
        return pl.DataFrame(), every
    most = np.broadcast_to(most, short.shape)
    if keyed.broken is not None and len(keyed.broken) < _SOLVED:
        for one in np.flatnonzero(wrong)[:_SOLVED].tolist():
            inside = np.flatnonzero(parts & (place == place[at[one]])).tolist()
            pairs = [(spot, int(signs[spot])) for spot in inside]
            keyed.broken.append(Equation(int(at[one]), pairs, int(short[one]), float(most[one])))
    most = keyed.figures[at] - short + most
    bad = keyed.rows[at[wrong]].with_columns(added=added[place[at]][wrong], most=most[wrong])
    return bad.sort("row", maintain_order=True), every
