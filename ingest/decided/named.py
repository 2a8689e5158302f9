"""Declared errors of a publisher, while one delivery is read: its checks see the figures as they are used.

Holds: which lines of the corrections (corrections.py) concern a delivery, rows with those lines applied, and what is
told of figures that are not used. The raw rows stay as published; what reads them afterwards goes through the views of
corrections.py. Does not hold the lines that a refusal proposes (way_past.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from sousei.ingest.decided import corrections
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.tables import figure_of

PUBLISHED, UNKNOWN, STATUS = "_published", "_unknown", "_status"
"""Columns of rows with lines applied: the figure and its status as published, and whether it is not used."""
_EXACT = pl.Decimal(28, 8)
_PLACES = ("delivery", "sheet", "row")


class Line(NamedTuple):
    """A whole line. keys: table key -> value or `begin*`; rows: first, last; delivery: '' where it names one figure."""

    called: str
    raw_table: str
    keys: dict[str, str]
    delivery: str
    sheet: str
    rows: tuple[int, int] | None
    as_published: Decimal | None
    corrected: Decimal | None

    def covers(self, sheet: str, row: int) -> bool:
        """The line names a row of the file by its place."""
        here = self.sheet in {"", plain_sheet(sheet)}
        return self.rows is not None and self.rows[0] <= row <= self.rows[1] and here


def plain_sheet(sheet: str) -> str:
    """A sheet's name without blanks, as a line writes it."""
    return "".join(sheet.split())


def whole(lines: pl.DataFrame | None) -> list[Line]:
    """The lines that are whole, from what `corrections.declared` gives."""
    if lines is None:
        return []
    made = []
    for line in lines.filter(pl.col("fault").is_null()).iter_rows(named=True):
        given = dict(part.split("=", 1) for part in line["row_key"].split(" "))
        first, _, last = given.get("row", "").partition("-")
        made.append(
            Line(
                f"{line['file']} の {line['line_number']} 行目",
                line["raw_table"],
                {name: value for name, value in given.items() if name not in _PLACES},
                given.get("delivery", ""),
                given.get("sheet", ""),
                (int(first), int(last or first)) if first else None,
                line["as_published"],
                line["corrected"],
            )
        )
    return made


def concerning(lines: Iterable[Line], digest: str, tables: Iterable[str] | None = None) -> list[Line]:
    """The lines that can change a delivery with this sha256 into these raw tables (None: any)."""
    wanted = None if tables is None else set(tables)
    bound = digest[: corrections.DELIVERY_DIGITS]
    return [
        line
        for line in lines
        if (line.delivery == bound if line.delivery else True) and (wanted is None or line.raw_table in wanted)
    ]


def fingerprint(lines: Iterable[Line]) -> str:
    """Hash of lines, with where they stand, in any order; '' without lines."""
    texts = sorted(json.dumps(line, default=str, ensure_ascii=False) for line in lines)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16] if texts else ""


def applied(rows: pl.DataFrame, table: str, lines: list[Line]) -> pl.DataFrame:
    """Rows of a raw table with the lines applied to figure and value_status, and with the columns PUBLISHED, STATUS and
    UNKNOWN; the same rows where no line names any of them."""
    value = figure_of(table)
    exact, many = [line for line in lines if not line.delivery], [line for line in lines if line.delivery]
    change = pl.lit(None, _EXACT)
    unknown, changed = pl.lit(False), pl.lit(False)
    for line in exact:
        hit = _hit(line) & (pl.col(value).cast(_EXACT) == pl.lit(line.as_published, _EXACT))
        if line.corrected is None:
            unknown = unknown | hit
        else:
            change, changed = pl.when(hit).then(pl.lit(line.corrected, _EXACT)).otherwise(change), changed | hit
    for line in many:
        unknown = unknown | (_hit(line) & ~changed)
    marks = rows.select(
        unknown.fill_null(False).alias(UNKNOWN), changed.fill_null(False).alias("changed"), change.alias("change")
    )
    if not (marks[UNKNOWN].any() or marks["changed"].any()):
        return rows
    figure = pl.when(marks["changed"]).then(marks["change"].cast(rows.schema[value])).otherwise(pl.col(value))
    status = pl.col("value_status").cast(pl.String)
    return rows.with_columns(
        pl.col(value).alias(PUBLISHED), pl.col("value_status").alias(STATUS), marks[UNKNOWN]
    ).with_columns(
        pl.when(marks[UNKNOWN]).then(None).otherwise(figure).alias(value),
        pl.when(marks[UNKNOWN]).then(pl.lit("not_reported")).when(marks["changed"]).then(pl.lit("revised"))
        .otherwise(status).alias("value_status"),
    )  # fmt: skip


def _hit(line: Line) -> pl.Expr:
    hit = pl.lit(True)
    if line.rows is not None:
        hit = hit & pl.col("row").is_between(*line.rows)
    if line.sheet:
        hit = hit & (pl.col("sheet").cast(pl.String).str.replace_all(r"\s", "") == line.sheet)
    for name, wanted in line.keys.items():
        text = pl.col(name).cast(pl.String)
        hit = hit & (text.str.starts_with(wanted[:-1]) if wanted.endswith("*") else text == wanted)
    return hit


def as_published(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    """The rows as they came, without the columns of `applied`."""
    if PUBLISHED not in rows.columns:
        return rows
    value = figure_of(table)
    return rows.with_columns(pl.col(PUBLISHED).alias(value), pl.col(STATUS).alias("value_status")).drop(
        PUBLISHED, STATUS, UNKNOWN
    )


def alike(frames: list[pl.DataFrame], table: str) -> list[pl.DataFrame]:
    """Frames of one raw table, all with the columns of `applied` or none."""
    if not any(PUBLISHED in frame.columns for frame in frames):
        return frames
    marks = (
        pl.col(figure_of(table)).alias(PUBLISHED),
        pl.col("value_status").cast(pl.String).alias(STATUS),
    )
    return [
        (
            frame if PUBLISHED in frame.columns else frame.with_columns(*marks, pl.lit(False).alias(UNKNOWN))
        ).with_columns(pl.col(STATUS, "value_status").cast(pl.String))
        for frame in frames
    ]


def told(rows: pl.DataFrame, aside: list[int], sheet: str, table: str, lines: list[Line]) -> list[Problem]:
    """What is not used of one sheet, by which line. rows: as `applied` gives them; aside: rows of the file that could
    not be read and were named."""
    problems = []
    for line in lines:
        gone = [row for row in aside if line.covers(sheet, row)]
        named = rows.filter(pl.col(UNKNOWN) & _hit(line)) if UNKNOWN in rows.columns else rows.clear()
        if line.corrected is not None or not (gone or named.height):
            continue
        areas = _areas(named)
        what = f"{named.height:,} 個の数値({areas})" if named.height else ""
        what += ("と" if what and gone else "") + (f"{_listed(gone)} 行目" if gone else "")
        first = min([*gone, *named["row"].head(1).to_list()])
        problems.append(
            problem(
                "figures_not_used",
                sheet=sheet,
                row=first,
                line=line.called,
                what_ja=what,
                figures=named.height,
                rows=len(gone),
            )
        )
    return problems


def _areas(named: pl.DataFrame) -> str:
    """The areas of rows, a few of them by name."""
    name = "area_name" if "area_name" in named.columns else "municipality_code"
    areas = named[name].cast(pl.String).unique(maintain_order=True).drop_nulls().to_list()
    return "、".join(areas[:3]) + (f" ほか {len(areas) - 3} 地域" if len(areas) > 3 else "")


def _listed(rows: list[int]) -> str:
    return "、".join(map(str, rows[:5])) + (" ほか" if len(rows) > 5 else "")
