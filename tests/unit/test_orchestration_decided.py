"""The states of the decisions that are kept for old releases: how many stay, and that no release loses its own."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path

import pytest

from sousei.foundation.clock import TOKYO
from sousei.foundation.home import Home
from sousei.ingest.decided import decisions
from sousei.orchestration import decided
from sousei.orchestration import run as runs
from sousei.publication.manifest import Judged, Manifest

DAY, THEN = date(2026, 11, 22), datetime(2026, 11, 22, 2, tzinfo=TOKYO)
HEADER = ",".join(decisions.GO_AHEADS)


def decide(home: Home, number: int) -> str:
    """A night that reads the decisions as they stand after this many changes; their digest."""
    home.decisions.mkdir(parents=True, exist_ok=True)
    (home.decisions / "go_aheads.csv").write_text(f"{HEADER}\n" + "r,f,x,2026-04-01,z\n" * number, "utf-8")
    digest = decisions.read(home).digest
    decisions.keep(home, digest)
    os.utime(decisions.kept(home, digest), (number, number))
    return digest


def release(home: Home, number: int, digest: str) -> Path:
    run = runs.plan([{"sha256": "a" * 64, "verdict": "taken"}], DAY, THEN, digest, "code")
    name = f"{DAY}.{number}"
    said = Manifest(
        1, name, run.run_id, run.as_of, run.created_at, run.code_version, "1", run.inputs_hash, run.inputs,
        Judged(True, "", 1, 0, 0, 0, 0, 0), {}, {},
    )  # fmt: skip
    path = home.releases / name / "manifest.json"
    path.parent.mkdir(parents=True)
    path.write_text(said.text, "utf-8")
    return path


def left(home: Home) -> set[str]:
    return {path.name for path in (home.decisions / "kept").iterdir()}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_states_that_nights_read_last_stay(home: Home) -> None:
    digests = [decide(home, number) for number in range(1, 8)]
    assert len(left(home)) == 7
    decided.prune(home, 7)
    assert len(left(home)) == 7
    decided.prune(home, 3)
    assert left(home) == set(digests[-3:])


def test_the_state_of_a_release_on_the_shelf_stays_whatever_its_age(home: Home) -> None:
    digests = [decide(home, number) for number in range(1, 8)]
    release(home, 1, digests[0])
    path = release(home, 2, digests[2])
    decided.prune(home, 1)
    assert left(home) == {digests[0], digests[2], digests[-1]}
    path.unlink()
    path.parent.rmdir()
    decided.prune(home, 1)
    assert left(home) == {digests[0], digests[-1]}, "a release that was retired needs its decisions no more"


@pytest.mark.parametrize("text", ["{", None])
def test_nothing_goes_where_a_release_cannot_say_what_it_was_made_with(home: Home, text: str | None) -> None:
    digests = [decide(home, number) for number in range(1, 5)]
    path = release(home, 1, "of a state that was never kept")
    if text is not None:
        path.write_text(text)
    decided.prune(home, 1)
    assert left(home) == set(digests)


def test_a_state_that_comes_back_counts_as_read_now(home: Home) -> None:
    first, *_, last = [decide(home, number) for number in range(1, 5)]
    (home.decisions / "go_aheads.csv").write_text(f"{HEADER}\nr,f,x,2026-04-01,z\n", "utf-8")
    decisions.keep(home, first)
    decided.prune(home, 2)
    assert left(home) == {first, last}


def test_what_a_killed_night_left_half_removed_is_no_state_and_goes(home: Home) -> None:
    digest = decide(home, 1)
    (home.decisions / "kept" / ".0000.gone").mkdir()
    assert set(decisions.known(home)) == {digest}
    decided.prune(home, 100)
    assert left(home) == {digest}
