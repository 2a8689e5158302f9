"""One sitting at the desk: a municipality's baseline, the scenario table and all their runs.

Holds: opening it on the tables of a release or of in_force. Does not hold: any question (`answers`, `drawn`).
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from sousei.projection import vision
from sousei.projection.engine import ProjectionError
from sousei.projection.published import published_cells
from sousei.projection.scenarios import labels, tidy


class Desk(NamedTuple):
    """Everything that one sitting needs: the baseline of the published table, the scenario table and all their runs."""

    base: vision.Baseline
    scenarios: pl.DataFrame
    run: vision.Run

    @property
    def code(self) -> str:
        """The municipality's code."""
        return self.base.codes[0]


def open_desk(ipss_population: pl.DataFrame, scenarios: pl.DataFrame, municipality_code: str) -> Desk:
    """The desk of one municipality.

    ipss_population: in_force.ipss_population. scenarios: the seed table or a planner's own copy of it (scenarios.read).
    Raises ProjectionError where the municipality has no published table.
    """
    table = tidy(scenarios)
    cells = published_cells(ipss_population.filter(pl.col("area_code") == municipality_code), "ipss_2018")
    if not cells.height:
        raise ProjectionError(
            f"{municipality_code} の社人研推計（平成30年、男女・5歳階級別）がありません。landing に納品してください / "
            f"no published table of {municipality_code}"
        )
    base = vision.baseline(cells)
    return Desk(base, table, vision.run(base, table))


def published_of_release(mart_population_projection: pl.DataFrame) -> pl.DataFrame:
    """What `open_desk` and `backtest_table` take as ipss_population, from a release's mart_population_projection.

    Only the published vintages are read; every figure is the published one.
    """
    rows = mart_population_projection.filter(pl.col("scenario_id").is_in(["ipss_2018", "ipss_2023"]))
    return rows.select(
        pl.col("municipality_code").alias("area_code"),
        pl.lit("municipality").alias("area_level"),
        pl.col("scenario_id").alias("vintage"),
        pl.col("year").cast(pl.Int32),
        "sex",
        "age_group",
        pl.col("age_from").cast(pl.Int16),
        pl.col("age_to").cast(pl.Int16),
        pl.col("population_persons").cast(pl.Float64).round().cast(pl.Int64),
        pl.lit("").alias("source_id"),
    )


def counted_of_release(fct_population: pl.DataFrame, series: str = "census") -> pl.DataFrame:
    """What `backtest_table` and `refresh` take as census_population (or registry_population), from fct_population."""
    return fct_population.filter((pl.col("series") == series) & (pl.col("scope") == "total")).select(
        pl.col("municipality_code").alias("area_code"),
        pl.lit("municipality").alias("area_level"),
        "as_of_date",
        "scope",
        "sex",
        "age_group",
        pl.col("age_from").cast(pl.Int16),
        pl.col("age_to").cast(pl.Int16),
        pl.col("population_persons").cast(pl.Int64),
        "value_status",
    )


def scenario_labels(desk: Desk) -> pl.DataFrame:
    """The scenarios of the municipality by name: scenario_id, label_ja, label_en, assumption_of, note_ja; its own
    before the common ones."""
    return (
        labels(desk.scenarios)
        .filter(pl.col("municipality_code").is_in(["*", desk.code]))
        .sort(pl.col("municipality_code") == "*")
        .unique("scenario_id", keep="first", maintain_order=True)
        .select("scenario_id", "label_ja", "label_en", "assumption_of", "note_ja")
    )
