"""Seals of releases: the hash of each manifest, kept outside the release and bound to the seals before it.

Holds: the file `seals.csv` of a home, sealing, comparing. Does not hold: what a manifest says (`manifest`), or what is
done with a release whose seal is broken.

One line per sealed release: release_id, sha256 of its manifest.json, and a hash over this line and the chain so far,
so that a manifest that is edited together with its files, or a line that is, does not go unseen. A release number that
a crash left unused may stand there twice; the later line counts.

A release says in its manifest that it is sealed (format 2), so that a home that lost its seals is not taken for one
from before there were any.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import NamedTuple

from sousei.foundation.files import sha256_of, write_bytes
from sousei.publication.shelf import MANIFEST, RELEASE_NAME

SEALS = "seals.csv"
HEADER = ("release_id", "manifest_sha256", "chain_sha256")
SEALED = 2
"""From this format of its manifest on, a release stands in the seals of its home."""


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
    _write(root, known)


def _write(root: Path, known: list[Seal]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([HEADER, *known])
    write_bytes(root / SEALS, text.getvalue().encode())


def are_lost(root: Path) -> bool:
    """Whether a home has no seals though a release on its shelf says that it was sealed."""
    if (root / SEALS).is_file():
        return False
    there = (root / "releases").glob(f"*/{MANIFEST}")
    return any(RELEASE_NAME.fullmatch(path.parent.name) and _says_sealed(path) for path in there)


def _says_sealed(manifest: Path) -> bool:
    try:
        said = json.loads(manifest.read_text("utf-8"))["format"]
    except (OSError, ValueError, TypeError, KeyError):  # told as a manifest that cannot be read
        return False
    return isinstance(said, int) and said >= SEALED


def anew(root: Path, there: list[Path]) -> None:
    """Write the seals of a home that lost them, from the releases as they are now; a person has looked at them.

    there: the releases on disk, oldest first.
    """
    known: list[Seal] = []
    for one in there:
        known.append(_bound(known[-1].chain_sha256 if known else "", one.name, sha256_of(one / MANIFEST)))
    _write(root, known)


def broken(release: Path) -> list[str]:
    """What the seals of a home say against the release in this directory; empty where all is well, or where a home has
    no seals yet."""
    path = release.parents[1] / SEALS
    if not path.is_file():
        if not are_lost(path.parent):
            return []
        return [
            f"seals_lost: 封印 {path} がなくなっています。控えから戻してください。控えになければ、公表版が公表時の"
            "ままかを（配った写しと）確かめてから sousei release seal を実行すると、今の公表版から作り直します。"
        ]
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
