"""Cells -> numbers with a status.

Holds the spelling of numbers and of the signs that stand in a number's place. Does not hold which signs a source uses
(its contract declares them) or what a missing figure means for an indicator. A missing number is never 0 and never a
silent null: it has a status, or the cell is an error.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import polars as pl

from sousei.ingest.vocabulary.text import squeeze

EXACT = 2**53
"""Largest magnitude that a spreadsheet's float holds exactly."""
RESIDUE = 1e-3
"""Distance from an integer that is the residue of binary floats (169100.41100000002 千円), not a fraction."""

_PLAIN = r"^-?(0|[1-9]\d*)(\.\d+)?$"
_GROUPED = r"^-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$"
_NUMBER = re.compile(r"(0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(\.\d+)?")
_PARTED = re.compile(r"[\d,.]\s+[\d,.]")


def read_number(text: object, symbols: Mapping[str, str] | None = None) -> tuple[float | None, str | None]:
    """(number, None), or (None, status) for a declared sign.

    Reads full-width digits, thousands commas (in their right places only), △ ▲ - and (5) as negative. A leading zero
    (a code that slipped into a column of figures), a space between digits, and a raised or ringed digit (the mark of a
    note: 1,234², ①, ⑸, not a digit of the number) are errors.
    symbols: sign as squeezed text -> value_status. Raises ValueError for anything else, blank cells too.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        if text != text or abs(text) > EXACT:
            raise ValueError("not an exact number")
        return float(text), None
    plain = squeeze(text)
    if symbols and plain in symbols:
        return None, symbols[plain]
    if _PARTED.search(str(text)) or any(unicodedata.category(sign) == "No" for sign in str(text)):
        raise ValueError("not a number")
    body, negative = plain, False
    if body[:1] in {"△", "▲", "-"}:
        body, negative = body[1:], True
    elif body.startswith("(") and body.endswith(")"):
        body, negative = body[1:-1], True
    elif body[:1] == "+":
        body = body[1:]
    if not _NUMBER.fullmatch(body):
        raise ValueError("not a number")
    number = float(body.replace(",", ""))
    if int(body.replace(",", "").split(".")[0]) > EXACT:
        raise ValueError("not an exact number")
    return (-number if negative else number), None


def type_column(raw: pl.Series, symbols: Mapping[str, str]) -> pl.DataFrame:
    """Columns `number` (Float64) and `status` (String) of a text column, row by row.

    status: null for a number; the declared status for a sign; `blank` for an empty cell; `unreadable` for the rest.
    """
    frame = pl.DataFrame({"raw": raw.fill_null("").str.strip_chars()})
    whole = pl.col("raw").cast(pl.Int64, strict=False)
    frame = frame.with_columns(number=pl.when(whole.cast(pl.String) == pl.col("raw")).then(whole).cast(pl.Float64))
    if frame["number"].null_count():
        other = pl.when(pl.col("number").is_null()).then(pl.col("raw"))
        spelled = pl.coalesce(
            pl.when(other.str.contains(_PLAIN)).then(other),
            pl.when(other.str.contains(_GROUPED)).then(other.str.replace_all(",", "", literal=True)),
        )
        frame = frame.with_columns(number=pl.coalesce("number", spelled.cast(pl.Float64, strict=False)))
    frame = frame.with_columns(number=pl.when(pl.col("number").abs() < EXACT).then("number"))
    rest = frame.filter(pl.col("number").is_null())["raw"].unique().to_list()
    if not rest:
        return frame.select("number", status=pl.lit(None, pl.String))
    read: list[tuple[str, float | None, str | None]] = []
    for text in rest:
        if not squeeze(text):
            read.append((text, None, "blank"))
            continue
        try:
            value, status = read_number(text, symbols)
        except ValueError:
            value, status = None, "unreadable"
        read.append((text, value, status))
    known = pl.DataFrame(read, schema={"raw": pl.String, "other": pl.Float64, "status": pl.String}, orient="row")
    return frame.join(known, on="raw", how="left", maintain_order="left").select(
        number=pl.coalesce("number", "other"), status="status"
    )


def text_of_number(number: float) -> str:
    """A spreadsheet number as text: integers without '.0', other numbers in full."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def text_of_numbers(numbers: pl.Series) -> pl.Series:
    """The cells of a numeric spreadsheet column as text: integers without '.0', other numbers in full."""
    column = pl.col("n")
    whole = (column == column.floor()) & (column.abs() < 1e15)
    return (
        pl.DataFrame({"n": numbers})
        .select(
            pl.when(whole)
            .then(pl.when(whole).then(column).cast(pl.Int64).cast(pl.String))
            .otherwise(column.cast(pl.String))
        )
        .to_series()
    )
