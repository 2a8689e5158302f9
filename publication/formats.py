"""A frame as bytes for a terminal, a spreadsheet or a program.

Holds: the forms of an answer, and which text a spreadsheet may run. Does not hold: the answer.
"""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import polars as pl

OF_TOOLS = {
    "string": ("string", "String", "character"),
    "integer": ("Int64", "Int64", "numeric"),
    "number": ("Float64", "Float64", "numeric"),
    "boolean": ("boolean", "Boolean", "logical"),
    "date": ("datetime64[s]", "Date", "Date"),
    "datetime": ("string", "String", "character"),
}
"""Type of Table Schema -> dtype of pandas (dates by parse_dates), of polars, and class of R's read.csv, which has no
whole numbers beyond 32 bits: `numeric` is exact to 2^53."""
SMALL_OF_TOOLS = ("Int32", "Int32", "integer")
"""The same of whole numbers of up to 32 bits."""
CSV_ROWS = 25_000
"""Rows of the longest table that a release holds as CSV: more than a person reads. Each stands twice (csv/, office/),
and six tables of every municipality with 27,000 to 100,000 rows would make a release of the whole country longer than
the 300 MB that are promised."""
FORMULA_START = r"^[\s\x{3000}\x00]*[=+\-@＝＋－＠]|^[\t\r\n\x00]"
"""Text that a spreadsheet may run: a formula sign, also full-width or after blanks, or a leading control character."""


def formatted(frame: pl.DataFrame, form: str) -> bytes:
    """An answer as `table` (for a terminal), `csv`, `json` (a list of records) or `parquet`; or as `schema`: a line of
    CSV for each of its columns, with the type to read it by, as schema.csv of a release has them.

    CSV has text cells neutralised like those of a release, and no byte order mark, because it goes into a pipe.
    Raises ValueError for another form.
    """
    buffer = io.BytesIO()
    if form == "parquet":
        frame.write_parquet(buffer)
    elif form == "json":
        buffer.write(json.dumps(frame.to_dicts(), ensure_ascii=False, default=_json_value).encode() + b"\n")
    elif form == "csv":
        frame.with_columns(
            pl.when(pl.col(pl.String).str.contains(FORMULA_START))
            .then("'" + pl.col(pl.String))
            .otherwise(pl.col(pl.String))
            .name.keep()
        ).write_csv(buffer)
    elif form == "schema":
        kinds = [(name, *_types(kind)) for name, kind in frame.schema.items()]
        pl.DataFrame(kinds, ["column", "type", "pandas", "polars", "r"], orient="row").write_csv(buffer)
    elif form == "table":
        with pl.Config(
            tbl_rows=-1,
            tbl_cols=-1,
            tbl_hide_dataframe_shape=True,
            tbl_hide_column_data_types=True,
            tbl_width_chars=1000,
            fmt_str_lengths=200,
        ):
            buffer.write((str(frame) + "\n").encode())
    else:
        raise ValueError(f"format_unknown: {form}")
    return buffer.getvalue()


def _types(kind: pl.DataType) -> tuple[str, str, str, str]:
    """Type of Table Schema, of pandas, polars and R."""
    if kind in (pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16):
        return ("integer", *SMALL_OF_TOOLS)
    known = {pl.Boolean: "boolean", pl.Date: "date"}
    if kind.is_integer():
        name = "integer"
    elif kind.is_numeric():
        name = "number"
    else:
        name = "datetime" if kind == pl.Datetime else known.get(kind.base_type(), "string")
    return (name, *OF_TOOLS[name])


def _json_value(value: Any) -> Any:
    """What JSON has no type for: decimals as numbers, dates and times as ISO 8601."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
