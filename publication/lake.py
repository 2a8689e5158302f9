"""The second shelf: the tables of the current release as DuckLake, its catalogue in PostgreSQL; for a home whose
operator has set one up, and for no other.

Holds: the settings, making the lake equal to a release in one transaction (one snapshot), how many snapshots are kept.
Does not hold: what a release is (`publish`), or when the lake follows it (orchestration.nightly): always after the
release stands as files, so that nothing here can harm it.

The libraries are those of the extra `prefecture`, loaded from their wheels when a lake is set up: nothing is
downloaded. The connection is PostgreSQL's own (libpq) and the only one that a night can open.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sousei.foundation.duck import hash_of, identifier, quoted
from sousei.foundation.home import Home
from sousei.foundation.told import ToldError

if TYPE_CHECKING:
    import duckdb

    from sousei.publication.catalogue import Described
    from sousei.publication.shelf import Release

CATALOGUE, DATA = "SOUSEI_DUCKLAKE", "SOUSEI_DUCKLAKE_DATA"
AUTHOR = "sousei"
"""Author of our snapshots, and the schema of PostgreSQL that holds DuckLake's own tables."""
EXTENSIONS = ("ducklake", "postgres_scanner")
_PATIENCE = {"connect_timeout": "10", "tcp_user_timeout": "60000", "options": "'-c lock_timeout=60000'"}
"""A catalogue that does not answer must not hold up the night: seconds to connect, milliseconds for an answer of the
network and for a lock; what the operator names counts instead."""
_WORD = re.compile(r"\s*([a-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s']*)")


class LakeError(ToldError):
    """The lake could not be made equal to the release; the text says why. The release is published all the same."""


class Lake(NamedTuple):
    """catalogue: libpq's `key=value` words, never a password. data: folder of the Parquet files, absolute."""

    catalogue: str
    data: Path


class Stands(NamedTuple):
    """What the lake holds now. snapshot: its number; made: whether this call made it. replaced: names of the tables
    that were written; every other one was equal already."""

    snapshot: int
    made: bool
    replaced: list[str]
    tables: int


def from_environment() -> Lake | None:
    """The lake that the environment sets up, None where it sets none.

    Raises LakeError (lake_setting) for settings that cannot be meant. The text never repeats what was set.
    """
    catalogue, data = (os.environ.get(name, "").strip() for name in (CATALOGUE, DATA))
    if not catalogue and not data:
        return None
    words = dict(_WORD.findall(catalogue))
    if not words or _WORD.sub("", catalogue).strip() or "password" in words or not Path(data).is_absolute():
        raise LakeError(
            f"lake_setting: 環境変数 {CATALOGUE} と {DATA} を確かめてください。{CATALOGUE} には"
            "「host=/run/postgresql dbname=sousei user=sousei」のように項目=値を並べ（パスワードは書かず PGPASSFILE の"
            f"ファイルに）、{DATA} には Parquet を置くフォルダーの絶対パスを書きます。 / "
            f"lake_setting: {CATALOGUE} takes key=value words without a password (PGPASSFILE), {DATA} a folder"
        )
    patience = " ".join(f"{key}={value}" for key, value in _PATIENCE.items() if key not in words)
    return Lake(f"{catalogue} {patience}".strip(), Path(data))


def follow(home: Home, keep: int) -> str:
    """Make the lake equal to the current release, where a lake is set up; '' or why it is not, Japanese / English.
    Never raises for the lake: the release stands as files."""
    try:
        lake = from_environment()
        if lake is not None:
            from sousei.publication import shelf

            if (release := shelf.current(home)) is not None:
                publish(lake, release, keep)
    except ToldError as error:
        return str(error)
    return ""


def publish(lake: Lake, release: Release, keep: int) -> Stands:
    """Make the lake equal to a release, in one transaction: readers see the tables of one release, whole. A table that
    is equal already stays as it is, and where all are there is no new snapshot.

    The caller holds the refresh lock. keep: how many snapshots stay readable besides what they share. Every table that
    was written is read back and compared before the commit. Raises LakeError; the lake is then as it was.
    """
    import duckdb

    try:
        with attached(lake, release.database) as connection:
            stands = _made_equal(connection, release)
            if stands.made:
                _tidy(connection, keep)
            return stands
    except (duckdb.Error, OSError) as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        first = first.replace(lake.catalogue, "…").replace(" / ", " ")[:300]
        raise LakeError(
            f"lake_not_published: DuckLake に公表版 {release.release_id} を書けませんでした（{first}）。"
            "ファイルの公表版はそのまま使えます。PostgreSQL と置き場を確かめて sousei lake を実行するか、"
            "次の夜間処理を待ってください。 / "
            f"lake_not_published: release {release.release_id} stands as files, not in DuckLake ({first}); "
            "run sousei lake"
        ) from error


@contextmanager
def attached(lake: Lake, release: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session that sees the release as `release` and the lake as `lake`."""
    import duckdb

    with duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    ) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        for path in map(extension, EXTENSIONS):
            connection.execute(f"load {quoted(path)}")
        connection.execute(f"attach {quoted(str(release))} as release (read_only)")
        connection.execute(
            f"attach {quoted(f'ducklake:postgres:{lake.catalogue}')} as lake "
            f"(data_path {quoted(f'{lake.data}/')}, metadata_schema {quoted(AUTHOR)})"
        )
        yield connection


def extension(name: str) -> str:
    """File of an extension of DuckDB, in its wheel."""
    import duckdb

    try:
        place = resources.files(f"duckdb_extension_{name}")
    except ModuleNotFoundError as error:
        raise LakeError(
            f"lake_extension_missing: DuckLake を使う部品（{name}）が入っていません。"
            "pip install 'sousei[prefecture]' で入れてください。 / "
            f"lake_extension_missing: the extension {name} is not installed; install sousei[prefecture]"
        ) from error
    return str(place / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension")


def _made_equal(connection: duckdb.DuckDBPyConnection, release: Release) -> Stands:
    import duckdb

    from sousei.publication.catalogue import describe_all

    def rows(database: str, table: str) -> tuple[int, int]:
        columns = [one.name for one in wanted[table].columns]
        return hash_of(connection, columns, f"{database}.main.{identifier(table)}")

    connection.begin()
    try:
        wanted, there = (describe_all(connection, name) for name in ("release", "lake"))
        replaced = [
            table
            for table, described in wanted.items()
            if there.get(table) != described or rows("lake", table) != rows("release", table)
        ]
        for table in replaced:
            _replace(connection, table, wanted[table])
            if rows("lake", table) != rows("release", table):
                raise OSError(f"{table}: what was written is not what was read")
        for table in there.keys() - wanted.keys():
            connection.execute(f"drop table lake.main.{identifier(table)}")
        made = bool(replaced or there.keys() - wanted.keys())
        if made:
            connection.execute(f"call lake.set_commit_message({quoted(AUTHOR)}, {quoted(release.release_id)})")
        connection.commit()
    except BaseException:
        with suppress(duckdb.Error):  # a session that lost its catalogue has nothing to take back
            connection.rollback()
        raise
    ((snapshot,),) = connection.execute("select max(snapshot_id) from lake.snapshots()").fetchall()
    return Stands(snapshot, made, replaced, len(wanted))


def _replace(connection: duckdb.DuckDBPyConnection, table: str, described: Described) -> None:
    name = identifier(table)
    connection.execute(f"create or replace table lake.main.{name} as from release.main.{name} order by all")
    if described.description:
        connection.execute(f"comment on table lake.main.{name} is {quoted(described.description)}")
    for column in described.columns:
        if column.description:
            place = f"lake.main.{name}.{identifier(column.name)}"
            connection.execute(f"comment on column {place} is {quoted(column.description)}")


def _tidy(connection: duckdb.DuckDBPyConnection, keep: int) -> None:
    """Forget all but the newest snapshots, and remove files that no snapshot has needed for a day (a reader may still
    be reading what was forgotten tonight), among them what a killed night left. What cannot be removed now is tried
    again the next time."""
    import duckdb

    found = connection.execute("select snapshot_id from lake.snapshots() order by 1 desc").fetchall()
    forgotten = ", ".join(f"{number}::ubigint" for (number,) in found[keep:])
    with suppress(duckdb.Error):
        if forgotten:
            connection.execute(f"call ducklake_expire_snapshots('lake', versions => [{forgotten}])")
        for removed in ("cleanup_old_files", "delete_orphaned_files"):
            connection.execute(f"call ducklake_{removed}('lake', older_than => now() - interval 1 day)")
