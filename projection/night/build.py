"""What the nightly run calls: raw frames in, the tables of the projection layer out.

Holds: running all scenarios, which table gets what, every table in its schema and order. Does not hold: the method
(engine, vision), the published rows (published), runs as tables (frames), files, Dagster, SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.projection import backtest, bands, decompose, vision
from sousei.projection.counted import census_cells
from sousei.projection.engine import ProjectionError
from sousei.projection.exact import MICRO, PERSONS
from sousei.projection.frames import population_frame, rates_frame, vision_frame
from sousei.projection.measures import FIGURE, group_figures, measures_of_census, run_figures
from sousei.projection.night import reconcile, refresh
from sousei.projection.night.stands import Counts, stands
from sousei.projection.night.tables import INPUTS, PROJECTION_TABLES, schema_of
from sousei.projection.night.whole import integer_frame, whole_codes
from sousei.projection.night.yearly import yearly_frame
from sousei.projection.published import as_published, published_2023
from sousei.projection.scenarios import BASIS, tidy

BLOCK = 100  # municipalities whose rows are put in order at once
KEYS = [  # order of rows in every table, as far as it has these columns
    "municipality_code", "scenario_id", "plan_id", "figure_id", "base_date", "as_of_date", "method", "base_year",
    "year", "sex", "age_from", "age_band", "age_group", "measure", "series", "horizon_years", "size_class",
]  # fmt: skip


class Told(NamedTuple):
    """A run that is published, with its vintage and stamp (stands.Stand)."""

    run: vision.Run
    vintage: str
    stamp: pl.DataFrame

    def cells(self, codes: Sequence[str]) -> pl.DataFrame:
        """Rows of the table `population` of some municipalities."""
        mine = np.flatnonzero(self.run.keys.get_column("municipality_code").is_in(list(codes)).to_numpy())
        return population_frame(self.run.of(mine), self.vintage).join(self.stamp, on="municipality_code", how="left")


class Built(NamedTuple):
    """The tables but the largest, `population`, and what that one is made of: it needs no input any more."""

    others: dict[str, pl.DataFrame]
    published: list[pl.DataFrame]
    told: list[Told]

    def population(self) -> pl.DataFrame:
        """The table `population`, put in order some municipalities at a time: rows in order need as much room again."""
        codes: set[str] = {code for one in self.told for code in one.run.keys.get_column("municipality_code")}
        codes |= {code for frame in self.published if frame.height for code in frame.get_column("municipality_code")}
        ordered = sorted(codes)
        blocks = [ordered[first : first + BLOCK] for first in range(0, len(ordered), BLOCK)] or [[]]
        here = pl.col("municipality_code")
        return pl.concat(
            _finish(
                "population",
                [
                    *(frame.filter(here.is_in(some)) for frame in self.published if frame.height),
                    *(one.cells(some) for one in self.told),
                ],
            )
            for some in blocks
        )


def build(
    inputs: Mapping[str, pl.DataFrame],
    scenarios: pl.DataFrame,
    plan_figures: pl.DataFrame | None = None,
    *,
    current_code: Mapping[str, str] | None = None,
) -> dict[str, pl.DataFrame]:
    """All tables of PROJECTION_TABLES, each in its schema, sorted by its key; empty where its inputs are missing.

    Arguments as for `run`. Same input, same output, to the byte; no clock, no randomness, no file.
    """
    made = run(inputs, scenarios, plan_figures, current_code=current_code)
    return {name: made.population() if name == "population" else made.others[name] for name in PROJECTION_TABLES}


def run(
    inputs: Mapping[str, pl.DataFrame],
    scenarios: pl.DataFrame,
    plan_figures: pl.DataFrame | None = None,
    *,
    current_code: Mapping[str, str] | None = None,
) -> Built:
    """Every run, and all tables but the largest: a caller may let go of the inputs before it asks for that one.

    inputs: the tables INPUTS of the schema in_force by name (ingest.in_force: one row per figure; ProjectionError where
    a figure stands in two). scenarios and plan_figures are the seed tables (read with scenarios.read and
    reconcile.read, or any frames with their columns); without plan_figures nobody has a plan. current_code: today's
    codes of municipalities that changed alone and whole since the editions (areas.successors).
    """
    for name in INPUTS:
        one_row_per_figure(inputs[name], name)
    ipss, census_population, registry_population, dynamics = (
        with_codes_of_today(inputs[name], name, current_code or {})
        for name in ("ipss_population", "census_population", "registry_population", "registry_dynamics")
    )
    reference = inputs["reference_series"]
    scenarios = tidy(scenarios)
    printed = pl.DataFrame(schema=reconcile.COLUMNS) if plan_figures is None else reconcile.tidy(plan_figures)
    frames: dict[str, list[pl.DataFrame]] = {name: [] for name in PROJECTION_TABLES}
    newer = published_2023(ipss, reference).with_columns(
        pl.lit("census_2020").alias("base_id"), pl.lit("2020年国勢調査").alias("base_ja")
    )
    frames["population"] = [newer, reconcile.printed_population(scenarios, printed)]
    frames["error"] = [error_frame()]
    figures = [group_figures(f) for f in frames["population"] if f.height]
    base_year = None
    totals = refresh.actual_totals(census_population, registry_population, dynamics, reference)
    counts = Counts(census_population, registry_population, totals)
    runs: list[Told] = []
    told: list[Told] = []
    standing = list(stands(ipss, newer, scenarios, counts))
    whole = whole_codes(list(dict.fromkeys(code for one in standing for code in one.base.codes)), scenarios, printed)
    for stand in standing:
        base, result = stand.base, vision.run(stand.base, scenarios)
        is_main = base.basis == BASIS and base.base_id is None
        if is_main:
            base_year = base.years[0]
            frames["decomposition"] = [decompose.decompose(base, result, scenarios)]
            frames["impact"] = [decompose.impact(result)]
        runs.append(Told(result, stand.vintage, stand.stamp))
        for one in (as_published(base, result), result) if is_main else (result,):
            told.append(Told(one, stand.vintage, stand.stamp))
            flows = vision_frame(one, stand.vintage).join(stand.stamp, on="municipality_code", how="left")
            frames["vision"].append(flows)
            figures.append(run_figures(one).with_columns(pl.lit(stand.vintage).alias("vintage")))
        frames["yearly"].append(yearly_frame(result, stand.vintage, whole, stand.stamp))
        frames["stage"].append(decompose.stage(result).with_columns(pl.lit(stand.vintage).alias("vintage")))
        if base.base_id is None:
            frames["rates"].append(rates_frame(base))
    if figures:
        known = pl.concat([f.select(FIGURE) for f in figures])
        frames["band"] = [bands.band_frame(known.filter(pl.col("scenario_id").is_in(list(bands.FORECASTS))))]
        frames["integer"] = [integer_frame(one.cells(whole), frames["band"][0]) for one in runs]
        chosen = {s: known.filter(pl.col("scenario_id") == s) for s in (BASIS, "ipss_2018", "ipss_2023", "plan")}
        if printed.height:
            flows = pl.concat(frames["vision"]) if frames["vision"] else pl.DataFrame(schema=schema_of("vision"))
            frames["reconciliation"] = [reconcile.reconcile(printed, known, flows, totals, reference)]
        if base_year is not None:
            frames["actuals"] = [refresh.actuals(totals, chosen[BASIS], chosen["ipss_2023"], chosen["plan"], base_year)]
        frames["refresh"] = [refresh.refresh(registry_population, census_population, chosen[BASIS], chosen["plan"])]
        census = census_cells(census_population)
        frames["backtest"] = [
            *(
                backtest.against(chosen[vintage], measures_of_census(census), method=vintage, base_year=first)
                for vintage, first in (("ipss_2018", 2015), ("ipss_2023", 2020))
                if chosen[vintage].height and census.height
            ),
            backtest.own_backtest(census),
        ]
    published = frames.pop("population")
    return Built({name: _finish(name, frames.pop(name)) for name in [*frames]}, published, told)


def one_row_per_figure(frame: pl.DataFrame, name: str) -> None:
    """Raises ProjectionError where a figure stands in two rows: versions are resolved before the projection."""
    key = list(INPUTS[name])
    if frame.height and (twice := frame.filter(pl.struct(key).is_duplicated())).height:
        row = twice.sort(key).row(0, named=True)
        raise ProjectionError(
            f"figure_twice: {name} の同じ値が二つの行にあります: {' '.join(f'{k}={row[k]}' for k in key)} / "
            "one figure stands in two rows; ingest.in_force gives one"
        )


def with_codes_of_today(frame: pl.DataFrame, name: str, current_code: Mapping[str, str]) -> pl.DataFrame:
    """A table in which a municipality has one code, also where it was raised to a city: 40305 -> 40231. Where a table
    has a figure under both codes, that under today's counts."""
    code = pl.col("area_code")
    old = code.is_in(list(current_code))
    if not current_code or not frame.select(old.any()).item():
        return frame
    # what has both codes is looked for among these few: a table of the whole country is not copied for nothing
    few = frame.filter(code.is_in([*current_code, *current_code.values()]))
    both = (
        few.filter(old)
        .select(code.alias("_old"), code.replace(dict(current_code)), *INPUTS[name][1:])
        .join(few.filter(~old), on=list(INPUTS[name]), how="semi")
        .with_columns(pl.col("_old").alias("area_code"))
    )
    kept = frame.join(both, on=list(INPUTS[name]), how="anti", maintain_order="left") if both.height else frame
    return kept.with_columns(code.replace(dict(current_code)))


def error_frame() -> pl.DataFrame:
    """What past projections of a size were off by after so many years: the table behind every band."""
    return bands.reference_quantiles().rename(
        {
            "n": "n_errors",
            "mape": "mean_absolute_error_pct",
            "malpe": "mean_error_pct",
            "p10": "p10_error_pct",
            "p50": "median_error_pct",
            "p90": "p90_error_pct",
            "band_low": "band_low_error_pct",
            "band_high": "band_high_error_pct",
            "coverage": "tested_coverage_pct",
            "coverage_worst": "worst_coverage_pct",
            "coverage_best": "best_coverage_pct",
            "source_ja": "basis_ja",
        }
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
