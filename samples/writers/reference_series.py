"""Figures that come in no publisher's layout that we read: tidy CSVs of our own.

Holds: their one writer. Does not hold the figures or how bytes are written.
"""

from __future__ import annotations

from pathlib import Path

from samples.writers.figures import CITIES, must_match, read_figures
from samples.writers.layouts import write_text


def reference_series(folder: Path, to: Path) -> None:
    """Figures that come in no layout above: tidy CSVs of our own, UTF-8, each line with its primary source."""
    columns = (
        *("municipality_code", "municipality_name", "indicator_id", "indicator_ja", "series", "period_start"),
        *("period_end", "value", "unit", "value_status", "primary_source_ja"),
    )

    def write(name: str, rows: list[tuple[str, ...]]) -> None:
        named = [(row[0], CITIES[row[0]][2], *row[1:]) for row in sorted(rows)]
        write_text(to / name, [",".join(columns), *(",".join(row) for row in named)], "utf-8")

    rows: list[tuple[str, ...]] = []
    source = {
        "2008-2012": "厚生労働省 人口動態保健所・市区町村別統計 平成20年～24年",
        "2018-2022": "厚生労働省 人口動態保健所・市区町村別統計 平成30年～令和4年",
    }
    label = "合計特殊出生率（ベイズ推定値）"
    for row in read_figures(folder, "tfr_bayes.csv"):
        first, last = row["period"].split("-")
        rows.append(
            (
                *(row["municipality_code5"], "tfr_bayes", label, "vital_statistics", f"{first}-01-01", f"{last}-12-31"),
                *(row["tfr"], "人（女性1人当たり）", "estimated", source[row["period"]]),
            )
        )
    write("tfr_bayes.csv", rows)

    census: list[tuple[str, ...]] = []
    registry: list[tuple[str, ...]] = []
    for row in read_figures(folder, "population_totals_misc.csv"):
        code, date, persons = row["municipality_code5"], row["date"], row["population"]
        if row["series"] == "census_preliminary":
            start = (code, "population_total", "総人口", "census", date, date, persons)
            census.append((*start, "人", "preliminary", "総務省統計局 令和7年国勢調査 人口速報集計"))
        else:
            start = (code, "population_total", "住民基本台帳人口（総数）", "resident_registry", date, date, persons)
            registry.append((*start, "人", "final", "総務省 住民基本台帳に基づく人口（社会・人口統計体系 A2301）"))
    write("census_2025_preliminary.csv", census)
    write("resident_registry_totals.csv", registry)

    rows = []
    groups = {
        "young": ("population_young", "0～14歳人口"),
        "working": ("population_working", "15～64歳人口"),
        "old": ("population_old", "65歳以上人口"),
    }
    primary = "国立社会保障・人口問題研究所 日本の地域別将来推計人口（令和5年推計） 結果表2"
    for row in read_figures(folder, "ipss_r5_3groups_2020_2050.csv"):
        must_match(f"ipss_2023 {row['code']} {row['year']}", int(row["total"]), (int(row[key]) for key in groups))
        if row["code"] not in CITIES:
            continue
        date = f"{row['year']}-10-01"
        status = "estimated" if row["year"] == "2020" else "projected"  # the base year: census, unknown ages allotted
        for key, (indicator, label) in groups.items():
            group = (row["code"], indicator, label, "ipss_2023", date, date, row[key], "人", status)
            rows.append((*group, primary))
    write("ipss_2023_age_groups.csv", rows)

    vital: list[tuple[str, ...]] = []
    moves: list[tuple[str, ...]] = []
    vital_source = "厚生労働省 人口動態統計（社会・人口統計体系）"
    move_source = "総務省統計局 住民基本台帳人口移動報告（社会・人口統計体系）"
    items = {
        "births": ("出生数", "vital_statistics", "人", vital_source, vital),
        "deaths": ("死亡数", "vital_statistics", "人", vital_source, vital),
        "marriages": ("婚姻件数", "vital_statistics", "件", vital_source, vital),
        "in_migrants": ("転入者数", "migration_report", "人", move_source, moves),
        "out_migrants": ("転出者数", "migration_report", "人", move_source, moves),
    }
    for row in read_figures(folder, "vital_and_migration_2010_2023.csv"):
        period = (f"{row['year']}-01-01", f"{row['year']}-12-31")
        for key, (label, series, unit, primary, target) in items.items():
            if row[key]:
                event = (row["municipality_code5"], key, label, series, *period, row[key], unit, "final")
                target.append((*event, primary))
    write("vital_statistics.csv", vital)
    write("migration.csv", moves)
