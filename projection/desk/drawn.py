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
from sousei.projection.desk.sitting import EDITIONS_JA, Desk, scenario_labels
from sousei.projection.frames import population_frame, rates_frame, vision_frame

SPLIT_NOTE = "出生・死亡・移動の内訳は当方が全国生命表で分けたもの。"
BAND_NOTE = "幅: 過去の推計の誤差の80%（人口規模・期間別）。"
SOURCES = {
    "ipss_2018": "出典: 社人研「日本の地域別将来推計人口（平成30年推計）」から当方計算。",
    "ipss_2023": "出典: 社人研「日本の地域別将来推計人口（令和5年推計）」から当方計算。",
}
PRINTED = "計画の目標"


def short_label(label_ja: str) -> str:
    """A scenario's name without what stands in brackets, for a chart."""
    return label_ja.split("（")[0]


def draw(
    desk: Desk,
    *,
    name_ja: str,
    then_year: int = 2045,
    scenario_ids: Sequence[str] | None = None,
    actual_totals: pl.DataFrame | None = None,
    plan_totals: pl.DataFrame | None = None,
    edition_totals: pl.DataFrame | None = None,
    newest_census: pl.DataFrame | None = None,
) -> dict[str, str]:
    """The five charts of a municipality as SVG text by name: pyramid, fan, natural_social, age_profile, stage.

    scenario_ids: default the line that the desk stands on, the plan recomputed, closed and sim1, as far as there are
    such. actual_totals: as refresh.actual_totals gives it (municipality_code, as_of_date, series, persons).
    plan_totals: year, persons of the plan as printed. edition_totals: vintage, year, persons as published.
    newest_census: year, sex, age_from (0 ... 90), population_persons of the newest one by age. What is left out is not
    drawn.
    """
    known = desk.run.keys.get_column("scenario_id").to_list()
    wanted = (desk.basis, "plan_recomputed", "closed", "sim1") if scenario_ids is None else scenario_ids
    shown = [s for s in wanted if s in known]
    named = {s: short_label(label) for s, label in scenario_labels(desk).select("scenario_id", "label_ja").iter_rows()}
    label = f"{named[desk.basis]}、基準 {short_label(desk.base_ja)}"
    return {
        "pyramid": _pyramid(desk, name_ja, named[desk.basis], then_year, newest_census),
        "fan": _fan(desk, name_ja, {s: named[s] for s in shown}, actual_totals, plan_totals, edition_totals),
        "natural_social": _natural_social(desk, name_ja, label),
        "age_profile": _age_profile(desk, name_ja, named[desk.basis]),
        "stage": _stage(desk, name_ja, label),
    }


def _pyramid(desk: Desk, name_ja: str, label: str, then_year: int, newest_census: pl.DataFrame | None) -> str:
    first = desk.base.years[0]
    cube = population_frame(desk.run, desk.edition).filter(
        (pl.col("scenario_id") == desk.basis)
        & pl.col("sex").is_in(["male", "female"])
        & pl.col("age_from").is_not_null()
    )
    later = None if newest_census is None else newest_census.filter(pl.col("year") > first)
    year = first if later is None or later.is_empty() else int(later["year"].to_numpy().max())
    return pyramid(
        cube.filter(pl.col("year") == first),
        cube.filter(pl.col("year") == then_year),
        title=f"{name_ja} 人口ピラミッド {first}年と{then_year}年（{label}、基準 {short_label(desk.base_ja)}）",
        now_label=f"{first}年（基準）",
        then_label=f"{then_year}年（推計）",
        newest=None if later is None or year == first else later.filter(pl.col("year") == year),
        newest_label=f"{year}年国勢調査（実績）",
        note=_source(desk),
    )


def _source(desk: Desk) -> str:
    """The source line, with the base in full where the title has it in short."""
    full = "" if short_label(desk.base_ja) == desk.base_ja else f"基準: {desk.base_ja}。"
    return SOURCES[desk.edition] + full


def _fan(
    desk: Desk,
    name_ja: str,
    shown: dict[str, str],
    actual_totals: pl.DataFrame | None,
    plan_totals: pl.DataFrame | None,
    edition_totals: pl.DataFrame | None,
) -> str:
    """shown: label by scenario; the band is that of the first."""
    table = scenario_table(desk, list(shown)).filter(pl.col("measure") == "total")
    lines = [
        table.filter(pl.col("scenario_id") == s).select(
            pl.lit(label).alias("label"),
            pl.lit(desk.edition if s == desk.basis else s).alias("look"),
            "year",
            pl.col("persons").alias("value"),
        )
        for s, label in shown.items()
    ]
    for vintage, mine in _other_editions(desk, edition_totals):
        lines.append(
            mine.select(
                pl.lit(EDITIONS_JA[vintage]).alias("label"),
                pl.lit(vintage).alias("look"),
                pl.col("year").cast(pl.Int32),
                pl.col("persons").cast(pl.Float64).alias("value"),
            ).sort("year")
        )
    if plan_totals is not None and plan_totals.height:
        lines.append(
            plan_totals.select(
                pl.lit(PRINTED).alias("label"),
                pl.lit("plan").alias("look"),
                pl.col("year").cast(pl.Int32),
                pl.col("persons").cast(pl.Float64).alias("value"),
            )
        )
    first, total = desk.base.years[0], float(desk.base.base.sum())
    start = pl.DataFrame(
        {"year": [first], "low": [total], "high": [total]},
        schema={"year": pl.Int32, "low": pl.Float64, "high": pl.Float64},
    )
    leading = next(iter(shown))
    spread = table.filter((pl.col("scenario_id") == leading) & pl.col("low_persons").is_not_null())
    band = pl.concat(
        [start, spread.select("year", pl.col("low_persons").alias("low"), pl.col("high_persons").alias("high"))]
    )
    happened = _happened(desk, actual_totals)
    counted = [float(year) for year in happened.get_column("year")]
    published = desk.base.years[desk.base.published - 1]
    marked = [(max([first, *counted]), "← 実績｜推計 →")]
    if first < published < desk.run.years[-1]:
        marked.append((published, f"公表値は{published}年まで、以後は延長"))
    return on_axes.fan(
        pl.concat(lines),
        band if spread.height else band.clear(),
        happened,
        points_only=[PRINTED],
        band_label=f"80%の幅（{shown[leading]}の線に対する）",
        marked_years=marked,
        title=f"{name_ja} 総人口の見通し（基準 {short_label(desk.base_ja)}）",
        note=_source(desk) + (BAND_NOTE if spread.height else ""),
    )


def _other_editions(desk: Desk, totals: pl.DataFrame | None) -> list[tuple[str, pl.DataFrame]]:
    """The published totals of the editions that the desk does not stand on."""
    if totals is None:
        return []
    return [
        (vintage, mine)
        for vintage in EDITIONS_JA
        if vintage != desk.edition and (mine := totals.filter(pl.col("vintage") == vintage)).height
    ]


def _happened(desk: Desk, actual_totals: pl.DataFrame | None) -> pl.DataFrame:
    """What was counted since ten years before the base: label, look, year as a fraction, value."""
    if actual_totals is None:
        return pl.DataFrame(schema={"label": pl.String, "look": pl.String, "year": pl.Float64, "value": pl.Float64})
    day = pl.col("as_of_date")
    is_census = pl.col("series").is_in(["census", "census_preliminary"])
    mine = (pl.col("municipality_code") == desk.code) & (day >= pl.date(desk.base.years[0] - 10, 10, 1))
    preliminary = [
        str(d.year) for d in actual_totals.filter(mine & (pl.col("series") == "census_preliminary"))["as_of_date"]
    ]
    census = "国勢調査" + (f"（{'、'.join(preliminary)}年は速報）" if preliminary else "")
    return (
        actual_totals.filter(mine)
        .select(
            pl.when(is_census).then(pl.lit(census)).otherwise(pl.lit("住民基本台帳")).alias("label"),
            pl.when(is_census).then(pl.lit("census")).otherwise(pl.lit("registry")).alias("look"),
            (day.dt.year() + (day.dt.ordinal_day() - 274) / 365.25).alias("year"),
            pl.col("persons").cast(pl.Float64).alias("value"),
        )
        .sort("look", "year")
    )


def _natural_social(desk: Desk, name_ja: str, label: str) -> str:
    flows = vision_frame(desk.run, desk.edition).filter(
        (pl.col("scenario_id") == desk.basis) & pl.col("births").is_not_null()
    )
    return on_axes.natural_social(
        flows.select(
            pl.col("year").cast(pl.String).alias("label"),
            pl.col("natural_change").cast(pl.Float64).alias("natural"),
            pl.col("social_change").cast(pl.Float64).alias("social"),
        ),
        title=f"{name_ja} 自然増減と社会増減（{label}、数字は5年間の最終年）",
        note=_source(desk) + SPLIT_NOTE,
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
        note=_source(desk) + SPLIT_NOTE,
    )


def _stage(desk: Desk, name_ja: str, label: str) -> str:
    return on_axes.stage_index(
        decompose.stage(desk.run).filter(pl.col("scenario_id") == desk.basis),
        title=f"{name_ja} 人口減少段階（{label}）",
        note=_source(desk) + "段階の基準は 1: 老年増 / 2: 維持・微減 / 3: 基準年から"
        f"{decompose.STAGE_OLD_FALL_PCT:g}%以上減（設定値）。",
    )
