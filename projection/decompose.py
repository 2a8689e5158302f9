"""Where a scenario's difference to the baseline comes from, and the two official gradings.

Holds: natural and social parts in both orders and Shapley, 影響度, 人口減少段階 with their thresholds as settings.
Does not hold: the runs themselves (vision).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from sousei.projection.engine import Array
from sousei.projection.scenarios import BASIS
from sousei.projection.vision import MEASURES, Baseline, Run, measures, run

METHODS = ("migration_first", "fertility_first", "shapley")
VINTAGE = "ipss_2018"
DECIMALS = 6  # as published, so that natural + social = difference to the last digit

# Upper bounds of degrees 1-4; 5 is everything from the last one on. Government worksheet handbook, ratio in percent.
NATURAL_THRESHOLDS = (100.0, 105.0, 110.0, 115.0)
SOCIAL_THRESHOLDS = (100.0, 110.0, 120.0, 130.0)
# Stage 2 while the old population has fallen by less than this from the base; from it on stage 3.
STAGE_OLD_FALL_PCT = 10.0


def decompose(base: Baseline, full: Run, scenarios: pl.DataFrame) -> pl.DataFrame:
    """Every scenario's difference to the baseline, split into a natural and a social part.

    One row per municipality, scenario, year after the base, measure and method: difference_persons, natural_persons
    (fertility), social_persons (migration and arrivals). migration_first: social = migration alone - baseline,
    natural = scenario - migration alone (the order of the plan's 987 = 729 + 258); fertility_first the other way
    round; shapley the mean. natural + social = difference.
    """
    names = [s for s in full.keys.get_column("scenario_id").unique(maintain_order=True) if s != base.basis]
    keys = full.keys.filter(pl.col("scenario_id").is_in(names))
    if not keys.height:
        return pl.DataFrame()
    where = full.keys.with_row_index("_i")
    at = keys.join(where, on=["municipality_code", "scenario_id"], how="left", maintain_order="left")["_i"].to_numpy()
    lookup = where.filter(pl.col("scenario_id") == base.basis)
    zero = keys.join(lookup, on="municipality_code", how="left", maintain_order="left")["_i"].to_numpy()
    fertility = run(base, scenarios.filter(pl.col("item").is_in(["scenario", "tfr"])), keys=keys)
    moves = run(base, scenarios.filter(pl.col("item") != "tfr"), keys=keys)
    whole, start = measures(full.population[..., at]), measures(full.population[..., zero])
    only_fertility, only_moves = measures(fertility.population), measures(moves.population)
    frames = []
    for name in MEASURES:
        difference = np.round((whole[name] - start[name])[1:], DECIMALS)
        late = np.round((whole[name] - only_moves[name])[1:], DECIMALS)
        early = np.round((only_fertility[name] - start[name])[1:], DECIMALS)
        mean = np.round((late + early) / 2, DECIMALS)
        for method, natural in zip(METHODS, (late, early, mean), strict=True):
            frames.append(_rows(keys, base.years[1:], name, method, difference, natural))
    return pl.concat(frames)


def _rows(
    keys: pl.DataFrame, years: list[int], measure: str, method: str, difference: Array, natural: Array
) -> pl.DataFrame:
    frame = pl.DataFrame({"year": years}, schema={"year": pl.Int32}).join(
        keys, how="cross", maintain_order="left_right"
    )
    return frame.with_columns(
        pl.lit(VINTAGE).alias("vintage"),
        pl.lit(measure).alias("measure"),
        pl.lit(method).alias("method"),
        pl.Series("difference_persons", difference.reshape(-1)),
        pl.Series("natural_persons", natural.reshape(-1)),
        pl.Series("social_persons", (difference - natural).reshape(-1)),
    )


def degree(ratio_pct: Array, thresholds: tuple[float, ...]) -> Array:
    """影響度 1-5: 1 below the first threshold, 5 from the last one on."""
    return np.searchsorted(np.array(thresholds), ratio_pct, side="right").astype(np.int8) + 1


def impact(
    full: Run,
    *,
    basis: str = BASIS,
    natural_thresholds: tuple[float, ...] = NATURAL_THRESHOLDS,
    social_thresholds: tuple[float, ...] = SOCIAL_THRESHOLDS,
) -> pl.DataFrame:
    """影響度 of every municipality and year: natural = sim1 / baseline, social = sim2 / sim1, totals in percent.

    The official grading reads it at 2040 (first edition) or 2045 (second). Thresholds are printed in every row.
    """
    totals = {s: _totals(full, s) for s in (basis, "sim1", "sim2")}
    if any(t is None for t in totals.values()):
        return pl.DataFrame()
    codes = full.keys.filter(pl.col("scenario_id") == "sim1").get_column("municipality_code")
    natural = totals["sim1"][1:] / totals[basis][1:] * 100.0  # type: ignore[index]
    social = totals["sim2"][1:] / totals["sim1"][1:] * 100.0  # type: ignore[index]
    frame = pl.DataFrame({"year": full.years[1:]}, schema={"year": pl.Int32}).join(
        pl.DataFrame({"municipality_code": codes}), how="cross", maintain_order="left_right"
    )
    return frame.with_columns(
        pl.Series("natural_ratio_pct", natural.reshape(-1)),
        pl.Series("natural_degree", degree(natural.reshape(-1), natural_thresholds)),
        pl.Series("social_ratio_pct", social.reshape(-1)),
        pl.Series("social_degree", degree(social.reshape(-1), social_thresholds)),
        pl.lit(_rule(natural_thresholds)).alias("natural_rule"),
        pl.lit(_rule(social_thresholds)).alias("social_rule"),
    )


def _totals(full: Run, scenario_id: str) -> Array | None:
    where = np.flatnonzero((full.keys.get_column("scenario_id") == scenario_id).to_numpy())
    return full.population[..., where].sum(axis=(1, 2)) if len(where) else None


def _rule(thresholds: tuple[float, ...]) -> str:
    a, b, c, d = (f"{t:g}" for t in thresholds)
    return f"1: <{a} / 2: {a}-{b} / 3: {b}-{c} / 4: {c}-{d} / 5: >={d} (%)"


def stage(full: Run, *, old_fall_pct: float = STAGE_OLD_FALL_PCT) -> pl.DataFrame:
    """人口減少段階 of every scenario and year on indices of the base year = 100.

    1: the old (65+) grow while the young or the working age fall; 2: the old hold or fall by less than old_fall_pct
    from the base year; 3: they have fallen by more. Growing is read against five years before, falling against the
    base year. Null in the base year and where neither the young nor the working age have fallen.
    """
    found = measures(full.population)
    index = {
        name: np.divide(found[name], found[name][:1], out=np.full_like(found[name], np.nan), where=found[name][:1] > 0)
        * 100.0
        for name in ("young", "working_age", "old")
    }
    rising = np.ones_like(index["old"], dtype=bool)
    rising[1:] = index["old"][1:] > index["old"][:-1]
    stages = np.where(rising, 1, np.where(index["old"] > 100.0 - old_fall_pct, 2, 3)).astype(float)
    falling = (index["young"] < 100.0) | (index["working_age"] < 100.0)
    stages[~falling] = np.nan
    stages[0] = np.nan
    frame = pl.DataFrame({"year": full.years}, schema={"year": pl.Int32}).join(
        full.keys, how="cross", maintain_order="left_right"
    )
    rule = (
        f"1: 老年が5年前より増 / 2: 老年が維持・微減（基準年の{100 - old_fall_pct:g}%超） / "
        f"3: 老年が基準年から{old_fall_pct:g}%以上減"
        "（年少・生産年齢が基準年より減っている場合）"
    )
    return frame.with_columns(
        *(pl.Series(f"{name}_index", values.reshape(-1)) for name, values in index.items()),
        pl.lit(VINTAGE).alias("vintage"),
        pl.Series("stage", stages.reshape(-1)).fill_nan(None).cast(pl.Int8),
        pl.lit(rule).alias("rule"),
    )
