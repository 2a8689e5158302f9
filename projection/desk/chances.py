"""How likely a figure is: the desk's probabilities from draws of a line.

Holds: the finished table of one question. Does not hold: the draws (probability), argument parsing, printing.
"""

from __future__ import annotations

import math

import polars as pl

from sousei.projection import bands, probability
from sousei.projection.desk.answers import scenario_table
from sousei.projection.desk.asked import known_measure, known_scenarios, known_years
from sousei.projection.desk.sitting import Desk
from sousei.projection.engine import ProjectionError


def chances(
    desk: Desk,
    *,
    year: int,
    measure: str = "total",
    at_most: float | None = None,
    at_least: float | None = None,
    draws: int = 1000,
    seed: int = 1,
    scenario_id: str | None = None,
) -> pl.DataFrame:
    """One row: the line, the draws' 10 %, 50 % and 90 % points, the share of draws at or below `at_most` and at or
    above `at_least`, and the tested band beside them.

    Columns of probability.summary, label_ja, base_ja, measure_ja, persons, low_persons, high_persons. Raises
    ProjectionError where neither bound is given, for a scenario that foretells nothing, an unknown measure or year.
    """
    scenario_id = known_scenarios(desk, [scenario_id or desk.basis])[0]
    known_measure(measure)
    known_years(desk, [year], after_base=True)
    bounds = [bound for bound in (at_most, at_least) if bound is not None]
    if not bounds:
        raise ProjectionError("at_most（以下）か at_least（以上）のどちらかが要ります / give at_most or at_least")
    for bound in bounds:
        if not math.isfinite(bound) or bound < 0:
            raise ProjectionError(
                f"{bound} は人数ではありません。0以上の数で書いてください / {bound} is no number of persons"
            )
    if scenario_id not in bands.FORECASTS:
        raise ProjectionError(
            f"{scenario_id} は目標か仮定の計算で、予測ではないので確率はありません。使える推計: "
            f"{'、'.join(s for s in desk.run.keys['scenario_id'] if s in bands.FORECASTS)} / "
            f"{scenario_id} is a goal or a what-if and has no probability"
        )
    line = scenario_table(desk, [scenario_id], years=[year]).filter(pl.col("measure") == measure)
    found = probability.summary(
        desk.base,
        desk.scenarios,
        desk.run.keys.filter(pl.col("scenario_id") == scenario_id),
        [year],
        draws=draws,
        seed=seed,
        at_most={} if at_most is None else {measure: at_most},
        at_least={} if at_least is None else {measure: at_least},
    ).filter(pl.col("measure") == measure)
    beside = line.select("scenario_id", "label_ja", "measure_ja", "persons", "low_persons", "high_persons")
    return found.join(beside, on="scenario_id", how="left").with_columns(pl.lit(desk.base_ja).alias("base_ja"))
