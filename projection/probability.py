"""Probabilistic runs: many futures of a line, from shocks on moves, on survival of the old and on fertility.

Holds: the draws, blocked over municipalities so that memory stays flat, and the probabilities read from them. Does not
hold: how large the shocks are (reference/shocks.csv: solved so that the 80 % range of the draws is the tested band,
reference.shocks), bands (bands), printing.

In a draw, the deviation of a component in step k is a persistent part, drawn once, and the sum of k innovations. It
multiplies the cohort change ratios by exp(deviation x loading of the age at the start): moves below 60, old from 60
on (their survival and moves together: a table of population does not tell them apart); fertility multiplies the
child-woman ratio. A part of every shock (common_share) is that of the period: the same for all municipalities in a
draw. Draws of a municipality depend on the seed and its code alone, not on who else is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.projection import vision
from sousei.projection.bands import size_class
from sousei.projection.engine import CHILDBEARING, Array, ProjectionError
from sousei.projection.national import REFERENCE

COMPONENTS = ("moves", "old", "fertility")
BLOCK = 2
"""Municipalities at once: 1,000 draws of them stay in the cache."""
MEASURES = vision.MEASURES
SUMMARY = {
    "municipality_code": pl.String,
    "scenario_id": pl.String,
    "year": pl.Int32,
    "measure": pl.String,
    "draws": pl.Int32,
    "seed": pl.Int64,
    "p10_persons": pl.Float64,
    "p50_persons": pl.Float64,
    "p90_persons": pl.Float64,
    "at_most_persons": pl.Float64,
    "probability_at_most": pl.Float64,
    "at_least_persons": pl.Float64,
    "probability_at_least": pl.Float64,
}
LONGEST_DRAWS = 100_000


class Shocks(NamedTuple):
    """persistent, step, common: standard deviations and the share of variance common to all, by size class and
    component (classes, 3); loading (2, ages - 1): of moves and of old, by age at the start."""

    classes: list[str]
    persistent: Array
    step: Array
    common: Array
    loading: Array


@cache
def reference() -> Shocks:
    """The shocks of an official line."""
    sizes = pl.read_csv(REFERENCE / "shocks.csv")
    loading = pl.read_csv(REFERENCE / "shock_loadings.csv").sort("component", "age_from")
    classes = sizes.get_column("size_class").unique(maintain_order=True).to_list()
    shape = (len(classes), len(COMPONENTS))
    ordered = sizes.select(pl.col("persistent_sd", "step_sd", "common_share")).to_numpy()
    by_age = np.zeros((2, 18))
    for component, age, value in loading.select("component", "age_from", "loading").rows():
        by_age[COMPONENTS.index(component), age // 5] = value
    persistent, step, common = (ordered[:, i].reshape(shape) for i in range(3))
    return Shocks(classes, persistent, step, common, by_age)


def summary(
    base: vision.Baseline,
    scenarios: pl.DataFrame,
    keys: pl.DataFrame,
    years: Sequence[int],
    *,
    draws: int,
    seed: int,
    at_most: Mapping[str, float] | None = None,
    at_least: Mapping[str, float] | None = None,
    shocks: Shocks | None = None,
    block: int = BLOCK,
) -> pl.DataFrame:
    """One row per key, year and measure: p10, p50, p90 of the draws, and the share of draws at or below `at_most` (by
    measure) and at or above `at_least`; only quantiles are kept, so memory does not grow with municipalities.

    municipality_code, scenario_id, year, measure, draws, seed, p10_persons, p50_persons, p90_persons,
    at_most_persons, probability_at_most, at_least_persons, probability_at_least (0-1, null where not asked).
    """
    rows = []
    below, above = at_most or {}, at_least or {}
    for part_keys, found in _blocks(base, scenarios, keys, years, draws=draws, seed=seed, shocks=shocks, block=block):
        for name, values in found.items():
            low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], axis=-1)
            for k, (code, scenario_id) in enumerate(part_keys.rows()):
                for y, year in enumerate(years):
                    mine = values[y, k]
                    quantiles = (float(low[y, k]), float(middle[y, k]), float(high[y, k]))
                    under = float((mine <= below[name]).mean()) if name in below else None
                    over = float((mine >= above[name]).mean()) if name in above else None
                    asked = (below.get(name), under, above.get(name), over)
                    rows.append((code, scenario_id, year, name, draws, seed, *quantiles, *asked))
    return pl.DataFrame(rows, schema=SUMMARY, orient="row")


def _blocks(
    base: vision.Baseline,
    scenarios: pl.DataFrame,
    keys: pl.DataFrame,
    years: Sequence[int],
    *,
    draws: int,
    seed: int,
    shocks: Shocks | None,
    block: int,
) -> Iterator[tuple[pl.DataFrame, dict[str, Array]]]:
    given = reference() if shocks is None else shocks
    for year in years:
        if year not in base.years[1:]:
            raise ProjectionError(f"{year}年は期の境 {base.years[1:]} にありません / not the end of a step")
    if not 1 <= draws <= LONGEST_DRAWS:
        raise ProjectionError(f"試行の数は1〜{LONGEST_DRAWS}です: {draws} / draws out of range")
    last = max(base.years.index(year) for year in years)
    common = _steps(np.random.Generator(np.random.PCG64([seed, 0])), last, draws)
    for first in range(0, keys.height, block):
        mine = keys[first : first + block]
        inputs = vision.inputs(base, scenarios, keys=mine)
        yield mine, _run(inputs, mine, [base.years.index(year) for year in years], common, draws, seed, given)


def _steps(random: np.random.Generator, steps: int, draws: int) -> tuple[Array, Array]:
    """Standard normal persistent parts (3, draws) and sums of innovations (steps, 3, draws)."""
    size = (len(COMPONENTS), draws)
    persistent = random.standard_normal(size, dtype=np.float32)
    return persistent, random.standard_normal((steps, *size), dtype=np.float32).cumsum(axis=0)


def _run(
    inputs: vision.Inputs,
    keys: pl.DataFrame,
    wanted: list[int],
    common: tuple[Array, Array],
    draws: int,
    seed: int,
    shocks: Shocks,
) -> dict[str, Array]:
    steps, count = len(common[1]), keys.height
    total = inputs.base.sum(axis=(0, 1))
    classes = pl.DataFrame({"persons": total}).select(size_class(pl.col("persons"))).to_series().to_list()
    rows = [shocks.classes.index(name) for name in classes]
    local = [
        _steps(np.random.Generator(np.random.PCG64([seed, 1, *code.encode()])), steps, draws)
        for code in keys.get_column("municipality_code")
    ]
    share = shocks.common[rows].T[..., None]  # (3, keys, 1)
    persistent = np.sqrt(share) * common[0][:, None] + np.sqrt(1 - share) * np.stack([p for p, _ in local], axis=1)
    persistent = (persistent * shocks.persistent[rows].T[..., None]).astype(np.float32)
    sd = shocks.step[rows].T[..., None]
    population = np.repeat(inputs.base[..., None], draws, axis=-1).astype(np.float32)  # (2, A, keys, draws)
    found = {name: np.empty((len(wanted), count, draws), dtype=np.float32) for name in MEASURES}
    for t in range(steps):
        summed = np.sqrt(share) * common[1][t][:, None] + np.sqrt(1 - share) * np.stack(
            [s[t] for _, s in local], axis=1
        )
        deviation = (persistent + sd * summed).astype(np.float32)
        factor = np.exp(
            np.tensordot(shocks.loading.T.astype(np.float32), deviation[:2], axes=1)
        )  # (A - 1, keys, draws)
        ratio = inputs.ratio[t].astype(np.float32)[..., None] * factor
        later = np.empty_like(population)
        np.multiply(population[:, :-2], ratio[:, :-1], out=later[:, 1:-1])
        np.multiply(population[:, -2] + population[:, -1], ratio[:, -1], out=later[:, -1])
        come = None if inputs.newcomers is None else inputs.newcomers[t].astype(np.float32)[..., None]
        if come is not None:
            later[:, 1:] += come[:, 1:]
        children = later[1, CHILDBEARING].sum(axis=0)
        children *= inputs.child_woman_ratio[t].astype(np.float32)[:, None] * np.exp(deviation[2])
        later[0, 0] = children * inputs.male_share[t].astype(np.float32)[:, None]
        later[1, 0] = children - later[0, 0]
        if come is not None:
            later[:, 0] += come[:, 0]
        if inputs.arrivals_end is not None:
            later += inputs.arrivals_end[t].astype(np.float32)[..., None]
        population = later
        if t + 1 in wanted:
            both = population.sum(axis=0)
            at = wanted.index(t + 1)
            found["total"][at] = both.sum(axis=0)
            found["young"][at] = both[:3].sum(axis=0)
            found["working_age"][at] = both[3:13].sum(axis=0)
            found["old"][at] = both[13:].sum(axis=0)
            found["women_20_39"][at] = population[1, 4:8].sum(axis=0)
    return found
