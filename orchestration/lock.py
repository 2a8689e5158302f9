"""One refresh at a time: an advisory lock on a file, given back by the kernel when its holder dies.

Holds: taking and keeping the lock. Does not hold: what is done under it, or who may do it: a night is handed on with
its lock (nightly.Night), never locked twice.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class RefreshInProgressError(Exception):
    """Somebody holds the refresh lock (refresh_in_progress)."""


_AGAIN_SECONDS = 2.0
_LOOK_SECONDS = 0.2
"""Who only asks whether the lock is held (`is_held`) has it for a moment: no refresh is turned away for that."""


@contextmanager
def refresh_lock(path: Path, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the refresh lock for the time of the block. What is written meanwhile, here and by child processes, is
    nothing to other users of the machine (umask 027; a home that is new is 0750).

    wait_seconds: how long to try again while somebody holds it. Raises RefreshInProgressError when somebody still does,
    in this process too. A killed holder leaves no lock behind.
    """
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        until = time.monotonic() + max(wait_seconds, _LOOK_SECONDS)
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= until:
                    raise RefreshInProgressError(str(path)) from error
                time.sleep(min(_AGAIN_SECONDS, max(wait_seconds, _LOOK_SECONDS) / 4))
        before = os.umask(0o027)
        os.umask(before | 0o027)
        try:
            yield
        finally:
            os.umask(before)
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """True while a living process holds the lock."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # a home without a lock file, or that cannot be read, holds no running refresh
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
