"""Text columns of few different values, as numbers into a list of words (polars Enum).

Holds the way in, the way out, and the Parquet file whose readers see plain text. A delivery's areas, sexes, ages and
labels repeat thousands of times; as numbers they are quicker to group, compare and write, and smaller. Does not hold
which columns are worth it (melt.py).
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import IO

import polars as pl

from sousei.ingest.tables import schema_of


def coded(text: pl.Series) -> pl.Series:
    """A text column as Enum of its different values, in order of appearance."""
    return text.cast(pl.Enum(text.unique(maintain_order=True).drop_nulls()))


def plain(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows with every coded column as text."""
    return rows.with_columns(pl.col(pl.Enum).cast(pl.String))


def together(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Frames of one raw table, one after the other; the codes of two frames differ, so several become text."""
    return frames[0] if len(frames) == 1 else pl.concat([plain(frame) for frame in frames])


def write_raw(table: str, source_id: str, rows: pl.DataFrame, file: IO[bytes]) -> None:
    """Rows of a raw table, coded or not, as Parquet with the table's schema: text is text to whoever reads it."""
    frame = rows.with_columns(source_id=pl.lit(source_id, pl.Enum([source_id]))).select(schema_of(table).names())
    frame.write_parquet(file, compression="zstd", compression_level=1, metadata={_SCHEMA_KEY: _schema_note(table)})


_SCHEMA_KEY = "ARROW:schema"


@cache
def _schema_note(table: str) -> str:
    """What polars notes in a file about the types of a table's columns. Without it polars would note the codes of this
    very file and read them back, and two files would not go together."""
    empty = BytesIO()
    schema_of(table).to_frame().write_parquet(empty)
    empty.seek(0)
    return pl.read_parquet_metadata(empty)[_SCHEMA_KEY]
