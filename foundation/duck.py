"""DuckDB as every room uses it: the same session on every host, text and names in SQL.

Holds: opening a file, quoting, the names of a database's tables, whether two tables hold the same. Does not hold: a
table or a query of the product.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def connect(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file with the session settings that make text and digests the same on every host."""
    import duckdb

    connection = duckdb.connect(
        str(path),
        read_only=read_only,
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
    )
    connection.execute("set timezone = 'Asia/Tokyo'")
    return connection


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def parquet(paths: Iterable[Path]) -> str:
    """The table function that reads these Parquet files, by their absolute paths."""
    return f"read_parquet([{', '.join(quoted(str(path.resolve())) for path in paths)}])"


def identifier(text: str) -> str:
    """A quoted SQL name."""
    return '"' + text.replace('"', '""') + '"'


def facts_of(
    connection: duckdb.DuckDBPyConnection,
    relation: tuple[str, str],
    database: str | None = None,
    without: Collection[str] = (),
) -> tuple[list[tuple[str, str]], int, int] | None:
    """What tells two states of a table or view apart without keeping either: columns with their types, number of rows,
    sum of the hashes of the rows in any order. None where it is not there.

    relation: schema and name. database: an attached one, else the connection's own. without: columns left out.
    """
    import duckdb

    place = ".".join(identifier(part) for part in (database, *relation) if part is not None)
    try:  # duckdb_columns() would bind every view of the file for one table
        described = connection.execute(f"describe {place}").fetchall()
    except duckdb.CatalogException:
        return None
    columns = [(column, kind) for column, kind, *_ in described if column not in without]
    return columns, *hash_of(connection, [column for column, _ in columns], place)


def hash_of(connection: duckdb.DuckDBPyConnection, columns: Iterable[str], relation: str) -> tuple[int, int]:
    """(rows, sum of the hashes of all rows) of a table or a query in brackets: equal for the same rows in any order."""
    row = ", ".join(identifier(column) for column in columns)
    counted = f"select count(*), coalesce(sum(hash({row})::hugeint), 0) from {relation}"  # noqa: S608
    ((rows, total),) = connection.execute(counted).fetchall()
    return rows, int(total)


def digest_of(facts: tuple[list[tuple[str, str]], int, int] | None) -> str:
    """SHA-256 over the facts of a table (`facts_of`). It holds for one version of DuckDB."""
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def tables_of(connection: duckdb.DuckDBPyConnection, database: str | None = None) -> list[str]:
    """Names of the tables of schema main, sorted; of the connection's own database where none is named."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = coalesce(?, current_database()) "
        "and schema_name = 'main' order by table_name",
        [database],
    ).fetchall()
    return [name for (name,) in rows]
