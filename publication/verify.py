"""Whether a release is sound: everything in it is read again and compared with what it says about itself.

Holds: files, hashes, modes, schemas, rows, Parquet and CSV against DuckDB, the verdict, the seal, the stored
deliveries, and a glance that costs almost nothing. Does not hold: mending, or what a figure should be.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

import duckdb

from sousei.foundation import duck
from sousei.foundation.duck import digest_of, facts_of, hash_of, identifier, quoted
from sousei.foundation.files import sha256_of
from sousei.foundation.home import Home
from sousei.publication import seals
from sousei.publication.catalogue import describe_all
from sousei.publication.shelf import MANIFEST, RELEASE_NAME, Release


class TableFound(NamedTuple):
    """One table that was read again."""

    table_name: str
    rows: int
    columns: int


@dataclass(frozen=True)
class Verification:
    """What re-reading a release found; `problems` are texts with an English identifier first."""

    release_id: str
    problems: tuple[str, ...]
    tables: tuple[TableFound, ...]

    @property
    def sound(self) -> bool:
        return not self.problems


def _shared(release: Release, last: Release | None) -> frozenset[str]:
    """Files of a release that are those of the last one on disk, too, and were stated alike."""
    if last is None:
        return frozenset()
    before = last.manifest.files
    stated = (name for name, one in release.manifest.files.items() if before.get(name) == one)
    found = []
    for name in stated:
        with suppress(OSError):
            if (release.path / name).samefile(last.path / name):
                found.append(name)
    return frozenset(found)


def _verify_files(release: Release, seen: Collection[str]) -> list[str]:
    problems = []
    listed = release.manifest.files
    present = {path.relative_to(release.path).as_posix(): path for path in release.path.rglob("*") if path.is_file()}
    for name, facts in listed.items():
        path = present.get(name)
        if path is None:
            problems.append(f"file_missing: {name} がありません。")
        elif path.stat().st_size != facts.size_bytes or (name not in seen and sha256_of(path) != facts.sha256):
            problems.append(f"file_changed: {name} の内容が公表時と異なります（sha256不一致）。")
    unlisted = sorted(present.keys() - listed.keys() - {MANIFEST})
    problems += [f"file_unlisted: {name} は公表時にありませんでした。" for name in unlisted]
    writable = [path for path in (release.path, *release.path.rglob("*")) if path.lstat().st_mode & 0o222]
    problems += [f"file_writable: {path.name} が書込可能です。" for path in writable]
    return problems


def _sealed(release: Release) -> list[str]:
    """What the seal says; a release that is still being written has none."""
    return seals.broken(release.path) if RELEASE_NAME.fullmatch(release.release_id) else []


def glance(release: Release) -> list[str]:
    """What is wrong with a release at a glance, for `sousei status`: its seal, files that are missing, too many or of
    another size, and files changed after the manifest was written. Never raises for an unsound release."""
    problems = _sealed(release)
    try:
        sealed_at = (release.path / MANIFEST).stat().st_mtime
        present = {
            path.relative_to(release.path).as_posix(): path for path in release.path.rglob("*") if path.is_file()
        }
        for name, facts in release.manifest.files.items():
            path = present.pop(name, None)
            if path is None:
                problems.append(f"file_missing: {name} がありません。")
            elif (found := path.stat()).st_size != facts.size_bytes or (
                found.st_mtime > sealed_at and sha256_of(path) != facts.sha256
            ):
                problems.append(f"file_changed: {name} の内容が公表時と異なります。")
        problems += [
            f"file_unlisted: {name} は公表時にありませんでした。" for name in sorted(present) if name != MANIFEST
        ]
    except OSError as error:
        problems.append(f"release_unreadable: 公表版を読めません: {error.strerror}")
    return problems


def _verify_tables(release: Release, last: Release | None, seen: Set[str]) -> tuple[list[str], list[TableFound]]:
    problems, rows = [], []
    stated = release.manifest.tables
    before = last.manifest.tables if last is not None else {}
    can_tell = release.manifest.duckdb_version == duckdb.__version__
    with duck.connect(release.database, read_only=True) as connection:
        database = connection.execute("select current_database()").fetchall()[0][0]
        found = describe_all(connection, database)
        if sorted(found) != sorted(stated):
            problems.append(f"tables_differ: 表の一覧が異なります: {sorted(set(found) ^ set(stated))}")
        for table in (name for name in found if name in stated):
            facts = stated[table]
            described = found[table]
            if described != facts.described:
                problems.append(f"schema_differs: {table} の列または説明が公表時と異なります。")
            columns, names = described.columns, [one.name for one in described.columns]
            there = facts_of(connection, ("main", table))
            assert there is not None
            counted = there[1:]
            if counted[0] != facts.rows:
                problems.append(f"rows_differ: {table} は{counted[0]}行です（公表時は{facts.rows}行）。")
            elif can_tell and facts.digest is not None and digest_of(there) != facts.digest:
                problems.append(f"rows_differ: {table} の行が公表時と異なります。")
            rows.append(TableFound(table, counted[0], len(columns)))
            files = {f"{kind}/{table}.{kind}" for kind in ("parquet", "csv")} & release.manifest.files.keys()
            if seen >= files and before.get(table) == facts and facts.digest is not None:
                continue  # the files of this table were read again when the last release was written
            parquet, text = (release.path / kind / f"{table}.{kind}" for kind in ("parquet", "csv"))
            casts = ", ".join(f"{identifier(one.name)}::{one.type} as {identifier(one.name)}" for one in columns)
            if hash_of(connection, names, f"(select {casts} from read_parquet({quoted(str(parquet))}))") != counted:  # noqa: S608
                problems.append(f"parquet_differs: {table}.parquet の内容が DuckDB の表と異なります。")
            if f"csv/{table}.csv" not in release.manifest.files:  # too many rows for a spreadsheet
                continue
            kinds = ", ".join(f"{quoted(one.name)}: 'VARCHAR'" for one in columns)
            lines = connection.execute(
                f"select count(*) from read_csv({quoted(str(text))}, header = true, auto_detect = false, "  # noqa: S608
                f"delim = ',', quote = '\"', escape = '\"', columns = {{{kinds}}})"
            ).fetchall()[0][0]
            if lines != counted[0]:
                problems.append(f"csv_differs: {table}.csv は{lines}行です（DuckDB の表は{counted[0]}行）。")
        problems += _verify_verdict(release, connection)
    return problems, rows


def _verify_verdict(release: Release, connection: duckdb.DuckDBPyConnection) -> list[str]:
    manifest, problems = release.manifest, []
    failing = connection.execute(
        "select count(*) filter (where passed is not true), count(*), count(distinct run_id), max(run_id) "
        "from main.meta_check_outcome where severity = 'gate'"
    ).fetchall()[0]
    verdict = manifest.verdict
    if failing != (0, verdict.gate_passed, 1, manifest.run_id) or verdict.passed is not True:
        problems.append("verdict_differs: 保存された判定結果が、この公表版の合格を示していません。")
    stated = connection.execute(
        "select release_id, run_id, as_of_date::varchar, code_version, inputs_hash from main.meta_release"
    ).fetchall()
    names = ("release_id", "run_id", "as_of_date", "code_version", "inputs_hash")
    if stated != [tuple(getattr(manifest, name) for name in names)]:
        problems.append("release_differs: meta_release が manifest と一致しません。")
    return problems


def verify(release: Release, last: Release | None = None) -> Verification:
    """Re-read a whole release: seal, files, hashes, modes, schemas, rows, Parquet and CSV against DuckDB, the verdict.

    last: for a release that was just written, the one before it. A file that both have on disk was compared with its
    hash as it was taken over, and is not read again; nor are the files of a table whose digest both state.
    Never raises for an unsound release; a file that cannot be read is a problem like any other.
    """
    seen = _shared(release, last)
    problems = [*_sealed(release), *_verify_files(release, seen)]
    rows: list[TableFound] = []
    try:
        found, rows = _verify_tables(release, last, seen)
        problems += found
    except (duckdb.Error, OSError, KeyError) as error:
        problems.append(f"release_unreadable: 公表版を読めません: {str(error).splitlines()[0]}")
    return Verification(release.release_id, tuple(problems), tuple(rows))


def verify_inputs(home: Home, release: Release) -> list[str]:
    """The stored bytes of every delivery that a release was made from, against the hash that its manifest gives."""
    problems = []
    for one in release.manifest.deliveries:
        if one.verdict == "taken":
            path = home.snapshots / one.sha256 / "bytes"
            if not path.is_file():
                problems.append(f"input_missing: {one.file_name}（{one.sha256[:16]}…）の保管ファイルがありません。")
            elif sha256_of(path) != one.sha256:
                problems.append(
                    f"input_changed: {one.file_name}（{one.sha256[:16]}…）の保管ファイルが受領時と異なります。"
                )
    return problems
