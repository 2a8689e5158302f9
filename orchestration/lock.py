"""One refresh at a time: an advisory lock on a file, given back by the kernel when its holder dies.

Holds: taking and keeping the lock. Does not hold: what is done under it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class RefreshInProgressError(Exception):
    """Another process holds the refresh lock (refresh_in_progress)."""


_held: set[Path] = set()


@contextmanager
def refresh_lock(path: Path) -> Iterator[None]:
    """Hold the refresh lock for the time of the block; a second taking by the same process is granted.

    Raises RefreshInProgressError when another process holds it. A killed holder leaves no lock behind.
    """
    if path in _held:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RefreshInProgressError(str(path)) from error
        _held.add(path)
        yield
    finally:
        _held.discard(path)
        os.close(descriptor)
