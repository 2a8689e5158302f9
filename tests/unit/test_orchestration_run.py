"""Run identity and the refresh lock: same inputs make the same run; a holder excludes others, a dead one does not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from datetime import date, datetime
from pathlib import Path

import pytest

from sousei.foundation.clock import TOKYO, fiscal_year_of
from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.orchestration import run
from sousei.orchestration.lock import RefreshInProgressError, refresh_lock

NOW = datetime(2026, 11, 22, 2, 0, tzinfo=TOKYO)
ONE = {"sha256": "a" * 64, "file_name": "one.csv", "verdict": "taken"}
TWO = {"sha256": "b" * 64, "file_name": "two.csv", "verdict": "taken"}


@pytest.mark.promise("C11")
def test_fiscal_year_turns_on_the_first_of_april() -> None:
    assert fiscal_year_of(date(2026, 3, 31)) == 2025
    assert fiscal_year_of(date(2026, 4, 1)) == 2026


@pytest.mark.promise("B3")
def test_same_inputs_in_any_order_make_the_same_run() -> None:
    assert run.plan([ONE, TWO], date(2026, 11, 22), NOW) == run.plan([TWO, ONE], date(2026, 11, 22), NOW)


def test_another_day_of_the_same_fiscal_year_has_the_same_inputs_hash() -> None:
    first = run.plan([ONE], date(2026, 11, 22), NOW)
    assert run.plan([ONE], date(2026, 11, 23), NOW).inputs_hash == first.inputs_hash
    assert run.plan([ONE], date(2027, 4, 1), NOW).inputs_hash != first.inputs_hash


def test_only_what_gives_figures_or_stops_the_night_is_part_of_the_identity() -> None:
    """Litter makes no release: a file that is not recognised changes no figure."""
    day = date(2026, 11, 22)
    alone = run.plan([ONE], day, NOW).inputs_hash
    assert run.plan([ONE, TWO | {"verdict": "refused"}], day, NOW).inputs_hash == alone
    assert run.plan([ONE, TWO | {"verdict": "refused", "stops": True}], day, NOW).inputs_hash != alone
    assert run.plan([ONE, TWO], day, NOW).inputs_hash != alone
    assert run.plan([ONE], day, NOW, "a decision").inputs_hash != alone


def test_the_order_of_receipt_inside_a_source_is_part_of_the_identity() -> None:
    day = date(2026, 11, 22)
    first, then = ONE | {"source": "census"}, TWO | {"source": "census"}

    def identity(one: int, two: int, other: str = "census") -> str:
        return run.plan(
            [first | {"received_order": one}, then | {"received_order": two, "source": other}], day, NOW
        ).inputs_hash

    assert identity(1, 2) == identity(3, 7)
    assert identity(1, 2) != identity(2, 1)
    assert identity(1, 2, "tourism") == identity(2, 1, "tourism")


@pytest.mark.parametrize("broken", ["no pointer", "pointer to nothing", "pointer to an unfinished release"])
def test_a_lost_pointer_with_releases_on_disk_is_told_and_not_taken_for_a_new_home(tmp_path: Path, broken: str) -> None:
    home = Home(tmp_path)
    assert run.last_release(home) is None
    for name in ("2026-11-21.9", "2026-11-21.10"):
        (home.releases / name).mkdir(parents=True)
        (home.releases / name / "manifest.json").write_text("{}")
    if broken != "no pointer":
        (home.releases / "half").mkdir()
        home.current.symlink_to("gone" if broken == "pointer to nothing" else "half")
    with pytest.raises(run.PointerLostError, match=r"sousei release use 2026-11-21\.10"):
        run.last_release(home)


def test_beginning_again_removes_what_a_crashed_attempt_left(tmp_path: Path) -> None:
    home = Home(tmp_path)
    planned = run.plan([ONE], date(2026, 11, 22), NOW)
    (run.begin(home, planned) / "candidate.duckdb").write_bytes(b"half")
    run.begin(home, planned)
    assert not (home.building / "candidate.duckdb").exists()
    assert run.load(home) == planned


@pytest.mark.promise("A5")
def test_lock_excludes_another_process_and_a_killed_holder_frees_it(tmp_path: Path) -> None:
    path = tmp_path / "refresh.lock"
    script = textwrap.dedent(
        f"""
        import pathlib, sys, time
        from sousei.orchestration.lock import refresh_lock
        with refresh_lock(pathlib.Path({str(path)!r})):
            print("held", flush=True)
            time.sleep(60)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=PROJECT_ROOT, env=os.environ
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(RefreshInProgressError), refresh_lock(path):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            with refresh_lock(path):
                return
        except RefreshInProgressError:
            time.sleep(0.05)
    pytest.fail("the lock of a killed holder was not given back")


@pytest.mark.promise("A5")
def test_lock_is_not_granted_twice_in_one_process_either_and_not_given_away(tmp_path: Path) -> None:
    path = tmp_path / "refresh.lock"
    with refresh_lock(path):
        with pytest.raises(RefreshInProgressError), refresh_lock(path):
            pass
        script = (
            "import pathlib; from sousei.orchestration.lock import refresh_lock\n"
            f"with refresh_lock(pathlib.Path({str(path)!r})): pass"
        )
        done = subprocess.run([sys.executable, "-c", script], cwd=PROJECT_ROOT, capture_output=True, check=False)
        assert done.returncode != 0, "the block that was refused must not give the lock away"
    with refresh_lock(path):
        pass
