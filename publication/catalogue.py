"""The tables of a release as its database describes them.

Holds: comment and columns of each table of schema main. Does not hold: rows, or what a description says.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from sousei.foundation import duck


@dataclass(frozen=True)
class Column:
    """One column; `description` is its comment."""

    name: str
    type: str
    description: str | None


@dataclass(frozen=True)
class Described:
    """One table; `description` is its comment."""

    description: str | None
    columns: tuple[Column, ...]


def describe_all(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, Described]:
    """Every table of schema main by name, sorted."""
    comments = dict(
        connection.execute(
            "select table_name, comment from duckdb_tables() where database_name = ? and schema_name = 'main'",
            [database],
        ).fetchall()
    )
    columns: dict[str, list[Column]] = {name: [] for name in duck.tables_of(connection, database)}
    rows = connection.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() where database_name = ? "
        "and schema_name = 'main' order by table_name, column_index",
        [database],
    ).fetchall()
    for table, *column in rows:
        if table in columns:
            columns[table].append(Column(*column))
    return {name: Described(comments[name], tuple(found)) for name, found in columns.items()}


def describe(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> Described:
    """One table of schema main.

    Raises KeyError where there is no such table.
    """
    return describe_all(connection, database)[table]
