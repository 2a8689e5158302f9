"""The process that makes papers beside the publication: the same release as without it, whatever becomes of it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from sousei.foundation.child import Child, module, same_code
from sousei.foundation.home import Home
from sousei.publication import beside, making, papers, shelf
from sousei.publication.inventory import Paper
from sousei.publication.making import Asked, Making, Unsealed
from sousei.publication.shelf import Release

pytestmark = pytest.mark.slow

WAIT_SECONDS = 120.0
ASKED = beside.asked


def files_of(directory: Path) -> dict[str, str]:
    return {
        path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != shelf.DATABASE
    }


def gone(pid: int) -> bool:
    """Whether a process has ended, within a time."""
    for _ in range(200):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


def tables_of(release: Release, directory: Path) -> Path:
    """The directory of a release with its tables only, as the papers find it."""
    directory.mkdir()
    shutil.copy(release.database, directory / shelf.DATABASE)
    for kind in ("csv", "parquet"):
        shutil.copytree(release.path / kind, directory / kind, copy_function=shutil.copyfile)
    return directory


@pytest.fixture(scope="module")
def release(published: Path) -> Release:
    return shelf.find(Home(published))


@pytest.fixture
def unsealed(release: Release, tmp_path: Path) -> Path:
    return tables_of(release, tmp_path / "unsealed")


@pytest.fixture(scope="module")
def alone(release: Release, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], list[Paper]]:
    """All that one process writes beside the tables, and its list of papers."""
    directory = tables_of(release, tmp_path_factory.mktemp("alone") / "unsealed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(beside, "LEAST", sys.maxsize)
        patch.setattr(beside, "Child", never)
        papers.write(directory)
    return files_of(directory), papers.listed(directory)[0]


@pytest.fixture
def papers_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the tables for people nor the site are written."""
    monkeypatch.setattr(papers, "_office", lambda release: None)
    monkeypatch.setattr(papers, "_about", lambda release, made: None)


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> list[Child]:
    """The processes that were started, as they are."""
    found: list[Child] = []

    class Kept(Child):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            found.append(self)

    monkeypatch.setattr(beside, "Child", Kept)
    return found


def never(*_: Any, **__: Any) -> Any:
    raise AssertionError("a process was started")


def once_it_answered(then: Callable[[], None]) -> Callable[..., Any]:
    """beside.asked, which waits until the process made its first papers, and does something then."""

    @contextmanager
    def asked(release: Unsealed, left: deque[Asked]) -> Iterator[deque[beside.Answer]]:
        with ASKED(release, left) as answers:
            deadline = time.monotonic() + WAIT_SECONDS
            while len(answers) < 3 and time.monotonic() < deadline:
                time.sleep(0.01)
            assert len(answers) >= 3 and left, "both make papers"
            then()
            yield answers

    return asked


def same_papers(directory: Path, alone: tuple[dict[str, str], list[Paper]]) -> bool:
    files, listed = alone
    made, expected = (
        {name: digest for name, digest in found.items() if name.startswith(f"{papers.FOLDER}/")}
        for found in (files_of(directory), files)
    )
    return made == expected and papers.listed(directory) == (listed, [])


def test_two_processes_write_what_one_writes_to_the_byte_and_in_its_order(
    unsealed: Path,
    alone: tuple[dict[str, str], list[Paper]],
    children: list[Child],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(beside, "asked", once_it_answered(lambda: None))
    papers.write(unsealed)
    assert files_of(unsealed) == alone[0]
    assert papers.listed(unsealed) == (alone[1], []) and len(alone[1]) == 24
    assert len(children) == 1 and not children[0].is_alive


@pytest.mark.sampled
@pytest.mark.usefixtures("papers_only")
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_a_process_that_is_killed_or_hangs_costs_no_paper_and_no_wait(
    unsealed: Path,
    alone: tuple[dict[str, str], list[Paper]],
    children: list[Child],
    monkeypatch: pytest.MonkeyPatch,
    sent: signal.Signals,
) -> None:
    monkeypatch.setattr(beside, "asked", once_it_answered(lambda: os.kill(children[0].pid, sent)))
    started = time.monotonic()
    papers.write(unsealed)
    assert time.monotonic() - started < beside.SECONDS / 2
    assert same_papers(unsealed, alone)
    assert gone(children[0].pid)


WRONG = base64.b64encode(b"of another town").decode()
SAYS = "import json, sys\nfor line in sys.stdin:\n    asked = json.loads(line)\n    print({}, flush=True)\n"
NONSENSE = {
    "ends at once": "import sys; sys.exit(3)",
    "ends when asked": "import sys; sys.stdin.readline()",
    "half an answer": "import sys; sys.stdin.readline(); print('{\"asked', end='', flush=True)",
    "words": SAYS.format("'Killed'"),
    "no answer at all": SAYS.format("json.dumps([])"),
    "the paper of another one": SAYS.format(
        f"json.dumps({{'asked': [asked[0], '99999', *asked[2:]], 'made': {WRONG!r}}})"
    ),
    "no bytes": SAYS.format("json.dumps({'asked': asked, 'made': 'ä'})"),
    "two answers": SAYS.format(f"2 * (json.dumps({{'asked': asked, 'made': {WRONG!r}}}) + chr(10))"),
    "each one failed": SAYS.format("json.dumps({'asked': asked})"),
}


@pytest.fixture
def written_beside(
    release: Release, tmp_path: Path, children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], set[bytes]]:
    """What the papers hold when this program stands for the process beside, and has done what it does before the one
    who publishes begins: b"own" where that one made it."""
    heard, ask = Event(), beside._ask

    def asking(*given: Any) -> None:
        ask(*given)
        heard.set()

    def written(program: str) -> set[bytes]:
        monkeypatch.setattr(beside, "module", lambda *_: [sys.executable, "-c", program])
        directory = tmp_path / "unsealed"
        directory.mkdir()
        (directory / shelf.DATABASE).symlink_to(release.database)
        papers.write(directory)
        listed, problems = papers.listed(directory)
        assert heard.is_set() and len(children) == 1 and not children[0].is_alive
        assert problems == [] and len(listed) == 24
        return {(directory / (one.file or "")).read_bytes() for one in listed}

    monkeypatch.setattr(beside, "_ask", asking)
    monkeypatch.setattr(papers, "_office", lambda release: heard.wait(WAIT_SECONDS))
    monkeypatch.setattr(papers, "_about", lambda release, made: None)
    monkeypatch.setattr(Making, "made", lambda self, asked: b"own")
    return written


@pytest.mark.sampled(2)
@pytest.mark.parametrize("program", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_no_paper(written_beside: Callable[[str], set[bytes]], program: str) -> None:
    assert written_beside(program) == {b"own"}


def test_what_was_made_beside_is_not_made_again(written_beside: Callable[[str], set[bytes]]) -> None:
    theirs = base64.b64encode(b"theirs").decode()
    program = SAYS.format(f"json.dumps({{'asked': asked, 'made': {theirs!r}}})")
    assert written_beside(program) == {b"theirs"}


@pytest.mark.exhaustive
@pytest.mark.usefixtures("papers_only")
def test_a_machine_that_gives_no_process_or_no_thread_costs_no_paper(
    unsealed: Path, alone: tuple[dict[str, str], list[Paper]], children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoThread(Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    def no_process(*_: Any, **__: Any) -> Any:
        raise OSError(12, "Cannot allocate memory")

    with monkeypatch.context() as patch:
        patch.setattr(beside, "Thread", NoThread)
        papers.write(unsealed)
    assert same_papers(unsealed, alone) and not children[0].is_alive
    shutil.rmtree(unsealed / papers.FOLDER)
    monkeypatch.setattr(beside, "Child", no_process)
    papers.write(unsealed)
    assert same_papers(unsealed, alone)


@pytest.mark.usefixtures("papers_only")
def test_a_paper_that_fails_is_told_as_if_one_process_made_all(
    unsealed: Path, alone: tuple[dict[str, str], list[Paper]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process beside does not know how to make one kind, and neither does the one who publishes."""
    papers_of_plans = Making.papers
    unknown = Asked("docx", "01223", None, ("staff",))
    monkeypatch.setattr(Making, "papers", lambda self: [*papers_of_plans(self), unknown])
    monkeypatch.setattr(Making, "whatifs", lambda self, asked: [])  # the process begins with the unknown one
    monkeypatch.setattr(beside, "asked", once_it_answered(lambda: None))
    papers.write(unsealed)
    listed, problems = papers.listed(unsealed)
    (failed,) = [one for one in listed if one.problem_ja]
    assert listed[-1] == failed and failed.file is None and "KeyError" in (failed.problem_ja or "")
    assert listed[:-1] == [one for one in alone[1] if one.kind != making.WHATIF] and problems == []


@pytest.mark.exhaustive
@pytest.mark.usefixtures("papers_only")
def test_a_full_disk_ends_the_publication_and_the_process(
    unsealed: Path, children: list[Child], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(beside, "asked", once_it_answered(lambda: None))
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        papers.write(unsealed)
    assert gone(children[0].pid)


@pytest.mark.exhaustive
def test_the_process_writes_no_file(unsealed: Path) -> None:
    """So it leaves no half of one, and meets no full disk: files are limited to no bytes at all."""
    making_of = Making(Unsealed(unsealed))
    asked = [*making_of.papers()[:4], *making_of.whatifs(making_of.papers())]
    before = files_of(unsealed.parent)
    done = subprocess.run(
        ["prlimit", "--fsize=0", "--", *module("sousei.publication.beside", str(unsealed))],
        input="".join(json.dumps(one) + "\n" for one in asked).encode(),
        env=same_code(),
        stdout=subprocess.PIPE,
        check=True,
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [base64.b64decode(one["made"]) for one in answers] == [making_of.made(one) for one in asked]
    assert files_of(unsealed.parent) == before


def test_no_process_for_few_papers_or_on_one_core(unsealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "Child", never)
    many = [Asked("xlsx", f"{number:05d}", "p", ("staff",)) for number in range(beside.LEAST)]
    with ASKED(Unsealed(unsealed), many[1:]) as answers:
        assert not answers
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})
    with ASKED(Unsealed(unsealed), many) as answers:
        assert not answers
    monkeypatch.undo()
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    monkeypatch.setattr(beside, "Child", never)
    with pytest.raises(AssertionError, match="was started"), ASKED(Unsealed(unsealed), many):
        pass


def test_the_process_ends_with_the_one_that_publishes(unsealed: Path, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    parent = (
        "import os, time\nfrom pathlib import Path\nfrom sousei.publication import beside\n"
        "from sousei.publication.making import Making, Unsealed\n"
        "child = beside.Child\n"
        "def kept(*given):\n"
        "    made = child(*given)\n"
        f"    Path({str(told)!r}).write_text(str(made.pid))\n"
        "    return made\n"
        "beside.Child = kept\n"
        f"release = Unsealed(Path({str(unsealed)!r}))\n"
        "with beside.asked(release, Making(release).papers() * 1000):\n"
        "    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], env=same_code()) as process:
        for _ in range(1200):
            if told.exists() and told.read_text():
                break
            time.sleep(0.05)
        pid = int(told.read_text())
        os.kill(pid, 0)
        process.send_signal(signal.SIGKILL)
    assert gone(pid)
