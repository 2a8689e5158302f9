"""Every year and single ages between the five-year steps: children before and in school, 75 and over.

Holds: Sprague's multipliers, the straight line along each cohort between two projected years. Does not hold: the steps
themselves (engine), whose figures are told (night).

Single ages of a five-year group come from it and its neighbours by Sprague's osculatory interpolation of fifth
differences (Sprague 1880, A New Formula for Interpolation; multipliers as in Shryock and Siegel, The Methods and
Materials of Demography, 1971, table C-13). The five ages add up to their group. Where one of them would be negative, as
happens in small places, the group is divided evenly. A year between two steps has each cohort on a straight line
between its number before and after; those born since are told by their number at the end of the step. Single ages at
the ends of life are the weakest of Sprague's, so no band is of the first year of life alone: births are told by five
years (mart_population_vision).
"""

from __future__ import annotations

import numpy as np

from sousei.projection.engine import STEP_YEARS, Array, ProjectionError

FIRST = np.array(
    [
        [0.3616, -0.2768, 0.1488, -0.0336],
        [0.2640, -0.0960, 0.0400, -0.0080],
        [0.1840, 0.0400, -0.0320, 0.0080],
        [0.1200, 0.1360, -0.0720, 0.0160],
        [0.0704, 0.1968, -0.0848, 0.0176],
    ]
)
"""Ages of the first group from groups 1-4."""
SECOND = np.array(
    [
        [0.0336, 0.2272, -0.0752, 0.0144],
        [0.0080, 0.2320, -0.0480, 0.0080],
        [-0.0080, 0.2160, -0.0080, 0.0000],
        [-0.0160, 0.1840, 0.0400, -0.0080],
        [-0.0176, 0.1408, 0.0912, -0.0144],
    ]
)
"""Ages of the second group from groups 1-4."""
MIDDLE = np.array(
    [
        [-0.0128, 0.0848, 0.1504, -0.0240, 0.0016],
        [-0.0016, 0.0144, 0.2224, -0.0416, 0.0064],
        [0.0064, -0.0336, 0.2544, -0.0336, 0.0064],
        [0.0064, -0.0416, 0.2224, 0.0144, -0.0016],
        [0.0016, -0.0240, 0.1504, 0.0848, -0.0128],
    ]
)
"""Ages of a group from it and the two groups on either side. The last two groups mirror the first two."""

BANDS: dict[str, tuple[int, int | None]] = {
    "0-5": (0, 5),
    "6-11": (6, 11),
    "12-14": (12, 14),
    "15-17": (15, 17),
    "75+": (75, None),
}
"""Ages at last birthday on 1 October: nursery and kindergarten, the schools, 後期高齢者."""


def sprague(groups: Array) -> tuple[Array, Array]:
    """Single ages of five-year groups, and which groups were divided evenly because an age would be negative.

    groups: persons, axis 0 the closed groups 0-4, 5-9, … (at least five), then any number of key axes. Returns (ages,
    keys...) and a boolean (groups, keys...). Raises ProjectionError for fewer groups.
    """
    n = groups.shape[0]
    if n < STEP_YEARS:
        raise ProjectionError(
            f"5歳階級が{n}しかなく、各歳に分けられません（5以上） / Sprague needs five groups at least"
        )
    ages = np.empty((n * STEP_YEARS, *groups.shape[1:]))
    for place in range(n):
        if place < 2:
            weights, near = (FIRST, SECOND)[place], groups[:4]
        elif place >= n - 2:
            weights, near = (FIRST, SECOND)[n - 1 - place][::-1, ::-1], groups[n - 4 :]
        else:
            weights, near = MIDDLE, groups[place - 2 : place + 3]
        ages[place * STEP_YEARS : (place + 1) * STEP_YEARS] = np.tensordot(weights, near, axes=1)
    blocks = ages.reshape(n, STEP_YEARS, *groups.shape[1:])
    even: Array = np.any(blocks < 0, axis=1)
    blocks = np.where(even[:, None], groups[:, None] / STEP_YEARS, blocks)
    return blocks.reshape(ages.shape), even


def yearly(population: Array) -> dict[str, tuple[Array, Array]]:
    """Persons of each of BANDS in every year, and whether a group that it needs was divided evenly.

    population: (steps, groups 0-4 … open, keys...), persons of both sexes or one, five years apart. Returns band ->
    (persons, is_even), each (years, keys...) with 5 x (steps - 1) + 1 years.
    """
    steps = population.shape[0]
    singles, evens = zip(*(sprague(one[:-1]) for one in population), strict=True)
    # numbers at and above an age up to the open group: the number of a band is a difference of two of them
    above = np.stack(
        [
            np.concatenate([np.cumsum(one[::-1], axis=0)[::-1] + rest[-1], rest[-1:]])
            for one, rest in zip(singles, population, strict=True)
        ]
    )
    even = np.stack(evens)

    def persons(step: int, first: int, end: int | None) -> Array:
        """At ages first to end - 1, or first and over."""
        top: Array = above[step, first]
        return top if end is None else top - above[step, end]

    def divided(step: int, first: int, end: int | None) -> Array:
        """Whether a group that the band cuts is one that was divided evenly."""
        cut = {edge // STEP_YEARS for edge in (first, end) if edge is not None and edge % STEP_YEARS}
        found: Array = np.zeros(population.shape[2:], bool)
        for group in cut:
            found = found | even[step, group]
        return found

    found = {}
    for band, (first, last) in BANDS.items():
        end = None if last is None else last + 1
        numbers, marks = [persons(0, first, end)], [divided(0, first, end)]
        for step in range(steps - 1):
            for gone in range(1, STEP_YEARS + 1):
                later = (first + STEP_YEARS - gone, None if end is None else end + STEP_YEARS - gone)
                born_since = max(first, gone)  # from this age on they lived at the start of the step
                number, mark = persons(step + 1, *later), divided(step + 1, *later)
                if gone < STEP_YEARS and (end is None or born_since < end):
                    start = (born_since - gone, None if end is None else end - gone)
                    same = (born_since + STEP_YEARS - gone, later[1])
                    share = 1 - gone / STEP_YEARS
                    number = number + share * (persons(step, *start) - persons(step + 1, *same))
                    mark = mark | divided(step, *start) | divided(step + 1, *same)
                numbers.append(number)
                marks.append(mark)
        found[band] = (np.stack(numbers), np.stack(marks))
    return found
