"""What a table holds, for Dagster's pages: a sentence in Japanese and English, and its columns.

Holds: putting together what ingest.tables, projection.night.tables and dbt's YAML say. Does not hold: any table's
columns; of sentences only those of tables that dbt does not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from sousei.ingest.tables import RawTable

_TYPES: dict[type[pl.DataType], str] = {
    pl.String: "varchar",
    pl.Boolean: "boolean",
    pl.Int8: "tinyint",
    pl.Int16: "smallint",
    pl.Int32: "integer",
    pl.Int64: "bigint",
    pl.Date: "date",
    pl.Datetime: "timestamp with time zone",
}
_NOT_READ_BY_DBT = {"backtest": "過去の推計と実績の差1件が1行 / One row per past projection beside what was counted."}


def sentence(manifest: Mapping[str, Any], table: str) -> str:
    """What a row of a table of the projection is, Japanese / English, as dbt's sources say.

    Raises KeyError where nobody says it.
    """
    said = {(one["source_name"], one["name"]): one["description"] for one in manifest["sources"].values()}
    return said.get(("projection", table)) or _NOT_READ_BY_DBT[table]


def raw_columns(table: RawTable) -> dict[str, dg.TableSchema]:
    """Metadata with the columns of a raw table."""
    return _metadata(dg.TableColumn(one.name, _type(one.dtype), description=one.description) for one in table.columns)


def columns(table: Mapping[str, tuple[pl.DataType, str]]) -> dict[str, dg.TableSchema]:
    """Metadata with the columns of a table, as projection.night.tables has them."""
    return _metadata(dg.TableColumn(name, _type(kind), description=text) for name, (kind, text) in table.items())


def seed_columns(properties: Mapping[str, Any]) -> dict[str, dg.TableSchema]:
    """Metadata with the columns of a seed; empty where dbt's YAML declares none."""
    types = properties["config"].get("column_types") or {}
    return _metadata(dg.TableColumn(name, kind) for name, kind in types.items()) if types else {}


def _metadata(made: Any) -> dict[str, dg.TableSchema]:
    return {"dagster/column_schema": dg.TableSchema(columns=list(made))}


def _type(kind: pl.DataType) -> str:
    if isinstance(kind, pl.Decimal):
        return f"decimal({kind.precision},{kind.scale})"
    return _TYPES[type(kind)]
