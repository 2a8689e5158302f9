"""Projection at the desk: what `sousei project` calls.

Holds: functions from raw frames and a few choices to finished tables (labels in Japanese, bands beside every figure)
and charts as SVG text. Does not hold: argument parsing, files, printing, or any method of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import polars as pl

from sousei.projection import backtest, decompose, goal, vision
from sousei.projection.desk import charts
from sousei.projection.engine import ProjectionError
from sousei.projection.night import build as nightly
from sousei.projection.night import refresh
from sousei.projection.scenarios import labels, tidy
from sousei.projection.vision import MEASURES

MEASURE_LABELS = {
    "total": "総人口",
    "young": "年少人口（0〜14歳）",
    "working_age": "生産年齢人口（15〜64歳）",
    "old": "老年人口（65歳以上）",
    "women_20_39": "20〜39歳の女性人口",
}
SPLIT_NOTE = "出生・死亡・移動の内訳は当方が全国生命表で分けたもの。"
BAND_NOTE = "幅: 全国の市区町村で過去の国勢調査を基準に同じ方法で推計した誤差の80%（人口規模・期間別）。"


class Desk(NamedTuple):
    """Everything that one sitting needs: the baseline of the published table, the scenario table and all their runs."""

    base: vision.Baseline
    scenarios: pl.DataFrame
    run: vision.Run


def open_desk(ipss_population: pl.DataFrame, scenarios: pl.DataFrame, municipality_code: str) -> Desk:
    """The desk of one municipality.

    ipss_population: in_force.ipss_population. scenarios: the seed table or a planner's own copy of it (scenarios.read).
    Raises ProjectionError where the municipality has no published table.
    """
    table = tidy(scenarios)
    cells = nightly.published_cells(ipss_population.filter(pl.col("area_code") == municipality_code), "ipss_2018")
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


def scenario_table(
    desk: Desk, scenario_ids: Sequence[str] | None = None, *, years: Sequence[int] | None = None
) -> pl.DataFrame:
    """One row per scenario, year and measure, with the 80 % band and what the run implies.

    scenario_id, label_ja, assumption_of, year, measure, measure_ja, persons, low_persons, high_persons, band_basis,
    implied_tfr, net_migration_persons (five years up to `year`), births, deaths.
    """
    figures = nightly.run_figures(desk.run).with_columns(pl.lit("ipss_2018").alias("vintage")).select(nightly.FIGURE)
    bands = nightly.band_frame(figures).select(
        "scenario_id", "year", "measure", "low_persons", "high_persons", pl.col("basis").alias("band_basis")
    )
    flows = nightly.vision_frame(desk.run, "ipss_2018").select(
        "scenario_id",
        "year",
        pl.col("implied_tfr").cast(pl.Float64),
        pl.col("social_change").cast(pl.Float64).alias("net_migration_persons"),
        pl.col("births").cast(pl.Float64),
        pl.col("deaths").cast(pl.Float64),
    )
    out = (
        figures.join(bands, on=["scenario_id", "year", "measure"], how="left", maintain_order="left")
        .join(flows, on=["scenario_id", "year"], how="left", maintain_order="left")
        .join(_labels(desk), on="scenario_id", how="left", maintain_order="left")
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


def _labels(desk: Desk) -> pl.DataFrame:
    code = desk.base.codes[0]
    return (
        labels(desk.scenarios)
        .filter(pl.col("municipality_code").is_in(["*", code]))
        .sort(pl.col("municipality_code") == "*")
        .unique("scenario_id", keep="first", maintain_order=True)
        .select("scenario_id", "label_ja", "assumption_of", "note_ja")
    )


def goal_seek(
    desk: Desk,
    *,
    target_persons: float,
    target_year: int,
    from_year: int,
    measure: str = "total",
    scenario_ids: Sequence[str] = ("ipss_2018_extended",),
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
                desk.base.codes[0],
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
    bands = scenario_table(desk, scenario_ids, years=[target_year]).filter(pl.col("measure") == measure)
    return pl.concat(rows).join(
        bands.select("scenario_id", "label_ja", "low_persons", "high_persons"),
        on="scenario_id",
        how="left",
        maintain_order="left",
    )


def arrival_values(
    desk: Desk,
    *,
    target_year: int,
    from_year: int,
    scenario_id: str = "ipss_2018_extended",
    measures: Sequence[str] = ("total",),
) -> pl.DataFrame:
    """What one arrival at the start of from_year adds at the target year, by measure, sex and age group."""
    return goal.arrival_values(
        desk.base,
        desk.run,
        desk.base.codes[0],
        scenario_id,
        measures=measures,
        target_year=target_year,
        from_year=from_year,
    )


def decomposition_table(desk: Desk, year: int) -> pl.DataFrame:
    """Natural and social parts of every scenario's difference to the baseline, three methods, at one year."""
    parts = decompose.decompose(desk.base, desk.run, desk.scenarios).filter(pl.col("year") == year)
    return parts.join(
        _labels(desk).select("scenario_id", "label_ja"), on="scenario_id", how="left", maintain_order="left"
    )


def backtest_table(
    census_population: pl.DataFrame, ipss_population: pl.DataFrame, municipality_code: str
) -> pl.DataFrame:
    """How our engine and the published projections did on this municipality, beside the errors of its size class.

    census_population, ipss_population: raw schemas. municipality_code, method, base_year, year, horizon_years,
    measure, measure_ja, base_persons, projected_persons, actual_persons, error_pct, p10, p90 (errors that 10 % and
    90 % of the municipalities of that size stayed below at that horizon, our engine). Empty where no census allows it.
    """
    census = backtest.census_cells(census_population.filter(pl.col("area_code") == municipality_code))
    parts = [nightly.own_backtest(census)]
    figures = nightly.published_figures(ipss_population.filter(pl.col("area_code") == municipality_code))
    for vintage, first in (("ipss_2018", 2015), ("ipss_2023", 2020)):
        mine = figures.filter(pl.col("scenario_id") == vintage) if figures.height else figures
        if mine.height and census.height:
            parts.append(backtest.against(mine, refresh.measures_of_census(census), method=vintage, base_year=first))
    kept = [p for p in parts if p.height]
    if not kept:
        return pl.DataFrame()
    peers = backtest.reference_quantiles().filter(pl.col("method") == "hamilton_perry")
    return (
        pl.concat(kept)
        .with_columns(
            backtest.size_class(pl.col("base_persons")).alias("size_class"),
            pl.col("measure").replace_strict(MEASURE_LABELS).alias("measure_ja"),
        )
        .join(
            peers.select("horizon_years", "size_class", "measure", "p10", "p90"),
            on=["horizon_years", "size_class", "measure"],
            how="left",
            maintain_order="left",
        )
        .sort("method", "base_year", "year", "measure")
    )


def whole_persons(desk: Desk, scenario_id: str, years: Sequence[int]) -> pl.DataFrame:
    """A scenario in whole persons that add up over sexes and ages, for publication (integers.publish)."""
    from sousei.projection.integers import publish

    cube = nightly.population_frame(desk.run, "ipss_2018")
    mine = cube.filter((pl.col("scenario_id") == scenario_id) & pl.col("year").is_in(list(years)))
    return publish(
        mine.select("municipality_code", "scenario_id", "year", "sex", "age_group", "age_from", "population_persons")
    )


def short_label(label_ja: str) -> str:
    """A scenario's name without what stands in brackets, for a chart."""
    return label_ja.split("（")[0]


def draw(
    desk: Desk,
    *,
    name_ja: str,
    then_year: int = 2045,
    scenario_ids: Sequence[str] = ("ipss_2018_extended", "plan_recomputed", "closed", "sim1"),
    actual_totals: pl.DataFrame | None = None,
    plan_totals: pl.DataFrame | None = None,
) -> dict[str, str]:
    """The five charts of a municipality as SVG text by name: pyramid, fan, natural_social, age_profile, stage.

    actual_totals: as refresh.actual_totals gives it (municipality_code, as_of_date, series, persons); left out = no
    actual marks. plan_totals: year, persons of the plan as printed; left out = no plan marks.
    """
    code, first = desk.base.codes[0], desk.base.years[0]
    baseline = "ipss_2018_extended"
    known = desk.run.keys.get_column("scenario_id").to_list()
    shown = [s for s in scenario_ids if s in known]
    named = {s: short_label(label) for s, label in _labels(desk).select("scenario_id", "label_ja").iter_rows()}
    source = "出典: 社人研「日本の地域別将来推計人口（平成30年推計）」から当方計算。"
    cube = nightly.population_frame(desk.run, "ipss_2018").filter(
        (pl.col("scenario_id") == baseline) & pl.col("sex").is_in(["male", "female"]) & pl.col("age_from").is_not_null()
    )
    out = {
        "pyramid": charts.pyramid(
            cube.filter(pl.col("year") == first),
            cube.filter(pl.col("year") == then_year),
            title=f"{name_ja} 人口ピラミッド {first}年と{then_year}年（{named[baseline]}）",
            now_label=f"{first}年",
            then_label=f"{then_year}年",
            years=then_year - first,
            note=source,
        )
    }
    table = scenario_table(desk, shown).filter(pl.col("measure") == "total")
    lines = pl.concat(
        [
            table.filter(pl.col("scenario_id") == s).select(
                pl.lit(named[s]).alias("label"), "year", pl.col("persons").alias("value")
            )
            for s in shown
        ]
    )
    if plan_totals is not None and plan_totals.height:
        lines = pl.concat(
            [
                lines,
                plan_totals.select(
                    pl.lit("計画の目標").alias("label"),
                    pl.col("year").cast(pl.Int32),
                    pl.col("persons").cast(pl.Float64).alias("value"),
                ),
            ]
        )
    spread = table.filter((pl.col("scenario_id") == shown[0]) & pl.col("low_persons").is_not_null())
    start = pl.DataFrame(
        {"year": [first], "low": [1.0], "high": [1.0]}, schema={"year": pl.Int32, "low": pl.Float64, "high": pl.Float64}
    )
    total = float(desk.base.base.sum())
    band = pl.concat(
        [
            start.with_columns(pl.lit(total).alias("low"), pl.lit(total).alias("high")),
            spread.select("year", pl.col("low_persons").alias("low"), pl.col("high_persons").alias("high")),
        ]
    )
    happened = pl.DataFrame(schema={"label": pl.String, "year": pl.Float64, "value": pl.Float64})
    if actual_totals is not None:
        series = {"census": "国勢調査", "census_preliminary": "国勢調査（速報）", "resident_registry": "住民基本台帳"}
        happened = actual_totals.filter(
            (pl.col("municipality_code") == code) & (pl.col("as_of_date") >= pl.date(first, 10, 1))
        ).select(
            pl.col("series").replace(series).alias("label"),
            (pl.col("as_of_date").dt.year() + (pl.col("as_of_date").dt.ordinal_day() - 274) / 365.25).alias("year"),
            pl.col("persons").alias("value"),
        )
    out["fan"] = charts.fan(
        lines,
        band,
        happened,
        points_only=["計画の目標"],
        title=f"{name_ja} 総人口の見通し（シナリオ・誤差の幅・実績）",
        note=source + BAND_NOTE,
    )
    flows = nightly.vision_frame(desk.run, "ipss_2018").filter(
        (pl.col("scenario_id") == baseline) & pl.col("births").is_not_null()
    )
    out["natural_social"] = charts.natural_social(
        flows.select(
            pl.col("year").cast(pl.String).alias("label"),
            pl.col("natural_change").cast(pl.Float64).alias("natural"),
            pl.col("social_change").cast(pl.Float64).alias("social"),
        ),
        title=f"{name_ja} 自然増減と社会増減（{named[baseline]}、数字は5年間の最終年）",
        note=source + SPLIT_NOTE,
    )
    rates = nightly.rates_frame(desk.base).filter(
        pl.col("year").is_in([first + 5, desk.base.years[desk.base.published - 1]])
    )
    out["age_profile"] = charts.age_profile(
        rates.select(
            pl.when(pl.col("sex") == "male").then(pl.lit("男 ")).otherwise(pl.lit("女 "))
            .add((pl.col("year") - 5).cast(pl.String)).add("→").add(pl.col("year").cast(pl.String)).alias("label"),
            "age_from",
            pl.col("net_migration_ratio").cast(pl.Float64).alias("value"),
        ),
        title=f"{name_ja} 年齢別の純移動率（{named[baseline]}）",
        note=source + SPLIT_NOTE,
    )  # fmt: skip
    stages = decompose.stage(desk.run).filter(pl.col("scenario_id") == baseline)
    out["stage"] = charts.stage_index(
        stages,
        title=f"{name_ja} 人口減少段階（{named[baseline]}）",
        note=source + "段階の基準は 1: 老年増 / 2: 維持・微減 / 3: 基準年から"
        f"{decompose.STAGE_OLD_FALL_PCT:g}%以上減（設定値）。",
    )
    return out
