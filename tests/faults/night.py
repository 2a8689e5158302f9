"""Nights of a small home under faults: stopped at every operation, killed, on a full disk, in other zones, on odd days.

Holds: a program that forks a child for each night, after the frameworks were imported once, and prints one JSON line
per case. Does not hold: what must come out (test_nights.py). The night is that of the command, Dagster's job included;
the suites are judged in the child itself, the makers' pages and the papers are left out. A night to which nothing
happens goes its steps without Dagster and runs the statements that dbt ran in the first one (tests/replay.py).

A process that is stopped (SIGSTOP) has left on the disk what it would have left if it were killed there, so that one
night shows the state after a kill at each of its operations: file operations below the home, fsync and SQL.

Usage: python -m tests.faults.night SCRATCH CASE ... with a case of `sweep none|all`, `killed`, `disk KIB`,
`aside VARIABLE KIB`, `day DATE ZONE ...`, `user`, `again`.
"""

from __future__ import annotations

import ctypes
import io
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import date, datetime
from datetime import time as dt_time
from pathlib import Path
from typing import Any

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.orchestration import taken_over
from sousei.publication import publish as publication
from tests.faults.publication.worker import CHANGING, WRITING, wrong_with_current

SAMPLES = PROJECT_ROOT / "samples" / "landing" / "tourism"
ODD_NAME = "'; drop table main.fct_tourism_visitors; --.csv"
FIRST = {"city2024.csv": "city2024.csv", "city2025.csv": "city2025.csv"}
SECOND = {"city202601.csv": "city202601.csv", "city202602.csv": ODD_NAME}
"""What comes on the first night and on the second: sample and its name in landing."""
DAY, NEXT, NIGHTLY = date(2026, 11, 22), date(2026, 11, 23), dt_time(2)
BALLAST = "ballast"
NOBODY = 65534
TEMPORARY = re.compile(r"^\.|\.\d+\.tmp$")
SQL = re.compile(r"(?:\s|/\*.*?\*/)*(create|insert|copy|drop|alter|update|delete|attach|checkpoint)\b", re.I | re.S)
"""A statement that changes something, after the remark that dbt puts before it."""
Say = Callable[[str], None]
Outcome = dict[str, Any]


class Operations:
    """Tells of each operation that changes something below the home, just before it is done."""

    def __init__(self, home: Path, at: Say) -> None:
        self.home, self.at, self.step, self.is_telling = str(home), at, "start", False

    def told(self, name: str, path: str = "") -> None:
        if not self.is_telling:
            self.is_telling = True
            place = path.removeprefix(self.home).lstrip("/").split("/")[0]
            self.at(f"{self.step}|{name}|{TEMPORARY.sub('', place)}\n")
            self.is_telling = False

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if not (isinstance(flags, int) and flags & WRITING):
                return
            arguments = (path,)
        elif event not in (*CHANGING, "os.truncate"):
            return
        for one in arguments:
            if isinstance(one, str | bytes | os.PathLike) and os.fsdecode(one).startswith(self.home):
                self.told(event, os.fsdecode(one))
                return

    def watch(self) -> None:
        import duckdb

        execute, fsync = duckdb.DuckDBPyConnection.execute, os.fsync

        def counted(connection: Any, query: Any, *more: Any, **named: Any) -> Any:
            if word := SQL.match(str(query)):
                self.told(f"sql {word[1].lower()}")
            return execute(connection, query, *more, **named)

        def synced(descriptor: int) -> None:
            self.told("os.fsync")
            fsync(descriptor)

        duckdb.DuckDBPyConnection.execute = counted  # type: ignore[method-assign]
        os.fsync = synced  # type: ignore[assignment]
        sys.addaudithook(self.audit)


def refreshed(home: Home, day: date, watched: Say | None = None, script: Path | None = None) -> Outcome:
    """The command on a home, in this process, at two in the morning of the day; script: dbt's build of the first night
    and what the suites said of the nights so far, kept for this one to run and say again."""
    from sousei.expectations import gate
    from sousei.foundation import clock
    from sousei.orchestration import command, nightly, refresh
    from sousei.orchestration.nightly import Night
    from tests.nights import JUDGED, _steps, _Suites
    from tests.replay import Replayed, Warehouse

    class Again(Replayed):
        manifest = Warehouse.manifest  # of the home: a night under a fault finds it parsed
        by_dbt = Warehouse.build

    if script:
        nightly.Warehouse = Again  # type: ignore[misc]
        refresh.run_job = _steps(datetime.combine(day, NIGHTLY, clock.TOKYO))
        if script.exists():
            Replayed.script, judged = pickle.loads(script.read_bytes())
            JUDGED.update(judged)
    known = len(JUDGED)
    operations = Operations(home.root, watched) if watched else None

    def night(home: Home, **of_the_command: Any) -> Night:
        def told(ja: str, en: str) -> None:
            if operations:
                operations.step = en

        return Night(home, pages=False, papers=False, tell=told)

    Night.start_suites = lambda night: None  # type: ignore[method-assign]
    gate.SuiteProcess = _Suites  # type: ignore[misc,assignment]
    refresh.Night = night  # type: ignore[misc,assignment]
    clock.now = lambda: datetime.combine(day, NIGHTLY, clock.TOKYO)
    os.environ["SOUSEI_HOME"] = str(home.root)
    said, complained = io.StringIO(), io.StringIO()
    if operations:
        operations.watch()
    with redirect_stdout(said), redirect_stderr(complained):
        code = command.main(["refresh", "--as-of", day.isoformat()])
    if script and len(JUDGED) > known:
        script.write_bytes(pickle.dumps((Replayed.script, JUDGED)))
    return {"code": code, "said": said.getvalue()[-4000:], "complained": complained.getvalue()[-4000:]}


def become(user: int) -> None:
    """Another user, who may read all files (wherever Python and the program lie) and write its own only."""
    libc = ctypes.CDLL(None, use_errno=True)
    keep_capabilities, version, read_and_search = 8, 0x20080522, 1 << 2
    libc.prctl(keep_capabilities, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    header = (ctypes.c_uint32 * 2)(version, 0)
    sets = (ctypes.c_uint32 * 6)(read_and_search, read_and_search, 0, 0, 0, 0)
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")


class Child:
    """A night in a fork of this process, which has imported everything and runs no thread."""

    def __init__(
        self, *arguments: Any, stops: bool = False, user: int = 0, script: Path | None = None, **environment: str
    ) -> None:
        self.told, told = os.pipe()
        self.answer, answer = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(told)
            os.close(answer)
            return
        try:
            os.environ.update(environment)
            time.tzset()
            if user:
                become(user)

            def stop(operation: str) -> None:
                os.write(told, operation.encode())
                os.kill(os.getpid(), signal.SIGSTOP)

            outcome = refreshed(*arguments, watched=stop if stops else None, script=script)
            os.write(answer, json.dumps(outcome).encode())
            os._exit(0)
        except BaseException as error:
            os.write(answer, json.dumps({"code": None, "raised": repr(error)}).encode())
            os._exit(1)

    def next_stop(self) -> str | None:
        """The operation before which it stands now; None where it has ended."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        return os.read(self.told, 1000).decode().splitlines()[-1] if os.WIFSTOPPED(status) else None

    def goes_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def outcome(self) -> Outcome:
        said = os.read(self.answer, 100_000).decode()
        return json.loads(said) if said else {"code": None}

    def ended(self) -> Outcome:
        os.waitpid(self.pid, 0)
        return self.outcome()


class Small:
    """A home with one release of visitors, and what comes on the next night."""

    def __init__(self, scratch: Path) -> None:
        self.home, self.kept = Home(scratch / "home"), scratch / "kept"
        self.sound: dict[Path, tuple[int, int, int]] = {}
        self.script = scratch / "script"
        self.kept.mkdir(parents=True)
        self.deliver(FIRST)
        first = Child(self.home, DAY, script=self.script).ended()
        assert first["code"] == 0, first
        self.deliver(SECOND)
        (self.home.landing / "list.csv").write_text("氏名,生年月日,住所\n山田太郎,1980-01-01,根室市1-2\n", "utf-8")
        self.keep("before")
        self.old, self.new = self.tables(), dict[str, str]()

    def deliver(self, files: dict[str, str]) -> None:
        self.home.landing.mkdir(parents=True, exist_ok=True)
        for sample, name in files.items():
            shutil.copyfile(SAMPLES / sample, self.home.landing / name)

    def keep(self, name: str) -> None:
        shutil.copytree(self.home.root, self.kept / name, symlinks=True)

    def put_back(self, name: str) -> None:
        """The home as it was kept, at the same place (dbt parses anew at another one)."""
        publication.remove(self.home.root / "releases")
        for path in self.home.root.iterdir():
            publication.remove(path)
        shutil.copytree(self.kept / name, self.home.root, symlinks=True, dirs_exist_ok=True)

    def night(self, **how: Any) -> Child:
        return Child(self.home, NEXT, **how)

    def tables(self) -> dict[str, str]:
        """Run and hash of each table of the current release."""
        manifest = json.loads((self.home.current / "manifest.json").read_text("utf-8"))
        files = {name: one["sha256"] for name, one in manifest["files"].items() if name.startswith(("parquet", "csv"))}
        return files | {"run_id": manifest["run_id"]}

    def is_at(self) -> str:
        """old, new, or what is wrong with the current release; its files are read again where one was touched."""
        directory = self.home.current.resolve()
        facts = {
            path: (one.st_ino, one.st_size, one.st_mtime_ns) for path in directory.rglob("*") if (one := path.stat())
        }
        if facts != self.sound:
            wrong = wrong_with_current(self.home)
            self.sound = {} if wrong else facts
        else:
            wrong = ""
        return wrong or {f"{DAY}.1": "old", f"{NEXT}.1": "new"}.get(name := self.home.current.readlink().name, name)

    def undisturbed(self) -> None:
        """The tables of the next night where nothing happens to it."""
        if not self.new:
            self.put_back("before")
            ended = self.night(script=self.script).ended()
            assert ended["code"] == 0 and self.is_at() == "new", ended
            self.new = self.tables()

    def taken_up(self) -> str:
        """Empty where a plain next night ends in the tables of an undisturbed one, and nothing is left behind."""
        ended = self.night(script=self.script).ended()
        if ended["code"] != 0 or self.tables() != self.new:
            return f"other tables: {ended}"
        there = sorted(path.name for path in self.home.releases.iterdir())
        return wrong_with_current(self.home) or ("" if len(there) == 3 else f"left behind: {there}")

    def sweep(self, taken_up: str) -> Outcome:
        """Stops before each operation; taken_up: `all` lets a next night take up the first state of each step and
        folder, of a night that takes tables over from the one before; `none` none, of one that builds all of them."""
        self.put_back("before")
        if taken_up == "none":
            for noted in self.home.runs.glob(f"*/{taken_over.BUILT}"):
                noted.unlink()
        child = self.night(stops=True)
        kinds: dict[str, int] = {}
        found: list[str] = []
        states: dict[str, str] = {}
        second: Outcome = {}
        while (operation := child.next_stop()) is not None:
            found.append(self.is_at())
            kinds[operation] = kinds.get(operation, 0) + 1
            step, _, place = operation.split("|")
            if f"{step}|{place}" not in states and taken_up == "all":
                states[f"{step}|{place}"] = f"stop{len(found)}"
                self.keep(f"stop{len(found)}")
            if operation.startswith("building") and not second:
                second = self.night().ended()
            child.goes_on()
        ended, wrong = child.outcome(), {}
        self.new = self.new or self.tables()
        for place, name in states.items():
            self.put_back(name)
            wrong[place] = self.taken_up()
            print(f"{place}: {wrong[place] or 'taken up'}", file=sys.stderr, flush=True)
            publication.remove(self.kept / name)
        return {
            "ended": ended,
            "kinds": kinds,
            "found": [one for place, one in enumerate(found) if place == 0 or one != found[place - 1]],
            "second": second,
            "taken_up": list(wrong),
            "wrong": {place: said for place, said in wrong.items() if said},
        }

    def killed(self) -> Outcome:
        """The holder of the lock is killed while it builds."""
        self.put_back("before")
        child = self.night(stops=True)
        while not (operation := child.next_stop() or "").startswith("building"):
            child.goes_on()
        child.kill()
        return {"operation": operation, "found": self.is_at(), "wrong": self.taken_up()}

    def disk(self, free_kib: str) -> Outcome:
        """A night on a file system of its own with so much room."""
        with tmpfs(self.home.root, 512 << 20):
            self.put_back("before")
            fill(self.home.root, int(free_kib))
            ended, found = self.night().ended(), self.is_at()
            (self.home.root / BALLAST).unlink()
            return {"ended": ended, "found": found, "wrong": self.taken_up(), "place": str(self.home.root)}

    def aside(self, variable: str, free_kib: str) -> Outcome:
        """A night whose other folder (TMPDIR, DAGSTER_HOME) is full."""
        self.put_back("before")
        folder = self.kept / variable
        folder.mkdir(exist_ok=True)
        with tmpfs(folder, 64 << 20):
            fill(folder, int(free_kib))
            ended, found = self.night(**{variable: str(folder)}).ended(), self.is_at()
        wrong = "" if found == "new" and self.tables() == self.new else self.taken_up()
        return {"ended": ended, "found": found, "wrong": wrong, "place": str(folder)}

    def user(self) -> Outcome:
        """A night of a user who owns the home and nothing of the program, which is read-only for it."""
        self.put_back("before")
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", self.home.root], check=True)
        ended = self.night(user=NOBODY).ended()
        return {"ended": ended, "found": self.is_at(), "is_equal": self.tables() == self.new}

    def again(self) -> Outcome:
        """The next night's release made from the snapshots alone, in a home that has nothing else."""
        self.put_back("before")
        self.night(script=self.script).ended()
        for path in self.home.root.iterdir():
            if path.name not in ("landing", "snapshots", "decisions", "dbt"):
                publication.remove(path)
        ended = self.night(script=self.script).ended()
        made = self.tables()
        return {"code": ended["code"], "differs": sorted(name for name in self.new if self.new[name] != made.get(name))}

    def day(self, day: str, *zones: str) -> Outcome:
        """Nights of one as-of date in several zones: their tables."""
        tables = []
        for zone in zones:
            self.put_back("before")
            ended = Child(self.home, date.fromisoformat(day), TZ=zone, script=self.script).ended()
            tables.append({"ended": ended, "wrong": wrong_with_current(self.home), "tables": self.tables()})
        return {"nights": tables}


@contextmanager
def tmpfs(folder: Path, size: int) -> Iterator[None]:
    """A small file system of our own over a folder."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(folder: Path, free_kib: int) -> None:
    """Leave so much room and no more."""
    room = os.statvfs(folder)
    with (folder / BALLAST).open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, room.f_bavail * room.f_frsize - free_kib * 1024)


def main() -> int:
    import great_expectations  # noqa: F401
    from dbt.cli.main import dbtRunner  # noqa: F401

    import sousei.orchestration.job  # noqa: F401
    import tests.nights  # noqa: F401

    small = Small(Path(sys.argv[1]))
    for case in sys.argv[2:]:
        name, *how = case.split(" ")
        if name != "sweep":
            small.undisturbed()
        print(json.dumps({"case": case, **getattr(small, name)(*how)}, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
