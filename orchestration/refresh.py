"""`sousei refresh`: the nightly job, once, now, in this process.

Holds: the quick answer when there is nothing new, and the start of the very job that the schedule starts. Does not
hold: what the job does.

The run is recorded in the history that the daemon and the web server show, where there is one.
"""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sousei.foundation import collector
from sousei.foundation.environment import changed
from sousei.foundation.home import Home
from sousei.orchestration import failures, inputs
from sousei.orchestration import run as runs
from sousei.orchestration.lock import refresh_lock
from sousei.orchestration.nightly import Ahead, Night

if TYPE_CHECKING:
    from dagster._utils.error import SerializableErrorInfo


@dataclass(frozen=True)
class Outcome:
    """How one refresh ended: `published`, `nothing_new`, `nothing_delivered`, `refused` or `failed`.

    release: the current release, None before the first. reasons: why it was refused or failed. not_used: deliveries in
    landing that gave no figure (see inputs.Tonight). left_behind: samples that a home left out when it went live.
    is_trial: samples are among the inputs. warnings: what its user should know besides, Japanese / English.
    """

    state: str
    release: Path | None
    reasons: list[str]
    not_used: list[dict[str, str]] = field(default_factory=list)
    left_behind: int = 0
    is_trial: bool = False
    warnings: list[str] = field(default_factory=list)


class Ended(NamedTuple):
    """How the job ended: state and reasons as of Outcome; warnings for the person who started it."""

    state: str
    reasons: list[str]
    warnings: Sequence[str] = ()


def refresh(
    home: Home,
    landing: Path | None,
    as_of: date,
    now: datetime,
    samples: bool = False,
    tell: Callable[[str, str], None] | None = None,
    ahead: Ahead | None = None,
) -> Outcome:
    """Run the nightly job unless there is nothing new. samples: a trial with the embedded samples.

    tell: is given a line in Japanese and in English as each step begins. ahead: see nightly.Night.

    Raises orchestration.lock.RefreshInProgressError when another process refreshes this home, inputs.WrongUseError when
    samples are asked for in a home that has published its own deliveries.
    """
    with refresh_lock(home.lock), Night(home, tell=tell, ahead=ahead) as night:
        try:
            tonight = night.plan(landing, as_of, now, samples)
        except (inputs.CannotStartError, runs.PointerLostError) as refusal:
            reasons = list(getattr(refusal, "reasons", [str(refusal)]))
            runs.record(home, "refused", now, reasons, [])
            return Outcome("refused", _current(home), reasons)
        told = Outcome("", _current(home), [], tonight.not_used, tonight.left_behind, tonight.is_trial)
        if tonight.is_nothing_new(home):
            state, reasons = night.end_with_nothing(tonight, now)
            return replace(told, state=state, reasons=reasons, warnings=night.warnings)
        runs.record(home, "running", now, [], tonight.not_used)
        night.start_suites()
        with collector.seldom():
            ended = run_job(night, landing, as_of, samples)
        warnings = [*ended.warnings, *night.warnings]
        if night.published is not None and told.release is not None and night.published != _current(home):
            warnings.append(_of_the_past(night.published, told.release))
        return replace(
            told,
            state=ended.state,
            reasons=ended.reasons,
            warnings=warnings,
            release=night.published or _current(home),
        )


def _of_the_past(made: Path, current: Path) -> str:
    return (
        f"as_of_in_the_past: 過去の基準日の版 {made.name} を作りました。releases/current は {current.name} のままです"
        f"（{made.name} を使うには sousei release use {made.name}）。 / as_of_in_the_past: release {made.name} looks "
        f"back; releases/current stays {current.name}."
    )


def _current(home: Home) -> Path | None:
    return home.current.resolve() if home.current.exists() else None


def run_job(night: Night, landing: Path | None, as_of: date, samples: bool) -> Ended:
    """The job that the schedule starts, on a night that is planned. Never raises for what happens in it."""
    try:
        return _run_job(night, landing, as_of, samples)
    except Exception as error:  # of the orchestrator or of dbt's set-up: its user can only tell it
        reasons = [failures.failed("start", str(error).strip() or type(error).__name__)]
        failures.keep(night.home, "".join(traceback.format_exception(error)), reasons)
        return Ended("failed", reasons)


def _run_job(night: Night, landing: Path | None, as_of: date, samples: bool) -> Ended:
    home, started = night.home, time.perf_counter()
    with changed(DAGSTER_DISABLE_TELEMETRY="1"):
        from sousei.orchestration import history
        from sousei.orchestration.job import JOB_NAME, definitions

        job = definitions(night.warehouse.manifest).resolve_job_def(JOB_NAME)
        loaded = time.perf_counter()
        config = {"as_of": as_of.isoformat(), "samples": samples}
        config |= {"landing": str(landing.resolve())} if landing else {}
        with history.opened(home) as (instance, warning):
            result = job.execute_in_process(
                run_config={
                    "ops": {"intake": {"config": config}},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
                instance=instance,
                resources={"night": night},
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
    warnings = [warning] if warning else []
    if result.success:
        return Ended("published", [], warnings)
    ended = runs.last(home) or {}
    if ended.get("state") == "refused":
        return Ended("refused", ended["reasons"], warnings)
    errors: dict[str, SerializableErrorInfo] = {
        str(event.step_key): event.event_specific_data.error  # type: ignore[union-attr,misc]
        for event in result.all_events
        if event.is_step_failure
    }
    in_full = "\n".join(f"{step}: {error.to_string()}" for step, error in errors.items())
    reasons = [failures.one_line(step, error) for step, error in errors.items()]
    failures.keep(home, in_full, reasons)
    return Ended("failed", reasons, warnings)
