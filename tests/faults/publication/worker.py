"""Publishes in a forked child that stops before every writing operation and SQL statement.

A process that is stopped (SIGSTOP) has left on the disk what it would have left if it were killed there. Each state
that differs from those before is copied, and a plain publication takes it up.
Run as a program by test_crashes.py, so that no thread of DuckDB or polars lives in the process that forks.
Prints one JSON line per operation: its number and name, and what was found wrong (empty when nothing).

Usage: python -m tests.faults.publication.worker CANDIDATE RUN_ID BASE_HOME SCRATCH [EVERY]
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from sousei.foundation import duck
from sousei.foundation.home import Home
from sousei.publication import publish as publication
from tests.gate_candidate import NOW, Run

CHANGING = ("os.mkdir", "os.rename", "os.chmod", "os.symlink", "os.link", "os.remove", "os.rmdir")
SAID = 3
"""Descriptor on which a child says where it stands."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Stops:
    """Stops the process just before each operation that changes something below the home."""

    def __init__(self, home: str) -> None:
        self.home = home

    def at(self, name: str) -> None:
        os.write(SAID, name.encode())
        os.kill(os.getpid(), signal.SIGSTOP)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            changes = isinstance(flags, int) and bool(flags & WRITING)
            arguments = (path,)
        else:
            changes = event in CHANGING
        if changes and any(isinstance(one, str) and one.startswith(self.home) for one in arguments):
            self.at(event)


class CountedConnection:
    """A DuckDB connection whose statements are counted."""

    def __init__(self, connection: Any, stops: Stops) -> None:
        self.connection, self.stops = connection, stops

    def __enter__(self) -> CountedConnection:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stops.at("sql close")
        self.connection.close()

    def __getattr__(self, name: str) -> Any:
        if name in ("begin", "commit"):
            self.stops.at(f"sql {name}")
        return getattr(self.connection, name)

    def execute(self, sql: str, *parameters: Any) -> Any:
        word = sql.split(maxsplit=1)[0]
        if word not in ("select", "from", "set", "comment") and " temp table " not in sql:
            self.stops.at(f"sql {word}")
        return self.connection.execute(sql, *parameters)


def publish_stopping(home: Home, candidate: Path, run: Run) -> None:
    """Publish; stopped before every operation. Ends the process with 0 after the last one."""
    stops = Stops(str(home.root))
    connect, fsync = duck.connect, os.fsync

    def counted_fsync(descriptor: int) -> None:
        stops.at("os.fsync")
        fsync(descriptor)

    def counted_connect(path: Path, *, read_only: bool) -> Any:
        connection = connect(path, read_only=read_only)
        return connection if read_only else CountedConnection(connection, stops)

    duck.connect = counted_connect  # type: ignore[assignment]
    os.fsync = counted_fsync  # type: ignore[assignment]
    sys.addaudithook(stops.audit)
    publication.publish(home, candidate, run, NOW)
    os._exit(0)


class Forked:
    """`work` done in a child, which may stop on its way."""

    def __init__(self, work: Any, *arguments: Any) -> None:
        self.said, told = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(told)
            return
        os.dup2(told, SAID)
        try:
            work(*arguments)
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)

    def next_stop(self) -> str | None:
        """The operation before which it stands now; None where it has ended."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            return os.read(self.said, 100).decode()
        self.code = os.waitstatus_to_exitcode(status)
        os.close(self.said)
        return None

    def goes_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def ended(self) -> int:
        """Its exit code; it does not stop on its way."""
        assert self.next_stop() is None
        return self.code


def wrong_with_current(home: Home) -> str:
    """Empty when `current` resolves to a release whose files are those of its manifest."""
    if not home.current.is_symlink():
        return "no pointer"
    directory = home.current.resolve()
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    if manifest["release_id"] != directory.name:
        return "manifest of another release"
    for name, facts in manifest["files"].items():
        if hashlib.sha256((directory / name).read_bytes()).hexdigest() != facts["sha256"]:
            return f"changed: {name}"
    return ""


def state_of(home: Home) -> str:
    """A hash of all that lies in the home: names, modes, contents, where links lead."""
    told = []
    for path in sorted(home.root.rglob("*")):
        what: Any = path.lstat().st_mode
        if path.is_symlink():
            what = str(path.readlink())
        elif path.is_file():
            what = [what, hashlib.sha256(path.read_bytes()).hexdigest()]
        told.append([str(path.relative_to(home.root)), what])
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def taken_up(home: Home, candidate: Path, run: Run, before: Path) -> str:
    """Empty where the next publication in the home publishes and leaves nothing behind."""
    if Forked(publication.publish, home, candidate, run, NOW).ended() != 0:
        return "the next publication failed"
    left, pointer = sorted(path.name for path in home.releases.iterdir()), str(home.current.readlink())
    if left != sorted([str(before), pointer, "current"]) or pointer == str(before):
        return f"left behind: {left}"
    return wrong_with_current(home)


def main() -> int:
    candidate, run = Path(sys.argv[1]), Run(run_id=sys.argv[2])
    base, scratch = Path(sys.argv[3]), Path(sys.argv[4])
    every = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    home, after = Home(scratch / "home"), Home(scratch / "after")
    shutil.copytree(base, home.root, symlinks=True)
    before, at = home.current.readlink(), 0
    known: dict[str, str] = {}
    child = Forked(publish_stopping, home, candidate, run)
    while (name := child.next_stop()) is not None:
        if at % every == 0:
            state = state_of(home)
            if state not in known:
                shutil.copytree(home.root, after.root, symlinks=True)
                known[state] = taken_up(after, candidate, run, before)
                publication.remove(after.root)
            told = {"at": at + 1, "name": name, "wrong": wrong_with_current(home) or known[state]}
            print(json.dumps({**told, "was_new": home.current.readlink() != before}), flush=True)
        at += 1
        child.goes_on()
    publication.remove(home.root)
    return child.code


if __name__ == "__main__":
    sys.exit(main())
