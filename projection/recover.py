"""Rates out of a published table, where the rates themselves were not published.

Holds: cohort change ratios (= survival + net migration, exact up to the table's rounding), child-woman ratios, the
k rule, and the split of a cohort change ratio into survival and migration. Does not hold: the national figures
(national) or the step (engine).

What can be known: the SUM of survival and net migration. The split is OURS: survival is taken from a national life
table, so a municipality whose mortality differs from the nation's shows that difference as migration.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.projection.engine import CHILDBEARING, Array, give, take


class Recovered(NamedTuple):
    """Rates of a table of T + 1 years: arrays with T steps first, keys last.

    ratio (T, 2, A - 1, keys); residual (T, 2, A, keys): persons in a cell that no ratio can give because the cohort
    was empty five years before (they return as arrivals at the end of the step); child_woman_ratio and male_share
    (T + 1, keys), one per year of the table, the base year included. Where a year has no women 15-49 the ratio is 0
    and the children are residual; where it has no children the male share is that of `default_male_share`.
    """

    ratio: Array
    residual: Array
    child_woman_ratio: Array
    male_share: Array


def recover(population: Array, *, default_male_share: float = 0.5, childbearing: slice = CHILDBEARING) -> Recovered:
    """Rates that lead from each year of `population` (T + 1, 2, A, keys) to the next."""
    start, end = population[:-1], population[1:]
    cohorts = np.concatenate([start[:, :, :-2], start[:, :, -2:].sum(axis=2, keepdims=True)], axis=2)
    alive = cohorts > 0
    ratio = np.divide(end[:, :, 1:], cohorts, out=np.zeros_like(cohorts), where=alive)
    residual = np.zeros_like(end)
    residual[:, :, 1:] = np.where(alive, 0.0, end[:, :, 1:])
    women = population[:, 1, childbearing].sum(axis=1)
    # Women who are residual arrive at the end of the step: the step's own births come from the others only.
    women[1:] -= residual[:, 1, childbearing].sum(axis=1)
    children = population[:, :, 0].sum(axis=1)
    fertile = women > 0
    child_woman_ratio = np.divide(children, women, out=np.zeros_like(children), where=fertile)
    residual[:, :, 0] = np.where(fertile[1:, None], 0.0, end[:, :, 0])
    male_share = np.divide(
        population[:, 0, 0], children, out=np.full_like(children, default_male_share), where=children > 0
    )
    return Recovered(ratio, residual, child_woman_ratio, male_share)


def k_factor(child_woman_ratio: Array, national: Array) -> Array:
    """k = municipal / national child-woman ratio of the same year: (years, keys) over (years,)."""
    return child_woman_ratio / national[:, None]


def cohort_change_ratios(
    table: pl.DataFrame, survival: pl.DataFrame | None = None, *, open_age: int = 90
) -> pl.DataFrame:
    """Cohort change ratios of a published table, split into survival and net migration if a life table is given.

    table: municipality_code, year, sex (male / female), age_from (0, 5 ... open_age), population_persons; every cell.
    survival: year (END of the step), sex, age_from (at the START; open_age - 5 = the two oldest groups together),
    survival_ratio. Returns municipality_code, year (end of the step), sex, age_from (start), cohort_change_ratio,
    survival_ratio, net_migration_ratio (null without `survival`), residual_persons, split_basis.
    """
    years, names, population = take(table.rename({"municipality_code": "key"}), ["key"], open_age=open_age)
    found = recover(population)
    frame = give(found.ratio, years[1:], names.rename({"key": "municipality_code"}), value="cohort_change_ratio")
    frame = frame.drop("age_group").with_columns(
        pl.Series("residual_persons", found.residual[:, :, 1:].reshape(-1)),
        pl.col("sex").cast(pl.String),
        pl.col("municipality_code").cast(pl.String),
    )
    if survival is None:
        return frame.with_columns(
            pl.lit(None, pl.Float64).alias("survival_ratio"),
            pl.lit(None, pl.Float64).alias("net_migration_ratio"),
            pl.lit("not split").alias("split_basis"),
        )
    rates = survival.select(
        pl.col("year").cast(pl.Int32),
        pl.col("sex").cast(pl.String),
        pl.col("age_from").cast(pl.Int16),
        "survival_ratio",
    )
    return frame.join(rates, on=["year", "sex", "age_from"], how="left").with_columns(
        (pl.col("cohort_change_ratio") - pl.col("survival_ratio")).alias("net_migration_ratio"),
        pl.lit(SPLIT_BASIS).alias("split_basis"),
    )


SPLIT_BASIS = "ours: survival from national life tables, migration is the rest"
