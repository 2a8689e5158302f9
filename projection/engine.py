"""The step: five years forward on a fixed (sex, age, key) array.

Holds: the array form of the cohort-component method with child-woman ratios (the form of the national institute's
municipal projections and of the government worksheet), its accounts (births, deaths, natural and social change), and
the way from polars to the array and back. Does not hold: where ratios come from (recover, national), what a scenario
means (scenarios), age-specific fertility (components).

Array convention, everywhere in this package: axis 0 (or 1 after time) is sex = (male, female), then age = 0-4, 5-9 ...
open group, then any number of key axes (municipality, scenario ...). Ratios are labelled by the age at the START of a
step: entry x leads from group x to x + 1, and the last entry leads from the two oldest groups together to the open one.

    P[t+1, s, x+1] = P[t, s, x] * (S[t, s, x] + M[t, s, x])
    P[t+1, s, w]   = (P[t, s, w-1] + P[t, s, w]) * (S[t, s, w-1] + M[t, s, w-1])
    C[t+1]         = CWR[t] * sum of P[t+1, female, 15-49]
    P[t+1, male, 0-4] = C * h, P[t+1, female, 0-4] = C * (1 - h), h = share of males among children

float64, nothing is rounded between steps. `project` is the same for groups and steps of any width (single_years: one).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

Array = np.ndarray
STEP_YEARS = 5
SEXES = ("male", "female")
CHILDBEARING = slice(3, 10)  # 15-19 ... 45-49: the denominator of the child-woman ratio
WOMEN_20_39 = slice(4, 8)


class ProjectionError(ValueError):
    """Input that the projection cannot use. The message says what to do, in Japanese and English."""


def age_groups(open_age: int = 90) -> list[str]:
    """Labels 0-4 ... of five-year groups up to the open one, e.g. 90 gives 19 labels, the last `90+`."""
    return [f"{x}-{x + 4}" for x in range(0, open_age, STEP_YEARS)] + [f"{open_age}+"]


class Accounts(NamedTuple):
    """What happened in each step: arrays (step, keys...), persons in five years. births - deaths + social = change."""

    births: Array
    deaths: Array
    natural: Array
    social: Array


def project(
    base: Array,
    ratio: Array,
    child_woman_ratio: Array,
    male_share: Array,
    *,
    arrivals_start: Array | None = None,
    arrivals_end: Array | None = None,
    newcomers: Array | None = None,
    childbearing: slice = CHILDBEARING,
    out: Array | None = None,
) -> Array:
    """Project `base` through as many steps as `ratio` has.

    base (2, A, keys...) persons; ratio (T, 2, A-1, keys...) survival + net migration of a step; child_woman_ratio and
    male_share (T, keys...), both of the END of the step; arrivals (T, 2, A, keys...) persons in the step who come at
    its start (they then age, move and have children like residents) or at its end (added after births); newcomers
    (T, 2, A, keys...) persons who came whenever in the step and are there at its end, by their age then: what net
    migration is in the ratios, hence mothers of the step too (`newcomers_at_end`). Key axes broadcast. Returns
    (T + 1, 2, A, keys...) persons, the base first; written into `out` where it is given.
    """
    ages = base.shape[1]
    if ratio.shape[1:3] != (2, ages - 1):
        raise ProjectionError(
            f"率の形が人口と合いません。期待: (期, 2, {ages - 1}, ...)、実際: {ratio.shape} / ratio does not fit base: "
            f"expected (T, 2, {ages - 1}, ...), found {ratio.shape}"
        )
    keys = np.broadcast_shapes(
        base.shape[2:],
        ratio.shape[3:],
        child_woman_ratio.shape[1:],
        male_share.shape[1:],
        *(a.shape[3:] for a in (arrivals_start, arrivals_end, newcomers) if a is not None),
    )
    out = np.empty((len(ratio) + 1, 2, ages, *keys)) if out is None else out
    out[0] = base
    for t in range(len(ratio)):
        now, then = out[t], out[t + 1]
        if arrivals_start is not None:
            now = now + arrivals_start[t]
        np.multiply(now[:, :-2], ratio[t, :, :-1], out=then[:, 1:-1])
        np.multiply(now[:, -2] + now[:, -1], ratio[t, :, -1], out=then[:, -1])
        if newcomers is not None:
            then[:, 1:] += newcomers[t, :, 1:]
        children = then[1, childbearing].sum(axis=0) * child_woman_ratio[t]
        boys = children * male_share[t]
        then[0, 0], then[1, 0] = boys, children - boys
        if newcomers is not None:
            then[:, 0] += newcomers[t, :, 0]
        if arrivals_end is not None:
            then += arrivals_end[t]
    return out


def newcomers_at_end(arrivals_start: Array, arrivals_end: Array, survival: Array) -> Array:
    """Who of a step's arrivals is there at its end, (T, 2, A, keys), by age then.

    arrivals (T, 2, A, keys) persons who come at the start (by their age then; they survive the step and do not move
    again in it) and at the end; survival (T, 2, A - 1). That is what a net migration ratio counts: migrants of the
    step, measured at its end.
    """
    there = np.array(arrivals_end, dtype=float)
    lived = survival[..., None]
    there[:, :, 1:-1] += arrivals_start[:, :, :-2] * lived[:, :, :-1]
    there[:, :, -1] += (arrivals_start[:, :, -2] + arrivals_start[:, :, -1]) * lived[:, :, -1]
    return there


def step_matrix(ratio: Array, child_woman_ratio: float, male_share: float, childbearing: slice = CHILDBEARING) -> Array:
    """The step as a Leslie matrix for one key: (2A, 2A), cells ordered male 0-4 ... open, female 0-4 ... open.

    ratio (2, A - 1). `step_matrix @ population.reshape(-1)` equals the step of `project`; its transpose carries the
    value of a person backwards in time.
    """
    ages = ratio.shape[1] + 1
    matrix = np.zeros((2, ages, 2, ages))
    for sex in range(2):
        for x in range(ages - 1):
            matrix[sex, x + 1, sex, x] = ratio[sex, x]
        matrix[sex, ages - 1, sex, ages - 1] = ratio[sex, ages - 2]
    women = matrix[1, childbearing].sum(axis=0)
    matrix[0, 0] = child_woman_ratio * male_share * women
    matrix[1, 0] = child_woman_ratio * (1.0 - male_share) * women
    return matrix.reshape(2 * ages, 2 * ages)


def accounts(
    population: Array,
    survival: Array,
    migration: Array,
    birth_survival: Array,
    *,
    arrivals_start: Array | None = None,
    arrivals_end: Array | None = None,
    newcomers: Array | None = None,
) -> Accounts:
    """Births, deaths, natural and social change of every step of a run of `project`.

    population (T + 1, 2, A, keys...) as returned; survival and migration (T, 2, A - 1, keys...) whose sum was the
    ratio; birth_survival (T, 2, keys...) survivors at 0-4 per birth. A child-woman ratio has infant deaths and infant
    moves netted out, so: births = children / birth_survival, their deaths = births - children, and no infant counts
    as a migrant; newcomers count as they are at the end of the step. Hence change = natural + social exactly, and a run
    with no migration has no social change.
    """
    steps, keys = len(population) - 1, population.shape[3:]
    births, deaths, social = (np.empty((steps, *keys)) for _ in range(3))
    for t in range(steps):  # one step at a time: the arrays between stay small
        start = population[t] if arrivals_start is None else population[t] + arrivals_start[t]
        children = population[t + 1, :, 0]
        for late in (arrivals_end, newcomers):
            if late is not None:
                children = children - late[t, :, 0]
        cohorts = np.concatenate([start[:, :-2], start[:, -2:].sum(axis=1, keepdims=True)], axis=1)
        born = children / birth_survival[t]
        births[t] = born.sum(axis=0)
        deaths[t] = (cohorts * (1.0 - survival[t])).sum(axis=(0, 1)) + (born - children).sum(axis=0)
        cohorts *= migration[t]
        social[t] = cohorts.sum(axis=(0, 1))
        for arrivals in (arrivals_start, arrivals_end, newcomers):
            if arrivals is not None:
                social[t] += arrivals[t].sum(axis=(0, 1))
    return Accounts(births, deaths, births - deaths, social)


def take(
    frame: pl.DataFrame, keys: Sequence[str], *, value: str = "population_persons", open_age: int = 90
) -> tuple[list[int], pl.DataFrame, Array]:
    """From a long frame to the array.

    frame: one row per key, year, sex (male / female) and five-year age group; columns `keys`..., year, sex, age_from,
    `value`. Rows of other sexes or of totals must not be in it. Returns years ascending, the frame of keys (sorted),
    and the array (years, 2, A, keys) as float64. Raises ProjectionError where a cell is missing, doubled or null.
    """
    ages = list(range(0, open_age + 1, STEP_YEARS))
    years = frame.get_column("year").unique().sort().to_list()
    names = _names(frame, keys)
    shape = (len(years), 2, len(ages), names.height)
    size = int(np.prod(shape))
    age = frame.get_column("age_from").cast(pl.Int64)
    sex = frame.get_column("sex").cast(pl.String).cast(pl.Enum(SEXES), strict=False)
    known = (
        frame.height == size
        and None not in years
        and not (age.null_count() or sex.null_count() or frame.get_column(value).null_count())
    )
    if not known:
        raise ProjectionError(_gaps(frame, keys, value, years, ages))
    start = age.to_numpy()
    group = start // STEP_YEARS
    if (group * STEP_YEARS != start).any() or start.min(initial=0) < 0 or start.max(initial=0) > open_age:
        raise ProjectionError(_gaps(frame, keys, value, years, ages))
    row = np.searchsorted(years, frame.get_column("year").to_numpy()) * 2 + sex.to_physical().to_numpy()
    place = (row * len(ages) + group) * names.height + _key_index(frame, names)
    if (np.bincount(place, minlength=size) != 1).any():
        raise ProjectionError(_gaps(frame, keys, value, years, ages))
    values = np.empty(size)
    values[place] = frame.get_column(value).cast(pl.Float64).to_numpy()
    return years, names, values.reshape(shape)


def _names(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """The keys of `frame`, each once, in order."""
    if len(keys) == 1:
        return frame.get_column(keys[0]).unique().sort().to_frame()
    return frame.select(keys).unique().sort(keys)


def _key_index(frame: pl.DataFrame, names: pl.DataFrame) -> Array:
    """For every row of `frame` the row of `names` that has its key."""
    if names.width == 1 and names.dtypes[0] == pl.String and names.height:
        column = names.columns[0]
        found = frame.get_column(column).cast(pl.Enum(names.get_column(column))).to_physical()
    else:
        indexed = names.with_row_index("_key")
        found = frame.select(names.columns).join(indexed, on=names.columns, how="left", maintain_order="left")["_key"]
    return found.to_numpy().astype(np.int64)


def _gaps(frame: pl.DataFrame, keys: Sequence[str], value: str, years: list[int], ages: list[int]) -> str:
    per = (
        frame.filter(pl.col("sex").is_in(SEXES) & pl.col("age_from").is_in(ages))
        .group_by([*keys, "year"])
        .agg(
            pl.struct("sex", "age_from").n_unique().alias("cells"),
            pl.len().alias("rows"),
            pl.col(value).null_count().alias("nulls"),
        )
    )
    bad = per.filter((pl.col("cells") != 2 * len(ages)) | (pl.col("rows") != pl.col("cells")) | (pl.col("nulls") > 0))
    shown = (
        "; ".join(str(row) for row in bad.sort([*keys, "year"]).head(3).rows(named=True))
        or "年の欠け / a year is missing"
    )
    return (
        f"男女×5歳階級 {2 * len(ages)} 区分が、{years} の各年に1行ずつ要ります。欠け・重複・空欄: {shown} / "
        f"every key needs one row per year, sex and age group ({2 * len(ages)} cells a year); found {shown}"
    )


def give(
    population: Array, years: Sequence[int], names: pl.DataFrame, *, value: str = "population_persons"
) -> pl.DataFrame:
    """From the array (years, 2, A, keys) to a long frame: columns of `names`, year, sex, age_group, age_from, value.

    Rows come ordered by year, sex (male first), age, key. Text columns are Enum, cheap to build and to join.
    """
    periods, sexes, ages = population.shape[:3]
    labels = age_groups((ages - 1) * STEP_YEARS)
    cells = pl.DataFrame(
        {
            "sex": pl.Series(np.repeat(SEXES, ages), dtype=pl.Enum(SEXES)),
            "age_group": pl.Series(labels * sexes, dtype=pl.Enum(labels)),
            "age_from": pl.Series([*range(0, ages * STEP_YEARS, STEP_YEARS)] * sexes, dtype=pl.Int16),
        }
    )
    text = [name for name, dtype in names.schema.items() if dtype == pl.String]
    coded = names.with_columns(names.get_column(t).cast(pl.Enum(names.get_column(t).unique().sort())) for t in text)
    block = cells.join(coded, how="cross", maintain_order="left_right")  # one year; the others have the same keys
    frame = pl.concat([block] * periods, rechunk=False)
    return frame.with_columns(
        pl.Series("year", np.repeat(np.asarray(years, dtype=np.int32), block.height)),
        pl.Series(value, population.reshape(-1)),
    ).select(*names.columns, "year", "sex", "age_group", "age_from", value)
