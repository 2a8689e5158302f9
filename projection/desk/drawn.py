"""The five charts of a municipality.

Holds: which figures stand in which chart, titles and source lines. Does not hold: the pictures (`charts`), files.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sousei.projection import decompose
from sousei.projection.desk.answers import scenario_table
from sousei.projection.desk.charts import lines as on_axes
from sousei.projection.desk.charts.pyramid import pyramid
from sousei.projection.desk.sitting import Desk, scenario_labels
from sousei.projection.frames import population_frame, rates_frame, vision_frame
from sousei.projection.scenarios import BASIS

SPLIT_NOTE = "出生・死亡・移動の内訳は当方が全国生命表で分けたもの。"
BAND_NOTE = "幅: 全国の市区町村で過去の国勢調査を基準に同じ方法で推計した誤差の80%（人口規模・期間別）。"
SOURCE_NOTE = "出典: 社人研「日本の地域別将来推計人口（平成30年推計）」から当方計算。"
PRINTED = "計画の目標"
SERIES_LABELS = {
    "census": "国勢調査",
    "census_preliminary": "国勢調査（速報）",
    "resident_registry": "住民基本台帳",
}


def short_label(label_ja: str) -> str:
    """A scenario's name without what stands in brackets, for a chart."""
    return label_ja.split("（")[0]


def draw(
    desk: Desk,
    *,
    name_ja: str,
    then_year: int = 2045,
    scenario_ids: Sequence[str] = (BASIS, "plan_recomputed", "closed", "sim1"),
    actual_totals: pl.DataFrame | None = None,
    plan_totals: pl.DataFrame | None = None,
) -> dict[str, str]:
    """The five charts of a municipality as SVG text by name: pyramid, fan, natural_social, age_profile, stage.

    actual_totals: as refresh.actual_totals gives it (municipality_code, as_of_date, series, persons); left out = no
    actual marks. plan_totals: year, persons of the plan as printed; left out = no plan marks.
    """
    known = desk.run.keys.get_column("scenario_id").to_list()
    shown = [s for s in scenario_ids if s in known]
    named = {s: short_label(label) for s, label in scenario_labels(desk).select("scenario_id", "label_ja").iter_rows()}
    return {
        "pyramid": _pyramid(desk, name_ja, named[BASIS], then_year),
        "fan": _fan(desk, name_ja, {s: named[s] for s in shown}, actual_totals, plan_totals),
        "natural_social": _natural_social(desk, name_ja, named[BASIS]),
        "age_profile": _age_profile(desk, name_ja, named[BASIS]),
        "stage": _stage(desk, name_ja, named[BASIS]),
    }


def _pyramid(desk: Desk, name_ja: str, label: str, then_year: int) -> str:
    first = desk.base.years[0]
    cube = population_frame(desk.run, "ipss_2018").filter(
        (pl.col("scenario_id") == BASIS) & pl.col("sex").is_in(["male", "female"]) & pl.col("age_from").is_not_null()
    )
    return pyramid(
        cube.filter(pl.col("year") == first),
        cube.filter(pl.col("year") == then_year),
        title=f"{name_ja} 人口ピラミッド {first}年と{then_year}年（{label}）",
        now_label=f"{first}年",
        then_label=f"{then_year}年",
        years=then_year - first,
        note=SOURCE_NOTE,
    )


def _fan(
    desk: Desk,
    name_ja: str,
    shown: dict[str, str],
    actual_totals: pl.DataFrame | None,
    plan_totals: pl.DataFrame | None,
) -> str:
    """shown: label by scenario; the band is that of the first."""
    table = scenario_table(desk, list(shown)).filter(pl.col("measure") == "total")
    lines = [
        table.filter(pl.col("scenario_id") == s).select(
            pl.lit(label).alias("label"), "year", pl.col("persons").alias("value")
        )
        for s, label in shown.items()
    ]
    if plan_totals is not None and plan_totals.height:
        lines.append(
            plan_totals.select(
                pl.lit(PRINTED).alias("label"),
                pl.col("year").cast(pl.Int32),
                pl.col("persons").cast(pl.Float64).alias("value"),
            )
        )
    first, total = desk.base.years[0], float(desk.base.base.sum())
    start = pl.DataFrame(
        {"year": [first], "low": [total], "high": [total]},
        schema={"year": pl.Int32, "low": pl.Float64, "high": pl.Float64},
    )
    spread = table.filter((pl.col("scenario_id") == next(iter(shown))) & pl.col("low_persons").is_not_null())
    band = pl.concat(
        [start, spread.select("year", pl.col("low_persons").alias("low"), pl.col("high_persons").alias("high"))]
    )
    return on_axes.fan(
        pl.concat(lines),
        band,
        _happened(desk, actual_totals),
        points_only=[PRINTED],
        title=f"{name_ja} 総人口の見通し（シナリオ・誤差の幅・実績）",
        note=SOURCE_NOTE + BAND_NOTE,
    )


def _happened(desk: Desk, actual_totals: pl.DataFrame | None) -> pl.DataFrame:
    """What was counted since the base: label, year as a fraction, value."""
    if actual_totals is None:
        return pl.DataFrame(schema={"label": pl.String, "year": pl.Float64, "value": pl.Float64})
    day = pl.col("as_of_date")
    mine = (pl.col("municipality_code") == desk.code) & (day >= pl.date(desk.base.years[0], 10, 1))
    return actual_totals.filter(mine).select(
        pl.col("series").replace(SERIES_LABELS).alias("label"),
        (day.dt.year() + (day.dt.ordinal_day() - 274) / 365.25).alias("year"),
        pl.col("persons").alias("value"),
    )


def _natural_social(desk: Desk, name_ja: str, label: str) -> str:
    flows = vision_frame(desk.run, "ipss_2018").filter(
        (pl.col("scenario_id") == BASIS) & pl.col("births").is_not_null()
    )
    return on_axes.natural_social(
        flows.select(
            pl.col("year").cast(pl.String).alias("label"),
            pl.col("natural_change").cast(pl.Float64).alias("natural"),
            pl.col("social_change").cast(pl.Float64).alias("social"),
        ),
        title=f"{name_ja} 自然増減と社会増減（{label}、数字は5年間の最終年）",
        note=SOURCE_NOTE + SPLIT_NOTE,
    )


def _age_profile(desk: Desk, name_ja: str, label: str) -> str:
    ends = [desk.base.years[0] + 5, desk.base.years[desk.base.published - 1]]
    sex = pl.when(pl.col("sex") == "male").then(pl.lit("男 ")).otherwise(pl.lit("女 "))
    period = (pl.col("year") - 5).cast(pl.String).add("→").add(pl.col("year").cast(pl.String))
    return on_axes.age_profile(
        rates_frame(desk.base)
        .filter(pl.col("year").is_in(ends))
        .select(
            sex.add(period).alias("label"), "age_from", pl.col("net_migration_ratio").cast(pl.Float64).alias("value")
        ),
        title=f"{name_ja} 年齢別の純移動率（{label}）",
        note=SOURCE_NOTE + SPLIT_NOTE,
    )


def _stage(desk: Desk, name_ja: str, label: str) -> str:
    return on_axes.stage_index(
        decompose.stage(desk.run).filter(pl.col("scenario_id") == BASIS),
        title=f"{name_ja} 人口減少段階（{label}）",
        note=SOURCE_NOTE + "段階の基準は 1: 老年増 / 2: 維持・微減 / 3: 基準年から"
        f"{decompose.STAGE_OLD_FALL_PCT:g}%以上減（設定値）。",
    )
