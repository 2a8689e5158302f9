"""What the nightly run calls: raw frames in, the tables of the projection layer out.

Holds: choosing the published cells, running all scenarios, exact decimals, long form. Does not hold: the method
(engine, vision), files, Dagster, SQL.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import polars as pl

from sousei.projection import backtest, decompose, integers, vision
from sousei.projection.engine import SEXES, STEP_YEARS, Array, ProjectionError, age_groups
from sousei.projection.night import reconcile, refresh
from sousei.projection.night.tables import INPUTS, PERSONS, PROJECTION_TABLES, schema_of
from sousei.projection.recover import SPLIT_BASIS
from sousei.projection.scenarios import tidy

MICRO = 1_000_000
WHOLE_LIMIT = 20
BASIS = "ipss_2018_extended"
AREA_LEVELS = ("municipality", "designated_city")
CELL = ["municipality_code", "year", "sex", "age_from"]
FIGURE = ["municipality_code", "scenario_id", "vintage", "year", "measure", "persons"]
KEYS = [  # order of rows in every table, as far as it has these columns
    "municipality_code", "scenario_id", "plan_id", "figure_id", "base_date", "as_of_date", "method", "base_year",
    "year", "sex", "age_from", "age_group", "measure", "series", "horizon_years", "size_class",
]  # fmt: skip
GROUPS_2023 = {  # indicator of in_force.reference_series -> age group
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
    plan_figures: pl.DataFrame | None = None,
) -> dict[str, pl.DataFrame]:
    """All tables of PROJECTION_TABLES, each in its schema, sorted by its key; empty where its inputs are missing.

    Frames are the tables INPUTS of the schema in_force (ingest.in_force: one row per figure; ProjectionError where a
    figure stands in two); scenarios and plan_figures are the seed tables (read with
    scenarios.read and reconcile.read, or any frames with their columns); without plan_figures nobody has a plan. Same
    input, same output, to the byte; no clock, no randomness, no file.
    """
    for name, frame in zip(
        INPUTS,
        (ipss_population, census_population, registry_population, registry_dynamics, reference_series),
        strict=True,
    ):
        one_row_per_figure(frame, name)
    scenarios = tidy(scenarios)
    printed = pl.DataFrame(schema=reconcile.COLUMNS) if plan_figures is None else reconcile.tidy(plan_figures)
    cells = published_cells(ipss_population, "ipss_2018")
    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in PROJECTION_TABLES}
    frames["population"] = [
        published_2023(ipss_population, reference_series),
        reconcile.printed_population(scenarios, printed),
    ]
    frames["error"] = [error_frame()]
    figures = [group_figures(f) for f in frames["population"] if f.height]
    rates: list[pl.DataFrame] = []
    base_year = None
    if cells.height:
        sources = cells.group_by("municipality_code").agg(pl.col("source_id").min())
        base = vision.baseline(cells)
        base_year = base.years[0]
        result = vision.run(base, scenarios)
        for one in (as_published(base, result), result):
            frames["population"].append(
                population_frame(one, "ipss_2018").join(sources, on="municipality_code", how="left")
            )
            frames["vision"].append(vision_frame(one, "ipss_2018"))
            figures.append(run_figures(one).with_columns(pl.lit("ipss_2018").alias("vintage")))
            rates.append(frames["vision"][-1])
        frames["rates"] = [rates_frame(base)]
        frames["decomposition"] = [decompose.decompose(base, result, scenarios)]
        frames["impact"] = [decompose.impact(result)]
        frames["stage"] = [decompose.stage(result)]
    if figures:
        known = pl.concat([f.select(FIGURE) for f in figures])
        frames["band"] = [band_frame(known)]
        if cells.height:
            chosen_codes = whole_codes(base.codes, scenarios, printed)
            frames["integer"] = [integer_frame(frames["population"][-1], frames["band"][0], chosen_codes)]
        totals = refresh.actual_totals(census_population, registry_population, registry_dynamics, reference_series)
        chosen = {s: known.filter(pl.col("scenario_id") == s) for s in (BASIS, "ipss_2018", "ipss_2023", "plan")}
        if printed.height:
            flows = pl.concat(rates) if rates else pl.DataFrame(schema=schema_of("vision"))
            frames["reconciliation"] = [reconcile.reconcile(printed, known, flows, totals, reference_series)]
        if base_year is not None:
            frames["actuals"] = [refresh.actuals(totals, chosen[BASIS], chosen["ipss_2023"], chosen["plan"], base_year)]
        frames["refresh"] = [refresh.refresh(registry_population, census_population, chosen[BASIS], chosen["plan"])]
        census = backtest.census_cells(census_population)
        frames["backtest"] = [
            *(
                backtest.against(chosen[vintage], refresh.measures_of_census(census), method=vintage, base_year=first)
                for vintage, first in (("ipss_2018", 2015), ("ipss_2023", 2020))
                if chosen[vintage].height and census.height
            ),
            own_backtest(census),
        ]
    return {name: _finish(name, parts) for name, parts in frames.items()}


def one_row_per_figure(frame: pl.DataFrame, name: str) -> None:
    """Raises ProjectionError where a figure stands in two rows: versions are resolved before the projection."""
    key = list(INPUTS[name])
    if frame.height and (twice := frame.filter(pl.struct(key).is_duplicated())).height:
        row = twice.sort(key).row(0, named=True)
        raise ProjectionError(
            f"figure_twice: {name} の同じ値が二つの行にあります: {' '.join(f'{k}={row[k]}' for k in key)} / "
            "one figure stands in two rows; ingest.in_force gives one"
        )


def group_figures(population: pl.DataFrame) -> pl.DataFrame:
    """The measures among published or printed rows: municipality_code, scenario_id, vintage, year, measure, persons."""
    measure = {(v[0], v[1]): k for k, v in reconcile.PRINTED_GROUPS.items()}
    key = pl.concat_str("sex", "age_group", separator="|")
    return (
        population.with_columns(
            key.replace_strict({f"{s}|{g}": m for (s, g), m in measure.items()}, default=None).alias("measure")
        )
        .filter(pl.col("measure").is_not_null())
        .select(*FIGURE[:-1], pl.col("population_persons").cast(pl.Float64).alias("persons"))
    )


def published_figures(raw: pl.DataFrame) -> pl.DataFrame:
    """The measures of both vintages as published: FIGURE columns; 2018 from its cells, 2023 from its totals."""
    cells = published_cells(raw, "ipss_2018")
    parts = [group_figures(published_2023(raw, pl.DataFrame(schema=_REFERENCE)))]
    if cells.height:
        parts.append(
            refresh.measures_of(cells, "year").select(
                "municipality_code",
                pl.lit("ipss_2018").alias("scenario_id"),
                pl.lit("ipss_2018").alias("vintage"),
                "year",
                "measure",
                "persons",
            )
        )
    return pl.concat([p.select(FIGURE) for p in parts])


_REFERENCE: dict[str, pl.DataType | type[pl.DataType]] = {
    "municipality_code": pl.String,
    "indicator_id": pl.String,
    "series": pl.String,
    "period_end": pl.Date,
    "value": pl.Decimal(18, 4),
    "source_id": pl.String,
}


def run_figures(result: vision.Run) -> pl.DataFrame:
    """The measures of a run: year, municipality_code, scenario_id, measure, persons."""
    index = pl.DataFrame({"year": result.years}, schema={"year": pl.Int32}).join(
        result.keys, how="cross", maintain_order="left_right"
    )
    return pl.concat(
        [
            index.with_columns(pl.lit(name).alias("measure"), pl.Series("persons", values.reshape(-1)))
            for name, values in vision.measures(result.population).items()
        ]
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
    return backtest.bands(asked) if asked.height else asked


def whole_codes(codes: Sequence[str], scenarios: pl.DataFrame, plan_figures: pl.DataFrame) -> list[str]:
    """The municipalities whose figures are published in whole persons every night.

    All of them up to WHOLE_LIMIT; of more, those with a scenario or a printed figure of their own: rounding takes
    2 ms per year of a scenario, two minutes for the whole country. desk.whole_persons rounds any other when asked.
    """
    if len(codes) <= WHOLE_LIMIT:
        return list(codes)
    own = {*scenarios.get_column("municipality_code"), *plan_figures.get_column("municipality_code")}
    return [code for code in codes if code in own]


def integer_frame(population: pl.DataFrame, band: pl.DataFrame, codes: Sequence[str]) -> pl.DataFrame:
    """Whole persons of the projected years of every run, with the band (rounded outward) beside each total."""
    cells = population.filter(pl.col("is_projection") & pl.col("municipality_code").is_in(list(codes)))
    key = ["municipality_code", "scenario_id", "vintage", "year"]
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
    return whole.join(ends, on="age_group", how="left").join(total, on=[*key, "sex", "age_group"], how="left")


def error_frame() -> pl.DataFrame:
    """What past projections of a size were off by after so many years: the table behind every band."""
    return backtest.reference_quantiles().rename(
        {
            "n": "n_errors",
            "mape": "mean_absolute_error_pct",
            "malpe": "mean_error_pct",
            "p10": "p10_error_pct",
            "p50": "median_error_pct",
            "p90": "p90_error_pct",
            "source_ja": "basis_ja",
        }
    )


def own_backtest(census: pl.DataFrame) -> pl.DataFrame:
    """The engine at every census base that the delivered censuses allow (two before, one after)."""
    years = census.get_column("year").unique().sort().to_list()
    if len(years) < 3 or any(b - a != STEP_YEARS for a, b in itertools.pairwise(years)):
        return pl.DataFrame()
    whole = census.filter(pl.col("year").n_unique().over("municipality_code") == len(years))
    return backtest.backtest(whole) if whole.height else pl.DataFrame()


def published_cells(raw: pl.DataFrame, vintage: str) -> pl.DataFrame:
    """The cells (sex x five-year age to 90+) of one vintage from in_force.ipss_population, municipalities only.

    Returns municipality_code, year, sex, age_from, population_persons, source_id. A municipality that lacks a cell, or
    has one without a figure, is left out.
    """
    cells = raw.filter(
        (pl.col("vintage") == vintage)
        & pl.col("area_level").is_in(AREA_LEVELS)
        & pl.col("sex").is_in(SEXES)
        & pl.col("age_group").is_in(age_groups())
    ).select(
        pl.col("area_code").alias("municipality_code"), "year", "sex", "age_from", "population_persons", "source_id"
    )
    due = len(SEXES) * len(age_groups()) * cells.get_column("year").n_unique()
    return cells.filter(pl.col("population_persons").count().over("municipality_code") == due)


def published_2023(raw: pl.DataFrame, reference_series: pl.DataFrame) -> pl.DataFrame:
    """The 2023 vintage as published: in_force.ipss_population, and the three groups of reference_series."""
    rows = raw.drop_nulls("population_persons")
    rows = rows.filter((pl.col("vintage") == "ipss_2023") & pl.col("area_level").is_in(AREA_LEVELS)).select(
        pl.col("area_code").alias("municipality_code"),
        "year",
        "sex",
        "age_group",
        "age_from",
        "age_to",
        pl.col("population_persons").cast(PERSONS),
        "source_id",
    )
    series = reference_series.filter(
        (pl.col("series") == "ipss_2023")
        & pl.col("indicator_id").is_in([*GROUPS_2023, "population_total"])
        & pl.col("value").is_not_null()
    )
    groups = GROUPS_2023 | {"population_total": ("total", None, None)}
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
    known = pl.concat([rows, extra]).unique(
        ["municipality_code", "year", "sex", "age_group"], keep="first", maintain_order=True
    )
    return pl.concat([known, _totals_of_groups(known)]).with_columns(
        pl.lit("ipss_2023").alias("scenario_id"),
        pl.lit("ipss_2023").alias("vintage"),
        (pl.col("year") > 2020).alias("is_projection"),
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
    keep = np.flatnonzero((result.keys.get_column("scenario_id") == BASIS).to_numpy())
    keys = result.keys[keep.tolist()].with_columns(pl.lit("ipss_2018").alias("scenario_id"))
    return vision.Run(
        result.years[:last],
        keys,
        result.population[:last, ..., keep],
        type(result.accounts)(*(a[: last - 1, keep] for a in result.accounts)),
        result.child_woman_ratio[:last, keep],
        result.tfr[:last, keep],
        result.multipliers[:, : last - 1],
        result.which[keep],
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
    _steps, _, ages, _ = base.migration.shape
    index = pl.DataFrame({"year": base.years[1:]}, schema={"year": pl.Int32})
    for name, values, dtype in (
        ("sex", SEXES, pl.String),
        ("age_from", range(0, ages * STEP_YEARS, STEP_YEARS), pl.Int16),
    ):
        index = index.join(
            pl.DataFrame({name: list(values)}, schema={name: dtype}), how="cross", maintain_order="left_right"
        )
    frame = index.join(pl.DataFrame({"municipality_code": base.codes}), how="cross", maintain_order="left_right")
    return frame.with_columns(
        decimals(exact(survival + base.migration)).alias("cohort_change_ratio"),
        decimals(exact(survival)).alias("survival_ratio"),
        decimals(exact(survival + base.migration) - exact(survival)).alias("net_migration_ratio"),
        pl.lit(BASIS).alias("scenario_id"),
        pl.lit(SPLIT_BASIS).alias("split_basis"),
    )


def _finish(table: str, parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """One table in its schema, in the order of its key."""
    schema = schema_of(table)
    kept = [f for f in parts if f.height]
    if not kept:
        return pl.DataFrame(schema=schema)
    shaped = []
    for frame in kept:
        columns = []
        for name, dtype in schema.items():
            if name not in frame.columns:
                columns.append(pl.lit(None, dtype).alias(name))
            elif dtype == PERSONS and frame.schema[name].is_float():
                finite = pl.when(pl.col(name).is_finite()).then((pl.col(name) * MICRO).round() / MICRO)
                columns.append(finite.cast(dtype).alias(name))
            else:
                columns.append(pl.col(name).cast(dtype))
        shaped.append(frame.select(columns))
    frame = pl.concat(shaped)
    return frame.sort([_rank(frame, c) for c in KEYS if c in schema]).select(list(schema))


def _rank(frame: pl.DataFrame, column: str) -> pl.Expr:
    """What to sort a key by: sexes in their own order, text by its rank (numbers sort several times faster)."""
    if column == "sex":
        return pl.col("sex").replace_strict({"total": 0, "male": 1, "female": 2}, return_dtype=pl.Int8)
    if frame.schema[column] == pl.String and frame.height > 100_000:
        return pl.col(column).cast(pl.Enum(frame.get_column(column).drop_nulls().unique().sort())).to_physical()
    return pl.col(column)
