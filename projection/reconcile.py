"""What a plan prints, beside the official table and our own figure.

Holds: the printed figures as a scenario, the reconciliation of each of them. Does not hold: the figures themselves
(reference/plan_figures.csv) or the runs they are compared with (vision).
"""

from __future__ import annotations

from functools import cache

import polars as pl

from projection.national import REFERENCE
from projection.tables import PERSONS

PRINTED_GROUPS = {  # measure -> sex, age_group, age_from, age_to
    "total": ("total", "total", None, None),
    "young": ("total", "0-14", 0, 14),
    "working_age": ("total", "15-64", 15, 64),
    "old": ("total", "65+", 65, None),
    "women_20_39": ("female", "20-39", 20, 39),
}


@cache
def plan_figures() -> pl.DataFrame:
    """Every figure that a plan prints: one row per figure; tolerance, place and reason with it."""
    return pl.read_csv(
        REFERENCE / "plan_figures.csv",
        schema_overrides={"municipality_code": pl.String, "plan_value": pl.Float64, "tolerance": pl.Float64, "year": pl.Int32},
    )


def printed_population(scenarios: pl.DataFrame) -> pl.DataFrame:
    """The municipality's own scenario as printed: only the years and groups that the plan gives, census base included."""
    named = scenarios.filter((pl.col("item") == "scenario") & (pl.col("basis") == "plan_figures"))
    if not named.height:
        return pl.DataFrame()
    rows = plan_figures().filter(pl.col("kind").is_in(["census", "plan"]))
    return rows.select(
        "municipality_code",
        pl.lit(named.get_column("scenario_id")[0]).alias("scenario_id"),
        pl.col("plan_id").alias("vintage"),
        "year",
        *(
            pl.col("measure").replace_strict({k: v[i] for k, v in PRINTED_GROUPS.items()}, return_dtype=dtype).alias(name)
            for i, (name, dtype) in enumerate(
                (("sex", pl.String), ("age_group", pl.String), ("age_from", pl.Int16), ("age_to", pl.Int16))
            )
        ),
        pl.col("plan_value").cast(PERSONS).alias("population_persons"),
        (pl.col("kind") == "plan").alias("is_projection"),
        pl.lit(None, pl.String).alias("source_id"),
    )
