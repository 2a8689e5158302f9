"""The tables of a new release: DuckDB file, Parquet, CSV.

Holds: copying the marts of a candidate in a total order, their comments, the table meta_release. Does not hold: when
and where a release is written (`publish`), or which candidate may be.

CSV files are for spreadsheets: UTF-8 with a byte order mark (Excel in Japan reads UTF-8 without one as CP932), LF line
ends, an empty cell for a missing value. A cell of a text column that a spreadsheet would take for a formula (`=`, `+`,
`-`, `@`, also full-width or after blanks, or a leading tab, CR or LF) gets a leading `'`; columns of numbers and dates
are never touched. Programs should read the Parquet files, which hold every value as it is and what it means.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb

from sousei.expectations.grain import grain
from sousei.foundation import duck
from sousei.foundation.duck import identifier, quoted, tables_of
from sousei.publication import parquet
from sousei.publication.catalogue import Column, Described, describe_all
from sousei.publication.formats import FORMULA_START
from sousei.publication.manifest import Table
from sousei.publication.shelf import DATABASE

META_RELEASE = "meta_release"
META_RELEASE_COMMENT = "公表版。1行はこの公表版。 / This release: one row."
META_RELEASE_COLUMNS = {
    "release_id": ("VARCHAR", "公表版の識別子（基準日.連番）。 / Identifier: as-of date and number."),
    "run_id": ("VARCHAR", "作成した実行の識別子。 / Run that made it."),
    "as_of_date": ("DATE", "基準日。 / As-of date."),
    "created_at": ("TIMESTAMPTZ", "作成日時。 / When it was made."),
    "code_version": ("VARCHAR", "プログラムの版。 / Version of the code."),
    "inputs_hash": ("VARCHAR", "入力全体のハッシュ値。 / Hash over all inputs."),
}


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


def _comment(connection: duckdb.DuckDBPyConnection, table: str, described: Described) -> None:
    if described.description:
        connection.execute(f"comment on table main.{identifier(table)} is {quoted(described.description)}")
    for column in described.columns:
        if column.description:
            name = f"main.{identifier(table)}.{identifier(column.name)}"
            connection.execute(f"comment on column {name} is {quoted(column.description)}")


def keys_of(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Table -> the columns that identify a row of it, in a release."""
    said = grain(connection, "main") if "meta_grain" in tables_of(connection) else {}
    return said | {META_RELEASE: ["release_id"], "meta_check_outcome": ["check_id"]}


def _csv_query(table: str, columns: Sequence[Column]) -> str:
    cells = []
    for index, column in enumerate(columns):
        name = identifier(column.name)
        header = identifier(("\ufeff" if index == 0 else "") + column.name)
        safe = f"case when regexp_matches({name}, {quoted(FORMULA_START)}) then '''' || {name} else {name} end"
        cells.append(f"{safe if column.type == 'VARCHAR' else name} as {header}")
    return f"select {', '.join(cells)} from main.{identifier(table)}"  # noqa: S608  names from the catalogue, quoted


def write_tables(
    directory: Path, candidate: Path, release_id: str, run: RunFacts, created_at: datetime
) -> dict[str, Table]:
    """The DuckDB file, the Parquet and the CSV files of a new release; every table with its rows and description."""
    database, tables = directory / DATABASE, {}
    with duck.connect(database, read_only=False) as connection:
        connection.execute(f"set temp_directory = {quoted(str(directory / 'spill'))}")
        connection.execute(f"attach {quoted(str(candidate))} as candidate (read_only)")
        connection.begin()
        catalogue = describe_all(connection, "candidate")
        described = {table: catalogue[table] for table in _marts_of(connection, "candidate")}
        for table in described:
            name = f"main.{identifier(table)}"
            connection.execute(f"create table {name} as select * from candidate.{name} order by all")  # noqa: S608
            _comment(connection, table, described[table])
        described[META_RELEASE] = _write_meta_release(connection, release_id, run, created_at)
        connection.commit()
        connection.execute("detach candidate")
        keys = keys_of(connection)
        for kind in ("parquet", "csv"):
            (directory / kind).mkdir()
        for table, one in sorted(described.items()):
            name = f"main.{identifier(table)}"
            rows = connection.execute(f"select count(*) from {name}").fetchall()[0][0]  # noqa: S608
            tables[table] = Table(one.description, one.columns, rows)
            parquet.write(connection, table, one, keys.get(table, []), directory / "parquet" / f"{table}.parquet")
            connection.execute(
                f"copy ({_csv_query(table, one.columns)}) "
                f"to {quoted(str(directory / 'csv' / f'{table}.csv'))} (format csv, header)"
            )
        connection.execute("checkpoint")
    spill = directory / "spill"
    if spill.exists():
        shutil.rmtree(spill)
    if (directory / f"{DATABASE}.wal").exists():
        raise PublicationError(f"write_ahead_log_left: {DATABASE}.wal")
    return tables


def _write_meta_release(
    connection: duckdb.DuckDBPyConnection, release_id: str, run: RunFacts, created_at: datetime
) -> Described:
    kinds = ", ".join(f"{name} {kind}" for name, (kind, _) in META_RELEASE_COLUMNS.items())
    connection.execute(f"create table main.{META_RELEASE} ({kinds})")
    connection.execute(
        f"insert into main.{META_RELEASE} values (?, ?, ?, ?, ?, ?)",  # noqa: S608
        [release_id, run.run_id, run.as_of_date, created_at, run.code_version, run.inputs_hash],
    )
    columns = (
        Column(name, "TIMESTAMP WITH TIME ZONE" if kind == "TIMESTAMPTZ" else kind, text)
        for name, (kind, text) in META_RELEASE_COLUMNS.items()
    )
    described = Described(META_RELEASE_COMMENT, tuple(columns))
    _comment(connection, META_RELEASE, described)
    return described
