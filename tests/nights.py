"""Whole nights in this process for the tests: what the command does, without its start-up of seconds.

Holds: a night on a home (plan, build, judge, publish) and what it gave. Does not hold: what must come out. The suites
are judged in this process, so that Great Expectations is imported once; dbt builds once (tests/replay.py).
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from sousei.expectations import validation
from sousei.foundation.home import Home
from sousei.orchestration import inputs, nightly, refresh
from sousei.orchestration import run as runs
from sousei.orchestration.nightly import Night
from tests.replay import Replayed

FIRST_NIGHT = datetime(2026, 11, 22, 2, tzinfo=ZoneInfo("Asia/Tokyo"))


JUDGED: dict[tuple[Any, ...], list[validation.SuiteOutcome]] = {}
_judge_frame = validation.judge_frame


def _judged_once(any_frame: Any, frame: Any, checks: Any, judged: Any, fed: bool) -> list[validation.SuiteOutcome]:
    """The same rows are judged once a process: Great Expectations takes a third of a small night."""
    key = (frame.name, tuple(one.check_id for one in checks), fed, hashlib.sha256(pickle.dumps(judged)).digest())
    if key not in JUDGED:
        JUDGED[key] = _judge_frame(any_frame, frame, checks, judged, fed)
    return JUDGED[key]


class _Suites:
    """Stands for expectations.validation.SuiteProcess, in this process."""

    def __enter__(self) -> _Suites:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        pass

    def begin(self, candidate: Path) -> None:
        pass

    def outcomes(self, candidate: Path) -> list[validation.SuiteOutcome]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(validation, "judge_frame", _judged_once)
            return validation.validate(candidate)

    def close(self) -> None:
        pass


@dataclass
class Town:
    """One home and its nights; each `night` is a day later than the one before."""

    home: Home
    nights: int = 0
    outcomes: list[refresh.Outcome] = field(default_factory=list)

    @property
    def landing(self) -> Path:
        self.home.landing.mkdir(parents=True, exist_ok=True)
        return self.home.landing

    def deliver(self, name: str, data: bytes) -> Path:
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def night(
        self, *, as_of: date | None = None, samples: bool = False, ahead: nightly.Ahead | None = None
    ) -> refresh.Outcome:
        """One refresh without Dagster: the same steps in the same order."""
        now = FIRST_NIGHT + timedelta(days=self.nights)
        self.nights += 1
        day = as_of or now.date()
        home = self.home
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Night, "start_suites", lambda night: None)
            patch.setattr(nightly, "Warehouse", Replayed)
            patch.setattr(refresh, "Night", partial(Night, pages=False, papers=False))
            patch.setattr("sousei.expectations.gate.SuiteProcess", _Suites)
            patch.setattr(refresh, "run_job", _steps(now))
            outcome = refresh.refresh(home, None, day, now, samples, ahead=ahead)
        self.outcomes.append(outcome)
        return outcome

    def publishes(self, **asked: Any) -> refresh.Outcome:
        """A night that must publish."""
        outcome = self.night(**asked)
        assert outcome.state == "published", (outcome.state, outcome.reasons, outcome.not_used)
        return outcome

    def query(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Rows of a query on the current release."""
        with duckdb.connect(str(self.home.current.resolve() / "sousei.duckdb"), read_only=True) as connection:
            return connection.execute(sql, parameters).fetchall()

    def source_id(self, file_name: str) -> str:
        ((source_id,),) = self.query("select source_id from meta_source where file_name = ?", file_name)
        return str(source_id)


def _steps(now: datetime) -> Any:
    def run_job(night: Night, landing: Path | None, as_of: date, samples: bool) -> refresh.Ended:
        from sousei.publication.publish import RefusedError

        assert night.take_in(landing, as_of, now, samples) is not None
        night.project()
        night.build_warehouse()
        night.judge()
        try:
            night.publish()
        except RefusedError as refusal:
            return refresh.Ended("refused", list(refusal.reasons))
        return refresh.Ended("published", [])

    return run_job


def town(root: Path) -> Town:
    """A fresh home below root."""
    return Town(Home(root.resolve()))


__all__ = ["FIRST_NIGHT", "Town", "inputs", "runs", "town"]
