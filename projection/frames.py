"""Runs and rates as tables: the arrays of the method in long form, exact to six decimals.

Holds: the cube with its totals, the flows, the rates. Does not hold: the method (engine, vision), schemas and order of
the nightly tables (night.tables, night.build).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from sousei.projection import vision
from sousei.projection.engine import SEXES, STEP_YEARS, Array, age_groups
from sousei.projection.exact import PERSONS, decimals, exact
from sousei.projection.recover import SPLIT_BASIS


def population_frame(result: vision.Run, vintage: str) -> pl.DataFrame:
    """The cube of a run: sexes male, female, total x ages and total x years, persons exact to six decimals."""
    cells = exact(result.population)
    periods, _, ages, count = cells.shape
    cube = np.empty((periods, 3, ages + 1, count), dtype=np.int64)
    cube[:, 1:, 1:] = cells
    cube[:, 0, 1:] = cells.sum(axis=1)
    cube[:, :, 0] = cube[:, :, 1:].sum(axis=2)
    start = [None, *range(0, ages * STEP_YEARS, STEP_YEARS)]
    end = [None, *range(STEP_YEARS - 1, ages * STEP_YEARS - 1, STEP_YEARS), None]
    index = pl.DataFrame({"year": result.years}, schema={"year": pl.Int32}).join(
        pl.DataFrame({"sex": ["total", *SEXES]}), how="cross", maintain_order="left_right"
    )
    index = index.join(
        pl.DataFrame(
            {"age_group": ["total", *age_groups((ages - 1) * STEP_YEARS)], "age_from": start, "age_to": end},
            schema={"age_group": pl.String, "age_from": pl.Int16, "age_to": pl.Int16},
        ),
        how="cross",
        maintain_order="left_right",
    )
    frame = index.join(result.keys, how="cross", maintain_order="left_right")
    return frame.with_columns(
        decimals(cube).alias("population_persons"),
        pl.lit(vintage).alias("vintage"),
        (pl.col("year") > result.years[0]).alias("is_projection"),
    )


def vision_frame(result: vision.Run, vintage: str) -> pl.DataFrame:
    """Births, deaths, natural and social change and implied TFR of a run; change = natural + social exactly.

    The base year has no flows (null), but has the TFR that its children imply.
    """
    total = exact(result.population).sum(axis=(1, 2))
    births, social = exact(result.accounts.births), exact(result.accounts.social)
    natural = np.diff(total, axis=0) - social  # at most a few millionths from births - deaths: rounding, not method
    count = result.keys.height

    def flow(micro: Array) -> pl.Series:
        return pl.concat([pl.Series([None] * count, dtype=PERSONS), decimals(micro)])

    index = pl.DataFrame({"year": result.years}, schema={"year": pl.Int32})
    return index.join(result.keys, how="cross", maintain_order="left_right").with_columns(
        flow(births).alias("births"),
        flow(births - natural).alias("deaths"),
        flow(natural).alias("natural_change"),
        flow(social).alias("social_change"),
        decimals(exact(result.tfr)).alias("implied_tfr"),
        decimals(exact(result.child_woman_ratio)).alias("child_woman_ratio"),
        pl.lit(vintage).alias("vintage"),
        pl.lit(SPLIT_BASIS).alias("split_basis"),
    )


def rates_frame(base: vision.Baseline) -> pl.DataFrame:
    """The ratios of the baseline, with the split into survival and migration and whose it is."""
    survival = np.broadcast_to(base.survival[..., None], base.migration.shape)
    _steps, _, ages, _ = base.migration.shape
    index = pl.DataFrame({"year": base.years[1:]}, schema={"year": pl.Int32})
    for name, values, dtype in (
        ("sex", SEXES, pl.String),
        ("age_from", range(0, ages * STEP_YEARS, STEP_YEARS), pl.Int16),
    ):
        index = index.join(
            pl.DataFrame({name: list(values)}, schema={name: dtype}), how="cross", maintain_order="left_right"
        )
    frame = index.join(pl.DataFrame({"municipality_code": base.codes}), how="cross", maintain_order="left_right")
    return frame.with_columns(
        decimals(exact(survival + base.migration)).alias("cohort_change_ratio"),
        decimals(exact(survival)).alias("survival_ratio"),
        decimals(exact(survival + base.migration) - exact(survival)).alias("net_migration_ratio"),
        pl.lit(base.basis).alias("scenario_id"),
        pl.lit(SPLIT_BASIS).alias("split_basis"),
    )
