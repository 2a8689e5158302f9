"""Where Dagster keeps the history of runs that the daemon and the web page show.

Holds: finding that folder and opening it, or saying why it cannot be used; then the history of one run lies in memory.
Does not hold: what is recorded there.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sousei.foundation.environment import changed
from sousei.foundation.home import Home

if TYPE_CHECKING:
    import dagster as dg

VARIABLE = "DAGSTER_HOME"
KEEP = 60
"""Runs of a job kept in the history: two months of nights."""
KEEP_OF = {"readings_by_prefecture": 14 * 48}
"""Of a job with many runs a night: two weeks of them."""
ROOM = 16 << 20
"""Bytes that must be free there: a night writes some 2 MB, and Dagster ends a night whose history it cannot write."""


class History(NamedTuple):
    """instance: where the run is recorded. warning: why that is not the folder that was named, Japanese / English;
    empty where it is, or where none was named."""

    instance: dg.DagsterInstance
    warning: str = ""


@contextmanager
def opened(home: Home) -> Iterator[History]:
    """The history in the folder that DAGSTER_HOME names, else in the home's own where `make refresh` or `make schedule`
    has made it; where that cannot be used, one in memory that costs almost nothing. A night never fails by it."""
    import dagster as dg

    named = os.environ.get(VARIABLE)
    folder = Path(named) if named else home.root / "dagster"
    fault = _fault(folder) if named or folder.is_dir() else None
    if fault is None and folder.is_dir():
        with changed(DAGSTER_HOME=str(folder)):
            try:
                instance = dg.DagsterInstance.get()
                instance.get_runs_count()
            except Exception as error:  # Dagster's own settings or store there are broken: many kinds, none is ours
                fault = _one_line(error)
            else:
                with instance:
                    yield History(instance)
                    prune(instance)
                return
    with changed(without=(VARIABLE,)), dg.DagsterInstance.ephemeral() as instance:
        yield History(instance, _told(folder, fault) if fault else "")


def prune(instance: dg.DagsterInstance, keep: int = KEEP) -> int:
    """Remove all but the newest runs of each job that have ended, with what they logged; how many. Never raises:
    history is not worth a night. Dagster itself leaves the file of a run's events and what it printed: some 2 MB a
    night."""
    try:
        seen: Counter[str] = Counter()
        doomed = []
        for run in (one.dagster_run for one in instance.get_run_records()):
            seen[run.job_name] += 1
            if seen[run.job_name] > KEEP_OF.get(run.job_name, keep) and run.is_finished:
                doomed.append(run.run_id)
        for run_id in doomed:
            instance.delete_run(run_id)
            root = Path(instance.root_directory)
            for path in (root / "history" / "runs").glob(f"{run_id}.db*"):
                path.unlink(missing_ok=True)
            shutil.rmtree(root / "storage" / run_id, ignore_errors=True)
    except Exception:  # Dagster's stores are of many kinds; none of their errors is ours
        return 0
    return len(doomed)


def _fault(folder: Path) -> str | None:
    """Why a folder cannot keep a history; None where it can."""
    if not folder.is_absolute():
        return "絶対パスではありません / not an absolute path"
    if not folder.is_dir():
        return "フォルダーがありません / no such folder"
    try:
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return f"書き込めません（{error.strerror}） / cannot be written ({error.strerror})"
    if free < ROOM:
        return f"空き容量が {free >> 20} MB しかありません / only {free >> 20} MB are free"
    return None


def _one_line(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    said = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    return f"Dagster が読めません（{said[:200]}） / Dagster cannot read it ({said[:200]})"


def _told(folder: Path, fault: str) -> str:
    ja, _, en = fault.partition(" / ")
    return (
        f"run_history_not_kept: {VARIABLE} の {folder} は使えません（{ja}）。今回の実行履歴は残しませんでした"
        f"（公表には影響しません）。 / run_history_not_kept: {VARIABLE} {folder}: {en}; this run left no history "
        "(the release is not affected)."
    )
