"""What the nightly run calls: raw frames in, the tables of the projection layer out.

Holds: choosing the published cells, running all scenarios, exact decimals, long form. Does not hold: the method
(engine, vision), files, Dagster, SQL.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from projection import reconcile, vision
from projection.engine import SEXES, STEP_YEARS, Array, ProjectionError, age_groups
from projection.recover import SPLIT_BASIS
from projection.scenarios import pairs, tidy
from projection.tables import PERSONS, schema_of

MICRO = 1_000_000
BASIS = "ipss_2018_extended"
AREA_LEVELS = ("municipality", "designated_city")
CELL = ["municipality_code", "year", "sex", "age_from"]
GROUPS_2023 = {  # indicator of raw.reference_series -> age group
    "population_young": ("0-14", 0, 14),
    "population_working_age": ("15-64", 15, 64),
    "population_working": ("15-64", 15, 64),
    "population_old": ("65+", 65, None),
}


def build(
    ipss_population: pl.DataFrame,
    census_population: pl.DataFrame,
    registry_population: pl.DataFrame,
    registry_dynamics: pl.DataFrame,
    reference_series: pl.DataFrame,
    scenarios: pl.DataFrame,
) -> dict[str, pl.DataFrame]:
    """All tables of PROJECTION_TABLES, each in its schema, sorted by its key; empty where its inputs are missing.

    Frames have the schemas of ingest.tables.RAW_TABLES; scenarios is the seed table (read with scenarios.read, or any
    frame with its columns). Same input, same output, to the byte; no clock, no randomness, no file.
    """
    scenarios = tidy(scenarios)
    cells = published_cells(ipss_population, "ipss_2018")
    populations = [published_2023(ipss_population, reference_series), reconcile.printed_population(scenarios)]
    changes: list[pl.DataFrame] = []
    rates: list[pl.DataFrame] = []
    if cells.height:
        sources = cells.group_by("municipality_code").agg(pl.col("source_id").min())
        base = vision.baseline(cells)
        result = vision.run(base, scenarios)
        for one in (as_published(base, result), result):
            populations.append(population_frame(one, "ipss_2018").join(sources, on="municipality_code", how="left"))
            changes.append(vision_frame(one, "ipss_2018"))
        rates.append(rates_frame(base))
    return {
        "population": _finish("population", populations, ["municipality_code", "scenario_id", "year", "_sex", "age_from", "age_group"]),
        "vision": _finish("vision", changes, ["municipality_code", "scenario_id", "year"]),
        "rates": _finish("rates", rates, ["municipality_code", "scenario_id", "year", "_sex", "age_from"]),
    }


def published_cells(raw: pl.DataFrame, vintage: str) -> pl.DataFrame:
    """The cells (sex x five-year age to 90+) of one vintage from raw.ipss_population, municipalities only.

    Returns municipality_code, year, sex, age_from, population_persons, source_id. The same cell from two deliveries
    counts once; raises ProjectionError where two deliveries differ.
    """
    cells = raw.filter(
        (pl.col("vintage") == vintage)
        & pl.col("area_level").is_in(AREA_LEVELS)
        & pl.col("sex").is_in(SEXES)
        & pl.col("age_group").is_in(age_groups())
    ).select(pl.col("area_code").alias("municipality_code"), "year", "sex", "age_from", "population_persons", "source_id")
    doubled = cells.filter(pl.struct(CELL).is_duplicated()) if cells.height else cells
    if doubled.height:
        clash = doubled.group_by(CELL).agg(pl.col("population_persons").n_unique().alias("n"), pl.col("source_id").unique().sort())
        clash = clash.filter(pl.col("n") > 1).sort(CELL)
        if clash.height:
            row = clash.row(0, named=True)
            raise ProjectionError(
                f"{vintage} の同じセルに異なる値があります: {row['municipality_code']} {row['year']}年 {row['sex']} "
                f"{row['age_from']}歳〜（納品 {', '.join(row['source_id'])}）。どちらかの納品を取り下げてください / "
                "two deliveries differ in one cell; withdraw one"
            )
        cells = cells.unique(CELL, keep="first", maintain_order=True)
    return cells


def published_2023(raw: pl.DataFrame, reference_series: pl.DataFrame) -> pl.DataFrame:
    """The 2023 vintage as published: every row of raw.ipss_population, and the three groups of reference_series."""
    rows = raw.filter((pl.col("vintage") == "ipss_2023") & pl.col("area_level").is_in(AREA_LEVELS)).select(
        pl.col("area_code").alias("municipality_code"),
        "year",
        "sex",
        "age_group",
        "age_from",
        "age_to",
        pl.col("population_persons").cast(PERSONS),
        "source_id",
    )
    kinds = {"total": ("total", None, None)} | {}
    series = reference_series.filter(
        (pl.col("series") == "ipss_2023") & pl.col("indicator_id").is_in([*GROUPS_2023, "population_total"])
    )
    groups = GROUPS_2023 | {"population_total": kinds["total"]}
    extra = series.select(
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
    return (
        pl.concat([rows, extra])
        .unique(["municipality_code", "year", "sex", "age_group"], keep="first", maintain_order=True)
        .with_columns(
            pl.lit("ipss_2023").alias("scenario_id"),
            pl.lit("ipss_2023").alias("vintage"),
            (pl.col("year") > 2020).alias("is_projection"),
        )
    )


def as_published(base: vision.Baseline, result: vision.Run) -> vision.Run:
    """The years that were published, under the vintage's own name: they are the table itself, cell by cell."""
    last = base.published
    keep = np.flatnonzero((result.keys.get_column("scenario_id") == BASIS).to_numpy())
    keys = result.keys[keep.tolist()].with_columns(pl.lit("ipss_2018").alias("scenario_id"))
    return vision.Run(
        result.years[:last],
        keys,
        result.population[:last, ..., keep],
        type(result.accounts)(*(a[: last - 1, keep] for a in result.accounts)),
        result.child_woman_ratio[:last, keep],
        result.tfr[:last, keep],
    )


def exact(values: Array) -> Array:
    """Persons as whole millionths (int64): what is published adds up exactly, because it is added as integers."""
    return np.rint(values * MICRO).astype(np.int64)


def decimals(micro: Array) -> pl.Series:
    """Whole millionths to Decimal(18, 6), exact below nine billion persons."""
    return pl.Series(micro.reshape(-1) / MICRO).cast(PERSONS)


def population_frame(result: vision.Run, vintage: str) -> pl.DataFrame:
    """The cube of a run: sexes male, female, total x ages and total x years, persons exact to six decimals."""
    cells = exact(result.population)
    periods, _, ages, count = cells.shape
    cube = np.empty((periods, 3, ages + 1, count), dtype=np.int64)
    cube[:, 1:, 1:] = cells
    cube[:, 0, 1:] = cells.sum(axis=1)
    cube[:, :, 0] = cube[:, :, 1:].sum(axis=2)
    start = [None, *range(0, ages * STEP_YEARS, STEP_YEARS)]
    end = [None, *range(STEP_YEARS - 1, ages * STEP_YEARS - 1, STEP_YEARS), None]
    index = pl.DataFrame({"year": result.years}, schema={"year": pl.Int32}).join(
        pl.DataFrame({"sex": ["total", *SEXES]}), how="cross", maintain_order="left_right"
    )
    index = index.join(
        pl.DataFrame(
            {"age_group": ["total", *age_groups((ages - 1) * STEP_YEARS)], "age_from": start, "age_to": end},
            schema={"age_group": pl.String, "age_from": pl.Int16, "age_to": pl.Int16},
        ),
        how="cross",
        maintain_order="left_right",
    )
    frame = index.join(result.keys, how="cross", maintain_order="left_right")
    return frame.with_columns(
        decimals(cube).alias("population_persons"),
        pl.lit(vintage).alias("vintage"),
        (pl.col("year") > result.years[0]).alias("is_projection"),
    )


def vision_frame(result: vision.Run, vintage: str) -> pl.DataFrame:
    """Births, deaths, natural and social change and implied TFR of a run; change = natural + social exactly.

    The base year has no flows (null), but has the TFR that its children imply.
    """
    total = exact(result.population).sum(axis=(1, 2))
    births, social = exact(result.accounts.births), exact(result.accounts.social)
    natural = np.diff(total, axis=0) - social  # at most a few millionths from births - deaths: rounding, not method
    count = result.keys.height

    def flow(micro: Array) -> pl.Series:
        return pl.concat([pl.Series([None] * count, dtype=PERSONS), decimals(micro)])

    index = pl.DataFrame({"year": result.years}, schema={"year": pl.Int32})
    return index.join(result.keys, how="cross", maintain_order="left_right").with_columns(
        flow(births).alias("births"),
        flow(births - natural).alias("deaths"),
        flow(natural).alias("natural_change"),
        flow(social).alias("social_change"),
        decimals(exact(result.tfr)).alias("implied_tfr"),
        decimals(exact(result.child_woman_ratio)).alias("child_woman_ratio"),
        pl.lit(vintage).alias("vintage"),
        pl.lit(SPLIT_BASIS).alias("split_basis"),
    )


def rates_frame(base: vision.Baseline) -> pl.DataFrame:
    """The ratios of the baseline, with the split into survival and migration and whose it is."""
    survival = np.broadcast_to(base.survival[..., None], base.migration.shape)
    steps, _, ages, _ = base.migration.shape
    index = pl.DataFrame({"year": base.years[1:]}, schema={"year": pl.Int32})
    for name, values, dtype in (("sex", SEXES, pl.String), ("age_from", range(0, ages * STEP_YEARS, STEP_YEARS), pl.Int16)):
        index = index.join(pl.DataFrame({name: list(values)}, schema={name: dtype}), how="cross", maintain_order="left_right")
    frame = index.join(pl.DataFrame({"municipality_code": base.codes}), how="cross", maintain_order="left_right")
    return frame.with_columns(
        decimals(exact(survival + base.migration)).alias("cohort_change_ratio"),
        decimals(exact(survival)).alias("survival_ratio"),
        decimals(exact(survival + base.migration) - exact(survival)).alias("net_migration_ratio"),
        pl.lit(BASIS).alias("scenario_id"),
        pl.lit(SPLIT_BASIS).alias("split_basis"),
    )


def _finish(table: str, frames: Sequence[pl.DataFrame], order: Sequence[str]) -> pl.DataFrame:
    schema = schema_of(table)
    kept = [
        f.select(pl.col(n).cast(t) if n in f.columns else pl.lit(None, t).alias(n) for n, t in schema.items())
        for f in frames
        if f.height
    ]
    if not kept:
        return pl.DataFrame(schema=schema)
    frame = pl.concat(kept)
    if "_sex" in order:
        rank = {"total": 0, "male": 1, "female": 2}
        frame = frame.with_columns(pl.col("sex").replace_strict(rank, return_dtype=pl.Int8).alias("_sex"))
    return frame.sort(order).select(list(schema))
