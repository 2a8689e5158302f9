"""Cases of one kind: the first of them in every run of the tests, all of them in the exhaustive one.

Holds: two ways to say so. `alike` marks a list of cases where it is given to `parametrize`; the marker `sampled(n)`
marks a whole test, whatever its cases come from. Does not hold: which cases tell most; where these are not the first
ones, the others bear `exhaustive` themselves.
"""

from __future__ import annotations

from collections import Counter
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
    """Of each test with the marker `sampled(n=1)` all cases after the first n, as collected, become exhaustive.

    A case that is exhaustive by itself counts for none of the n.
    """
    met: Counter[str] = Counter()
    for item in items:
        sampled = item.get_closest_marker("sampled")
        if sampled is None or item.get_closest_marker("exhaustive"):
            continue
        test = item.nodeid.partition("[")[0]
        met[test] += 1
        if met[test] > in_every_run(*sampled.args, **sampled.kwargs):
            item.add_marker(pytest.mark.exhaustive)


def in_every_run(n: int = 1) -> int:
    """The argument of the marker."""
    if n < 1:
        raise pytest.UsageError(f"sampled({n}): a test that is in no run but the exhaustive one is marked exhaustive")
    return n
