"""`sousei refresh`: the nightly job, once, now, in this process.

Holds: the quick answer when there is nothing new, and the start of the very job that the schedule starts. Does not
hold: what the job does.

The run is recorded in the history that the daemon and the web server show, where there is one.
"""

from __future__ import annotations

import gc
import json
import os
import time
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sousei.foundation import clock
from sousei.foundation.home import Home
from sousei.orchestration import inputs, nightly
from sousei.orchestration import run as runs
from sousei.orchestration.lock import refresh_lock

if TYPE_CHECKING:
    import dagster as dg
    from dagster._utils.error import SerializableErrorInfo


FAILURE = "failure.txt"
"""What a step that failed said in full, below `runs`, for the developers."""
COLLECT_SELDOM = (100_000, 50, 100)
"""Thresholds of Python's garbage collector for this short process: the frameworks' imports make millions of objects
that live to its end, and looking through them again and again is a tenth of a night."""


@dataclass(frozen=True)
class Outcome:
    """How one refresh ended: `published`, `nothing_new`, `nothing_delivered`, `refused` or `failed`.

    release: the current release, None before the first. reasons: why it was refused or failed. not_used: deliveries in
    landing that gave no figure (see inputs.Tonight). left_behind: samples that a home left out when it went live.
    is_trial: samples are among the inputs.
    """

    state: str
    release: Path | None
    reasons: list[str]
    not_used: list[dict[str, str]] = field(default_factory=list)
    left_behind: int = 0
    is_trial: bool = False


def history(home: Home) -> Path | None:
    """The folder of Dagster's run history: the one that DAGSTER_HOME names, else the home's own where `make refresh` or
    `make schedule` has made it; None where there is none that can be used."""
    named = os.environ.get("DAGSTER_HOME")
    folder = Path(named) if named else home.root / "dagster"
    return folder if folder.is_absolute() and folder.is_dir() else None


def _instance(home: Home) -> dg.DagsterInstance:
    """The run history that the page shows; where there is none, one in memory that costs almost nothing."""
    import dagster as dg

    folder = history(home)
    if folder is None:
        return dg.DagsterInstance.ephemeral()
    os.environ["DAGSTER_HOME"] = str(folder)
    return dg.DagsterInstance.get()


def refresh(home: Home, landing: Path | None, as_of: date, now: datetime, samples: bool = False) -> Outcome:
    """Run the nightly job unless there is nothing new. samples: a trial with the embedded samples.

    Raises orchestration.lock.RefreshInProgressError when another process refreshes this home, inputs.WrongUseError when
    samples are asked for in a home that has published its own deliveries.
    """
    gc.set_threshold(*COLLECT_SELDOM)
    with refresh_lock(home.lock):
        try:
            tonight = inputs.tonight(home, landing, as_of, now, samples)
        except (inputs.CannotStartError, runs.PointerLostError) as refusal:
            reasons = list(getattr(refusal, "reasons", [str(refusal)]))
            runs.record(home, "refused", now, reasons, [])
            return Outcome("refused", _current(home), reasons)
        told = Outcome("", _current(home), [], tonight.not_used, tonight.left_behind, tonight.is_trial)
        if tonight.is_empty and told.release is None:
            runs.record(home, "nothing_delivered", now, [], tonight.not_used)
            return replace(told, state="nothing_delivered")
        if runs.is_published(home, tonight.run):
            runs.record(home, "nothing_new", now, [], tonight.not_used)
            return replace(told, state="nothing_new")
        runs.record(home, "running", now, [], tonight.not_used)
        os.environ["SOUSEI_HOME"] = str(home.root)
        os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
        nightly.start_suites()
        try:
            state, reasons = _run_job(home, landing, as_of, samples)
            return replace(told, state=state, reasons=reasons, release=_current(home))
        finally:
            nightly.stop_suites()
            nightly.finish_pages()


def one_line(step: str, error: SerializableErrorInfo) -> str:
    """A failed step for people: its first cause without the program's own lines, which FAILURE keeps."""
    while error.cause is not None:
        error = error.cause
    cause = next(iter(error.message.strip().splitlines()), "") or str(error.cls_name)
    return (
        f"step_failed: 手順 {step} が途中で止まりました（{cause}）。もう一度 sousei refresh を実行し、"
        f"また止まるときは runs/{FAILURE} を添えて開発元に知らせてください。"
    )


def _current(home: Home) -> Path | None:
    return home.current.resolve() if home.current.exists() else None


def _run_job(home: Home, landing: Path | None, as_of: date, samples: bool) -> tuple[str, list[str]]:
    started = time.perf_counter()
    from sousei.orchestration.definitions import JOB_NAME, defs

    loaded = time.perf_counter()
    config = {"as_of": as_of.isoformat(), "samples": samples} | ({"landing": str(landing.resolve())} if landing else {})
    with _instance(home) as instance:
        result = defs.resolve_job_def(JOB_NAME).execute_in_process(
            run_config={
                "ops": {"intake": {"config": config}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            instance=instance,
            raise_on_error=False,
            tags={"sousei/as_of": as_of.isoformat()},
        )
    timings = {"imports_and_definitions": loaded - started} | {
        event.step_key: event.step_success_data.duration_ms / 1000
        for event in result.all_events
        if event.is_step_success
    }
    timings["dagster_between_steps"] = time.perf_counter() - started - sum(timings.values())
    if home.building.exists():  # a night that failed before it began to build has none
        (home.building / "timings.json").write_text(
            json.dumps({key: round(value, 3) for key, value in timings.items()})
        )
    if result.success:
        return "published", []
    ended = runs.last(home) or {}
    if ended.get("state") == "refused":
        return "refused", ended["reasons"]
    errors: dict[str, SerializableErrorInfo] = {
        str(event.step_key): event.event_specific_data.error  # type: ignore[union-attr,misc]
        for event in result.all_events
        if event.is_step_failure
    }
    told = "\n".join(f"{step}: {error.to_string()}" for step, error in errors.items())
    (home.runs / FAILURE).write_text(told, encoding="utf-8")
    reasons = [one_line(step, error) for step, error in errors.items()]
    runs.record(home, "failed", clock.now(), reasons)
    return "failed", reasons
