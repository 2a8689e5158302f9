"""Projection at the desk: what `sousei project` calls.

Holds: functions from a sitting and a few choices to finished tables (labels in Japanese, bands beside every figure).
Does not hold: opening the sitting (`sitting`), charts (`drawn`), argument parsing, files, printing, any method of its
own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from sousei.projection import backtest, bands, decompose, goal
from sousei.projection.counted import census_cells
from sousei.projection.desk.sitting import Desk, scenario_labels
from sousei.projection.engine import ProjectionError
from sousei.projection.frames import population_frame, vision_frame
from sousei.projection.integers import publish
from sousei.projection.measures import FIGURE, measures_of_census, run_figures
from sousei.projection.published import published_figures
from sousei.projection.scenarios import BASIS
from sousei.projection.vision import MEASURES

MEASURE_LABELS = {
    "total": "総人口",
    "young": "年少人口（0〜14歳）",
    "working_age": "生産年齢人口（15〜64歳）",
    "old": "老年人口（65歳以上）",
    "women_20_39": "20〜39歳の女性人口",
}


def scenario_table(
    desk: Desk, scenario_ids: Sequence[str] | None = None, *, years: Sequence[int] | None = None
) -> pl.DataFrame:
    """One row per scenario, year and measure, with the 80 % band and what the run implies.

    scenario_id, label_ja, assumption_of, year, measure, measure_ja, persons, low_persons, high_persons, band_basis,
    implied_tfr, net_migration_persons (five years up to `year`), births, deaths.
    """
    figures = run_figures(desk.run).with_columns(pl.lit("ipss_2018").alias("vintage")).select(FIGURE)
    forecast = figures.filter(pl.col("scenario_id").is_in(list(bands.FORECASTS)))
    spread = bands.band_frame(forecast).select(
        "scenario_id", "year", "measure", "low_persons", "high_persons", pl.col("basis").alias("band_basis")
    )
    flows = vision_frame(desk.run, "ipss_2018").select(
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
    known = set(out.get_column("scenario_id"))
    for wanted in scenario_ids or ():
        if wanted not in known:
            raise ProjectionError(f"scenario {wanted} はありません。ある scenario: {sorted(known)} / no such scenario")
    if scenario_ids is not None:
        out = out.filter(pl.col("scenario_id").is_in(list(scenario_ids)))
    if years is not None:
        out = out.filter(pl.col("year").is_in(list(years)))
    order = {m: i for i, m in enumerate(MEASURES)}
    return out.select(
        "municipality_code",
        "scenario_id",
        "label_ja",
        "assumption_of",
        "year",
        "measure",
        pl.col("measure").replace_strict(MEASURE_LABELS).alias("measure_ja"),
        "persons",
        "low_persons",
        "high_persons",
        "band_basis",
        "implied_tfr",
        "net_migration_persons",
        "births",
        "deaths",
    ).sort("scenario_id", "year", pl.col("measure").replace_strict(order))


def goal_seek(
    desk: Desk,
    *,
    target_persons: float,
    target_year: int,
    from_year: int,
    measure: str = "total",
    scenario_ids: Sequence[str] = (BASIS,),
    profiles: Sequence[str] | Mapping[str, Mapping[tuple[str, int], float]] = tuple(goal.PROFILES),
    timing: str = "mid",
    to_year: int | None = None,
) -> pl.DataFrame:
    """How many arrivals a year reach the target: one row per scenario and profile, columns of goal.seek and labels.

    profiles: names of goal.PROFILES, or own profiles by name: persons per unit by (sex, first age of the group). The
    band of the scenario at the target year stands beside: what is being aimed at is smaller than what is not known.
    """
    own = {name: goal.PROFILES[name] for name in profiles} if not isinstance(profiles, Mapping) else profiles
    rows = []
    for scenario_id in scenario_ids:
        for name, profile in own.items():
            found = goal.seek(
                desk.base,
                desk.run,
                desk.code,
                scenario_id,
                measure=measure,
                target_persons=target_persons,
                target_year=target_year,
                from_year=from_year,
                to_year=to_year,
                profile=profile,
                timing=timing,
            )
            rows.append(
                found.with_columns(
                    pl.lit(name).alias("profile"), pl.lit(goal.PROFILE_LABELS.get(name, name)).alias("profile_ja")
                )
            )
    spread = scenario_table(desk, scenario_ids, years=[target_year]).filter(pl.col("measure") == measure)
    return pl.concat(rows).join(
        spread.select("scenario_id", "label_ja", "low_persons", "high_persons"),
        on="scenario_id",
        how="left",
        maintain_order="left",
    )


def arrival_values(
    desk: Desk,
    *,
    target_year: int,
    from_year: int,
    scenario_id: str = BASIS,
    measures: Sequence[str] = ("total",),
) -> pl.DataFrame:
    """What one arrival at the start of from_year adds at the target year, by measure, sex and age group."""
    return goal.arrival_values(
        desk.base, desk.run, desk.code, scenario_id, measures=measures, target_year=target_year, from_year=from_year
    )


def decomposition_table(desk: Desk, year: int) -> pl.DataFrame:
    """Natural and social parts of every scenario's difference to the baseline, three methods, at one year."""
    parts = decompose.decompose(desk.base, desk.run, desk.scenarios).filter(pl.col("year") == year)
    return parts.join(
        scenario_labels(desk).select("scenario_id", "label_ja"), on="scenario_id", how="left", maintain_order="left"
    )


def backtest_table(
    census_population: pl.DataFrame, ipss_population: pl.DataFrame, municipality_code: str
) -> pl.DataFrame:
    """How our engine and the published projections did on this municipality, beside the errors of its size class.

    census_population, ipss_population: raw schemas. municipality_code, method, base_year, year, horizon_years,
    measure, measure_ja, base_persons, projected_persons, actual_persons, error_pct; beside it the 80 % band of that
    method, size and horizon as errors (band_low, band_high; p10, p90 what 10 % and 90 % of
    them stayed below) and how it has stood on bases that took no part: coverage (mean over bases), coverage_worst,
    coverage_best, n_bases, basis. Empty where no census allows it.
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
        .sort("method", "base_year", "year", "measure")
    )


def whole_persons(desk: Desk, scenario_id: str, years: Sequence[int]) -> pl.DataFrame:
    """A scenario in whole persons that add up over sexes and ages, for publication (integers.publish)."""
    cube = population_frame(desk.run, "ipss_2018")
    mine = cube.filter((pl.col("scenario_id") == scenario_id) & pl.col("year").is_in(list(years)))
    return publish(
        mine.select("municipality_code", "scenario_id", "year", "sex", "age_group", "age_from", "population_persons")
    )
