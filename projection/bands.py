"""How sure: the 80 % band of a figure, from the errors of the thing that it stands on.

Holds: size classes, the table of errors and its bands, out-of-sample coverage, bands on figures. Does not hold: the
errors themselves (backtest), the reference table (reference/error_quantiles.csv, derived from here).

An error is projected / actual; e is its log. Every table is by size class of the base year, measure and horizon.

A cohort-change run (hamilton_perry) has errors at several census bases. Errors of one base have a common part (what the
five years before and after it had in common for all places), so:
    every base weighs the same, however many places it has;
    the band is the 10 % and the 90 % point of all of them, widened about their median by the factor with which bands
    made without a base have covered 80 % of that base (mean over the bases);
    coverage is measured on bases that took no part: neither in the points nor in the factor.
The median is not taken to be nothing: of the old, past runs were too low at every base (mortality was held).

An official line (ipss_2018) has errors by age at one horizon only: the edition of 2018 against the census of 2020. Its
band at h years is its own median at five years, and to each side the half-width of the cohort-change band at h years
(so what a period does to all places is in it), times the spread of the edition's errors to that of cohort-change runs
on the same places, from the same base, against the same census.
Beyond the longest horizon with two bases the half-widths grow in proportion to the horizon.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import polars as pl

from sousei.projection.engine import Array
from sousei.projection.national import REFERENCE
from sousei.projection.vision import MEASURES

SIZE_BOUNDS = (0, 3_000, 10_000, 30_000, 100_000, None)
COVERAGE_PCT = 80
LOW, HIGH = 0.10, 0.90
FACTORS = np.arange(1.0, 2.001, 0.02)
LONE_FACTOR = 1.1
"""Widening where one base is left to learn from: about what two to six bases ask for (1.00 to 1.22)."""
RUN, OFFICIAL = "hamilton_perry", "ipss_2018"
LONGEST_BAND = 100
FORECASTS = {
    "ipss_2018": OFFICIAL,
    "ipss_2018_extended": OFFICIAL,
    "ipss_2023": OFFICIAL,
    "ipss_2023_extended": OFFICIAL,
    "ipss_2023_fitted": OFFICIAL,
    "ipss_2018_from_2025": OFFICIAL,
}
"""Runs that say what is to be expected, and whose errors their band is made of. A goal and a what-if (a plan's own,
closed, sim1, sim2) foretell nothing, so the errors of past forecasts are no band of theirs."""


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

    errors: as backtest.backtest gives them. method, horizon_years, size_class, measure, n, n_bases, mape (mean absolute
    error), malpe (mean error), p10, p50, p90: every municipality and base weighs the same.
    """
    error = pl.col("error_pct")
    return _ordered(
        _usable(errors)
        .group_by("method", "horizon_years", "size_class", "measure")
        .agg(
            pl.len().alias("n"),
            pl.col("base_year").n_unique().alias("n_bases"),
            error.abs().mean().alias("mape"),
            error.mean().alias("malpe"),
            error.quantile(LOW, "linear").alias("p10"),
            error.median().alias("p50"),
            error.quantile(HIGH, "linear").alias("p90"),
        )
    )


def _usable(errors: pl.DataFrame) -> pl.DataFrame:
    return errors.filter(pl.col("error_pct").is_not_null() & (pl.col("base_persons") > 0)).with_columns(
        size_class(pl.col("base_persons")).alias("size_class"),
        (pl.col("projected_persons").clip(lower_bound=0.5) / pl.col("actual_persons")).log().alias("_log"),
    )


def _ordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(
        "method",
        "horizon_years",
        pl.col("size_class").str.extract(r"^(\d+)").cast(pl.Int64),
        pl.col("measure").replace_strict({m: i for i, m in enumerate(MEASURES)}),
    )


def by_base(errors: pl.DataFrame) -> dict[tuple[int, str, str], dict[int, Array]]:
    """Logs of the errors by horizon, size class and measure, and in each by base year."""
    out: dict[tuple[int, str, str], dict[int, Array]] = {}
    key = ["horizon_years", "size_class", "measure", "base_year"]
    for (horizon, size, measure, base), part in _usable(errors).group_by(key, maintain_order=True):
        out.setdefault((horizon, size, measure), {})[base] = part.get_column("_log").to_numpy()
    return out


def points(logs: Sequence[Array]) -> tuple[float, float, float]:
    """10 % point, median and 90 % point of several bases, each weighing the same."""
    values = np.concatenate(logs)
    weight = np.concatenate([np.full(len(one), 1.0 / len(one)) for one in logs])
    order = np.argsort(values, kind="stable")
    values, weight = values[order], weight[order]
    reached = np.cumsum(weight) - weight / 2
    low, middle, high = np.interp(np.array([LOW, 0.5, HIGH]) * weight.sum(), reached, values)
    return float(low), float(middle), float(high)


def ends(logs: Sequence[Array], factor: float) -> tuple[float, float]:
    """The band: the points widened about their median; never without the figure itself."""
    low, middle, high = points(logs)
    return min(middle + factor * (low - middle), 0.0), max(middle + factor * (high - middle), 0.0)


def factor(logs: Sequence[Array]) -> float:
    """The widening with which bands of the other bases cover 80 % of a base, in the mean over the bases."""
    if len(logs) < 2:
        return LONE_FACTOR
    covered = np.zeros(len(FACTORS))
    for i, held in enumerate(logs):
        low, middle, high = points([one for j, one in enumerate(logs) if j != i])
        at_low = np.minimum(middle + FACTORS * (low - middle), 0.0)
        at_high = np.maximum(middle + FACTORS * (high - middle), 0.0)
        ordered = np.sort(held)
        inside = np.searchsorted(ordered, at_high, "right") - np.searchsorted(ordered, at_low, "left")
        covered += inside / len(held) / len(logs)
    enough = np.flatnonzero(covered >= COVERAGE_PCT / 100)
    return float(FACTORS[enough[0]]) if len(enough) else float(FACTORS[-1])


def coverage(logs: dict[int, Array]) -> dict[int, float]:
    """Share of each base inside a band made without it, by base year."""
    out = {}
    for base, held in logs.items():
        others = [one for year, one in logs.items() if year != base]
        if others:
            low, high = ends(others, factor(others))
            out[base] = float(((held >= low) & (held <= high)).mean())
    return out


def table_of_runs(errors: pl.DataFrame, source_ja: str) -> pl.DataFrame:
    """The error table of cohort-change runs: columns of reference/error_quantiles.csv, horizons with two bases or more.

    band_low, band_high: ends of the band as errors in percent; coverage, coverage_worst, coverage_best: shares in
    percent inside bands made without their base, mean over the bases, worst and best base.
    """
    rows = []
    for (horizon, size, measure), logs in by_base(errors).items():
        if len(logs) < 2:
            continue
        low, high = ends(list(logs.values()), factor(list(logs.values())))
        shares = list(coverage(logs).values())
        rows.append(
            (horizon, size, measure, _pct(low), _pct(high), *(100 * f(shares) for f in (np.mean, min, max)), "backtest")
        )
    schema = ["horizon_years", "size_class", "measure", "band_low", "band_high"]
    found = pl.DataFrame(rows, schema=[*schema, "coverage", "coverage_worst", "coverage_best", "basis"], orient="row")
    return _ordered(
        quantiles(errors).join(
            found.with_columns(pl.col("horizon_years").cast(pl.Int32)), on=["horizon_years", "size_class", "measure"]
        )
    ).with_columns(pl.lit(source_ja).alias("source_ja"))


def table_of_official(official: pl.DataFrame, runs: pl.DataFrame, table: pl.DataFrame, source_ja: str) -> pl.DataFrame:
    """The error table of an official line, carried to the horizons of `table` (table_of_runs).

    official: errors of the edition at one horizon. runs: errors of cohort-change runs. Rows beyond the horizon of the
    edition have no quantiles of their own (p10 ... p90 null, basis backtest_scaled). coverage: of the edition at its
    own horizon, in that one period (it is the period the ratio comes from: no test).
    """
    horizon, base = official.select(pl.col("horizon_years").first(), pl.col("base_year").first()).row(0)
    own = {key[1:]: next(iter(logs.values())) for key, logs in by_base(official).items() if key[0] == horizon}
    same = by_base(runs.filter((pl.col("base_year") == base) & (pl.col("horizon_years") == horizon)))
    logs_of_runs = by_base(runs)
    measured = {(r["size_class"], r["measure"]): r for r in quantiles(official).iter_rows(named=True)}
    rows = []
    for row in table.iter_rows(named=True):
        cell = (row["size_class"], row["measure"])
        if cell not in own:
            continue
        low, middle, high = points([own[cell]])
        run_low, _, run_high = points([same[horizon, *cell][base]])
        ratio = (high - low) / (run_high - run_low)
        centre = points(list(logs_of_runs[row["horizon_years"], *cell].values()))[1]
        down = min(middle + ratio * (np.log1p(row["band_low"] / 100) - centre), 0.0)
        up = max(middle + ratio * (np.log1p(row["band_high"] / 100) - centre), 0.0)
        at_home = row["horizon_years"] == horizon
        share = float(((own[cell] >= down) & (own[cell] <= up)).mean()) * 100 if at_home else None
        kept = {name: measured[cell][name] if at_home else None for name in ("mape", "malpe", "p10", "p50", "p90")}
        rows.append(
            {"method": OFFICIAL, "horizon_years": row["horizon_years"], "size_class": cell[0], "measure": cell[1]}
            | {"n": measured[cell]["n"], "n_bases": 1}
            | kept
            | {"band_low": _pct(down), "band_high": _pct(up), "coverage": share, "coverage_worst": None}
            | {"coverage_best": None, "basis": "backtest" if at_home else "backtest_scaled", "source_ja": source_ja}
        )
    return pl.DataFrame(rows, schema=table.schema)


def _pct(log: float) -> float:
    return float(np.expm1(log) * 100)


@cache
def reference_quantiles() -> pl.DataFrame:
    """Our own recomputed table: cohort-change runs at the census bases 1985-2015, the edition of 2018 against 2020; all
    municipalities but Fukushima's."""
    return pl.read_csv(REFERENCE / "error_quantiles.csv").with_columns(pl.col("horizon_years").cast(pl.Int32))


def bands(figures: pl.DataFrame, table: pl.DataFrame | None = None, *, method: str | pl.Expr = RUN) -> pl.DataFrame:
    """80 % bands on projected figures from the errors of past projections of that method, size and horizon.

    figures: any columns with base_persons (total in the base year), horizon_years (> 0), measure, population_persons.
    method: whose errors, a name of the table or an expression over `figures`. Adds low_persons, high_persons,
    coverage_pct, size_class, n_errors, basis, errors_of (the method), and out-of-sample coverage at that size and
    horizon: tested_coverage_pct,
    worst_coverage_pct (of cohort-change runs; an official line has one base only). An error e means projected = actual
    x (1 + e), so the band is figure / (1 + e high) ... figure / (1 + e low), in logs never narrower than at a shorter
    horizon. Beyond the longest horizon of the table the logs of its ends grow in proportion to the horizon (basis
    backtest_extrapolated); between horizons they are read on a straight line.
    """
    spread = _reference_spread() if table is None else spread_of(table)
    value = pl.col("population_persons").cast(pl.Float64)
    whose = pl.lit(method) if isinstance(method, str) else method
    return (
        figures.with_columns(
            whose.alias("errors_of"),
            size_class(pl.col("base_persons")).alias("size_class"),
            pl.col("horizon_years").cast(pl.Int32),
        )
        .join(
            spread.rename({"method": "errors_of"}),
            on=["errors_of", "size_class", "measure", "horizon_years"],
            how="left",
            maintain_order="left",
        )
        .with_columns(
            (value * (-pl.col("_up")).exp()).alias("low_persons"),
            (value * (-pl.col("_down")).exp()).alias("high_persons"),
            pl.lit(COVERAGE_PCT, pl.Int16).alias("coverage_pct"),
        )
        .drop("_up", "_down")
    )


def band_frame(figures: pl.DataFrame) -> pl.DataFrame:
    """80 % bands on every projected figure of a forecast; the horizon counts from its own base. What is no forecast
    (FORECASTS) has the bands of the line that it stands on: callers leave goals and what-ifs out."""
    first = pl.col("year").min().over("municipality_code", "scenario_id")
    size = pl.col("persons").filter((pl.col("measure") == "total") & (pl.col("year") == pl.col("_first"))).first()
    asked = (
        figures.with_columns(first.alias("_first"))
        .with_columns(size.over("municipality_code", "scenario_id").alias("base_persons"))
        .with_columns((pl.col("year") - pl.col("_first")).alias("horizon_years"))
        .filter((pl.col("horizon_years") > 0) & pl.col("base_persons").is_not_null())
        .rename({"persons": "population_persons"})
    )
    method = pl.col("scenario_id").replace_strict(FORECASTS, default=OFFICIAL)
    return bands(asked, method=method) if asked.height else asked


@cache
def _reference_spread() -> pl.DataFrame:
    return spread_of(reference_quantiles())


def spread_of(table: pl.DataFrame) -> pl.DataFrame:
    """Ends of the band in logs for every horizon of 1 to 100 years: method, size_class, measure, horizon_years,
    n_errors, basis, tested_coverage_pct, worst_coverage_pct, _up and _down (logs of 1 + the errors at the ends)."""
    wanted = np.arange(1, LONGEST_BAND + 1)
    parts = []
    for (method, size, measure), part in table.sort("horizon_years").group_by(
        "method", "size_class", "measure", maintain_order=True
    ):
        known = part.get_column("horizon_years").to_numpy()
        longest = int(known[-1])
        beyond = np.maximum(wanted / longest, 1.0)
        tested = np.concatenate([[0], known])
        up, down = (
            np.concatenate([[0.0], np.log1p(part.get_column(name).to_numpy() / 100.0)])
            for name in ("band_high", "band_low")
        )
        row = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
        basis = part.get_column("basis").to_numpy()[row]
        shares = part.select(pl.col("coverage", "coverage_worst").round(1).cast(pl.Float64))[row.tolist()]
        parts.append(
            pl.DataFrame(
                {
                    "horizon_years": wanted.astype(np.int32),
                    "n_errors": part.get_column("n").to_numpy()[row].astype(np.int64),
                    "_up": np.interp(wanted, tested, np.maximum.accumulate(up)) * beyond,
                    "_down": np.interp(wanted, tested, np.minimum.accumulate(down)) * beyond,
                    "basis": np.where(wanted <= longest, basis, "backtest_extrapolated").tolist(),
                    "tested_coverage_pct": shares.get_column("coverage"),
                    "worst_coverage_pct": shares.get_column("coverage_worst"),
                }
            ).with_columns(
                pl.lit(method).alias("method"), pl.lit(size).alias("size_class"), pl.lit(measure).alias("measure")
            )
        )
    return pl.concat(parts)
