"""One locked-down query on a release.

Holds: the session that can read this database and nothing else, and types that every form of an answer has. All of SQL
runs there, with temporary views, tables, macros and variables before the SELECT that is answered: the session forbids
what a statement must not do, not its form. Does not hold: queries of our own (`summary`, the desk), the form of an
answer (`formats`), or the process that answers a user (`asked`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import duckdb
import polars as pl

from sousei.foundation.duck import identifier
from sousei.foundation.told import ToldError

KIND = duckdb.StatementType
BEFORE = frozenset({KIND.CREATE, KIND.DROP, KIND.INSERT, KIND.UPDATE, KIND.DELETE, KIND.SET})
"""What may stand before the SELECT: of temporary things, and of variables; the session refuses all else in them. DuckDB
itself makes two statements of one PIVOT."""
QUERY_MEMORY = "1GB"
QUERY_THREADS = 2
QUERY_SECONDS = 120.0


class Readable(Protocol):
    """A release, also one that is not sealed yet."""

    @property
    def database(self) -> Path: ...


class QueryError(ToldError):
    """The query was refused or failed (query_refused / query_failed); the text is for its author."""


def query(sql: str, release: Readable, seconds: float = QUERY_SECONDS) -> pl.DataFrame:
    """The answer to one SELECT on a release, in a session that can read this database and nothing else.

    No files, no network, no extensions, no writes, no settings, bounded memory and time.
    Raises QueryError for anything but one SELECT and what may stand before it (BEFORE), and when the query fails or
    takes longer than `seconds`.
    """
    return queries([sql], release, seconds)[0]


def queries(statements: Sequence[str], release: Readable, seconds: float = QUERY_SECONDS) -> list[pl.DataFrame]:
    """The answers to several SELECT in one such session, `seconds` for each; raises QueryError as `query` does."""
    with opened(release.database) as connection:
        return [_answer(sql, connection, seconds) for sql in statements]


@contextmanager
def opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session that can read this database and nothing else.

    Raises QueryError (release_not_readable) where it cannot be opened, for instance while another program writes it.
    """
    try:
        connection = duckdb.connect(
            str(database),
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
        )
    except duckdb.Error as error:
        raise QueryError(
            f"release_not_readable: 公表版 {database} を開けません。ほかのプログラムが書き込みのために開いていないか"
            f"確かめてください（{str(error).splitlines()[0]}）。"
        ) from error
    with connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        connection.execute("set lock_configuration = true")
        yield connection


def _answer(sql: str, connection: duckdb.DuckDBPyConnection, seconds: float, as_text: bool = False) -> pl.DataFrame:
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(f"query_failed: SQLを解釈できません: {error}") from error
    kinds = [one.type for one in statements]
    if not kinds or kinds[-1] != KIND.SELECT or not BEFORE.issuperset(kinds[:-1]):
        raise QueryError(
            "query_refused: 実行できるのは1つのSELECT文です。前に置けるのは create temp（view・table・macro）と set "
            "variable だけです。 / One SELECT statement, after temporary views, tables, macros and variables only."
        )
    timer = threading.Timer(seconds, connection.interrupt)
    timer.start()
    try:
        for statement in statements[:-1]:
            connection.execute(statement)
        asked = statements[-1]
        relation = connection.sql(asked.query or asked)  # what a PIVOT became has no text
        return (printable(relation) if as_text else relation).pl()
    except duckdb.InterruptException as error:
        raise QueryError(
            f"query_failed: {seconds:g}秒を超えたため中止しました。条件を絞ってください。 / stopped after {seconds:g} "
            "seconds; narrow the query."
        ) from error
    except duckdb.OutOfMemoryException as error:  # DuckDB's advice is about settings, which are locked
        raise QueryError(
            f"query_failed: メモリーの上限（{QUERY_MEMORY}）に達したため中止しました。条件や列を絞るか、公表版の "
            f"parquet を読んでください。 / stopped at {QUERY_MEMORY} of memory; narrow the query, or read the Parquet "
            "files."
        ) from error
    except duckdb.Error as error:
        raise QueryError(f"query_failed: {error}") from error
    finally:
        timer.cancel()


_PLAIN = re.compile(
    r"BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*\)|VARCHAR|ENUM\(.*\)|\"NULL\""
)
"""Types that each form of an answer has; dates and times come beside them, if they are finite."""
_DAYS = re.compile(r"DATE|TIMESTAMP( WITH TIME ZONE)?")


def printable(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The same rows with values of other types (intervals, lists, bytes, infinite dates) as the text that DuckDB
    prints."""
    kinds = [str(kind) for kind in relation.types]
    names = [identifier(name) for name in relation.columns]
    days = [at for at, kind in enumerate(kinds, 1) if _DAYS.fullmatch(kind)]
    finite = [True] * len(days)
    if days:
        told = relation.aggregate(
            ", ".join(
                f"coalesce(bool_and(isfinite({names[at - 1]}) and year({names[at - 1]}) between 1 and 9999), true)"
                for at in days
            )
        )
        finite = list(told.fetchone() or ())
    kept = {at for at, is_finite in zip(days, finite, strict=True) if is_finite}
    kept |= {at for at, kind in enumerate(kinds, 1) if _PLAIN.fullmatch(kind)}
    if len(kept) == len(kinds):
        return relation
    return relation.project(
        ", ".join(name if at in kept else f"{name}::varchar as {name}" for at, name in enumerate(names, 1))
    )


def answer(sql: str, database: Path, seconds: float = QUERY_SECONDS) -> pl.DataFrame:
    """The answer to a user's own SELECT, in types that each form has; raises QueryError as `query` does."""
    with opened(database) as connection:
        return _answer(sql, connection, seconds, as_text=True)
