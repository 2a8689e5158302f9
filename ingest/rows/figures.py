"""The figures of a grid: one row per cell of a measure column.

Holds: typing, blanks, signs, and the cells that a contract does not allow. Does not hold whose figure it is (keys.py,
dimensions.py), what a row's columns say of each other (across.py) or how figures add up (sums.py).
"""

from __future__ import annotations

import re
from typing import Any

import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.cells.grid import Grid
from sousei.ingest.problems.record import SHOWN, Problem, problem
from sousei.ingest.recognise.recognised import Recognised
from sousei.ingest.rows.keys import hidden_rows, measures
from sousei.ingest.tables import figure_of, schema_of
from sousei.ingest.vocabulary.values import RESIDUE, text_of_numbers, type_column

_TOTAL_AGE = re.compile(r"(?:年齢)?総数")


def figures(grid: Grid, found: Recognised, records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(figures, bad): one row per figure, column after column: `record` (number of the row in `records`), `measure`
    (number of the measure column), `value_raw`, `number` (as in the file), `status` (as `type_column` says). bad: those
    that the contract does not allow, with `row`, `column_label` and `reason`; what is no number at all has none."""
    body, end = found.header.body, grid.height
    columns = measures(found)
    rows = records["at"] - body
    every = len(rows) == end - body
    numeric = [number for number, bound in enumerate(columns) if grid.all_numbers(bound.place, body, end)]
    textual = [number for number in range(len(columns)) if number not in numeric]
    pieces = []
    if numeric:
        spans = [grid.numbers(columns[number].place, body, end) for number in numeric]
        numbers = pl.concat([span if every else span.gather(rows) for span in spans if span is not None])
        blank = pl.when(pl.col("number").is_null()).then(pl.lit("blank"))
        pieces.append(
            pl.DataFrame({"number": numbers, "value_raw": text_of_numbers(numbers)}).with_columns(status=blank)
        )
    if textual:
        cells = [grid.texts(columns[number].place, body, end) for number in textual]
        raw = pl.concat([cell if every else cell.gather(rows) for cell in cells])
        pieces.append(type_column(raw, found.layout.symbols).with_columns(value_raw=raw))
    order = pl.Series([*numeric, *textual], dtype=pl.UInt32)
    count = records.height
    place = pl.int_range(len(order) * count, dtype=pl.UInt32, eager=True)
    long = pl.concat([piece.select("number", "status", "value_raw") for piece in pieces]).with_columns(
        pl.col("value_raw").fill_null(""),
        record=place % max(count, 1),
        measure=order.gather(place // max(count, 1)),
    )
    long = _hidden(found, records, long)
    bad = _bad_cells(found, records, long)
    skipped = [n for n, bound in enumerate(columns) if (bound.column.blank or found.layout.blank) == "skip"]
    if skipped:
        long = long.filter(~((pl.col("status") == "blank") & pl.col("measure").is_in(skipped)).fill_null(False))
    if not bad.is_empty():
        typed = bad.filter(~pl.col("reason").is_in(["negative", "too_large"])).select("record", "measure", typed=True)
        long = long.join(typed, on=["record", "measure"], how="left", maintain_order="left")
        long = long.with_columns(
            number=pl.when(pl.col("typed").is_null()).then("number"),
            status=pl.when(pl.col("typed").is_null()).then("status").otherwise(pl.lit("blank")),
        ).drop("typed")
    return long, bad


def _hidden(found: Recognised, records: pl.DataFrame, long: pl.DataFrame) -> pl.DataFrame:
    """The figures with those suppressed that the publisher hides: all age classes of a row that it marks. Where only
    some of them are blank, they stay blanks."""
    if found.layout.hidden is None or not (long["status"] == "blank").any():
        return long
    marked = hidden_rows(found, records)
    if marked is None:
        return long
    columns = measures(found)
    classes = [number for number, bound in enumerate(columns) if not _TOTAL_AGE.match(bound.groups.get("age", "総数"))]
    blank = (pl.col("status") == "blank").fill_null(False) & pl.col("measure").is_in(classes)
    marked_at = pl.lit(marked).gather(pl.col("record"))
    all_blank = blank.sum().over("record") == len(classes)
    return long.with_columns(
        status=pl.when(blank & marked_at & all_blank).then(pl.lit("suppressed")).otherwise(pl.col("status"))
    )


def of_measure(values: list[Any], dtype: pl.DataType | type[pl.DataType] | None = None) -> pl.Expr:
    """What belongs to the measure column of a figure, given for each of them in order."""
    if len(set(values)) == 1:
        return pl.lit(values[0], dtype)
    return pl.lit(pl.Series(values, dtype=dtype)).gather(pl.col("measure"))


def _bad_cells(found: Recognised, records: pl.DataFrame, long: pl.DataFrame) -> pl.DataFrame:
    """Cells that are not figures, not whole, negative or too large where the contract says that they are not."""
    layout, columns = found.layout, measures(found)
    dtype = schema_of(layout.raw_table)[figure_of(layout.raw_table)]

    each = of_measure
    places = 10**dtype.scale if isinstance(dtype, pl.Decimal) else 1
    scaled = pl.col("number") * each([bound.column.scale for bound in columns])
    blank_is_error = each([(bound.column.blank or layout.blank) == "error" for bound in columns])
    may_be_negative = each([bound.column.negative for bound in columns])
    reason = (
        pl.when(pl.col("status") == "unreadable")
        .then(pl.lit("unreadable"))
        .when((pl.col("status") == "blank") & blank_is_error)
        .then(pl.lit("blank"))
        .when((scaled * places - (scaled * places).round()).abs() > RESIDUE)
        .then(pl.lit("fraction"))
        .when((pl.col("number") < 0) & ~may_be_negative)
        .then(pl.lit("negative"))
        .when(scaled.abs() > each([bound.column.maximum or layout.maximum for bound in columns]))
        .then(pl.lit("too_large"))
    )
    bad = long.select("record", "measure", "value_raw", reason=reason).drop_nulls("reason")
    if bad.is_empty():
        return bad
    return bad.with_columns(
        row=records["row"].gather(bad["record"]),
        column_label=of_measure([bound.label.shown for bound in columns], pl.String),
    ).sort("row", "measure")


_BAD = {
    "unreadable": "unreadable_value.figure",
    "blank": "blank_value.figure",
    "fraction": "fraction",
    "negative": "negative_value",
    "too_large": "value_too_large",
}


def bad_cells(grid: Grid, found: Recognised, bad: pl.DataFrame) -> list[Problem]:
    """What is said of cells that the contract does not allow: rows of the second frame of `figures`."""
    problems: list[Problem] = []
    if bad.is_empty():
        return problems
    for row, label, raw, why in bad.select("row", "column_label", "value_raw", "reason").head(SHOWN).iter_rows():
        problems.append(
            problem(
                _BAD[why],
                sheet=grid.sheet,
                row=row,
                column_label=label,
                count=bad.height,
                signs=" ".join(found.layout.symbols) or "no sign",
                text=shown.cell(raw),
            )
        )
    return problems
