"""Children: asked, timed out, dead, started anew, ended with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sousei.foundation.child import NARROW, Child, Worker, module, same_code

ECHO = """
import sys, time
source, sink = sys.stdin.buffer, sys.stdout.buffer
while len(head := source.read(8)) == 8:
    data = source.read(int.from_bytes(head, "little"))
    if data == b"die":
        sys.exit(1)
    if data == b"sleep":
        time.sleep(60)
    sink.write((3).to_bytes(8, "little") + len(data).to_bytes(8, "little") + b"ok:" + data)
    sink.flush()
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "echo.py"
    path.write_text(ECHO)
    return path


def gone(pid: int) -> bool:
    """Whether a process has ended, within a time."""
    for _ in range(200):
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("size", [0, 1, 5 << 20])
def test_an_answer_of_any_size_comes_back_whole(script: Path, size: int) -> None:
    with Worker(script, seconds=30) as worker:
        head, body = worker.ask(b"x" * size)
        assert (bytes(head), bytes(body)) == (b"ok:", b"x" * size)
        first = worker.pid
        worker.ask(b"again")
        assert worker.pid == first, "one child serves all"
    assert worker.pid is None and first is not None and gone(first)


def test_a_worker_that_died_or_hung_is_started_anew(script: Path) -> None:
    with Worker(script, seconds=20) as worker:
        with pytest.raises(EOFError):
            worker.ask(b"die")
        assert bytes(worker.ask(b"a")[1]) == b"a"
    with Worker(script, seconds=0.5) as worker:
        with pytest.raises(TimeoutError):
            worker.ask(b"sleep")
        assert worker.pid is None


def test_a_worker_is_given_nothing_of_the_users_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKED", "1")
    tells = tmp_path / "tells.py"
    tells.write_text(ECHO.replace('b"ok:" + data', 'b"%03d" % len(__import__("os").environ) + data'))
    with Worker(tells, seconds=20) as worker:
        assert int(bytes(worker.ask(b"")[0])) <= len(NARROW) + 1, "the interpreter may add LC_CTYPE"


def test_a_module_of_ours_is_found_from_any_folder_and_the_folder_is_not_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('imported from the working directory')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("relative")
    environment = same_code()
    assert all(Path(place).is_absolute() for place in environment["PYTHONPATH"].split(os.pathsep))
    done = subprocess.run(module("sousei.expectations.validation"), env=environment, input=b"", check=False)
    assert done.returncode == 1, "it was told to do nothing"


def test_a_child_that_works_long_ends_soon_after_its_parent(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    child = "from sousei.foundation.child import end_with_parent; end_with_parent(); import time; time.sleep(60)"
    parent = (
        "import sys, time\nfrom pathlib import Path\nfrom sousei.foundation.child import Child, same_code\n"
        f"with open({str(tmp_path / 'log')!r}, 'wb') as log:\n"
        f"    child = Child([sys.executable, '-c', {child!r}], same_code(), log=log)\n"
        "time.sleep(3)\n"
        f"Path({str(told)!r}).write_text(str(child.pid))\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], env=same_code()) as process:
        for _ in range(600):
            if told.exists() and told.read_text():
                break
            time.sleep(0.05)
        pid = int(told.read_text())
        os.kill(pid, 0)
        process.send_signal(signal.SIGKILL)
    assert gone(pid)


def test_a_child_that_does_not_end_in_time_is_ended(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        child = Child([sys.executable, "-c", "import time; time.sleep(60)"], NARROW, log=log)
    assert child.wait(0.2) is None
    assert not child.is_alive
