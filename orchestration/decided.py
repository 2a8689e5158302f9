"""Which of the kept states of the decisions a release was made with, and the removing of those that none needs.

Holds: finding the state by the hash of a release's inputs, the states that the releases of a shelf need. Does not hold:
keeping and reading decisions (ingest.decided.decisions), how many stay (foundation.retention).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sousei.foundation.home import Home
from sousei.orchestration import run as runs

if TYPE_CHECKING:
    from sousei.publication.manifest import Manifest


def folder_of(manifest: Manifest, known: Mapping[str, Path]) -> Path | None:
    """The folder with the decisions that a release was made with, of those that are known (digest -> folder); None
    where it is none of them: the hash of the release's inputs tells them."""
    day, then = date.fromisoformat(manifest.as_of_date), datetime.fromisoformat(manifest.created_at)
    for digest, folder in known.items():
        run = runs.plan(manifest.inputs, day, then, digest, manifest.code_version)
        if run.inputs_hash == manifest.inputs_hash:
            return folder
    return None


def prune(home: Home, keep: int) -> None:
    """Remove kept states of the decisions but for the `keep` that nights read last and those that a release on the
    shelf was made with. Nothing is removed where one of the releases cannot be read, or was made with none of them."""
    from sousei.ingest.decided import decisions

    def used(known: dict[str, Path]) -> set[Path] | None:
        from sousei.publication import shelf

        found = set()
        for path in shelf.ordered(home):
            try:
                folder = folder_of(shelf.read(path).manifest, known)
            except (OSError, ValueError):
                return None
            if folder is None:
                return None
            found.add(folder)
        return found

    decisions.prune(home, keep, used)
