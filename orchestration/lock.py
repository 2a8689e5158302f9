"""One refresh at a time: an advisory lock on a file, given back by the kernel when its holder dies.

Holds: taking and keeping the lock. Does not hold: what is done under it, or who may do it: a night is handed on with
its lock (nightly.Night), never locked twice.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class RefreshInProgressError(Exception):
    """Somebody holds the refresh lock (refresh_in_progress)."""


@contextmanager
def refresh_lock(path: Path) -> Iterator[None]:
    """Hold the refresh lock for the time of the block.

    Raises RefreshInProgressError when somebody holds it, in this process too. A killed holder leaves no lock behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise RefreshInProgressError(str(path)) from error
        yield
    finally:
        os.close(descriptor)
