"""Publish a candidate: an immutable directory of its marts, and the pointer that readers follow.

Holds: writing a release (DuckDB file, Parquet, CSV, manifest), moving `current`, keeping the last releases. Does not
hold: the judgement (expectations.gate), reading a release back (`releases`), or what a figure means.

Order of work, so that a crash at any moment leaves the old release or the new one and nothing else:
everything is written into `releases/.tmp-*`, made durable, made read-only, the manifest last, and read back; the
directory is renamed to its final name; `current` is replaced by one rename. What an
earlier crash left is removed first.

CSV files are for spreadsheets: UTF-8 with a byte order mark (Excel in Japan reads UTF-8 without one as CP932), LF line
ends, an empty cell for a missing value. A cell of a text column that a spreadsheet would take for a formula (`=`, `+`,
`-`, `@`, also full-width or after blanks, or a leading tab, CR or LF) gets a leading `'`; columns of numbers and dates
are never touched. Programs should read the Parquet files, which hold every value as it is.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb

from sousei.expectations import gate
from sousei.foundation.files import sha256_of
from sousei.foundation.home import Home
from sousei.publication.releases import (
    DATABASE,
    FORMULA_START,
    MANIFEST,
    POINTERS,
    RELEASE_NAME,
    Release,
    describe_all,
    identifier,
    ordered,
    quoted,
    read,
    tables_of,
    verify,
)

KEEP = 14
"""Releases kept: two weeks of nights, so that a Monday can look back over a long holiday."""

FORMAT = 1
"""Version of the manifest's own layout."""

TEMPORARY = ".tmp-"

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


class RefusedError(Exception):
    """The candidate holds no complete, passed verdict for the run (publication_refused).

    `reasons` are texts for the person who can act.
    """

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("publication_refused: 公表を見送りました。前回の公表版を維持します。\n" + "\n".join(reasons))
        self.reasons = reasons


class PublicationError(Exception):
    """The release could not be written (publication_failed); what was published before is unchanged."""


# --- small file operations ---


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path) -> None:
    """Remove a file, a symlink or a read-only directory tree; nothing happens where there is nothing."""
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
        return
    if not path.is_dir():
        return
    for folder, _, _ in os.walk(path):
        Path(folder).chmod(0o755)
    shutil.rmtree(path)


def _clean(releases: Path) -> None:
    """Remove what a crash left: half-made directories and pointers, and logs beside the releases."""
    for path in [*releases.glob(f"{TEMPORARY}*"), *releases.glob("*.wal")]:
        remove(path)


def _point(releases: Path, pointer: str, release_id: str) -> None:
    temporary = releases / f"{TEMPORARY}{pointer}"
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(release_id)
    temporary.replace(releases / pointer)
    _fsync(releases)


# --- contents ---


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


def _comment(connection: duckdb.DuckDBPyConnection, table: str, described: dict[str, Any]) -> None:
    if described["description"]:
        connection.execute(f"comment on table main.{identifier(table)} is {quoted(described['description'])}")
    for column in described["columns"]:
        if column["description"]:
            name = f"main.{identifier(table)}.{identifier(column['name'])}"
            connection.execute(f"comment on column {name} is {quoted(column['description'])}")


def _csv_query(table: str, columns: list[dict[str, Any]]) -> str:
    cells = []
    for index, column in enumerate(columns):
        name = identifier(column["name"])
        header = identifier(("\ufeff" if index == 0 else "") + column["name"])
        safe = f"case when regexp_matches({name}, {quoted(FORMULA_START)}) then '''' || {name} else {name} end"
        cells.append(f"{safe if column['type'] == 'VARCHAR' else name} as {header}")
    return f"select {', '.join(cells)} from main.{identifier(table)}"  # noqa: S608  names from the catalogue, quoted


def _write_tables(directory: Path, candidate: Path, release_id: str, run: RunFacts, created_at: datetime) -> Any:
    """The DuckDB file, the Parquet and the CSV files; returns table -> rows and description."""
    database, tables = directory / DATABASE, {}
    with gate.connect(database, read_only=False) as connection:
        connection.execute(f"set temp_directory = {quoted(str(directory / 'spill'))}")
        connection.execute(f"attach {quoted(str(candidate))} as candidate (read_only)")
        connection.begin()
        catalogue = describe_all(connection, "candidate")
        for table in _marts_of(connection, "candidate"):
            described = catalogue[table]
            name = f"main.{identifier(table)}"
            connection.execute(f"create table {name} as select * from candidate.{name} order by all")  # noqa: S608
            _comment(connection, table, described)
            tables[table] = described
        kinds = ", ".join(f"{name} {kind}" for name, (kind, _) in META_RELEASE_COLUMNS.items())
        connection.execute(f"create table main.{META_RELEASE} ({kinds})")
        connection.execute(
            f"insert into main.{META_RELEASE} values (?, ?, ?, ?, ?, ?)",  # noqa: S608
            [release_id, run.run_id, run.as_of_date, created_at, run.code_version, run.inputs_hash],
        )
        tables[META_RELEASE] = {
            "description": META_RELEASE_COMMENT,
            "columns": [
                {
                    "name": name,
                    "type": "TIMESTAMP WITH TIME ZONE" if kind == "TIMESTAMPTZ" else kind,
                    "description": text,
                }
                for name, (kind, text) in META_RELEASE_COLUMNS.items()
            ],
        }
        _comment(connection, META_RELEASE, tables[META_RELEASE])
        connection.commit()
        connection.execute("detach candidate")
        for kind in ("parquet", "csv"):
            (directory / kind).mkdir()
        for table, described in tables.items():
            described["rows"] = connection.execute(
                f"select count(*) from main.{identifier(table)}"  # noqa: S608
            ).fetchall()[0][0]
            connection.execute(
                f"copy (select * from main.{identifier(table)}) "  # noqa: S608
                f"to {quoted(str(directory / 'parquet' / f'{table}.parquet'))} (format parquet, compression zstd)"
            )
            connection.execute(
                f"copy ({_csv_query(table, described['columns'])}) "
                f"to {quoted(str(directory / 'csv' / f'{table}.csv'))} (format csv, header)"
            )
        connection.execute("checkpoint")
    spill = directory / "spill"
    if spill.exists():
        shutil.rmtree(spill)
    if (directory / f"{DATABASE}.wal").exists():
        raise PublicationError(f"write_ahead_log_left: {DATABASE}.wal")
    return dict(sorted(tables.items()))


def _files_of(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def _rows_of(path: Path, tables: dict[str, Any]) -> int | None:
    return tables[path.stem]["rows"] if path.suffix in (".parquet", ".csv") and path.stem in tables else None


def _next_number(releases: Path, day: date) -> int:
    numbers = [
        int(found["number"])
        for path in releases.iterdir()
        if (found := RELEASE_NAME.fullmatch(path.name)) and found["day"] == day.isoformat()
    ]
    return max(numbers, default=0) + 1


def _twin(releases: Path, run: RunFacts, digest: str) -> Release | None:
    """A sound release of the same run with the same marts: what a crash between the two last renames leaves."""
    for path in sorted(releases.iterdir(), reverse=True):
        if RELEASE_NAME.fullmatch(path.name):
            with suppress(OSError, ValueError):
                release = read(path)
                if release.manifest["run_id"] == run.run_id and release.manifest["verdict"]["digest"] == digest:
                    return release if verify(release).sound else None
    return None


def retire(home: Home, keep: int = KEEP) -> list[str]:
    """Remove all but the newest `keep` releases; never one that `current` or `stable` points to. Returns their ids.

    A release is renamed to a temporary name first, so that a crash leaves no half of one under its own name.
    """
    kept = {(home.releases / pointer).resolve() for pointer in POINTERS}
    gone = []
    for path in ordered(home)[:-keep] if keep > 0 else ordered(home):
        if path.resolve() in kept:
            continue
        doomed = home.releases / f"{TEMPORARY}gone-{path.name}"
        path.rename(doomed)
        remove(doomed)
        gone.append(path.name)
    return gone


def use(home: Home, release: Release) -> None:
    """Move `current` to a release that is there: to go back, or where the pointer was lost. The caller holds the lock
    and has verified the release."""
    _point(home.releases, "current", release.release_id)


def publish(
    home: Home,
    candidate: Path,
    run: RunFacts,
    created_at: datetime,
    keep: int = KEEP,
    extras: Callable[[Path], None] | None = None,
) -> Release:
    """Publish a judged candidate and move `current` to it.

    The caller holds the refresh lock: there is one publisher at a time.
    candidate: the judged DuckDB file; opened read-only. run: its identity. created_at: aware time.
    extras: writes further files into the new directory before it is sealed (reports, workbooks).
    The same run with the same marts is published once: a repeated call moves `current` to that release.
    Raises RefusedError when the candidate does not itself hold a complete, passed verdict for this run, and
    PublicationError when writing fails (for instance a full disk); `current` is then unchanged.
    """
    verdict = gate.read_verdict(candidate, run.run_id)
    if not verdict.passed:
        raise RefusedError(verdict.reasons)
    releases = home.releases
    try:
        releases.mkdir(parents=True, exist_ok=True)
        _clean(releases)
        release = _twin(releases, run, verdict.digest)
        if release is None:
            release = _write(releases, candidate, run, created_at, verdict, extras)
        _point(releases, "current", release.release_id)
    except BaseException as error:
        with suppress(OSError):
            _clean(releases)
        if not isinstance(error, OSError | duckdb.Error):
            raise
        raise PublicationError(
            "publication_failed: 公表版を書き込めませんでした。前回の公表版を維持します。"
            f"空き容量と書込権限を確認してください: {releases}（{error}）"
        ) from error
    with suppress(OSError):  # published is published: what cannot be removed now is tried again the next time
        retire(home, keep)
    return release


def _write(
    releases: Path,
    candidate: Path,
    run: RunFacts,
    created_at: datetime,
    verdict: gate.Verdict,
    extras: Callable[[Path], None] | None,
) -> Release:
    release_id = f"{run.as_of_date.isoformat()}.{_next_number(releases, run.as_of_date)}"
    directory = releases / f"{TEMPORARY}{release_id}"
    directory.mkdir()
    tables = _write_tables(directory, candidate, release_id, run, created_at)
    if extras is not None:
        extras(directory)
    files = {}
    for path in _files_of(directory):
        path.chmod(0o444)
        _fsync(path)
        files[path.relative_to(directory).as_posix()] = {
            "sha256": sha256_of(path),
            "size_bytes": path.stat().st_size,
            "rows": _rows_of(path, tables),
        }
    for folder in sorted((path for path in directory.rglob("*") if path.is_dir()), reverse=True):
        _fsync(folder)
        folder.chmod(0o555)
    manifest = {
        "format": FORMAT,
        "release_id": release_id,
        "run_id": run.run_id,
        "as_of_date": run.as_of_date.isoformat(),
        "created_at": created_at.isoformat(),
        "code_version": run.code_version,
        "duckdb_version": duckdb.__version__,
        "inputs_hash": run.inputs_hash,
        "inputs": run.inputs,
        "verdict": {"passed": verdict.passed, "digest": verdict.digest, **verdict.counts},
        "tables": tables,
        "files": files,
    }
    sealed = directory / MANIFEST
    sealed.write_text(json.dumps(manifest, ensure_ascii=False, indent=1, default=str) + "\n", encoding="utf-8")
    sealed.chmod(0o444)
    _fsync(sealed)
    _fsync(directory)
    directory.chmod(0o555)
    written = Release(directory, json.loads(sealed.read_text(encoding="utf-8")))
    found = verify(written)
    if not found.sound:
        raise PublicationError(
            "release_unsound: 書き込んだ内容を読み直すと一致しません。\n" + "\n".join(found.problems)
        )
    final = releases / release_id
    directory.rename(final)
    _fsync(releases)
    return Release(final, written.manifest)
