"""Publish a candidate: an immutable directory of its marts, and the pointer that readers follow.

Holds: writing a release (DuckDB file, Parquet, CSV, CHANGES.md, manifest), moving `current`, keeping the last releases.
Does not hold: the judgement (expectations), the tables inside (`contents`), reading a release back, or what a figure
means.

Order of work, so that a crash at any moment leaves the old release or the new one and nothing else:
everything is written into `releases/.tmp-*`, made durable, made read-only, the manifest last, and read back; the
directory is renamed to its final name; `current` is replaced by one rename. What an earlier crash left is removed
first.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from itertools import count
from pathlib import Path

import duckdb

from sousei.expectations import verdict as verdicts
from sousei.expectations.verdict import Verdict
from sousei.foundation.files import sha256_of
from sousei.foundation.home import Home
from sousei.foundation.retention import Retention
from sousei.publication import changes, seals
from sousei.publication import manifest as manifests
from sousei.publication.contents import PublicationError, RunFacts, write_tables
from sousei.publication.manifest import File, Judged, Manifest, Table
from sousei.publication.shared import share
from sousei.publication.shelf import DATABASE, MANIFEST, POINTERS, RELEASE_NAME, Release, current, ordered, read
from sousei.publication.verify import verify

FORMAT = seals.SEALED
"""Version of the manifest's own layout."""

TEMPORARY = ".tmp-"
CHANGES = "CHANGES.md"
"""What moved since the last release, for people; without it there is no release."""


class RefusedError(Exception):
    """The candidate holds no complete, passed verdict for the run (publication_refused).

    `reasons` are texts for the person who can act.
    """

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("publication_refused: 公表を見送りました。前回の公表版を維持します。\n" + "\n".join(reasons))
        self.reasons = reasons


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


def _files_of(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def _taken_over(path: Path, name: str, last: Release | None) -> File | None:
    """What the last release states of a file that was linked from it (`unmoved`, which compared its hash)."""
    if last is not None:
        with suppress(OSError):  # what is lost of the last release is no part of this one
            return last.manifest.files.get(name) if path.samefile(last.path / name) else None
    return None


def _rows_of(path: Path, tables: dict[str, Table]) -> int | None:
    return tables[path.stem].rows if path.suffix in (".parquet", ".csv") and path.stem in tables else None


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
                if release.manifest.run_id == run.run_id and release.manifest.verdict.digest == digest:
                    return release if verify(release).sound else None
    return None


def retire(home: Home, keep: int) -> list[str]:
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


def use(home: Home, release: Release) -> Path | None:
    """Move `current` to a release that is there: to go back, or where the pointer was lost. The caller holds the lock
    and has verified the release. Returns where a folder went that stood in the pointer's place: a copy of a home that
    follows links leaves one."""
    aside = None
    if home.current.is_dir() and not home.current.is_symlink():
        places = (home.current.with_name(f"current.aside-{number}") for number in count(1))
        aside = home.current.rename(next(place for place in places if not place.exists()))
    _point(home.releases, "current", release.release_id)
    return aside


def publish(
    home: Home,
    candidate: Path,
    run: RunFacts,
    created_at: datetime,
    keep: int = Retention.releases,
    extras: Callable[[Path], None] | None = None,
    moves: bool = True,
) -> Release:
    """Publish a judged candidate and move `current` to it.

    The caller holds the refresh lock: there is one publisher at a time.
    candidate: the judged DuckDB file; opened read-only. run: its identity. created_at: aware time.
    extras: writes further files into the new directory before it is sealed (reports, workbooks).
    moves: False leaves `current` where it is, for a release that looks back at an earlier day.
    The same run with the same marts is published once: a repeated call moves `current` to that release.
    Raises RefusedError when the candidate does not itself hold a complete, passed verdict for this run, and
    PublicationError when writing fails (for instance a full disk) or what moved since the last release cannot be told
    (changes_not_made); `current` is then unchanged.
    """
    verdict = verdicts.read(candidate, run.run_id)
    if not verdict.passed:
        raise RefusedError(verdict.reasons)
    releases = home.releases
    try:
        releases.mkdir(parents=True, exist_ok=True)
        _clean(releases)
        release = _twin(releases, run, verdict.digest)
        if release is None:
            release = _write(home, candidate, run, created_at, verdict, extras, _last(home))
        if moves or not (releases / "current").exists():
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


def _last(home: Home) -> Release | None:
    """The release that `current` points to, None before the first.

    Raises PublicationError where it points to none.
    """
    try:
        return current(home)
    except (OSError, ValueError) as error:
        raise PublicationError(
            "changes_not_made: 前回の公表版を読めず、違いを作れないため、公表しません。sousei release use で健全な版に"
            f"戻してから、もう一度更新してください（{error}）。"
        ) from error


def _write(
    home: Home,
    candidate: Path,
    run: RunFacts,
    created_at: datetime,
    verdict: Verdict,
    extras: Callable[[Path], None] | None,
    last: Release | None,
) -> Release:
    releases = home.releases
    release_id = f"{run.as_of_date.isoformat()}.{_next_number(releases, run.as_of_date)}"
    directory = releases / f"{TEMPORARY}{release_id}"
    directory.mkdir(mode=0o700)
    before = last.database if last else None
    tables = write_tables(directory, candidate, release_id, run, created_at, before, verdict.marts)
    (directory / CHANGES).write_text(changes.text(directory / DATABASE), encoding="utf-8")
    if extras is not None:
        extras(directory)
    files = {}
    for path in _files_of(directory):
        name = path.relative_to(directory).as_posix()
        files[name] = _taken_over(path, name, last) or File(
            sha256_of(path), path.stat().st_size, _rows_of(path, tables)
        )
        if not share(path, name, files[name], last):
            path.chmod(0o444)
            _fsync(path)
    for folder in sorted((path for path in directory.rglob("*") if path.is_dir()), reverse=True):
        _fsync(folder)
        folder.chmod(0o555)
    manifest = Manifest(
        FORMAT,
        release_id,
        run.run_id,
        run.as_of_date.isoformat(),
        created_at.isoformat(),
        run.code_version,
        duckdb.__version__,
        run.inputs_hash,
        run.inputs,
        Judged(verdict.passed, verdict.digest, **verdict.counts),
        tables,
        files,
    )
    sealed = directory / MANIFEST
    sealed.write_text(manifest.text, encoding="utf-8")
    sealed.chmod(0o444)
    _fsync(sealed)
    _fsync(directory)
    directory.chmod(0o555)
    written = Release(directory, manifests.parse(sealed.read_text(encoding="utf-8")))
    found = verify(written, last)
    if not found.sound:
        raise PublicationError(
            "release_unsound: 書き込んだ内容を読み直すと一致しません。\n" + "\n".join(found.problems)
        )
    final = releases / release_id
    seals.seal(home.root, release_id, sealed, ordered(home))
    directory.rename(final)
    _fsync(releases)
    return Release(final, written.manifest)
