"""Files that two releases hold alike, kept once on disk.

Holds: when a file of a new release is the same file as that of the last one, and the link. Does not hold: which files a
release has (`publish`), or removing releases: a file goes with the last release that holds it.

The files of a release are never written again (mode 0444), so two releases may share one. A table that did not move is
the same bytes night after night: its rows are written in a total order.
"""

from __future__ import annotations

import filecmp
import os
from contextlib import suppress
from pathlib import Path

from sousei.publication.manifest import File
from sousei.publication.shelf import Release

LINK = ".same"


def share(path: Path, name: str, facts: File, last: Release | None) -> bool:
    """Put the last release's file in the place of an equal one; whether it was done.

    path: the new file; name: its place in a release. Compared byte by byte, so that what was damaged on disk is never
    taken over. A disk without hard links, or one that has no more of them, keeps the copy.
    """
    stated = last.manifest.files.get(name) if last else None
    if last is None or stated is None or stated.sha256 != facts.sha256:
        return False
    link = path.with_name(path.name + LINK)
    with suppress(OSError):
        if path.samefile(last.path / name):  # taken over before it was written (`unmoved`)
            return True
        if filecmp.cmp(last.path / name, path, shallow=False):
            link.unlink(missing_ok=True)
            os.link(last.path / name, link)
            link.replace(path)
            return True
    with suppress(OSError):
        link.unlink(missing_ok=True)
    return False
