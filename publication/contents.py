"""The tables of a new release: DuckDB file, Parquet, CSV.

Holds: copying the marts of a candidate in a total order, their comments, the tables meta_release and meta_change. Does
not hold: when and where a release is written (`publish`), which candidate may be, or how releases are compared
(`changes`).

CSV files are for spreadsheets, so a table of more than 25,000 rows has none: UTF-8 with a byte order mark (Excel in
Japan reads UTF-8 without one as CP932), LF line ends, an empty cell for a missing value. A cell of a text column that a
spreadsheet would take for a formula (`=`, `+`, `-`, `@`, also full-width or after blanks, or a leading tab, CR or LF)
gets a leading `'`; columns of numbers and dates are
never touched. Programs should read the Parquet files, which hold every value as it is and what it means.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb

from sousei.expectations.grain import grain
from sousei.expectations.last_release import why_not_compared
from sousei.foundation import duck
from sousei.foundation.duck import identifier, quoted, tables_of
from sousei.publication import parquet
from sousei.publication.catalogue import Column, Described, describe_all
from sousei.publication.changes import compare as changes
from sousei.publication.changes import record
from sousei.publication.formats import CSV_ROWS, FORMULA_START
from sousei.publication.manifest import Table
from sousei.publication.shelf import DATABASE
from sousei.publication.unmoved import Unmoved

META_RELEASE = "meta_release"
META_RELEASE_COMMENT = "公表版。1行はこの公表版。 / This release: one row."
META_RELEASE_COLUMNS = {
    "release_id": ("VARCHAR", "公表版の識別子（基準日.連番）。 / Identifier: as-of date and number."),
    "run_id": ("VARCHAR", "作成した実行の識別子。 / Run that made it."),
    "as_of_date": ("DATE", "基準日。 / As-of date."),
    "created_at": ("TIMESTAMPTZ", "作成日時。 / When it was made."),
    "code_version": ("VARCHAR", "プログラムの版。 / Version of the code."),
    "inputs_hash": ("VARCHAR", "入力全体のハッシュ値。 / Hash over all inputs."),
    "previous_release_id": ("VARCHAR", "比べた前回の公表版（meta_change）。 / Release that it is compared with."),
    "not_compared_ja": ("VARCHAR", "前回の公表版と比べていない理由。比べたときは空。 / Why it is not compared, if so."),
}
META_CHANGE = "meta_change"
META_CHANGE_COMMENT = (
    "前回の公表版からの変更。1行は動いた1行（表のキー）で、動いた列は columns_moved にまとめる。同じ表・理由で多数の"
    "行が動いたときは、行数をまとめた1行（n_rows が2以上）と、動きの大きい行。 / What moved since the last release: "
    "one row per row of a mart that moved; many that moved alike are one row with their number, the largest beside it."
)
FIRST = "最初の公表版のため、比べる前回の公表版がありません。"


class RunFacts(Protocol):
    """What publication needs to know of a run."""

    @property
    def run_id(self) -> str: ...
    @property
    def as_of_date(self) -> date: ...
    @property
    def code_version(self) -> str: ...
    @property
    def inputs_hash(self) -> str: ...
    @property
    def inputs(self) -> list[dict[str, Any]]: ...


class PublicationError(Exception):
    """The release could not be written (publication_failed); what was published before is unchanged."""


def _marts_of(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """Tables of schema main, sorted.

    Raises PublicationError when there is a view: a view would be empty words in a file without its sources.
    """
    views = connection.execute(
        "select view_name from duckdb_views() where database_name = ? and schema_name = 'main' and not internal",
        [database],
    ).fetchall()
    if views:
        raise PublicationError(f"mart_is_a_view: 表として作られていません: {views[0][0]}")
    return tables_of(connection, database)


def _comments(tables: Mapping[str, Described]) -> str:
    """The statements that describe these tables of schema main."""
    said = []
    for table, described in tables.items():
        if described.description:
            said.append(f"comment on table main.{identifier(table)} is {quoted(described.description)};")
        for column in described.columns:
            if column.description:
                name = f"main.{identifier(table)}.{identifier(column.name)}"
                said.append(f"comment on column {name} is {quoted(column.description)};")
    return "\n".join(said)


def keys_of(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Table -> the columns that identify a row of it, in a release."""
    said = grain(connection, "main") if "meta_grain" in tables_of(connection) else {}
    return (
        said
        | {META_RELEASE: ["release_id"], META_CHANGE: ["change_no"], "meta_check_outcome": ["check_id"]}
        | {"meta_check_finding": ["check_id", "finding_no"]}
    )


def _csv_query(table: str, columns: Sequence[Column]) -> str:
    cells = []
    for index, column in enumerate(columns):
        name = identifier(column.name)
        header = identifier(("\ufeff" if index == 0 else "") + column.name)
        safe = f"case when regexp_matches({name}, {quoted(FORMULA_START)}) then '''' || {name} else {name} end"
        cells.append(f"{safe if column.type == 'VARCHAR' else name} as {header}")
    return f"select {', '.join(cells)} from main.{identifier(table)}"  # noqa: S608  names from the catalogue, quoted


def write_tables(
    directory: Path,
    candidate: Path,
    release_id: str,
    run: RunFacts,
    created_at: datetime,
    last: Path | None = None,
    marts: Mapping[str, str] | None = None,
) -> dict[str, Table]:
    """The DuckDB file, the Parquet and the CSV files of a new release; every table with its rows and description.

    last: DuckDB file of the last release, None before the first. marts: the candidate's tables with their digests, as
    the verdict has them (Verdict.marts); without them every table is written. Raises PublicationError
    (changes_not_made) where what moved since cannot be told.
    """
    database, tables = directory / DATABASE, {}
    digests = marts or {}
    unmoved = Unmoved(database, digests, last, run.code_version)
    with duck.connect(database, read_only=False) as connection:
        connection.execute(f"set temp_directory = {quoted(str(directory / 'spill'))}")
        connection.execute(f"attach {quoted(str(candidate))} as candidate (read_only)")
        catalogue = describe_all(connection, "candidate")
        described = {table: catalogue[table] for table in _marts_of(connection, "candidate")}
        connection.begin()
        for table in (one for one in described if one not in unmoved.tables):
            name = identifier(table)
            connection.execute(f"create table main.{name} as select * from candidate.main.{name} order by all")  # noqa: S608
        ((own,),) = connection.execute("select current_database()").fetchall()
        said = describe_all(connection, own)
        connection.execute(_comments({name: one for name, one in described.items() if said[name] != one}))
        connection.commit()
        facts = [release_id, run.run_id, run.as_of_date, created_at, run.code_version, run.inputs_hash]
        described[META_RELEASE] = _write_own(connection, META_RELEASE, META_RELEASE_COMMENT, META_RELEASE_COLUMNS)
        connection.execute(
            f"insert into main.{META_RELEASE} values (?, ?, ?, ?, ?, ?, null, {quoted(FIRST)})",  # noqa: S608
            facts,
        )
        described[META_CHANGE] = _write_own(connection, META_CHANGE, META_CHANGE_COMMENT, record.COLUMNS)
        if last is not None:
            _write_changes(connection, last, run.as_of_date, unmoved.tables)
        connection.execute("detach candidate")
        keys = keys_of(connection)
        for kind in ("parquet", "csv"):
            (directory / kind).mkdir()
        for table, one in sorted(described.items()):
            name = f"main.{identifier(table)}"
            rows = connection.execute(f"select count(*) from {name}").fetchall()[0][0]  # noqa: S608
            tables[table] = Table(one.description, one.columns, rows, digests.get(table))
            path = f"parquet/{table}.parquet"
            if not unmoved.takes(table, tables[table], path, directory / path):
                parquet.write(connection, table, one, keys.get(table, []), directory / path)
            path = f"csv/{table}.csv"
            if rows <= CSV_ROWS and not unmoved.takes(table, tables[table], path, directory / path):
                connection.execute(
                    f"copy ({_csv_query(table, one.columns)}) to {quoted(str(directory / path))} (format csv, header)"
                )
        connection.execute("checkpoint")
    spill = directory / "spill"
    if spill.exists():
        shutil.rmtree(spill)
    if (directory / f"{DATABASE}.wal").exists():
        raise PublicationError(f"write_ahead_log_left: {DATABASE}.wal")
    return tables


def _write_own(
    connection: duckdb.DuckDBPyConnection, table: str, comment: str, told: Mapping[str, tuple[str, str]]
) -> Described:
    """An empty table of publication's own. told: column -> type and comment."""
    kinds = ", ".join(f"{name} {kind}" for name, (kind, _) in told.items())
    connection.execute(f"create table main.{table} ({kinds})")
    columns = (
        Column(name, "TIMESTAMP WITH TIME ZONE" if kind == "TIMESTAMPTZ" else kind, text)
        for name, (kind, text) in told.items()
    )
    described = Described(comment, tuple(columns))
    connection.execute(_comments({table: described}))
    return described


def _write_changes(connection: duckdb.DuckDBPyConnection, last: Path, as_of: date, unmoved: Collection[str]) -> None:
    """What moved since the last release, or why it is not compared with it. unmoved: tables that are the same."""
    ((own,),) = connection.execute("select current_database()").fetchall()
    try:
        connection.execute(f"attach {quoted(str(last))} as last_release (read_only)")
        said = why_not_compared(connection, "last_release.main", "main", as_of)
        if said is None:
            changes.make(connection, "last_release", own, unmoved)
            connection.execute(f"insert into main.{META_CHANGE} by name from made_change order by change_no")
        connection.execute(
            f"update main.{META_RELEASE} set previous_release_id = "  # noqa: S608
            "(select release_id from last_release.main.meta_release where ? is null), not_compared_ja = ?",
            [said, said and f"前回の公表版 {said}のため、比べていません。"],
        )
        connection.execute("detach last_release")
    except duckdb.Error as error:
        if isinstance(error, duckdb.OutOfMemoryException):
            raise
        raise PublicationError(
            f"changes_not_made: 前回の公表版との違いを作れないため、公表しません（{last.parent.name}: "
            f"{str(error).splitlines()[0]}）。sousei verify {last.parent.name} で前回の公表版を確かめ、壊れていれば "
            "sousei release use で健全な版に戻してから、もう一度更新してください。"
        ) from error
