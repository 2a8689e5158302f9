"""Every year in single ages: the step of a year between the five-year ones, births, children, schools, the old.

Holds: single ages of five-year groups, the run of one year's width, the bands that are told. Does not hold: the
five-year run (engine, vision), whose figures are told (night), counts by single age (counted).

Ages of the base. Where persons by single age are delivered, a group is divided in their proportions (`single_ages`).
Elsewhere by Sprague's osculatory interpolation of fifth differences (Sprague 1880, A New Formula for Interpolation;
multipliers as in Shryock and Siegel, The Methods and Materials of Demography, 1971, table C-13); where that would give
a negative age, as happens in small places, evenly. The five ages add up to their group.

Years. engine.project at width 1: ages 0 ... 89 and 90+, a step of a year. A cohort of the five-year run (five ages, or
85 and over together) loses or gains the same number in each of the five years (deaths and moves spread evenly over the
step; at the fifth root of its ratio the old would die off at the start of every step), so that every group comes back
at its end: equal up to float rounding (1e-9 of a person per person). Whoever comes to an empty cohort comes in five
equal parts. Births of a step are those of the five-year run, divided over its years as the women aged 15-49 are
on 1 October; infant deaths and moves are netted out of a child-woman ratio, so whoever is born in a step stays to its
end. Hence single ages of the base are carried on, never divided anew, but a five-year ratio has no waves of its own:
fertility and moves of a year are those of its step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sousei.projection.engine import STEP_YEARS, Array, ProjectionError, project
from sousei.projection.exact import exact

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
    "total": (0, None),
    "0-2": (0, 2),
    "3-5": (3, 5),
    "0-5": (0, 5),
    "6-11": (6, 11),
    "12-14": (12, 14),
    "15-17": (15, 17),
    "18-64": (18, 64),
    "65-74": (65, 74),
    "75+": (75, None),
}
"""Ages at last birthday on 1 October: nursery and kindergarten, the schools, working age, 前期・後期高齢者. All but
total and 0-5 together are everybody."""
METHODS = ("none", "single_ages", "sprague", "even")
"""How a group was divided: not at all, in delivered proportions, by the multipliers, evenly; the weakest last."""
OPEN_AGE = 90
CHILDBEARING_AGES = slice(15, 50)


class Years(NamedTuple):
    """population (5 T + 1, 2, 91, K) persons on 1 October; births (5 T, K) in the twelve months up to 1 October;
    method (18, K) how the closed groups of the base were divided, place in METHODS."""

    population: Array
    births: Array
    method: Array


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


def single_ages(groups: Array, delivered: Array | None = None) -> tuple[Array, Array]:
    """Ages 0 ... 89, 90+ of groups 0-4 ... 85-89, 90+, and how each closed group was divided (place in METHODS).

    groups: (2, 19, K) persons. delivered: (2, 91, K) persons by single age, NaN where not known; a group is divided in
    their proportions where all five are known and somebody is among them. Returns (2, 91, K) and (18, K), of both sexes
    the weaker.
    """
    closed = groups[:, :-1]
    by_sex = [sprague(one) for one in closed]
    blocks = np.stack([ages for ages, _ in by_sex]).reshape(*closed.shape[:2], STEP_YEARS, *closed.shape[2:])
    method = np.where(np.stack([even for _, even in by_sex]), METHODS.index("even"), METHODS.index("sprague"))
    if delivered is not None:
        known = delivered[:, :OPEN_AGE].reshape(blocks.shape)
        whole = known.sum(axis=2)
        usable = whole > 0  # NaN is not
        shares = np.divide(known, whole[:, :, None], out=np.zeros_like(blocks), where=usable[:, :, None])
        blocks = np.where(usable[:, :, None], shares * closed[:, :, None], blocks)
        method = np.where(usable, METHODS.index("single_ages"), method)
    ages = blocks.reshape(2, OPEN_AGE, *closed.shape[2:])
    return np.concatenate([ages, groups[:, -1:]], axis=1), method.max(axis=0)


def every_year(population: Array, births: Array, delivered: Array | None = None) -> Years:
    """The years of a five-year run: its groups on 1 October of every fifth year, single ages in all.

    population: (T + 1, 2, 19, K) persons, births: (T, K) of the five years (engine.accounts). delivered: as for
    single_ages, of the base year.
    """
    steps = len(births)
    start, method = single_ages(population[0], delivered)
    out = np.empty((STEP_YEARS * steps + 1, *start.shape))
    out[0] = start
    born = np.empty((STEP_YEARS * steps, *births.shape[1:]))
    for t in range(steps):
        first = STEP_YEARS * t
        share = _years_of_step(out[first : first + STEP_YEARS + 1], population[t], population[t + 1])
        born[first : first + STEP_YEARS] = births[t] * share
    return Years(out, born, method)


def _years_of_step(out: Array, start: Array, end: Array) -> Array:
    """Fills out[1:] (out (6, 2, 91, K)) so that it leads from start to end (2, 19, K). Returns (5, K), the parts of the
    births of the step that fall into its years."""
    cohorts = np.concatenate([start[:, :-2], start[:, -2:].sum(axis=1, keepdims=True)], axis=1)
    there = cohorts > 0
    gain = np.divide(end[:, 1:], cohorts, out=np.ones_like(cohorts), where=there) - 1
    late = np.where(there, 0.0, end[:, 1:])
    ages = np.arange(OPEN_AGE)
    ratio = np.ones((STEP_YEARS, 2, OPEN_AGE, *start.shape[2:]))
    arrivals = np.zeros((STEP_YEARS, 2, OPEN_AGE + 1, *start.shape[2:]))
    for year in range(STEP_YEARS):
        old = ages >= year  # the others were born in the step
        yearly = (STEP_YEARS + (year + 1) * gain) / (STEP_YEARS + year * gain)
        ratio[year][:, old] = yearly[:, (ages[old] - year) // STEP_YEARS]
        then = ages[: OPEN_AGE - STEP_YEARS]
        arrivals[year][:, then + year + 1] = late[:, then // STEP_YEARS] / STEP_YEARS**2
        arrivals[year][:, -1] = late[:, -1] / STEP_YEARS
    none = np.zeros((STEP_YEARS, *start.shape[2:]))
    children = end[:, 0].sum(axis=0)
    boys = np.divide(end[0, 0], children, out=np.full_like(children, 0.5), where=children > 0)
    project(out[0], ratio, none, none, newcomers=arrivals, childbearing=CHILDBEARING_AGES, out=out)
    women = out[1:, 1, CHILDBEARING_AGES].sum(axis=1)
    whole = women.sum(axis=0)
    fertile = whole > 0
    arrivals[:, :, 0] = np.where(fertile, 0.0, end[:, 0] / STEP_YEARS)
    per_woman = np.divide(children, whole, out=np.zeros_like(children), where=fertile) + none
    project(out[0], ratio, per_woman, boys + none, newcomers=arrivals, childbearing=CHILDBEARING_AGES, out=out)
    return np.divide(women, whole, out=np.full_like(women, 1 / STEP_YEARS), where=fertile)


def band_figures(found: Years) -> dict[str, tuple[Array, Array]]:
    """Persons of BANDS, both sexes, in whole millionths (int64), and how they were divided (place in METHODS).

    (5 T + 1, K) each. Bands add up exactly: they are sums of the same millionths. A band was divided where one of its
    ends cuts a group of the base; whoever was born in the run needed no division.
    """
    cells = exact(found.population).sum(axis=1)
    above = np.cumsum(cells[:, ::-1], axis=1)[:, ::-1]
    return {
        band: (
            above[:, first] - (0 if last is None else above[:, last + 1]),
            np.stack([_divided(found.method, gone, first, last) for gone in range(len(cells))]),
        )
        for band, (first, last) in BANDS.items()
    }


def _divided(method: Array, gone: int, first: int, last: int | None) -> Array:
    """The weakest method of the groups that a band cuts, `gone` years after the base."""
    found = np.zeros_like(method[0])
    for edge in (first - gone, 0 if last is None else last + 1 - gone):
        if edge > 0 and edge % STEP_YEARS:
            found = np.maximum(found, method[edge // STEP_YEARS])
    return found


def calendar_births(births: Array) -> Array:
    """Births of calendar years from those of twelve months up to 1 October, evenly within them: three quarters of the
    months that end in the year and a quarter of the next. (n, K) to (n - 1, K)."""
    return 0.75 * births[:-1] + 0.25 * births[1:]
