"""What is said once and holds for many figures: by a row of the grid, by a measure column.

Holds the two ways of saying it and how it comes to the figures. Does not hold what is said (dimensions.py, tidy.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from sousei.ingest.cells.grid import Grid
from sousei.ingest.problems.record import Problem, problem


class Told(NamedTuple):
    """by: `record`, `measure` or `figure`. values: one for each row of the grid, measure column or figure."""

    by: str
    values: pl.Series

    def spread(self, figures: pl.DataFrame) -> pl.Series:
        """One value for each figure."""
        return self.values if self.by == "figure" else self.values.gather(figures[self.by])

    def first(self, wrong: pl.Series, figures: pl.DataFrame) -> int | None:
        """Number of the first figure whose value is marked in `wrong`, which has one mark for each value."""
        if not wrong.any():
            return None
        return self._replace(values=wrong).spread(figures).index_of(True)

    def read(self, meaning: Mapping[Any, Any], dtype: pl.DataType | type[pl.DataType]) -> Told:
        """The same with each value's meaning; null where it has none."""
        return self._replace(values=self.values.replace_strict(meaning, default=None, return_dtype=dtype))

    def words(self) -> list[str]:
        """The different values, in order of appearance, without null."""
        return self.values.unique(maintain_order=True).drop_nulls().to_list()


def same(count: int, value: Any, dtype: pl.DataType | type[pl.DataType]) -> Told:
    """One value for all of `count` measure columns."""
    return Told("measure", pl.Series([value] * count, dtype=dtype))


def beside(first: Told, second: Told, figures: pl.DataFrame) -> tuple[str, pl.Series, pl.Series]:
    """(by, values, values) of two, for a rule over both."""
    if first.by == second.by:
        return first.by, first.values, second.values
    return "figure", first.spread(figures), second.spread(figures)


def no_period(grid: Grid, name: str) -> Problem:
    """The figures do not say of which period they are."""
    return problem("no_period.not_stated", sheet=grid.sheet, column=name)
