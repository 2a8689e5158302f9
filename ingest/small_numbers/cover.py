"""Which cells are hidden: the small ones, and as many others as keep them hidden.

Holds: the primary rule, complementary suppression by cost, and what is given up where a breakdown is too small. Does
not hold: the audit itself (`audit`), or where cells come from (`breakdowns`).

A hidden cell is covered when at least `below` values are possible for it. Where hiding the whole breakdown would leave
fewer, because a known total is itself that small, so many are asked for as that would leave; a cell for which even then
one value alone is possible is `open`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sousei.ingest.decided.decisions import BELOW
from sousei.ingest.small_numbers.audit import Cell, Sum, room

_ZERO = 1_000_000_000
"""Cost of hiding a 0: it is shown wherever something else can be hidden."""


class Covered(NamedTuple):
    """hidden: all hidden cells, by their place. small: those of the primary rule. open: hidden cells that can still be
    told exactly, because a total that is known leaves them no other value."""

    hidden: frozenset[int]
    small: frozenset[int]
    open: frozenset[int]


def cover(cells: Sequence[Cell], sums: Sequence[Sum], below: int = BELOW, before: Collection[int] = ()) -> Covered:
    """Hide the cells of 1 to below - 1, and others until each is covered; what `before` hides stays hidden.

    A small cell that others know already (may_hide is False) is hidden too, covers nothing and needs no cover.
    Raises ValueError where below is less than 2, or a sum does not add up (`audit.intervals`).
    """
    if below < 2:
        raise ValueError("the limit is at least 2: there are no counts below")
    small = {place for place, one in enumerate(cells) if one.is_asked and 0 < one.value < below}
    unknown = {place for place, one in enumerate(cells) if one.may_hide}
    hidden = fixed = (small | set(before)) & unknown
    if not fixed:
        return Covered(frozenset(small), frozenset(small), frozenset())
    asked = room(cells, sums, unknown, {place: below for place in unknown if cells[place].is_asked})
    while weak := _weak(cells, sums, asked, hidden):
        hidden = hidden | {_next(cells, sums, hidden, weak)}
    for place in sorted(hidden - fixed, key=lambda one: (-cells[one].cost, -cells[one].value, one)):
        if not _weak(cells, sums, asked, hidden - {place}):
            hidden = hidden - {place}
    exact = frozenset(place for place in hidden if asked.get(place) == 1)
    return Covered(frozenset(hidden | small), frozenset(small), exact)


def _weak(cells: Sequence[Cell], sums: Sequence[Sum], asked: dict[int, int], hidden: Collection[int]) -> set[int]:
    """Hidden cells for which fewer values are possible than are asked for."""
    return {place for place, values in room(cells, sums, hidden, asked).items() if values < asked[place]}


def _next(cells: Sequence[Cell], sums: Sequence[Sum], hidden: Collection[int], weak: set[int]) -> int:
    """The shown cell to hide: in the most sums that a weak cell stands alone in, then the cheapest; one that hangs
    together with a weak cell, where no sum of its own is left."""
    alone = [one for one in sums if weak & set(one.cells) and len(set(hidden) & set(one.cells)) == 1]
    near = [one for one in sums if weak & set(one.cells)]
    reach, linked = set(weak), True
    while linked:
        linked = False
        for one in sums:
            if reach & set(one.cells) and not set(one.cells) <= reach:
                reach |= set(one.cells)
                linked = True
    for among in (
        {place for one in alone for place in one.cells},
        {place for one in near for place in one.cells},
        reach,
    ):
        left = [place for place in among - set(hidden) if cells[place].may_hide]
        if left:
            return min(
                left,
                key=lambda place: (
                    cells[place].cost,
                    -sum(place in one.cells for one in alone),
                    -sum(place in one.cells and bool(set(hidden) & set(one.cells)) for one in sums),
                    cells[place].value or _ZERO,
                    place,
                ),
            )
    raise ArithmeticError("small_numbers_not_covered: what hiding everything leaves was not reached")
