"""The grain of each mart, as a database says itself.

Holds: reading meta_grain. Does not hold: what the grain is (the YAML beside each mart's SQL).
"""

from __future__ import annotations

import duckdb


def grain(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, list[str]]:
    """The columns that identify a row, by table, as the database of `schema` (main, a.main) says itself."""
    return dict(
        connection.execute(
            f"select table_name, list(column_name order by place) from {schema}.meta_grain group by table_name"  # noqa: S608 our own names
        ).fetchall()
    )
