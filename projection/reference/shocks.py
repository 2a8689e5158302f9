"""How large the shocks of probabilistic runs are: solved so that their 80 % range is the tested band.

Holds: loadings by age from past changes of cohort change ratios, sizes by class from the error table. Does not hold:
the draws (probability), the error table (bands).

Loadings: spread (10 % to 90 % point, over all places and neighbouring steps of the censuses) of the change of the log
of the cohort change ratio, by age at the start, relative to the largest below 60 and to the mean from 60 on.
Sizes: the variance of the log of a measure at a horizon is linear in the variances of the six parts (a persistent part
and innovations of three components); the weights are derivatives of the sum of all places of the class. They are solved
by non-negative least squares on the half-widths of the official line's band at 5 to 30 years (divided by 1.2816, the
mean of both sides), each in proportion to itself. common_share: variance of the medians of bases over the variance of
all errors of cohort-change runs, total population, mean over horizons.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.optimize import nnls

from sousei.projection import vision
from sousei.projection.bands import OFFICIAL, by_base, size_class
from sousei.projection.counted import allocate_unknown
from sousei.projection.engine import Array, project, take
from sousei.projection.probability import COMPONENTS
from sousei.projection.recover import recover

NORMAL_90 = 1.2815515655446004
OLD_AGE = 60
HORIZONS = (5, 10, 15, 20, 25, 30)
FITTED_MEASURES = ("total", "young", "working_age", "old")
DIFFERENCE = 1e-4
SOURCE = "projection/reference/error_quantiles.csv の幅から（reference.shocks の説明の解き方）"


def loadings(censuses: pl.DataFrame) -> pl.DataFrame:
    """component, age_from, loading of the ages at the start. censuses: cells as derive.censuses gives them."""
    _, _, population = take(allocate_unknown(censuses), ["municipality_code"])
    ratio = recover(population).ratio
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.diff(np.log(ratio), axis=0)
    spread = np.array(
        [
            np.subtract(*np.quantile(change[:, :, x][np.isfinite(change[:, :, x])], [0.9, 0.1]))
            for x in range(ratio.shape[2])
        ]
    )
    ages = np.arange(0, 5 * len(spread), 5)
    below = ages < OLD_AGE
    rows = [
        ("moves", int(a), round(float(s / spread[below].max()), 4))
        for a, s in zip(ages, spread, strict=True)
        if a < OLD_AGE
    ]
    rows += [
        ("old", int(a), round(float(s / spread[~below].mean()), 4))
        for a, s in zip(ages, spread, strict=True)
        if a >= OLD_AGE
    ]
    return pl.DataFrame(rows, schema=["component", "age_from", "loading"], orient="row")


def shocks(published: pl.DataFrame, table: pl.DataFrame, runs: pl.DataFrame, loading: pl.DataFrame) -> pl.DataFrame:
    """size_class, component, persistent_sd, step_sd, common_share, source_ja.

    published: cells of the 2018 edition. table: the error table. runs: errors of cohort-change runs.
    """
    first = published.get_column("year").min()
    sizes = (
        published.filter(pl.col("year") == first)
        .group_by("municipality_code")
        .agg(pl.col("population_persons").sum().alias("persons"))
        .select("municipality_code", size_class(pl.col("persons")).alias("size_class"))
    )
    by_age = np.zeros((2, 18))
    for component, age, value in loading.rows():
        by_age[COMPONENTS.index(component), age // 5] = value
    logs = by_base(runs)
    rows = []
    for size in table.get_column("size_class").unique(maintain_order=True).to_list():
        codes = sizes.filter(pl.col("size_class") == size).get_column("municipality_code").implode()
        summed = (
            published.filter(pl.col("municipality_code").is_in(codes))
            .group_by("year", "sex", "age_from")
            .agg(pl.col("population_persons").sum())
            .with_columns(pl.lit("99999").alias("municipality_code"))
        )
        slopes = _slopes(vision.baseline(summed), by_age)
        weights, wanted = [], []
        official = table.filter((pl.col("method") == OFFICIAL) & (pl.col("size_class") == size))
        for measure in FITTED_MEASURES:
            for horizon in HORIZONS:
                row = official.filter((pl.col("measure") == measure) & (pl.col("horizon_years") == horizon))
                half = (np.log1p(row["band_high"][0] / 100) - np.log1p(row["band_low"][0] / 100)) / 2 / NORMAL_90
                steps = horizon // 5
                slope = slopes[measure][:, steps - 1, :steps]  # (components, shock in step j)
                after = slope[:, ::-1].cumsum(axis=1)[:, ::-1]  # an innovation in step j stays
                weights.append(np.concatenate([slope.sum(axis=1) ** 2, (after**2).sum(axis=1)]) / half**2)
                wanted.append(1.0)
        variance, _ = nnls(np.array(weights), np.array(wanted))
        shares = []
        for horizon in HORIZONS:
            bases = list(logs[horizon, size, "total"].values())
            middle = np.array([np.median(one) for one in bases])
            spread = np.mean([np.subtract(*np.quantile(one, [0.9, 0.1])) / 2 / NORMAL_90 for one in bases])
            shares.append(middle.var(ddof=1) / (middle.var(ddof=1) + spread**2))
        for i, component in enumerate(COMPONENTS):
            sizes_of = (round(float(np.sqrt(variance[j])), 5) for j in (i, i + 3))
            rows.append((size, component, *sizes_of, round(float(np.mean(shares)), 3), SOURCE))
    names = ["size_class", "component", "persistent_sd", "step_sd", "common_share", "source_ja"]
    return pl.DataFrame(rows, schema=names, orient="row")


def _slopes(base: vision.Baseline, loading: Array) -> dict[str, Array]:
    """Derivative of the log of a measure after step h by a deviation in step j: (components, h, j) by measure."""
    steps = len(base.years) - 1
    ratio = base.survival[..., None] + base.migration

    def run(component: int, step: int, size: float) -> dict[str, Array]:
        changed, children = ratio.copy(), base.child_woman_ratio[1:].copy()
        if component < 2:
            changed[step] *= np.exp(size * loading[component])[:, None]
        else:
            children[step] *= np.exp(size)
        found = vision.measures(project(base.base, changed, children, base.male_share))
        return {name: np.log(values[1:, 0]) for name, values in found.items()}

    still = run(0, 0, 0.0)
    out = {name: np.zeros((len(COMPONENTS), steps, steps)) for name in still}
    for component in range(len(COMPONENTS)):
        for step in range(steps):
            moved = run(component, step, DIFFERENCE)
            for name in still:
                out[name][component, :, step] = (moved[name] - still[name]) / DIFFERENCE
    return out
