"""Publishes in forked children and kills one of them (SIGKILL) at its Nth writing operation or SQL statement.

Run as a program by test_crashes.py, so that no thread of DuckDB or polars lives in the process that forks.
Prints one JSON line per kill: the number of the operation, its name, and what was found wrong (empty when nothing).

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
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


class Counter:
    """Counts operations that change something below the home; the process is killed just before number `fatal`."""

    def __init__(self, home: str, fatal: int) -> None:
        self.home, self.fatal, self.count = home, fatal, 0

    def at(self, name: str) -> None:
        self.count += 1
        if self.count == self.fatal:
            os.write(3, name.encode())
            os.kill(os.getpid(), signal.SIGKILL)

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

    def __init__(self, connection: Any, counter: Counter) -> None:
        self.connection, self.counter = connection, counter

    def __enter__(self) -> CountedConnection:
        return self

    def __exit__(self, *exception: object) -> None:
        self.counter.at("sql close")
        self.connection.close()

    def __getattr__(self, name: str) -> Any:
        if name in ("begin", "commit"):
            self.counter.at(f"sql {name}")
        return getattr(self.connection, name)

    def execute(self, sql: str, *parameters: Any) -> Any:
        word = sql.split(maxsplit=1)[0]
        if word not in ("select", "from", "set", "comment") and " temp table " not in sql:
            self.counter.at(f"sql {word}")
        return self.connection.execute(sql, *parameters)


def publish_killed(home: Home, candidate: Path, run: Run, fatal: int) -> None:
    """Publish; killed at operation `fatal`. Ends the process with 0 when there was no such operation."""
    counter = Counter(str(home.root), fatal)
    connect, fsync = duck.connect, os.fsync

    def counted_fsync(descriptor: int) -> None:
        counter.at("os.fsync")
        fsync(descriptor)

    def counted_connect(path: Path, *, read_only: bool) -> Any:
        connection = connect(path, read_only=read_only)
        return connection if read_only else CountedConnection(connection, counter)

    duck.connect = counted_connect  # type: ignore[assignment]
    os.fsync = counted_fsync  # type: ignore[assignment]
    sys.addaudithook(counter.audit)
    publication.publish(home, candidate, run, NOW)
    os._exit(0)


def forked(work: Any, *arguments: Any) -> tuple[int, str]:
    """Exit code (negative: signal) of `work` done in a child, and what it wrote to descriptor 3."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writer, 3)
        try:
            work(*arguments)
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
    os.close(writer)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    said = os.read(reader, 100).decode()
    os.close(reader)
    return code, said


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


def main() -> int:
    candidate, run = Path(sys.argv[1]), Run(run_id=sys.argv[2])
    base, scratch = Path(sys.argv[3]), Path(sys.argv[4])
    every = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    fatal, before = 1, (base / "releases" / "current").readlink()
    while True:
        home = Home(scratch / f"home{fatal}")
        shutil.copytree(base, home.root, symlinks=True, copy_function=os.link)
        code, name = forked(publish_killed, home, candidate, run, fatal)
        wrong = wrong_with_current(home)
        killed_at = home.current.readlink()
        if code == 0:
            publication.remove(home.root)
            return 0
        if code != -signal.SIGKILL:
            print(
                json.dumps({"fatal": fatal, "name": name, "wrong": f"exit code {code}", "was_new": False}), flush=True
            )
            return 1
        again, _ = forked(publication.publish, home, candidate, run, NOW)
        wrong = wrong or ("" if again == 0 else "the next publication failed") or wrong_with_current(home)
        left = sorted(path.name for path in home.releases.iterdir())
        pointer = str(home.current.readlink())
        if left != sorted([str(before), pointer, "current"]) or pointer == str(before):
            wrong = wrong or f"left behind: {left}"
        print(json.dumps({"fatal": fatal, "name": name, "wrong": wrong, "was_new": killed_at != before}), flush=True)
        publication.remove(home.root)
        fatal += every


if __name__ == "__main__":
    sys.exit(main())
