"""A PostgreSQL of a benchmark's own, on a socket in a temporary folder, gone afterwards.

Holds: finding the programs, starting and ending the server. Does not hold: any table.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
_SETTINGS = (
    "listen_addresses=",
    "shared_buffers=512MB",
    "work_mem=256MB",
    "maintenance_work_mem=256MB",
    "max_wal_size=4GB",
    "jit=off",
)


def programs() -> Path | None:
    """The folder of initdb and postgres; None where they are not installed."""
    return next((place for place in _PLACES if (place / "initdb").exists()), None)


def _as_somebody() -> list[str]:
    """PostgreSQL does not run as root: then it runs as the user that its package makes."""
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


@contextmanager
def cluster(beside: Path) -> Iterator[Callable[..., str]]:
    """A function that runs SQL (its standard input, if any) and gives what it prints. beside: a folder of that disk.

    Raises FileNotFoundError where PostgreSQL is not installed.
    """
    place = programs()
    if place is None:
        raise FileNotFoundError("PostgreSQL is not installed")
    folder = Path(tempfile.mkdtemp(prefix="sousei-pg-", dir=beside if not _as_somebody() else None))
    who = _as_somebody()
    if who:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    control = [*who, str(place / "pg_ctl"), "-D", str(data), "-w"]
    try:
        made = [*who, str(place / "initdb"), "-D", str(data), "-E", "UTF8", "--locale=C", "-A", "trust"]
        subprocess.run(made, check=True, **quiet)  # type: ignore[call-overload]
        options = " ".join([f"-k {folder}", *(f"-c {one}" for one in _SETTINGS)])
        subprocess.run([*control, "-l", str(folder / "log"), "-o", options, "start"], check=True, **quiet)  # type: ignore[call-overload]

        def ask(sql: str, given: IO[bytes] | None = None) -> str:
            asked = [*who, "psql", "-h", str(folder), "-d", "postgres", "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", sql]
            done = subprocess.run(asked, stdin=given, capture_output=True, text=True, check=True, cwd=folder)
            return done.stdout

        yield ask
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], check=False, **quiet)  # type: ignore[call-overload]
        shutil.rmtree(folder, ignore_errors=True)
