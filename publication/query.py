"""One locked-down query on a release.

Holds: the session that can read this database and nothing else. Does not hold: queries of our own (`summary`, the
desk), or the form of an answer (`formats`).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import duckdb
import polars as pl

QUERY_MEMORY = "1GB"
QUERY_THREADS = 2
QUERY_SECONDS = 120.0


class Readable(Protocol):
    """A release, also one that is not sealed yet."""

    @property
    def database(self) -> Path: ...


class QueryError(ValueError):
    """The query was refused or failed (query_refused / query_failed); the text is for its author."""


def query(sql: str, release: Readable, seconds: float = QUERY_SECONDS) -> pl.DataFrame:
    """The answer to one SELECT on a release, in a session that can read this database and nothing else.

    No files, no network, no extensions, no writes, no settings, bounded memory and time.
    Raises QueryError for anything but one SELECT statement, and when the query fails or takes longer than `seconds`.
    """
    return queries([sql], release, seconds)[0]


def queries(statements: Sequence[str], release: Readable, seconds: float = QUERY_SECONDS) -> list[pl.DataFrame]:
    """The answers to several SELECT in one such session, `seconds` for each; raises QueryError as `query` does."""
    with duckdb.connect(
        str(release.database),
        read_only=True,
        config={
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            "memory_limit": QUERY_MEMORY,
            "threads": str(QUERY_THREADS),
            "temp_directory": "",
        },
    ) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        connection.execute("set lock_configuration = true")
        return [_answer(sql, connection, seconds) for sql in statements]


def _answer(sql: str, connection: duckdb.DuckDBPyConnection, seconds: float) -> pl.DataFrame:
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(f"query_failed: SQLを解釈できません: {error}") from error
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise QueryError("query_refused: 実行できるのは1つのSELECT文だけです。 / One SELECT statement only.")
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        return connection.sql(statements[0].query).pl()
    except duckdb.InterruptException as error:
        raise QueryError(f"query_failed: {seconds:g}秒を超えたため中止しました。") from error
    except duckdb.Error as error:
        raise QueryError(f"query_failed: {error}") from error
    finally:
        timer.cancel()
