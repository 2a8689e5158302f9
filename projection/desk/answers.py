"""Projection at the desk: what `sousei project` calls.

Holds: functions from a sitting and a few choices to finished tables (labels in Japanese, bands beside every figure).
Does not hold: opening the sitting (`sitting`), charts (`drawn`), argument parsing, files, printing, any method of its
own.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sousei.projection import backtest, bands, decompose
from sousei.projection.counted import census_cells
from sousei.projection.desk.asked import MEASURE_LABELS, known_scenarios, known_years
from sousei.projection.desk.goals import arrival_values, goal_seek
from sousei.projection.desk.sitting import Desk, scenario_labels
from sousei.projection.engine import ProjectionError
from sousei.projection.frames import population_frame, vision_frame
from sousei.projection.integers import publish
from sousei.projection.measures import FIGURE, measures_of_census, run_figures
from sousei.projection.published import published_figures
from sousei.projection.vision import MEASURES

__all__ = ["arrival_values", "backtest_table", "decomposition_table", "goal_seek", "scenario_table", "whole_persons"]

_ORDER = {measure: place for place, measure in enumerate(MEASURES)}


def scenario_table(
    desk: Desk, scenario_ids: Sequence[str] | None = None, *, years: Sequence[int] | None = None
) -> pl.DataFrame:
    """One row per scenario, year and measure, with what the run implies and, beside a forecast, the 80 % band.

    A goal and a what-if foretell nothing and have no band. In the order of the scenario table, years and measures.

    scenario_id, label_ja, label_en, assumption_of, year, measure, measure_ja, persons, low_persons, high_persons,
    band_basis, band_errors_of (whose past errors), implied_tfr, births_5y, deaths_5y, net_migration_5y_persons: sums of
    the five years up to `year` of the whole population, on the row of `total` alone so that rows may be added.
    net_migration_persons, births, deaths: the same on every row, names of old for one version.
    """
    figures = run_figures(desk.run).with_columns(pl.lit(desk.edition).alias("vintage")).select(FIGURE)
    wanted = desk.run.keys.get_column("scenario_id").to_list()
    if scenario_ids is not None:
        wanted = known_scenarios(desk, scenario_ids)
    if years is not None:
        known_years(desk, years)
    figures = figures.filter(pl.col("scenario_id").is_in(wanted))
    spread = _band(figures).select(
        *("scenario_id", "year", "measure", "low_persons", "high_persons"),
        pl.col("basis").alias("band_basis"),
        pl.col("errors_of").alias("band_errors_of"),
    )
    flows = vision_frame(desk.run, desk.edition).select(
        "scenario_id",
        "year",
        pl.col("implied_tfr").cast(pl.Float64),
        pl.col("social_change").cast(pl.Float64).alias("net_migration_persons"),
        pl.col("births").cast(pl.Float64),
        pl.col("deaths").cast(pl.Float64),
    )
    out = (
        figures.join(spread, on=["scenario_id", "year", "measure"], how="left", maintain_order="left")
        .join(flows, on=["scenario_id", "year"], how="left", maintain_order="left")
        .join(scenario_labels(desk), on="scenario_id", how="left", maintain_order="left")
    )
    if years is not None:
        out = out.filter(pl.col("year").is_in(list(years)))
    place = {s: i for i, s in enumerate(dict.fromkeys(wanted))}
    whole = pl.when(pl.col("measure") == "total")
    return out.select(
        "municipality_code",
        "scenario_id",
        "label_ja",
        "label_en",
        "assumption_of",
        "year",
        "measure",
        pl.col("measure").replace_strict(MEASURE_LABELS).alias("measure_ja"),
        "persons",
        "low_persons",
        "high_persons",
        "band_basis",
        "band_errors_of",
        "implied_tfr",
        whole.then(pl.col("births")).alias("births_5y"),
        whole.then(pl.col("deaths")).alias("deaths_5y"),
        whole.then(pl.col("net_migration_persons")).alias("net_migration_5y_persons"),
        "net_migration_persons",
        "births",
        "deaths",
    ).sort(pl.col("scenario_id").replace_strict(place), "year", pl.col("measure").replace_strict(_ORDER))


def _band(figures: pl.DataFrame) -> pl.DataFrame:
    """The band of the forecasts among the figures; no row for the others."""
    forecasts = figures.filter(pl.col("scenario_id").is_in(list(bands.FORECASTS)))
    return bands.band_frame(forecasts if forecasts.height else figures).filter(
        pl.col("scenario_id").is_in(list(bands.FORECASTS))
    )


def decomposition_table(desk: Desk, year: int) -> pl.DataFrame:
    """Natural and social parts of every scenario's difference to the baseline, three methods, at one year."""
    known_years(desk, [year], after_base=True)
    if desk.run.keys.height < 2:
        raise ProjectionError(
            f"{desk.basis} のほかにシナリオがないので、分ける差がありません / there is no scenario beside {desk.basis}"
        )
    parts = decompose.decompose(desk.base, desk.run, desk.scenarios).filter(pl.col("year") == year)
    names = scenario_labels(desk).select("scenario_id", "label_ja", "label_en")
    place = {name: i for i, name in enumerate(desk.run.keys.get_column("scenario_id").unique(maintain_order=True))}
    return parts.join(names, on="scenario_id", how="left").sort(
        pl.col("scenario_id").replace_strict(place),
        pl.col("measure").replace_strict(_ORDER),
        pl.col("method").replace_strict({name: i for i, name in enumerate(decompose.METHODS)}),
    )


def backtest_table(
    census_population: pl.DataFrame, ipss_population: pl.DataFrame, municipality_code: str
) -> pl.DataFrame:
    """How our engine and the published projections did on this municipality, beside the errors of its size class.

    census_population, ipss_population: raw schemas. municipality_code, method, base_year, year, horizon_years,
    measure, measure_ja, base_persons, projected_persons, actual_persons, error_pct; beside it the 80 % band of that
    size and horizon as errors of errors_of (the 2018 edition for every edition: band_low, band_high; p10, p90 what
    10 % and 90 % of them stayed below) and how it has stood on bases that took no part: coverage (mean over bases),
    coverage_worst, coverage_best, n_bases, basis. Empty where no census allows it.
    """
    census = census_cells(census_population.filter(pl.col("area_code") == municipality_code))
    parts = [backtest.own_backtest(census)]
    figures = published_figures(ipss_population.filter(pl.col("area_code") == municipality_code))
    for vintage, first in (("ipss_2018", 2015), ("ipss_2023", 2020)):
        mine = figures.filter(pl.col("scenario_id") == vintage) if figures.height else figures
        if mine.height and census.height:
            parts.append(backtest.against(mine, measures_of_census(census), method=vintage, base_year=first))
    kept = [p for p in parts if p.height]
    if not kept:
        return pl.DataFrame()
    peers = bands.reference_quantiles().with_columns(pl.col("method").alias("errors_of"))
    whose = pl.when(pl.col("method") == bands.RUN).then(pl.lit(bands.RUN)).otherwise(pl.lit(bands.OFFICIAL))
    return (
        pl.concat(kept)
        .with_columns(
            bands.size_class(pl.col("base_persons")).alias("size_class"),
            pl.col("measure").replace_strict(MEASURE_LABELS).alias("measure_ja"),
            whose.alias("errors_of"),
        )
        .join(
            peers.select(
                *("errors_of", "horizon_years", "size_class", "measure", "p10", "p90", "band_low", "band_high"),
                *("coverage", "coverage_worst", "coverage_best", "n_bases", "basis"),
            ),
            on=["errors_of", "horizon_years", "size_class", "measure"],
            how="left",
            maintain_order="left",
        )
        .sort("method", "base_year", "year", pl.col("measure").replace_strict(_ORDER))
    )


def whole_persons(desk: Desk, scenario_id: str, years: Sequence[int]) -> pl.DataFrame:
    """A scenario in whole persons that add up over sexes and ages, for publication (integers.publish)."""
    known_scenarios(desk, [scenario_id])
    known_years(desk, years)
    cube = population_frame(desk.run, desk.edition)
    mine = cube.filter((pl.col("scenario_id") == scenario_id) & pl.col("year").is_in(list(years)))
    return publish(
        mine.select("municipality_code", "scenario_id", "year", "sex", "age_group", "age_from", "population_persons")
    )
