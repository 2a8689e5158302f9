"""What the engine would have said at each past census, and what was published, against the censuses after it.

Holds: back-test of the engine and of published projections. Does not hold: quantiles of these errors and the bands on
figures (bands).

The engine at a past census knows only what was known then: cohort change ratios of the five years before, the child-
woman ratio and the sex ratio of that census, all held (Hamilton-Perry). The first census of a series has no five years
before it and so cannot be a base.
"""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl

from sousei.projection.counted import allocate_unknown
from sousei.projection.engine import STEP_YEARS, Array, ProjectionError, project, take
from sousei.projection.recover import recover
from sousei.projection.vision import MEASURES, measures


def hamilton_perry(population: Array, base: int, steps: int) -> Array:
    """Project `steps` steps from entry `base` of (years, 2, A, keys), with the rates of the step that ended there."""
    if base < 1:
        raise ProjectionError("5年前の人口がない年は基準にできません / the first year has no five years before it")
    found = recover(population[base - 1 : base + 1])
    repeat = (steps, *([1] * (found.ratio.ndim - 1)))
    return project(
        population[base],
        np.tile(found.ratio, repeat),
        np.broadcast_to(found.child_woman_ratio[1], (steps, population.shape[-1])),
        np.broadcast_to(found.male_share[1], (steps, population.shape[-1])),
    )


def backtest(census: pl.DataFrame, *, open_age: int = 90) -> pl.DataFrame:
    """Errors of the engine at every census that can be a base, for every municipality.

    census: municipality_code, year, sex, age_from (null = unknown), population_persons; every municipality in every
    year, five years apart, in the boundaries of one date. Returns municipality_code, method (hamilton_perry),
    base_year, year, horizon_years, measure, base_persons, projected_persons, actual_persons, error_pct (null where
    nobody was counted).
    """
    years, names, population = take(allocate_unknown(census), ["municipality_code"], open_age=open_age)
    if any(b - a != STEP_YEARS for a, b in itertools.pairwise(years)):
        raise ProjectionError(f"国勢調査の年は5年ごとでなければなりません: {years} / census years must be five apart")
    codes = names.get_column("municipality_code")
    frames = []
    for base in range(1, len(years) - 1):
        projected = measures(hamilton_perry(population, base, len(years) - 1 - base)[1:])
        actual = measures(population[base + 1 :])
        size = population[base].sum(axis=(0, 1))
        frames.append(_errors(codes, "hamilton_perry", years[base], years[base + 1 :], size, projected, actual))
    return pl.concat(frames) if frames else pl.DataFrame(schema=_ERROR_SCHEMA)


def own_backtest(census: pl.DataFrame) -> pl.DataFrame:
    """The engine at every census base that the delivered censuses allow (two before, one after)."""
    years = census.get_column("year").unique().sort().to_list()
    if len(years) < 3 or any(b - a != STEP_YEARS for a, b in itertools.pairwise(years)):
        return pl.DataFrame()
    whole = census.filter(pl.col("year").n_unique().over("municipality_code") == len(years))
    return backtest(whole) if whole.height else pl.DataFrame()


def against(projected: pl.DataFrame, actual: pl.DataFrame, *, method: str, base_year: int) -> pl.DataFrame:
    """Errors of a published projection against a census, total and groups where both have them.

    projected, actual: municipality_code, year, measure, persons. The size is the projection's own base-year total.
    """
    size = projected.filter((pl.col("year") == base_year) & (pl.col("measure") == "total")).select(
        "municipality_code", pl.col("persons").cast(pl.Float64).alias("base_persons")
    )
    return (
        projected.filter(pl.col("year") > base_year)
        .join(actual, on=["municipality_code", "year", "measure"], suffix="_actual")
        .join(size, on="municipality_code")
        .select(
            "municipality_code",
            pl.lit(method).alias("method"),
            pl.lit(base_year, pl.Int32).alias("base_year"),
            pl.col("year").cast(pl.Int32),
            (pl.col("year") - base_year).cast(pl.Int32).alias("horizon_years"),
            "measure",
            "base_persons",
            pl.col("persons").cast(pl.Float64).alias("projected_persons"),
            pl.col("persons_actual").cast(pl.Float64).alias("actual_persons"),
        )
        .with_columns(_error())
        .select(list(_ERROR_SCHEMA))
    )


def _error() -> pl.Expr:
    return (
        pl.when(pl.col("actual_persons") > 0)
        .then((pl.col("projected_persons") / pl.col("actual_persons") - 1.0) * 100.0)
        .alias("error_pct")
    )


_ERROR_SCHEMA = {
    "municipality_code": pl.String,
    "method": pl.String,
    "base_year": pl.Int32,
    "year": pl.Int32,
    "horizon_years": pl.Int32,
    "measure": pl.String,
    "base_persons": pl.Float64,
    "projected_persons": pl.Float64,
    "actual_persons": pl.Float64,
    "error_pct": pl.Float64,
}


def _errors(
    codes: pl.Series, method: str, base_year: int, years: list[int], size: Array, projected: dict, actual: dict
) -> pl.DataFrame:
    index = pl.DataFrame({"year": years}, schema={"year": pl.Int32}).join(
        pl.DataFrame({"municipality_code": codes.cast(pl.String), "base_persons": size}),
        how="cross",
        maintain_order="left_right",
    )
    return pl.concat(
        [
            index.with_columns(
                pl.lit(method).alias("method"),
                pl.lit(base_year, pl.Int32).alias("base_year"),
                (pl.col("year") - base_year).cast(pl.Int32).alias("horizon_years"),
                pl.lit(name).alias("measure"),
                pl.Series("projected_persons", projected[name].reshape(-1)),
                pl.Series("actual_persons", actual[name].reshape(-1)),
            )
            .with_columns(_error())
            .select(list(_ERROR_SCHEMA))
            for name in MEASURES
        ]
    )
