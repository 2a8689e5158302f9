"""The population vision of municipalities: baseline from a published table, scenarios run on it, accounts.

Holds: the rule beyond the last published year, and one call that runs every scenario of every municipality at once.
Does not hold: what a scenario says (scenarios), tables of the warehouse (nightly, tables).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.projection import national as nation
from sousei.projection.engine import Accounts, Array, ProjectionError, accounts, newcomers_at_end, project, take
from sousei.projection.national import National
from sousei.projection.recover import k_factor, recover
from sousei.projection.scenarios import BASIS, expand, pairs

HORIZON = 2065
HORIZON_2023 = 2070
BLOCK = 4096  # keys worked on at once: what lies between input and result stays small and in reach of the cache


class Baseline(NamedTuple):
    """Rates that give a published table back and carry it on, for n municipalities and T steps from its base year.

    years T + 1; published: how many of them the table holds; codes n; base (2, A, n); survival (T, 2, A - 1),
    birth_survival (T, 2) national; migration (T, 2, A - 1, n) the rest of the cohort change ratio; residual
    (T, 2, A, n) persons whom no ratio can give, None where there are none; child_woman_ratio, tfr, k (T + 1, n);
    male_share (T, n). basis: the scenario that is this baseline untouched; base_id: what it starts from (bases), None =
    the edition's own base; base_ja (n,) the base in words.
    """

    years: list[int]
    published: int
    codes: list[str]
    base: Array
    survival: Array
    birth_survival: Array
    migration: Array
    residual: Array | None
    child_woman_ratio: Array
    tfr: Array
    k: Array
    male_share: Array
    national: National
    basis: str = BASIS
    base_id: str | None = None
    base_ja: tuple[str, ...] = ()

    def of(self, chosen: Sequence[int]) -> Baseline:
        """The same of some municipalities, by their place in `codes`."""
        at = np.array(chosen, dtype=np.intp)
        return self._replace(
            codes=[self.codes[n] for n in chosen],
            base=self.base.take(at, axis=-1),
            migration=self.migration.take(at, axis=-1),
            residual=None if self.residual is None else self.residual.take(at, axis=-1),
            child_woman_ratio=self.child_woman_ratio.take(at, axis=-1),
            tfr=self.tfr.take(at, axis=-1),
            k=self.k.take(at, axis=-1),
            male_share=self.male_share.take(at, axis=-1),
            base_ja=tuple(self.base_ja[n] for n in chosen),
        )


class Run(NamedTuple):
    """K runs: keys (municipality_code, scenario_id), population (T + 1, 2, A, K), accounts per step, tfr (T + 1, K).

    multipliers (F, T, 2, A - 1) on the baseline's net migration and which (K,) of them each run has.
    """

    years: list[int]
    keys: pl.DataFrame
    population: Array
    accounts: Accounts
    child_woman_ratio: Array
    tfr: Array
    multipliers: Array
    which: Array

    def of(self, chosen: Array) -> Run:
        """The same of some keys, by their place."""
        return self._replace(
            keys=self.keys[chosen.tolist()],
            population=self.population[..., chosen],
            accounts=Accounts(*(flow[:, chosen] for flow in self.accounts)),
            child_woman_ratio=self.child_woman_ratio[:, chosen],
            tfr=self.tfr[:, chosen],
            which=self.which[chosen],
        )


def baseline(table: pl.DataFrame, last_year: int = HORIZON, *, basis: str = BASIS) -> Baseline:
    """Rates of a published table and its extension to `last_year`.

    table: municipality_code, year, sex (male / female), age_from (0 ... 90), population_persons; every cell of every
    municipality. Within the table: cohort change ratios, child-woman ratios and sex ratios of the table itself, so
    that it comes back cell by cell. Beyond it: survival and net migration of the last step held; child-woman ratio =
    k of the last published year x the national one; national sex ratio at 0-4.
    """
    published, names, population = take(table, ["municipality_code"])
    if published != nation.step_years(published[0], published[-1]) or len(published) < 2:
        raise ProjectionError(
            f"公表値の年は5年ごとに2つ以上要ります: {published} / years must be five apart, two or more"
        )
    years = nation.step_years(published[0], max(last_year, published[-1]))
    nat = nation.rates(years, last_survival_year=published[-1])
    found = recover(population, default_male_share=float(nat.male_share[0]))
    extra = len(years) - len(published)
    steps = len(years) - 1
    codes = names.get_column("municipality_code").to_list()
    ratio = np.concatenate([found.ratio, np.repeat(found.ratio[-1:], extra, axis=0)])
    k_published = k_factor(found.child_woman_ratio, nat.child_woman_ratio[: len(published)])
    k = np.concatenate([k_published, np.repeat(k_published[-1:], extra, axis=0)])
    child_woman_ratio = np.concatenate(
        [found.child_woman_ratio, k[len(published) :] * nat.child_woman_ratio[len(published) :, None]]
    )
    male_share = np.concatenate(
        [found.male_share[1:], np.repeat(nat.male_share[len(published) :, None], len(codes), axis=1)]
    )
    residual = None
    if found.residual.any():
        residual = np.zeros((steps, *found.residual.shape[1:]))
        residual[: len(found.residual)] = found.residual
    return Baseline(
        years,
        len(published),
        codes,
        population[0],
        nat.survival,
        nat.birth_survival,
        ratio - nat.survival[..., None],
        residual,
        child_woman_ratio,
        nation.tfr_of(child_woman_ratio, nat),
        k,
        male_share,
        nat,
        basis,
        None,
        (f"{years[0]}年国勢調査",) * len(codes),
    )


class Inputs(NamedTuple):
    """What `engine.project` takes for K runs, and the parts that the accounts need.

    keys K rows (municipality_code, scenario_id) and municipality (K,), the column of the baseline; base (2, A, K);
    migration and ratio = survival + migration (T, 2, A - 1, K); child_woman_ratio, male_share (T, K); newcomers (the
    scenarios' arrivals as they are at the end of their step) and arrivals_end (what no ratio can give) (T, 2, A, K) or
    None; multipliers and which as in Run.
    """

    keys: pl.DataFrame
    municipality: Array
    base: Array
    migration: Array
    ratio: Array
    child_woman_ratio: Array
    male_share: Array
    newcomers: Array | None
    arrivals_end: Array | None
    multipliers: Array
    which: Array


def inputs(base: Baseline, scenarios: pl.DataFrame, *, keys: pl.DataFrame | None = None) -> Inputs:
    """The arrays of every scenario that stands on the basis of `base` and starts from its base, for every
    municipality of `base` (or of `keys` only).

    scenarios: as scenarios.tidy gives it. keys: municipality_code, scenario_id to run; default: all that apply. The
    scenario whose id is the basis itself is the untouched baseline.
    """
    if keys is None:
        keys = pairs(scenarios, base.codes, [base.basis], base.base_id)
    position = {code: i for i, code in enumerate(base.codes)}
    index = np.array([position[code] for code in keys.get_column("municipality_code")], dtype=np.intp)
    assumed = expand(
        scenarios,
        keys,
        base.years,
        base.child_woman_ratio[1:].take(index, axis=1),
        base.tfr.take(index, axis=1),
        base.national,
        ages=base.base.shape[1],
    )
    migration = base.migration.take(index, axis=-1)
    residual = None if base.residual is None else base.residual.take(index, axis=-1)
    for factor in range(1, len(assumed.multipliers)):
        own = _run_of(np.flatnonzero(assumed.which == factor))
        multiplier = assumed.multipliers[factor, ..., None]
        migration[..., own] = multiplied(migration[..., own], multiplier, base.survival[..., None])
        if residual is not None:
            residual[:, :, 1:, own] *= assumed.multipliers[factor, ..., None]
            residual[:, :, 0, own] *= assumed.multipliers[factor, :, :, 0, None]
    newcomers, start, end = None, assumed.arrivals_start, assumed.arrivals_end
    if start is not None or end is not None:
        newcomers = newcomers_at_end(
            np.zeros_like(end) if start is None else start, np.zeros_like(start) if end is None else end, base.survival
        )
    return Inputs(
        keys,
        index,
        base.base.take(index, axis=-1),
        migration,
        base.survival[..., None] + migration,
        assumed.child_woman_ratio,
        base.male_share.take(index, axis=1),
        newcomers,
        residual,
        assumed.multipliers,
        assumed.which,
    )


def multiplied(migration: Array, multiplier: Array, survival: Array) -> Array:
    """Net migration ratios times a factor; no more leave than are there (survival + migration is never below 0)."""
    moved = migration * multiplier
    return moved if ((multiplier >= 0) & (multiplier <= 1)).all() else np.maximum(moved, -survival)


def _run_of(index: Array) -> Array | slice:
    """Neighbouring columns as a slice, which numpy changes in place without a copy."""
    if len(index) and index[-1] - index[0] == len(index) - 1:
        return slice(int(index[0]), int(index[-1]) + 1)
    return index


def run(base: Baseline, scenarios: pl.DataFrame, *, keys: pl.DataFrame | None = None) -> Run:
    """Run every scenario that stands on the basis of `base` and starts from its base, for every
    municipality of `base`, at once, with its accounts.

    Arguments as for `inputs`.
    """
    if keys is None:
        keys = pairs(scenarios, base.codes, [base.basis], base.base_id)
    years, count = len(base.years), keys.height
    population = np.empty((years, *base.base.shape[:2], count))
    flows = [np.empty((years - 1, count)) for _ in Accounts._fields]
    child_woman_ratio = np.empty((years, count))
    multipliers: list[Array] = []
    which = np.empty(count, dtype=np.intp)
    for first in range(0, count, BLOCK):
        here = slice(first, min(first + BLOCK, count))
        given = inputs(base, scenarios, keys=keys[here])
        end, newcomers = given.arrivals_end, given.newcomers
        block = project(
            given.base,
            given.ratio,
            given.child_woman_ratio,
            given.male_share,
            arrivals_end=end,
            newcomers=newcomers,
            out=population[..., here],
        )
        survival, birth_survival = base.survival[..., None], base.birth_survival[..., None]
        changes = accounts(block, survival, given.migration, birth_survival, arrivals_end=end, newcomers=newcomers)
        for out, values in zip(flows, changes, strict=True):
            out[:, here] = values
        child_woman_ratio[0, here] = base.child_woman_ratio[0, given.municipality]
        child_woman_ratio[1:, here] = given.child_woman_ratio
        which[here] = given.which + len(multipliers)
        multipliers.extend(given.multipliers)
    return Run(
        base.years,
        keys,
        population,
        Accounts(*flows),
        child_woman_ratio,
        nation.tfr_of(child_woman_ratio, base.national),
        np.stack(multipliers) if multipliers else np.ones((1, years - 1, 2, base.base.shape[1] - 1)),
        which,
    )


MEASURES = ("total", "young", "working_age", "old", "women_20_39")


def measures(population: Array) -> dict[str, Array]:
    """Figures that plans are made of, from (..., 2, A, K): total, young 0-14, working age 15-64, old 65+, women."""
    both = population.sum(axis=-3)
    return {
        "total": both.sum(axis=-2),
        "young": both[..., :3, :].sum(axis=-2),
        "working_age": both[..., 3:13, :].sum(axis=-2),
        "old": both[..., 13:, :].sum(axis=-2),
        "women_20_39": population[..., 1, 4:8, :].sum(axis=-2),
    }
