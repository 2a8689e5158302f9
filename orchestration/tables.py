"""What a table holds, for Dagster's pages: a sentence in Japanese and English, and its columns.

Holds: putting together what ingest.tables, projection.night.tables and dbt's YAML say. Does not hold: any table's
columns; of sentences only those of tables that dbt does not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

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
_NOT_READ_BY_DBT = {
    "problem": "読み取りで見つかった問題1件が1行 / One row per problem that reading found.",
    "estat_value": "e-Stat の API で取得した値1件が1行 / One row per value fetched from the e-Stat API.",
    "municipality": "届いたコード表の団体1件が1行 / One row per municipality of a delivered code table.",
    "municipality_change": "届いた廃置分合等情報の変更1件が1行 / One row per change of a delivered list of mergers "
    "and renames.",
    "backtest": "過去の推計と実績の差1件が1行 / One row per past projection beside what was counted.",
}


def sentence(manifest: Mapping[str, Any], schema: str, table: str) -> str:
    """What a row of a table of ours is, Japanese / English: as dbt's sources say; a raw table of figures as the table
    made of it.

    Raises KeyError where nobody says it.
    """
    said = {(one["source_name"], one["name"]): one["description"] for one in manifest["sources"].values()}
    for place in (schema, "delivered"):
        if text := said.get((place, table)):
            return text
    return _NOT_READ_BY_DBT[table]


def columns(table: Mapping[str, tuple[pl.DataType, str]]) -> dict[str, dg.TableSchema]:
    """Metadata with the columns of a table, as ingest.tables or projection.night.tables have them."""
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
