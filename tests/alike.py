"""Cases of one kind: some of them in every run of the tests, all of them in the exhaustive one.

Holds: two ways to say so. `alike` marks a list of cases where it is given to `parametrize`; the marker `sampled(n)`
marks a whole test, wherever its cases come from. Does not hold: which cases tell most; where it would take others,
those that it shall not take bear `exhaustive` themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def alike(cases: Iterable[Any], in_every_run: int = 1) -> list[Any]:
    """The cases for `parametrize`; those after the first ones are marked exhaustive. A tuple is one case's values."""
    return [
        case
        if place < in_every_run
        else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.exhaustive)
        for place, case in enumerate(cases)
    ]


def mark_sampled(items: Iterable[pytest.Item]) -> None:
    """Of each test with the marker `sampled(n=1)` n cases stay in every run, the others become exhaustive.

    The n lie evenly among the cases as collected, from the first on, so that of two lists not only the
    inner one varies. Cases that are exhaustive by themselves count for none.
    """
    cases: dict[str, list[pytest.Item]] = {}
    kept: dict[str, int] = {}
    for item in items:
        sampled = item.get_closest_marker("sampled")
        if sampled is not None and not item.get_closest_marker("exhaustive"):
            test = item.nodeid.partition("[")[0]
            cases.setdefault(test, []).append(item)
            kept[test] = in_every_run(*sampled.args, **sampled.kwargs)
    for test, mine in cases.items():
        stay = {place * len(mine) // kept[test] for place in range(kept[test])}
        for place, item in enumerate(mine):
            if place not in stay:
                item.add_marker(pytest.mark.exhaustive)


def in_every_run(n: int = 1) -> int:
    """The argument of the marker."""
    if n < 1:
        raise pytest.UsageError(f"sampled({n}): a test that is in no run but the exhaustive one is marked exhaustive")
    return n
