"""`sousei refresh`: the nightly job, once, now, in this process.

Holds: the quick answer when there is nothing new, and the start of the very job that the schedule starts. Does not
hold: what the job does.

Where DAGSTER_HOME is set, as it is for the daemon and the web server, the run is recorded there.
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

from ingest.home import Home
from orchestration import clock, inputs, nightly
from orchestration import run as runs
from orchestration.lock import refresh_lock

if TYPE_CHECKING:
    import dagster as dg


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


def _instance() -> dg.DagsterInstance:
    """The run history that DAGSTER_HOME names; without it one that is kept in memory and costs almost nothing."""
    import dagster as dg

    return dg.DagsterInstance.get() if os.environ.get("DAGSTER_HOME") else dg.DagsterInstance.ephemeral()


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


def _current(home: Home) -> Path | None:
    return home.current.resolve() if home.current.exists() else None


def _run_job(home: Home, landing: Path | None, as_of: date, samples: bool) -> tuple[str, list[str]]:
    started = time.perf_counter()
    from orchestration.definitions import JOB_NAME, defs

    loaded = time.perf_counter()
    config = {"as_of": as_of.isoformat(), "samples": samples} | ({"landing": str(landing.resolve())} if landing else {})
    with _instance() as instance:
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
    (home.building / "timings.json").write_text(json.dumps({key: round(value, 3) for key, value in timings.items()}))
    if result.success:
        return "published", []
    ended = runs.last(home) or {}
    if ended.get("state") == "refused":
        return "refused", ended["reasons"]
    reasons = [
        f"{event.step_key}: {event.event_specific_data.error.to_string()}"  # type: ignore[union-attr]
        for event in result.all_events
        if event.is_step_failure
    ]
    runs.record(home, "failed", clock.now(), reasons)
    return "failed", reasons
