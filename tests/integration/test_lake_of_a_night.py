"""A lake that cannot be reached beside whole nights: the release stands, its operator is told, a trial never asks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from sousei.orchestration import run as runs
from sousei.orchestration.health import health
from sousei.orchestration.nightly import Night
from sousei.publication import lake
from tests.nights import FIRST_NIGHT, town


@pytest.mark.exhaustive
def test_a_lake_that_cannot_be_reached_costs_no_release_and_is_a_fault_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(lake.CATALOGUE, f"host={tmp_path}/nowhere dbname=sousei")
    monkeypatch.setenv(lake.DATA, str(tmp_path / "lake"))
    one = town(tmp_path / "home")
    first = one.publishes(samples=True)
    again = one.night(samples=True)
    assert again.state == "nothing_new" and again.release == first.release
    now = FIRST_NIGHT + timedelta(days=1, hours=1)
    for outcome in (first, again):
        (told,) = outcome.warnings
        assert told.startswith("lake_") and " / lake_" in told
    assert (runs.last(one.home) or {})["reasons"] == again.warnings
    assert again.warnings[0] in health(one.home, now).faults

    asked: list[object] = []
    monkeypatch.setattr(lake, "follow", lambda *given: asked.append(given) or "")
    with Night(one.home) as trial:  # as a rehearsal and a rebuild do, on homes of their own
        assert trial.take_in(None, now.date(), now, True) is None
    assert asked == [], "a trial touches nothing"
    assert one.night(samples=True).warnings == [] and len(asked) == 1
    assert not [fault for fault in health(one.home, now + timedelta(days=1)).faults if fault.startswith("lake_")]
