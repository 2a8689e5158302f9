"""Seals of releases: the hash of each manifest, kept outside the release and bound to the seals before it.

Holds: the file `seals.csv` of a home, sealing, comparing. Does not hold: what a manifest says (`manifest`), or what is
done with a release whose seal is broken.

One line per sealed release: release_id, sha256 of its manifest.json, and a hash over this line and the chain so far,
so that a manifest that is edited together with its files, or a line that is, does not go unseen. A release number that
a crash left unused may stand there twice; the later line counts.
"""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path
from typing import NamedTuple

from sousei.foundation.files import sha256_of, write_bytes
from sousei.publication.shelf import MANIFEST

SEALS = "seals.csv"
HEADER = ("release_id", "manifest_sha256", "chain_sha256")


class Seal(NamedTuple):
    """One line of the file."""

    release_id: str
    manifest_sha256: str
    chain_sha256: str


def _bound(before: str, release_id: str, manifest_sha256: str) -> Seal:
    chain = hashlib.sha256(f"{before} {release_id} {manifest_sha256}".encode()).hexdigest()
    return Seal(release_id, manifest_sha256, chain)


def _read(path: Path) -> list[Seal]:
    """Raises ValueError where it is not text."""
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    return [Seal(*row) for row in rows[1:] if len(row) == len(HEADER)]


def seal(root: Path, release_id: str, manifest: Path, there: list[Path]) -> None:
    """Add the seal of a release that is about to be published.

    root: the home. there: the releases on disk; the first seal of a home takes them in too.
    """
    path = root / SEALS
    known = _read(path) if path.is_file() else []
    new = [] if known else [(one.name, one / MANIFEST) for one in there if (one / MANIFEST).is_file()]
    for name, file in [*new, (release_id, manifest)]:
        known.append(_bound(known[-1].chain_sha256 if known else "", name, sha256_of(file)))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([HEADER, *known])
    write_bytes(path, text.getvalue().encode())


def broken(release: Path) -> list[str]:
    """What the seals of a home say against the release in this directory; empty where all is well, or where a home has
    no seals yet."""
    path = release.parents[1] / SEALS
    if not path.is_file():
        return []
    try:
        known = _read(path)
    except (OSError, ValueError):
        return [f"seals_unreadable: {path} を読めません。控えから戻してください。"]
    before = ""
    for one in known:
        if _bound(before, one.release_id, one.manifest_sha256) != one:
            return [f"seals_changed: {path} の {one.release_id} の行が書き換えられています。控えから戻してください。"]
        before = one.chain_sha256
    sealed = {one.release_id: one.manifest_sha256 for one in known}
    if release.name not in sealed:
        return [f"release_not_sealed: 公表版 {release.name} は {path} に載っていません。"]
    if sealed[release.name] != sha256_of(release / MANIFEST):
        return [f"manifest_changed: 公表版 {release.name} の manifest.json が公表時と異なります。"]
    return []
