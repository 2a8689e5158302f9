"""What somebody who knows all shown cells and all sums can tell of each hidden cell: its least and greatest value.

Holds: the intervals, by integer programming (scipy.optimize.milp, HiGHS). Does not hold: which cells are hidden.

The unknowns are whole numbers from 0. A sum may be a number that is known (a published or presumed total), or itself a
cell, so that one table may be part of another and two tables may share cells. Whole numbers are asked for, not
fractions: in three dimensions the fractions leave a hidden cell more room than it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple


class Cell(NamedTuple):
    """A count. may_hide: False where others know it already. is_asked: whether the rule of small numbers asks of it.
    cost: cells with a higher cost are hidden later, whatever they hold."""

    value: int
    may_hide: bool = True
    is_asked: bool = True
    cost: int = 0


class Sum(NamedTuple):
    """Cells (by their place) that add up to the cell `total`, or to a known number where it is None."""

    parts: tuple[int, ...]
    total: int | None = None

    @property
    def cells(self) -> tuple[int, ...]:
        return self.parts if self.total is None else (*self.parts, self.total)


class Interval(NamedTuple):
    """Least and greatest value of a hidden cell; None where nothing limits it."""

    least: int
    most: int | None

    @property
    def values(self) -> int | None:
        """How many values are possible; None where nothing limits them."""
        return None if self.most is None else self.most - self.least + 1

    def holds(self, values: int) -> bool:
        """Whether at least so many values are possible."""
        return self.values is None or self.values >= values


def intervals(cells: Sequence[Cell], sums: Iterable[Sum], hidden: Iterable[int]) -> dict[int, Interval]:
    """The interval of each hidden cell, by its place in `cells`.

    Raises ValueError where a sum with a cell as its total does not add up: then nothing can be said.
    """
    return _found(cells, sums, hidden, {})


def room(
    cells: Sequence[Cell], sums: Iterable[Sum], hidden: Iterable[int], wanted: Mapping[int, int]
) -> dict[int, int]:
    """How many values are possible for each hidden cell that stands in `wanted`, counted up to so many as are wanted:
    less work than the whole intervals. Raises what `intervals` raises."""
    found = _found(cells, sums, hidden, wanted)
    return {
        place: wanted[place] if one.holds(wanted[place]) else one.values or 0
        for place, one in found.items()
        if place in wanted
    }


def _found(
    cells: Sequence[Cell], sums: Iterable[Sum], hidden: Iterable[int], wanted: Mapping[int, int]
) -> dict[int, Interval]:
    """The intervals; where `wanted` is not empty, as much of them as it asks for, of the cells that it names."""
    unknown = sorted(set(hidden))
    found = dict.fromkeys(unknown, Interval(0, None))
    equations: dict[tuple[tuple[int, int], ...], int] = {}
    for one in sums:
        if one.total is not None and sum(cells[part].value for part in one.parts) != cells[one.total].value:
            raise ValueError(f"the cells {one.parts} do not add up to cell {one.total}")
        signed = [(part, 1) for part in one.parts if part in found]
        signed += [(one.total, -1)] if one.total is not None and one.total in found else []
        if signed:
            equations[tuple(sorted(signed))] = sum(sign * cells[place].value for place, sign in signed)
    for members in _components(unknown, equations):
        asked = tuple(wanted.get(place, 0) for place in members) if wanted else None
        found.update(_solved(members, equations, asked))
    return found


def _components(unknown: list[int], equations: Iterable[tuple[tuple[int, int], ...]]) -> list[list[int]]:
    """Hidden cells that stand in equations together; those in none are left out."""
    root = {place: place for place in unknown}

    def top(place: int) -> int:
        while root[place] != place:
            place = root[place]
        return place

    bound = set()
    for equation in equations:
        first = top(equation[0][0])
        for place, _ in equation:
            bound.add(place)
            root[top(place)] = first
    groups: dict[int, list[int]] = {}
    for place in unknown:
        if place in bound:
            groups.setdefault(top(place), []).append(place)
    return list(groups.values())


def _solved(
    members: list[int], equations: dict[tuple[tuple[int, int], ...], int], asked: tuple[int, ...] | None
) -> dict[int, Interval]:
    """The intervals of cells that hang together."""
    column = {place: number for number, place in enumerate(members)}
    mine = sorted(
        (tuple((column[place], sign) for place, sign in equation), right)
        for equation, right in equations.items()
        if equation[0][0] in column
    )
    if len(mine) == 1 and all(sign == 1 for _, sign in mine[0][0]):
        whole = mine[0][1]
        return {place: Interval(whole if len(members) == 1 else 0, whole) for place in members}
    lines, sides = tuple(line for line, _ in mine), tuple(right for _, right in mine)
    return dict(zip(members, _programmed(len(members), lines, sides, asked), strict=True))


@lru_cache(maxsize=65_536)
def _programmed(
    unknowns: int,
    lines: tuple[tuple[tuple[int, int], ...], ...],
    sides: tuple[int, ...],
    asked: tuple[int, ...] | None,
) -> tuple[Interval, ...]:
    """The least and greatest whole number of each unknown of a system of equations, which has a solution.

    asked: how many values of each unknown it is enough to find; None finds all. Every solution is one of all unknowns,
    so that few are needed.
    """
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix = np.zeros((len(lines), unknowns))
    for line, equation in enumerate(lines):
        for place, sign in equation:
            matrix[line, place] = sign
    right = np.array(sides, dtype=float)
    top = 2 * sum(map(abs, sides)) + 1_000
    least, most = [top] * unknowns, [-1] * unknowns
    for place in range(unknowns):
        for sign in (1, -1):
            if asked is not None and most[place] - least[place] + 1 >= asked[place]:
                break
            goal = np.zeros(unknowns)
            goal[place] = sign
            answer = milp(
                goal,
                constraints=LinearConstraint(matrix, right, right),
                integrality=np.ones(unknowns),
                bounds=Bounds(0, top),
            )
            if answer.status != 0:
                raise ArithmeticError(f"small_numbers_not_audited: {answer.message}")
            for other, value in enumerate(np.rint(answer.x).astype(int).tolist()):
                least[other], most[other] = min(least[other], value), max(most[other], value)
    return tuple(
        Interval(low, high if high < top else None) if high >= 0 else Interval(0, 0)
        for low, high in zip(least, most, strict=True)
    )
