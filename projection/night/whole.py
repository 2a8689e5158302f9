"""Whole persons, as they are published every night.

Holds: whose figures are rounded, and the band beside each total. Does not hold: the rounding (integers).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sousei.projection import integers

WHOLE_LIMIT = 20


def whole_codes(codes: Sequence[str], scenarios: pl.DataFrame, plan_figures: pl.DataFrame) -> list[str]:
    """The municipalities whose figures are published in whole persons every night.

    All of them up to WHOLE_LIMIT; of more, those with a scenario or a printed figure of their own: rounding takes
    2 ms per year of a scenario, two minutes for the whole country. desk.answers.whole_persons rounds any other when
    asked.
    """
    if len(codes) <= WHOLE_LIMIT:
        return list(codes)
    own = {*scenarios.get_column("municipality_code"), *plan_figures.get_column("municipality_code")}
    return [code for code in codes if code in own]


def integer_frame(population: pl.DataFrame, band: pl.DataFrame) -> pl.DataFrame:
    """Whole persons of the projected years of every run, with the band (rounded outward) beside each total."""
    cells = population.filter("is_projection")
    key = ["municipality_code", "scenario_id", "vintage", "year"]
    based = cells.select(*key[:-1], "base_id", "base_ja").unique()
    if not cells.height:
        return pl.DataFrame()
    whole = integers.publish(cells.select(*key, "sex", "age_group", "age_from", "population_persons"))
    ends = cells.select("age_group", "age_to").unique()
    total = band.filter(pl.col("measure") == "total").select(
        *key,
        pl.lit("total").alias("sex"),
        pl.lit("total").alias("age_group"),
        pl.col("low_persons").floor(),
        pl.col("high_persons").ceil(),
    )
    return (
        whole.join(ends, on="age_group", how="left")
        .join(total, on=[*key, "sex", "age_group"], how="left")
        .join(based, on=key[:-1], how="left")
    )
