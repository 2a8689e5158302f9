"""The identity of one refresh: which inputs, which code, which as-of date, and the folder it builds in.

Holds: planning (is there anything new?), the run's id and its `run.json`. Does not hold: reading files (ingest),
building (Dagster assets) or publishing (publication).

A run is identified by its inputs: the deliveries in landing and those of the last good release, the code, and the
fiscal year that contains the as-of date. The same identity gives the same figures, so it is never built twice.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sousei.foundation.clock import fiscal_year_of
from sousei.foundation.fingerprint import code_version
from sousei.foundation.home import Home


@dataclass(frozen=True)
class Run:
    """One refresh; grain: one set of inputs built with one code on one as-of date."""

    run_id: str
    as_of: str
    fiscal_year: int
    created_at: str
    code_version: str
    inputs_hash: str
    inputs: list[dict[str, Any]]

    def directory(self, home: Home) -> Path:
        return home.runs / self.run_id

    @property
    def as_of_date(self) -> date:
        return date.fromisoformat(self.as_of)

    @property
    def created(self) -> datetime:
        return datetime.fromisoformat(self.created_at)


def current_manifest(home: Home) -> dict[str, Any] | None:
    """The manifest of the last good release, or None where `current` leads to none.

    Raises PointerLostError where it cannot be read.
    """
    path = home.current / "manifest.json"
    if not home.current.is_symlink() or not path.is_file():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(manifest, dict):
            raise ValueError("not an object")
        return manifest
    except (OSError, ValueError) as error:
        named = path.resolve().parent.name
        others = [name for name in release_names(home) if name != named]
        other = next((name for name in reversed(others) if name[:10] <= named[:10]), others[-1] if others else "")
        ja, en = (
            (f"控えから戻すか、sousei release use {other} で別の版（基準日 {other[:10]}）に切り替えてください。",
             f"restore it from a backup, or run: sousei release use {other} (as of {other[:10]})")
            if other
            else ("控えから戻してください。", "restore it from a backup.")
        )  # fmt: skip
        raise PointerLostError(
            f"manifest_unreadable: 公表版 {named} の manifest.json を読めません（{type(error).__name__}）。{ja} / "
            f"manifest_unreadable: manifest.json of release {named} cannot be read; {en}"
        ) from error


def last_release(home: Home) -> dict[str, Any] | None:
    """The manifest of the last good release, or None before the first one.

    Raises PointerLostError where releases are on disk and `current` does not lead to one, or leads to one whose
    manifest is unreadable or is not the one that was sealed: to go on would forget what it was made from.
    """
    manifest = current_manifest(home)
    if manifest is None and (there := release_names(home)):
        raise PointerLostError(
            f"current_pointer_lost: 公表版 {there[-1]} などがありますが、releases/current がどれも指していません。"
            f"sousei release use {there[-1]} を実行すると戻ります。 / "
            f"releases are on disk, but releases/current points to no release; run: sousei release use {there[-1]}"
        )
    if manifest is not None:
        _is_sealed(home)
    return manifest


def _is_sealed(home: Home) -> None:
    from sousei.publication import seals

    if said := seals.broken(home.current.resolve()):
        if seals.are_lost(home.root):
            raise PointerLostError(
                f"{said[0]} / seals_lost: the seals of this home are lost; restore seals.csv from a backup, or look at "
                "the releases and run: sousei release seal"
            )
        raise PointerLostError(
            f"{said[0]}このまま更新すると、公表に使った入力が分からなくなります。manifest.json と seals.csv を控えから"
            f"戻すか、sousei release use で別の版に戻してください。 / {said[0].split(':')[0]}: release "
            f"{home.current.resolve().name} is not as it was sealed; restore it from a backup or use another release"
        )


class PointerLostError(Exception):
    """`current` is lost or broken while releases are on disk, or what it leads to is not what was published; the text
    says how to mend it."""


def release_names(home: Home) -> list[str]:
    """Names of the releases on disk, oldest first."""
    found = [path.parent.name for path in home.releases.glob("????-??-??.*/manifest.json")]
    return sorted(found, key=lambda name: (name[:10], int(name[11:]) if name[11:].isdigit() else 0))


def plan(
    inputs: list[dict[str, Any]], as_of: date, created_at: datetime, decisions: str = "", code: str | None = None
) -> Run:
    """The run that these inputs make.

    inputs: one dict per delivery with at least `sha256`, `verdict` (taken / refused / withdrawn) and, where known,
    `source`, `received_order` and `stops` (it is refused and stops the night). decisions: their digest. code: the
    version of the code that builds it, None for that of this program. What is neither used nor stops the night is no
    part of the identity: it changes no figure. The order of receipt is, inside a source: it says which of two versions
    is in force.
    """
    ordered = sorted(inputs, key=lambda one: one["sha256"])
    code = code or code_version()
    digest = hashlib.sha256()
    for one in sorted(ordered, key=lambda one: (one.get("source", ""), one.get("received_order", 0))):
        if one["verdict"] == "taken" or one.get("stops"):
            digest.update(f"{one['sha256']} {one['verdict']}\n".encode())
    digest.update(decisions.encode())
    digest.update(code.encode())
    digest.update(str(fiscal_year_of(as_of)).encode())
    inputs_hash = digest.hexdigest()
    return Run(
        run_id=f"{as_of.isoformat()}-{inputs_hash[:12]}",
        as_of=as_of.isoformat(),
        fiscal_year=fiscal_year_of(as_of),
        created_at=created_at.isoformat(timespec="seconds"),
        code_version=code,
        inputs_hash=inputs_hash,
        inputs=ordered,
    )


def is_of_the_past(home: Home, as_of: date) -> bool:
    """True where the last good release has a later as-of date: what is made now looks back, and readers stay."""
    manifest = current_manifest(home)
    return manifest is not None and date.fromisoformat(manifest["as_of_date"]) > as_of


_SET_RIGHT = timedelta(hours=1)
"""How far a clock may be set back without a word: what a time server or a hand corrects."""


def clock_behind(manifest: dict[str, Any] | None, now: datetime) -> str | None:
    """What is wrong where an aware time `now` lies before the last good release was made, Japanese / English."""
    if manifest is None or "created_at" not in manifest:
        return None
    name, made = manifest["release_id"], datetime.fromisoformat(manifest["created_at"])
    if now >= made - _SET_RIGHT:
        return None
    said = f"{now:%Y-%m-%d %H:%M}"
    return (
        f"clock_behind: 機械の時計（{said}）が、今の公表版 {name} を作った時刻（{made:%Y-%m-%d %H:%M}）より前です。"
        f"時計を合わせてください。時計が正しいなら、{name} は進んだ時計で作られています。sousei release use で前の版に"
        "戻してから、もう一度実行してください。 / "
        f"clock_behind: the clock says {said}, before release {name} was made ({made:%Y-%m-%d %H:%M}); set the clock, "
        "or, if it is right, use the release before with: sousei release use"
    )


def is_published(home: Home, run: Run) -> bool:
    """True when the last good release was made from exactly these inputs and this code."""
    manifest = current_manifest(home)
    return manifest is not None and manifest.get("inputs_hash") == run.inputs_hash


def begin(home: Home, run: Run) -> Path:
    """Empty the run's folder, write `run.json`, and point `runs/building` to it. The folder is its owner's alone: a
    candidate holds rows that no release shows.

    What an earlier attempt at the same run left (a crash, a refusal) is removed first.
    """
    directory = run.directory(home)
    if directory.exists():
        shutil.rmtree(directory)
    home.runs.mkdir(parents=True, exist_ok=True)
    directory.mkdir(mode=0o700)
    (directory / "run.json").write_text(json.dumps(asdict(run), ensure_ascii=False, indent=1), encoding="utf-8")
    pointer = home.runs / ".building.tmp"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(run.run_id)
    pointer.replace(home.building)
    return directory


def load(home: Home) -> Run:
    """The run being built.

    Raises FileNotFoundError when none was begun.
    """
    return Run(**json.loads((home.building / "run.json").read_text(encoding="utf-8")))


def record(
    home: Home, state: str, now: datetime, reasons: list[str], not_used: list[dict[str, str]] | None = None
) -> None:
    """Keep how the last refresh ended (published / nothing_new / refused / failed), for `sousei status`.

    not_used: deliveries that gave no figure, with their reasons; None keeps those of the state before (`running`).
    """
    before = last(home) or {}
    home.runs.mkdir(parents=True, exist_ok=True)
    path = home.runs / "last.json"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(
        json.dumps(
            {
                "state": state,
                "ended_at": now.isoformat(timespec="seconds"),
                "reasons": reasons,
                "not_used": before.get("not_used", []) if not_used is None else not_used,
            },
            ensure_ascii=False,
        ),
        encoding="utf-8",
    )
    temporary.replace(path)


def last(home: Home) -> dict[str, Any] | None:
    """How the last refresh ended, or None before the first; state `unknown` where that cannot be read."""
    path = home.runs / "last.json"
    if not path.is_file():
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        datetime.fromisoformat(told["ended_at"])
        return {"state": str(told["state"]), "reasons": [], "not_used": []} | told
    except (OSError, ValueError, TypeError, KeyError):
        reason = (
            f"last_run_unreadable: 前回の更新の記録 {path} を読めません。次の更新で書き直されます。 / "
            f"last_run_unreadable: {path} cannot be read; the next refresh writes it anew."
        )
        return {"state": "unknown", "ended_at": None, "reasons": [reason], "not_used": []}


def prune(home: Home, keep: int) -> None:
    """Remove all but the newest `keep` run folders and the one being built; they hold candidates and logs only."""
    building = home.building.resolve() if home.building.is_symlink() else None
    folders = sorted(
        (path for path in home.runs.glob("????-??-??-*") if path.is_dir()), key=lambda path: path.stat().st_mtime
    )
    for folder in folders[:-keep] if keep else folders:
        if folder.resolve() != building:
            shutil.rmtree(folder)
