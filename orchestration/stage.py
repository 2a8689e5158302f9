"""A home on trial: a folder that sees what a home holds, on which a night's steps run without touching that home.

Holds: what such a home has by links and what by copies. Does not hold: which steps run on it (rehearsal, rebuild).
"""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path

from sousei.foundation.home import Home


def beside(home: Home, folder: Path) -> Home:
    """A home below `folder` that goes on from where a home stands: bytes, readings and releases by links, receipts,
    decisions and dbt's state by copy. What is written there stays there."""
    stage = Home(folder.resolve())
    for receipt in home.snapshots.glob("*/receipt*.json*"):
        to = _linked(receipt.parent, stage)
        shutil.copy(receipt, to / receipt.name)
    for path in home.raw.glob("*/*"):
        to = stage.raw / path.parent.name / path.name
        to.parent.mkdir(parents=True, exist_ok=True)
        to.symlink_to(path.resolve())
    stage.releases.symlink_to(home.releases.resolve())
    if home.decisions.is_dir():
        shutil.copytree(home.decisions, stage.decisions)
    _parsed(home, stage)
    return stage


def as_of(home: Home, folder: Path, then: datetime, decisions: Path, current: Path | None) -> Home:
    """A home below `folder` as a home stood at an aware time: what had been received until then, by links to its bytes,
    and nothing that was made of it.

    then: a whole second. decisions: folder with the decisions of then. current: the release of then, None before the
    first.
    """
    stage = Home(folder.resolve())
    for receipt in home.snapshots.glob("*/receipt.json"):
        again = receipt.with_name("receipts.jsonl")
        lines = again.read_text("utf-8").splitlines() if again.exists() else []
        kept = [line for line in [receipt.read_text("utf-8"), *lines] if _came(line) <= then]
        if kept:
            to = _linked(receipt.parent, stage)
            (to / receipt.name).write_text(kept[0], "utf-8")
            (to / again.name).write_text("".join(f"{line}\n" for line in kept[1:]), "utf-8")
    stage.releases.mkdir(parents=True)
    if current is not None:
        (stage.releases / current.name).symlink_to(current.resolve())
        stage.current.symlink_to(current.name)
    shutil.copytree(decisions, stage.decisions, ignore=lambda _, names: [one for one in names if "." not in one])
    _parsed(home, stage)
    return stage


def _came(line: str) -> datetime:
    return datetime.fromisoformat(json.loads(line)["received_at"]).replace(microsecond=0)


def _linked(snapshot: Path, stage: Home) -> Path:
    """The folder of a snapshot on trial, with a link to its bytes."""
    to = stage.snapshots / snapshot.name
    to.mkdir(parents=True, exist_ok=True)
    bytes_ = snapshot / "bytes"
    if bytes_.exists() and not (to / "bytes").exists():
        (to / "bytes").symlink_to(bytes_.resolve())
    return to


def _parsed(home: Home, stage: Home) -> None:
    if (home.dbt / "target").is_dir():
        shutil.copytree(home.dbt / "target", stage.dbt / "target")
