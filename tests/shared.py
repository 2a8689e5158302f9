"""What the first process of a run of the tests makes and the others take over: dbt's parsing and its first build take a
tenth of a minute each, and are the same in all of them."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sousei.foundation.home import PROJECT_ROOT

PLACE = "SOUSEI_TESTS_SHARED"
"""Variable that names the folder of the run, which who starts the run makes and removes."""


class Kept:
    """One thing, in a file; kept nowhere without one."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def get(self) -> Any:
        """What was made before, None where it was not."""
        return pickle.loads(self._path.read_bytes()) if self._path and self._path.exists() else None

    def put(self, made: object) -> None:
        if self._path and made is not None:
            half = self._path.with_suffix(".tmp")
            half.write_bytes(pickle.dumps(made))
            half.rename(self._path)


@contextmanager
def by_one_process(name: str) -> Iterator[Kept]:
    """While it lasts no other process of this run makes the thing of this name for the same checkout: it waits."""
    folder = os.environ.get(PLACE)
    if not folder or not Path(folder).is_dir():
        yield Kept(None)
        return
    path = Path(folder) / f"{name}-{hashlib.sha256(str(PROJECT_ROOT).encode()).hexdigest()[:16]}"
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Kept(path)
