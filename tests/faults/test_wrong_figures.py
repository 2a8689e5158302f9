"""Figures that are wrong in sound files are stopped or shown, and by the checks that are known as their only barrier.

Holds: one fault for each rule, as first delivery, and three as re-delivery. All faults both ways, and the rates, are
printed by `python -m benchmarks.faults`. Does not hold: what a rule finds in detail (test_warehouse_cross_file.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.faults.__main__ import ALL, only_barriers
from tests.planting import Bench, Met
from tests.synthetic.barriers import SHOWS, STOPS

pytestmark = pytest.mark.slow

ONE_EACH = tuple(sorted({faults[0] for faults in (*STOPS.values(), *SHOWS.values())}))
"""The first fault of each only barrier."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench.of_samples(tmp_path_factory.mktemp("bench"))


@pytest.mark.promise("C5", "E1")
@pytest.mark.parametrize("fault", ONE_EACH)
@pytest.mark.exhaustive
def test_only_barrier_meets_its_fault(fault: str, bench: Bench, tmp_path: Path) -> None:
    met = bench.met(ALL[fault], tmp_path, again=False)
    stops, shows = only_barriers({fault: met})
    known = {name for name, faults in (*STOPS.items(), *SHOWS.items()) if fault in faults}
    assert {*stops, *shows} == known, met
    assert met.outcome == ("stopped" if known & STOPS.keys() else "shown")


@pytest.mark.promise("E1")
@pytest.mark.parametrize("fault", ["month_doubled", "towns_of_the_registry_exchanged", "series_of_migrants_exchanged"])
@pytest.mark.exhaustive
def test_fault_that_comes_again_is_met(fault: str, bench: Bench, tmp_path: Path) -> None:
    met = bench.met(ALL[fault], tmp_path, again=True)
    assert met.outcome != "missed" and "redeliveries_to_look_at" in met.shown_by


def test_losing_the_only_barrier_is_seen() -> None:
    stopped = {
        "fault": Met(frozenset({"one"}), frozenset({"told"})),
        "other": Met(frozenset({"one", "two"}), frozenset()),
    }
    shown = {"third": Met(frozenset(), frozenset({"told"})), "fourth": Met(frozenset(), frozenset())}
    assert only_barriers(stopped | shown) == ({"one": ["fault"]}, {"told": ["third"]})
