"""The hash of what decides a result: the files of the program, whole folders at a time.

Holds: the one rule for what counts as a file of the program. Readings, the makers' pages, dbt's manifest and the
identity of a run are made again where their fingerprint differs. Does not hold: which folders decide which result (its
user names them), or the bytes of deliveries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from sousei.foundation.home import PROJECT_ROOT

ROOMS = (
    "foundation",
    "ingest",
    "projection",
    "expectations",
    "feedback",
    "publication",
    "orchestration",
    "dbt_project",
)
"""All rooms that make the figures."""
_LEFT_OUT = {"__pycache__", "target", "logs"}


@cache
def fingerprint(*places: str, root: Path = PROJECT_ROOT) -> str:
    """Hash of every file at or below these places, by its path and its bytes; 16 hex digits.

    places: folders or files below `root`, e.g. "ingest". A file that is added, taken away, moved or edited anywhere
    below one of them changes it. Worked out once in a process.
    Raises FileNotFoundError where a place does not exist: a folder that was moved must not be overlooked.
    """
    digest = hashlib.sha256()
    for path in sorted(_files(root, places)):
        inside = path.relative_to(root).as_posix()
        digest.update(inside.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def code_version() -> str:
    """`<version of the distribution>+<hash>` of all code, SQL, contracts, seeds and the lock that make the figures."""
    lock = [name for name in ("requirements.lock",) if (PROJECT_ROOT / name).is_file()]
    return f"{version('sousei')}+{fingerprint(*ROOMS, *lock)[:12]}"


def _files(root: Path, places: Iterable[str]) -> set[Path]:
    found: set[Path] = set()
    for place in (root / name for name in places):
        if not place.exists():
            raise FileNotFoundError(place)
        below = place.rglob("*") if place.is_dir() else [place]
        found |= {path for path in below if path.is_file() and not _LEFT_OUT.intersection(path.relative_to(root).parts)}
    return found
