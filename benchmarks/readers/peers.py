"""The peers of W5: the ready queries on the same marts in SQLite and PostgreSQL, nobody publishing.

Holds: a release's marts in each engine, a query in its dialect, a reader of it. Does not hold: our own reader, or the
run of several (benchmarks.readers.__main__). A query counts only where every engine that is here gives the same rows;
one whose SQL an engine does not have is left out for all, and how many remain is told.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.registry.cluster import cluster, programs

_TYPES = {"VARCHAR": "text", "DOUBLE": "double precision", "TIMESTAMP WITH TIME ZONE": "timestamptz"}
"""DuckDB's type -> PostgreSQL's, where the name differs."""
_SHIMS = (
    "create function year(date) returns int immutable language sql as 'select extract(year from $1)::int'",
    "create function round(double precision, int) returns numeric immutable language sql as "
    "'select round($1::numeric, $2)'",
)
"""What our queries ask of PostgreSQL that it has under another name."""
Asking = Callable[[str], list[tuple[Any, ...]]]


def dialect(engine: str, sql: str) -> str:
    """A query as the engine writes it: SQLite has no casts with `::`, and PostgreSQL has all that is rewritten here."""
    return re.sub(r"::\w+(\(\d+, ?\d+\))?", "", sql) if engine == "sqlite" else sql


def plain(rows: list[tuple[Any, ...]]) -> list[str]:
    """Rows as every engine can give them, in one order: numbers to six digits, days and moments as text."""

    def one(value: Any) -> Any:
        if isinstance(value, bool | int | float | Decimal):
            return round(float(value), 6)
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        return value.isoformat() if isinstance(value, date) else value

    return sorted(repr(tuple(map(one, row))) for row in rows)


def tables(release: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """Mart -> its columns and their types."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in release.execute(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'main' and not internal "
        "and database_name = current_database() order by table_name, column_index"
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def into_sqlite(release: Path, to: Path) -> None:
    """The marts as a SQLite file with the same indexes as ours: none."""
    with duckdb.connect(str(release), read_only=True) as ours, sqlite3.connect(to) as theirs:
        for table, columns in tables(ours).items():
            theirs.execute(f"create table {table} ({', '.join(columns)})")
            asked = ", ".join(
                f"cast({name} as double)" if kind.startswith(("DECIMAL", "HUGEINT")) else
                f"strftime({name} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%f+00:00')" if "TIME ZONE" in kind else
                f"cast({name} as varchar)" if kind == "DATE" else name
                for name, kind in columns.items()
            )  # fmt: skip
            rows = ours.execute(f"select {asked} from {table}").fetchall()
            theirs.executemany(f"insert into {table} values ({', '.join('?' * len(columns))})", rows)


def into_postgres(release: Path, folder: Path, ask: Callable[..., str]) -> None:
    """The marts as tables of a PostgreSQL that has nothing else."""
    for sql in _SHIMS:
        ask(sql)
    with duckdb.connect(str(release), read_only=True) as ours:
        ours.execute("set timezone = 'UTC'")
        for table, columns in tables(ours).items():
            named = ", ".join(f"{name} {_TYPES.get(kind, kind)}" for name, kind in columns.items())
            ask(f"create table {table} ({named})")
            path = folder / f"{table}.csv"
            ours.execute(f"copy {table} to '{path}' (header false, nullstr '\\N', force_quote *)")
            with path.open("rb") as file:
                ask(f"copy {table} from stdin (format csv, null '\\N')", file)
    ask("analyze")


@contextmanager
def asking(engine: str, place: str) -> Iterator[Asking]:
    """A session of the engine. place: the file, or the folder of the socket."""
    if engine == "sqlite":
        own = sqlite3.connect(f"file:{place}?mode=ro", uri=True)
        own.create_function("year", 1, lambda day: day and int(day[:4]), deterministic=True)
        own.create_function("make_date", 3, lambda *of: f"{of[0]:04}-{of[1]:02}-{of[2]:02}", deterministic=True)
    elif engine == "postgresql":
        import psycopg2

        own = psycopg2.connect(host=place, user="postgres", dbname="postgres")
        own.autocommit = True
    else:
        own = duckdb.connect(place, read_only=True)

    def rows(sql: str) -> list[tuple[Any, ...]]:
        cursor = own.cursor()
        cursor.execute(dialect(engine, sql))
        return list(cursor.fetchall())

    try:
        yield rows
    finally:
        own.close()


@contextmanager
def loaded(release: Path, folder: Path) -> Iterator[dict[str, str]]:
    """Engine -> its place, with the marts of the release in it. PostgreSQL where it and its driver are installed."""
    places = {"sqlite": str(folder / "marts.sqlite")}
    into_sqlite(release, folder / "marts.sqlite")
    try:
        import psycopg2  # noqa: F401
    except ImportError:
        there = False
    else:
        there = programs() is not None
    if not there:
        yield places
        return
    with cluster(folder) as ask:
        into_postgres(release, folder, ask)
        yield places | {"postgresql": ask("show unix_socket_directories").strip()}


def alike(release: Path, places: dict[str, str], asked: list[str]) -> list[str]:
    """The queries that every engine answers with our rows, of which there are some."""
    found = []
    for sql in asked:
        with asking("duckdb", str(release)) as ours:
            expected = plain(ours(sql))
        if expected and all(_answers(engine, place, sql) == expected for engine, place in places.items()):
            found.append(sql)
    return found


def _answers(engine: str, place: str, sql: str) -> list[str] | None:
    try:
        with asking(engine, place) as theirs:
            return plain(theirs(sql))
    except Exception:  # the engine's own kinds: it does not have this SQL
        return None


def read(engine: str, place: str, asked: list[str], until: Event, go: Event, told: Queue[Any]) -> None:
    """One reader, in a session for each round of the queries as ours has: seconds of each query, and faults."""
    seconds: list[float] = []
    told.put("ready")
    go.wait()
    while not until.is_set():
        with asking(engine, place) as rows:
            for sql in asked:
                start = time.perf_counter()
                rows(sql)
                seconds.append(time.perf_counter() - start)
    told.put((seconds, []))
