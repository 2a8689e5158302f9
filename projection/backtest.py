"""How sure: what the engine would have said at each past census, against the censuses after it; bands from that.

Holds: back-test of the engine and of published projections, error quantiles, bands on figures. Does not
hold: the reference table of quantiles (reference/error_quantiles.csv, derived from here).

The engine at a past census knows only what was known then: cohort change ratios of the five years before, the child-
woman ratio and the sex ratio of that census, all held (Hamilton-Perry). The first census of a series has no five years
before it and so cannot be a base.
"""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import polars as pl

from sousei.projection.counted import allocate_unknown
from sousei.projection.engine import STEP_YEARS, Array, ProjectionError, project, take
from sousei.projection.national import REFERENCE
from sousei.projection.recover import recover
from sousei.projection.vision import MEASURES, measures

SIZE_BOUNDS = (0, 3_000, 10_000, 30_000, 100_000, None)
COVERAGE_PCT = 80
LOW, HIGH = 0.10, 0.90


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


def size_class(persons: pl.Expr) -> pl.Expr:
    """`0-3000`, `3000-10000` ... `100000+` of a population."""
    out = pl.lit(_class_label(len(SIZE_BOUNDS) - 2))
    for i in range(len(SIZE_BOUNDS) - 3, -1, -1):
        out = pl.when(persons < SIZE_BOUNDS[i + 1]).then(pl.lit(_class_label(i))).otherwise(out)
    return out


def _class_label(i: int) -> str:
    low, high = SIZE_BOUNDS[i], SIZE_BOUNDS[i + 1]
    return f"{low}-{high}" if high else f"{low}+"


def quantiles(errors: pl.DataFrame) -> pl.DataFrame:
    """Error quantiles by method, horizon, size class of the base year and measure, in percent of the actual figure.

    method, horizon_years, size_class, measure, n, mape (mean absolute error), malpe (mean error), p10, p50, p90.
    """
    error = pl.col("error_pct")
    return (
        errors.filter(error.is_not_null() & (pl.col("base_persons") > 0))
        .with_columns(size_class(pl.col("base_persons")).alias("size_class"))
        .group_by("method", "horizon_years", "size_class", "measure")
        .agg(
            pl.len().alias("n"),
            error.abs().mean().alias("mape"),
            error.mean().alias("malpe"),
            error.quantile(LOW, "linear").alias("p10"),
            error.median().alias("p50"),
            error.quantile(HIGH, "linear").alias("p90"),
        )
        .sort(
            "method",
            "horizon_years",
            pl.col("size_class").str.extract(r"^(\d+)").cast(pl.Int64),
            pl.col("measure").replace_strict({m: i for i, m in enumerate(MEASURES)}),
        )
    )


@cache
def reference_quantiles() -> pl.DataFrame:
    """Our own recomputed table: Hamilton-Perry at every census base 1985-2010, all municipalities but Fukushima."""
    return pl.read_csv(REFERENCE / "error_quantiles.csv").with_columns(pl.col("horizon_years").cast(pl.Int32))


def bands(figures: pl.DataFrame, table: pl.DataFrame | None = None, *, method: str = "hamilton_perry") -> pl.DataFrame:
    """80 % bands on projected figures from the errors of past projections of that size and horizon.

    figures: any columns with base_persons (total in the base year), horizon_years (> 0), measure, population_persons.
    Adds low_persons, high_persons, coverage_pct, size_class, n_errors, basis. An error e means projected = actual x
    (1 + e), so the band is figure / (1 + p90) ... figure / (1 + p10), in logs never narrower than at a shorter horizon
    (25 and 30 years rest on one or two bases). Beyond the longest horizon tested the logs of its ends grow in
    proportion to the horizon (basis backtest_extrapolated); between tested horizons they are read on a straight line.
    """
    spread = _reference_spread(method) if table is None else spread_of(table, method)
    value = pl.col("population_persons").cast(pl.Float64)
    return (
        figures.with_columns(
            size_class(pl.col("base_persons")).alias("size_class"), pl.col("horizon_years").cast(pl.Int32)
        )
        .join(spread, on=["size_class", "measure", "horizon_years"], how="left", maintain_order="left")
        .with_columns(
            (value * (-pl.col("_up")).exp()).alias("low_persons"),
            (value * (-pl.col("_down")).exp()).alias("high_persons"),
            pl.lit(COVERAGE_PCT, pl.Int16).alias("coverage_pct"),
        )
        .drop("_up", "_down")
    )


def band_frame(figures: pl.DataFrame) -> pl.DataFrame:
    """80 % bands on every projected figure; the horizon counts from the vintage's census base."""
    first = pl.col("year").min().over("municipality_code", "scenario_id")
    size = pl.col("persons").filter((pl.col("measure") == "total") & (pl.col("year") == pl.col("_first"))).first()
    asked = (
        figures.with_columns(first.alias("_first"))
        .with_columns(size.over("municipality_code", "scenario_id").alias("base_persons"))
        .with_columns((pl.col("year") - pl.col("_first")).alias("horizon_years"))
        .filter((pl.col("horizon_years") > 0) & pl.col("base_persons").is_not_null())
        .rename({"persons": "population_persons"})
    )
    return bands(asked) if asked.height else asked


LONGEST_BAND = 100
FORECASTS = ("ipss_2018", "ipss_2018_extended", "ipss_2023")
"""Runs that say what is to be expected. A goal and a what-if (a plan's own, closed, sim1, sim2) foretell nothing, so
the errors of past forecasts are no band of theirs."""


@cache
def _reference_spread(method: str) -> pl.DataFrame:
    return spread_of(reference_quantiles(), method)


def spread_of(table: pl.DataFrame, method: str) -> pl.DataFrame:
    """Ends of the band in logs for every horizon of 1 to 100 years: size_class, measure, horizon_years, n_errors,
    basis, _up and _down (logs of 1 + p90 and 1 + p10)."""
    mine = table.filter(pl.col("method") == method).sort("horizon_years")
    longest = int(mine.get_column("horizon_years").max())  # type: ignore[arg-type]
    wanted = np.arange(1, LONGEST_BAND + 1)
    beyond = np.maximum(wanted / longest, 1.0)
    parts = []
    for (size, measure), part in mine.group_by("size_class", "measure", maintain_order=True):
        tested = np.concatenate([[0], part.get_column("horizon_years").to_numpy()])
        up = np.maximum.accumulate(np.concatenate([[0.0], np.log1p(part.get_column("p90").to_numpy() / 100.0)]))
        down = np.minimum.accumulate(np.concatenate([[0.0], np.log1p(part.get_column("p10").to_numpy() / 100.0)]))
        counts = part.get_column("n").to_numpy()
        behind = counts[np.minimum(np.searchsorted(tested[1:], wanted), len(counts) - 1)]
        parts.append(
            pl.DataFrame(
                {
                    "horizon_years": wanted.astype(np.int32),
                    "n_errors": behind.astype(np.int64),
                    "_up": np.interp(wanted, tested, up) * beyond,
                    "_down": np.interp(wanted, tested, down) * beyond,
                    "basis": np.where(wanted <= longest, "backtest", "backtest_extrapolated").tolist(),
                }
            ).with_columns(pl.lit(size).alias("size_class"), pl.lit(measure).alias("measure"))
        )
    return pl.concat(parts)
