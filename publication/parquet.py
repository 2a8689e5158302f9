"""A table as a Parquet file that says what it is.

Holds: the metadata of file and columns, and the COPY that writes them beside the rows. Does not hold: which tables
(`contents`), or any wording (the database's comments).

Metadata of the file: `description_ja`, `description_en`, `grain` (the columns that identify a row, separated by
commas). Metadata of a column, below ARROW:schema: `description_ja`, `description_en`, `unit` of numbers, `grain` = its
place in the key. pyarrow, pandas, R and every Arrow tool show them. DuckDB writes the rows, so that types, values and
memory are its own.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

import duckdb

from sousei.foundation.duck import identifier, quoted
from sousei.publication.catalogue import Column, Described, words


def file_metadata(described: Described, grain: Sequence[str]) -> dict[str, str]:
    """What a file says of its table."""
    ja, en = words(described.description)
    return _given(description_ja=ja, description_en=en, grain=",".join(grain))


def column_metadata(column: Column, grain: Sequence[str]) -> dict[str, str]:
    """What a file says of one column."""
    ja, en = words(column.description)
    place = str(grain.index(column.name) + 1) if column.name in grain else ""
    return _given(description_ja=ja, description_en=en, unit=column.unit or "", grain=place)


def write(
    connection: duckdb.DuckDBPyConnection, table: str, described: Described, grain: Sequence[str], to: Path
) -> None:
    """Write main.<table>, as it lies, to a Parquet file. grain: the columns that identify a row; may be empty."""
    import pyarrow as pa

    name = f"main.{identifier(table)}"
    found = connection.execute(f"from {name} limit 0").to_arrow_table().schema
    of_file = file_metadata(described, grain)
    fields = [
        pa.field(field.name, _type_in_file(field.type), metadata=column_metadata(column, grain))
        for field, column in zip(found, described.columns, strict=True)
    ]
    arrow = base64.b64encode(pa.schema(fields, metadata=of_file).serialize().to_pybytes()).decode()
    said = ", ".join(f"{quoted(key)}: {quoted(text)}" for key, text in {**of_file, "ARROW:schema": arrow}.items())
    connection.execute(
        f"copy (from {name}) to {quoted(str(to))} (format parquet, compression zstd, kv_metadata {{{said}}})"
    )


def _type_in_file(kind: object) -> object:
    """The Arrow type under which Parquet keeps a column: moments are in UTC there, whatever the session's zone."""
    import pyarrow as pa

    return pa.timestamp(kind.unit, "UTC") if isinstance(kind, pa.TimestampType) and kind.tz else kind


def _given(**said: str) -> dict[str, str]:
    return {key: text for key, text in said.items() if text}
