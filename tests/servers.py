"""Real PostgreSQL and Redis for tests, on free ports of this machine, in a temporary folder, ended with the test.

Holds: starting and ending them. Does not hold: what is asked of them. PostgreSQL refuses to run as root; then it runs
as its own user.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

EXTRA = ("dagster_celery", "dagster_postgres", "psycopg2", "redis", "duckdb_extension_ducklake")


def _programs() -> Path | None:
    """Folder of PostgreSQL's own programs: Debian's newest, else where initdb is found."""
    known = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    found = [*known, *filter(None, [shutil.which("initdb")])]
    return Path(found[-1]).parent if found else None


def missing() -> str:
    """Why these tests cannot run here; '' where they can."""
    wanted = [name for name in EXTRA if find_spec(name) is None]
    if wanted:
        return "needs the extra `prefecture`"
    return "" if _programs() and shutil.which("redis-server") else "needs PostgreSQL and Redis"


needed = pytest.mark.skipif(bool(missing()), reason=missing() or "-")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Postgres:
    """A running server; `words` is how libpq reaches a database of it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port

    def words(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=sousei dbname={database}"

    def connect(self, database: str = "postgres"):  # type: ignore[no-untyped-def]
        import psycopg2

        connection = psycopg2.connect(self.words(database))
        connection.autocommit = True
        return connection

    def create(self, database: str) -> str:
        connection = self.connect()
        connection.cursor().execute(f'create database "{database}"')
        connection.close()
        return self.words(database)

    def control(self, *arguments: str) -> None:
        programs = _programs()
        assert programs is not None
        _as_its_user(str(programs / "pg_ctl"), "-D", str(self.folder / "data"), "-w", *arguments)

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -F"
        self.control("-l", str(self.folder / "log"), "-o", options, "start")


def _as_its_user(*command: str) -> None:
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*prefix, *command], check=True, cwd="/", stdout=subprocess.DEVNULL)


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server with an empty cluster; its user is `sousei`."""
    programs = _programs()
    assert programs is not None
    folder = Path(tempfile.mkdtemp(prefix="sousei-pg-", dir="/tmp"))
    server = Postgres(folder, free_port())
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        _as_its_user(str(programs / "initdb"), "-D", str(folder / "data"), "-U", "sousei", "-A", "trust", "-N")
        server.start()
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.control("-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def redis() -> Iterator[str]:
    """A server that keeps nothing; its address."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sousei-redis-") as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
            try:
                _answers(port)
                yield f"redis://127.0.0.1:{port}/0"
            finally:
                server.terminate()


def _answers(port: int) -> None:
    import time

    for _ in range(100):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"nothing answers on port {port}")
