"""A recognised grid -> rows of a raw table.

Holds the order of the steps and the long form: what is told of a row, of a column and of a cell, side by side for each
figure. Does not hold which column is which (match.py), keys (keys.py, area_keys.py), cells (figures.py), dimensions
(dimensions.py) or sums over rows (sums.py).
"""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import polars as pl

from sousei.ingest.cells.grid import Grid
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.recognise.recognised import Recognised
from sousei.ingest.rows import area_keys, keys
from sousei.ingest.rows.across import across
from sousei.ingest.rows.coded import coded
from sousei.ingest.rows.dimensions import dimensions, observed_days
from sousei.ingest.rows.figures import figures
from sousei.ingest.rows.told import Told, no_period
from sousei.ingest.tables import schema_of

_MANY = 10_000
"""Figures above which coding texts costs less than it saves."""


class Melted(NamedTuple):
    """rows: the raw table without source_id (rows carry every figure, missing ones too), its texts coded (coded.py)
    where they are many; problems: why not, or what to look at; `gate` problems mean that the rows must not be used.
    bad: cells that the contract does not allow, as `figures` gives them; across: how the columns of a row contradict
    each other. Neither may be left over where the rows are used."""

    rows: pl.DataFrame
    problems: list[Problem]
    observed: list[dt.date]
    bad: pl.DataFrame
    across: list[Problem]


def melt(
    grid: Grid, found: Recognised, aside: frozenset[int] = frozenset(), named: frozenset[int] = frozenset()
) -> Melted:
    """Rows of the layout's raw table. aside: rows, as a person counts them, that are left out; named: rows in which a
    figure is not used, so that their columns are not compared."""
    schema = {name: dtype for name, dtype in schema_of(found.layout.raw_table).items() if name != "source_id"}
    none = pl.DataFrame(schema=schema)
    records, problems = keys.records(grid, found, aside)
    if not problems:
        records, problems = area_keys.with_areas(grid, found, records)
    if problems:
        return Melted(none, problems, [], pl.DataFrame(), [])
    notes = keys.parts_left_out(grid, found) + keys.own_characters(grid, found, records)
    cells, bad = figures(grid, found, records)
    contradictions = across(grid, found, records, named | set(bad["row"] if not bad.is_empty() else []))
    notes += _hidden(grid, found, records, cells)
    told, problems = dimensions(grid, found, records, cells)
    if not told:
        return Melted(none, problems, [], bad, contradictions)
    if missing := [name for name in schema if name not in told]:
        raise KeyError(f"{found.contract.source}/{found.layout.layout} gives no {missing}")
    rows = pl.DataFrame([_column(told[name], dtype, cells).alias(name) for name, dtype in schema.items()])
    problems = notes + problems
    for name in ("as_of_date", "month", "fiscal_year", "year"):
        if name in schema and rows[name].null_count():
            problems.append(no_period(grid, name))
            break
    return Melted(rows, problems, observed_days(found, rows), bad, contradictions)


def _hidden(grid: Grid, found: Recognised, records: pl.DataFrame, cells: pl.DataFrame) -> list[Problem]:
    """How many rows the publisher hides by its mark."""
    if found.layout.hidden is None:
        return []
    hidden = cells.filter((pl.col("status") == "suppressed").fill_null(False) & (pl.col("value_raw") == ""))
    rows = records[hidden["record"].unique().sort()]
    if rows.is_empty():
        return []
    areas = rows["area_name"].n_unique()
    return [
        problem(
            "hidden_by_publisher",
            sheet=grid.sheet,
            row=rows["row"][0],
            areas=areas,
            rows=rows.height,
            blanks=hidden.height,
        )
    ]


def _column(told: Told, dtype: pl.DataType, cells: pl.DataFrame) -> pl.Series:
    """What is told, for every figure. Texts of rows and columns are coded before they are repeated many times."""
    if dtype != pl.String:
        return told.spread(cells).cast(dtype)
    if told.by != "figure" and cells.height > _MANY:
        told = told._replace(values=coded(told.values))
    return told.spread(cells)
