"""Which releases there are: directories, and the pointers that readers follow.

Holds: finding a release, listing all, facts about the current one. Nothing here writes below `releases/`. Does not
hold: publishing (`publish`), whether a release is sound (`verify`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from sousei.foundation.home import Home
from sousei.foundation.told import ToldError, UnknownNameError
from sousei.publication import manifest as manifests
from sousei.publication.manifest import Judged, Manifest

DATABASE = "sousei.duckdb"
MANIFEST = "manifest.json"
RELEASE_NAME = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})\.(?P<number>\d+)")
POINTERS = ("current", "stable")


@dataclass(frozen=True)
class Release:
    """One published directory and what its manifest says."""

    path: Path
    manifest: Manifest

    @property
    def release_id(self) -> str:
        return self.path.name

    @property
    def database(self) -> Path:
        return self.path / DATABASE


@dataclass(frozen=True)
class Status:
    """Facts about what is published now; everything but `releases` is None before the first release."""

    releases: int
    release_id: str | None = None
    stable_id: str | None = None
    as_of_date: str | None = None
    created_at: datetime | None = None
    age_days: float | None = None
    run_id: str | None = None
    code_version: str | None = None
    inputs_hash: str | None = None
    verdict: Judged | None = None


class UnreadableReleaseError(ToldError):
    """The manifest of a release cannot be read, or is another one's; the text says what to do."""


def read(path: Path) -> Release:
    """A release by its directory or a pointer to it.

    Raises FileNotFoundError where there is no manifest, UnreadableReleaseError where it is no manifest or not this
    directory's.
    """
    directory = path.resolve()
    try:
        manifest = manifests.parse((directory / MANIFEST).read_text(encoding="utf-8"))
    except ValueError as error:
        raise UnreadableReleaseError(_unreadable(directory, str(error))) from error
    if manifest.release_id != directory.name:
        raise UnreadableReleaseError(_unreadable(directory, f"manifest_of_another_release: {manifest.release_id}"))
    return Release(directory, manifest)


def _unreadable(directory: Path, why: str) -> str:
    return (
        f"manifest_unreadable: 公表版 {directory.name} の {MANIFEST} を読めません（{why}）。控えから戻すか、"
        "sousei release use で別の版に戻してください。 / manifest_unreadable: restore it or use another release"
    )


def ordered(home: Home) -> list[Path]:
    """Release directories, oldest first, by date and number; half-made ones are not among them."""
    found = [
        (match["day"], int(match["number"]), path)
        for path in (home.releases.iterdir() if home.releases.is_dir() else ())
        if (match := RELEASE_NAME.fullmatch(path.name)) and path.is_dir() and not path.is_symlink()
    ]
    return [path for _, _, path in sorted(found)]


def current(home: Home) -> Release | None:
    """The release that `current` points to, or None before the first one."""
    return read(home.current) if home.current.is_symlink() else None


def find(home: Home, name: str = "current") -> Release:
    """A release by its id or by a pointer (`current`, `stable`).

    Raises UnknownNameError where there is none of that name; the name never leaves the releases folder.
    """
    if name not in POINTERS and not RELEASE_NAME.fullmatch(name):
        raise _unknown(home, name)
    try:
        return read(home.releases / name)
    except OSError as error:
        raise _unknown(home, name) from error


def _unknown(home: Home, name: str) -> UnknownNameError:
    there = ordered(home)
    if not there:
        ja, en = (
            "公表版はまだありません。sousei refresh を実行してください。",
            "there is no release yet; run: sousei refresh",
        )
    elif name in POINTERS:
        use = f"sousei release use {there[-1].name}"
        ja, en = (
            f"公表版はありますが、releases/{name} がどれも指していません。",
            f"releases/{name} points to no release",
        )
        if name == "current":
            ja, en = f"{ja}{use} を実行すると戻ります。", f"{en}; run: {use}"
    else:
        ja, en = "この名前の公表版はありません。sousei releases で名前を確かめてください。", "see: sousei releases"
    return UnknownNameError(f"release_unknown: {name}: {ja} / release_unknown: {name}: {en}")


def list_releases(home: Home) -> pl.DataFrame:
    """One row per release, newest first: release_id, as_of_date, created_at, run_id, code_version, inputs, gate_passed,
    gate_failed, warn_failed, rows, size_bytes, pointers (comma separated).

    All but the first and the last are null where a release cannot be read.
    """
    pointed: dict[str, list[str]] = {}
    for pointer in POINTERS:
        if (home.releases / pointer).is_symlink():
            pointed.setdefault((home.releases / pointer).resolve().name, []).append(pointer)
    rows: list[dict[str, Any]] = []
    for path in reversed(ordered(home)):
        try:
            manifest = read(path).manifest
        except (OSError, ValueError):  # it is there, and more cannot be said
            rows.append({"release_id": path.name, "pointers": ",".join(pointed.get(path.name, []))})
            continue
        rows.append(
            {
                "release_id": path.name,
                "as_of_date": manifest.as_of_date,
                "created_at": manifest.created_at,
                "run_id": manifest.run_id,
                "code_version": manifest.code_version,
                "inputs": len(manifest.inputs),
                "gate_passed": manifest.verdict.gate_passed,
                "gate_failed": manifest.verdict.gate_failed,
                "warn_failed": manifest.verdict.warn_failed,
                "rows": sum(table.rows for table in manifest.tables.values()),
                "size_bytes": sum(file.size_bytes for file in manifest.files.values()),
                "pointers": ",".join(pointed.get(path.name, [])),
            }
        )
    text, number = pl.String(), pl.Int64()
    return pl.DataFrame(
        rows,
        schema={
            "release_id": text,
            "as_of_date": text,
            "created_at": text,
            "run_id": text,
            "code_version": text,
            "inputs": number,
            "gate_passed": number,
            "gate_failed": number,
            "warn_failed": number,
            "rows": number,
            "size_bytes": number,
            "pointers": text,
        },
    )


def status(home: Home, now: datetime) -> Status:
    """Facts about what is published, at an aware time `now`."""
    release = current(home)
    count = len(ordered(home))
    if release is None:
        return Status(count)
    manifest = release.manifest
    created = datetime.fromisoformat(manifest.created_at)
    stable = home.releases / "stable"
    return Status(
        count,
        release.release_id,
        stable.resolve().name if stable.is_symlink() else None,
        manifest.as_of_date,
        created,
        (now - created).total_seconds() / 86_400,
        manifest.run_id,
        manifest.code_version,
        manifest.inputs_hash,
        manifest.verdict,
    )
