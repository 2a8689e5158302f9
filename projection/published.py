"""The official projections as they were published: their cells, totals and age groups.

Holds: choosing the published rows of each vintage from the tables of the schema in_force. Does not hold: any figure of
our own, or the run that gives the published table back (vision).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from sousei.projection import vision
from sousei.projection.areas import AREA_LEVELS
from sousei.projection.engine import SEXES, age_groups
from sousei.projection.exact import PERSONS
from sousei.projection.measures import FIGURE, group_figures, measures_of
from sousei.projection.scenarios import BASIS

OLDER = ("90-94", "95+", "95-99", "100+")
GROUPS_2023 = {  # indicator of in_force.reference_series -> age group
    "population_young": ("0-14", 0, 14),
    "population_working_age": ("15-64", 15, 64),
    "population_working": ("15-64", 15, 64),
    "population_old": ("65+", 65, None),
}


def published_figures(raw: pl.DataFrame) -> pl.DataFrame:
    """The measures of both vintages as published: FIGURE columns; 2018 from its cells, 2023 from its totals."""
    cells = published_cells(raw, "ipss_2018")
    parts = [group_figures(published_2023(raw))]
    if cells.height:
        parts.append(
            measures_of(cells, "year").select(
                "municipality_code",
                pl.lit("ipss_2018").alias("scenario_id"),
                pl.lit("ipss_2018").alias("vintage"),
                "year",
                "measure",
                "persons",
            )
        )
    return pl.concat([p.select(FIGURE) for p in parts])


def published_cells(raw: pl.DataFrame, vintage: str) -> pl.DataFrame:
    """The cells (sex x five-year age to 90+) of one vintage from in_force.ipss_population, municipalities only. Older
    groups (the 2023 edition ends with 90-94 and 95+) are put together.

    Returns municipality_code, year, sex, age_from, population_persons, source_id. A municipality that lacks a cell, or
    has one without a figure, is left out.
    """
    cells = raw.filter(
        (pl.col("vintage") == vintage)
        & pl.col("area_level").is_in(AREA_LEVELS)
        & pl.col("sex").is_in(SEXES)
        & pl.col("age_group").is_in([*age_groups(), *OLDER])
    ).select(
        pl.col("area_code").alias("municipality_code"),
        "year",
        "sex",
        "age_from",
        "population_persons",
        "source_id",
        "age_group",
    )
    if cells.get_column("age_group").is_in(list(OLDER)).any():
        older = pl.col("age_group").is_in(list(OLDER))
        cell = ["municipality_code", "year", "sex"]
        # 90+ itself, 90-94 with 95+, or 90-94 with 95-99 and 100+: whatever lacks one of its groups is no figure
        whole = pl.col("age_group").filter(older).unique().sort().str.join(" ").is_in(["90-94 95+", "100+ 90-94 95-99"])
        cells = (
            cells.with_columns(
                (pl.col("age_group") == "90+").any().over(cell).alias("_open"), whole.first().over(cell).alias("_whole")
            )
            .filter(~older | ~pl.col("_open"))
            .with_columns(pl.when(~older | pl.col("_whole")).then("population_persons"))
            .group_by(*cell, pl.col("age_from").clip(upper_bound=90), maintain_order=True)
            .agg(
                pl.when(pl.col("population_persons").null_count() == 0).then(pl.col("population_persons").sum()),
                pl.col("source_id").first(),
            )
        )
    cells = cells.drop("age_group", strict=False)
    due = len(SEXES) * len(age_groups()) * cells.get_column("year").n_unique()
    return cells.filter(pl.col("population_persons").count().over("municipality_code") == due)


def published_2023(raw: pl.DataFrame, reference_series: pl.DataFrame | None = None) -> pl.DataFrame:
    """The 2023 vintage as published: in_force.ipss_population, and the three groups of reference_series."""
    rows = raw.drop_nulls("population_persons")
    parts = [
        rows.filter((pl.col("vintage") == "ipss_2023") & pl.col("area_level").is_in(AREA_LEVELS)).select(
            pl.col("area_code").alias("municipality_code"),
            "year",
            "sex",
            "age_group",
            "age_from",
            "age_to",
            pl.col("population_persons").cast(PERSONS),
            "source_id",
        )
    ]
    if reference_series is not None:
        parts.append(_groups_of_series(reference_series))
    known = pl.concat(parts).unique(
        ["municipality_code", "year", "sex", "age_group"], keep="first", maintain_order=True
    )
    return pl.concat([known, _totals_of_groups(known)]).with_columns(
        pl.lit("ipss_2023").alias("scenario_id"),
        pl.lit("ipss_2023").alias("vintage"),
        (pl.col("year") > 2020).alias("is_projection"),
    )


def _groups_of_series(reference_series: pl.DataFrame) -> pl.DataFrame:
    """The three age groups and the total of the 2023 vintage, where they were delivered as single figures."""
    series = reference_series.filter(
        (pl.col("series") == "ipss_2023")
        & pl.col("indicator_id").is_in([*GROUPS_2023, "population_total"])
        & pl.col("value").is_not_null()
    )
    groups = GROUPS_2023 | {"population_total": ("total", None, None)}
    return series.select(
        "municipality_code",
        pl.col("period_end").dt.year().cast(pl.Int32).alias("year"),
        pl.lit("total").alias("sex"),
        *(
            pl.col("indicator_id").replace_strict({k: v[i] for k, v in groups.items()}, return_dtype=dtype).alias(name)
            for i, (name, dtype) in enumerate((("age_group", pl.String), ("age_from", pl.Int16), ("age_to", pl.Int16)))
        ),
        pl.col("value").cast(PERSONS).alias("population_persons"),
        "source_id",
    )


def _totals_of_groups(known: pl.DataFrame) -> pl.DataFrame:
    """The total where only its three age groups were delivered: their sum."""
    both = known.filter(pl.col("sex") == "total")
    summed = (
        both.filter(pl.col("age_group").is_in(["0-14", "15-64", "65+"]) & pl.col("population_persons").is_not_null())
        .group_by("municipality_code", "year", maintain_order=True)
        .agg(pl.len().alias("_n"), pl.col("population_persons").sum(), pl.col("source_id").min())
        .filter(pl.col("_n") == 3)
        .join(both.filter(pl.col("age_group") == "total"), on=["municipality_code", "year"], how="anti")
    )
    return summed.with_columns(
        pl.lit("total").alias("sex"),
        pl.lit("total").alias("age_group"),
        pl.lit(None, pl.Int16).alias("age_from"),
        pl.lit(None, pl.Int16).alias("age_to"),
        pl.col("population_persons").cast(PERSONS),
    ).select(known.columns)


def as_published(base: vision.Baseline, result: vision.Run) -> vision.Run:
    """The years that were published, under the vintage's own name: they are the table itself, cell by cell."""
    last = base.published
    mine = result.of(np.flatnonzero((result.keys.get_column("scenario_id") == BASIS).to_numpy()))
    return vision.Run(
        mine.years[:last],
        mine.keys.with_columns(pl.lit("ipss_2018").alias("scenario_id")),
        mine.population[:last],
        type(mine.accounts)(*(flow[: last - 1] for flow in mine.accounts)),
        mine.child_woman_ratio[:last],
        mine.tfr[:last],
        mine.multipliers[:, : last - 1],
        mine.which,
    )
