"""住民基本台帳に基づく人口 (総務省), layouts since 2014, with their texts as published.

Holds: one writer per layout. Does not hold the figures or how bytes are written.
"""

from __future__ import annotations

from pathlib import Path

from samples.writers.figures import CITIES, FiguresDisagreeError, Row, must_match, whole
from samples.writers.layouts import Cell, write_workbook

REGISTRY_SCOPES = {"s": "総計", "n": "日本人住民", "g": "外国人住民"}
REGISTRY_ERA = {2018: "平成30年", 2020: "令和2年", 2021: "令和3年", 2022: "令和4年", 2023: "令和5年"}


def registry_dynamics(figures: list[Row], to: Path) -> None:
    """人口、世帯数、人口動態（市区町村別）: six header rows that repeat their values, as of 1 January 2021 and 2022.

    Left out for want of figures: 国内/国外 of 転入 and 転出, その他, 計（Ａ）, 計（Ｂ）, all 増減 columns, the national
    and prefecture rows.
    """
    columns = [
        ("male", "人口", "男", "人"),
        ("female", "人口", "女", "人"),
        ("total", "人口", "計", "人"),
        ("households", "世帯数", "世帯数", "世帯"),
        ("inflow", "住民票記載数", "転入者数（計）", "人"),
        ("births", "住民票記載数", "出生者数", "人"),
        ("outflow", "住民票消除数", "転出者数（計）", "人"),
        ("deaths", "住民票消除数", "死亡者数", "人"),
    ]
    months = {"s": "03ssjin", "n": "07nsjin", "g": "11gsjin"}
    for year in (2021, 2022):
        by_scope = {}
        for kind, scope in REGISTRY_SCOPES.items():
            rows = {r["code"]: r for r in figures if r["asof_year"] == str(year) and r["kind"] == kind}
            by_scope[kind] = rows
            now, flow = REGISTRY_ERA[year], REGISTRY_ERA[year - 1]
            period = f"{now}1月1日住民基本台帳人口・世帯数、{flow}（1月1日から同年12月31日まで）人口動態"
            title = f"{period}（市区町村別）（{scope}）"
            for row in rows.values():
                if not title.startswith(row["title"]):  # the figures keep a shortened title
                    raise FiguresDisagreeError(f"title of {row['file']}: {row['title']}")
                sexes = [whole(row[sex]) for sex in ("male", "female")]
                must_match(f"{row['file']} {row['code']}", whole(row["total"]), sexes)
            width = 3 + len(columns)
            stock = 4
            sheet: list[list[Cell]] = [
                [title, *[""] * (width - 1)],
                ["", "", "", *[now] * stock, *[flow] * (len(columns) - stock)],
                ["", "", "", *[f"{year}年"] * stock, *[f"{year - 1}年"] * (len(columns) - stock)],
                ["", "", "", *(group for _, group, _, _ in columns)],
                ["", "", "", *(label for _, _, label, _ in columns)],
                ["団体コード", "都道府県名", "市区町村名", *(unit for _, _, _, unit in columns)],
            ]
            for code6, prefecture, name in CITIES.values():
                sheet.append([code6, prefecture, name, *(whole(rows[code6][key]) for key, _, _, _ in columns)])
            sheet.append(["注：増減率、自然増減率及び社会増減率内の「-」は、「皆増」を示す"])
            sheet_name = f"人口、世帯数、人口動態（市区町村別）【{scope}】"
            write_workbook(to / f"{year % 100:02}{months[kind]}.xlsx", {sheet_name: (sheet, [])})
        for code6 in by_scope["s"]:
            for key in ("male", "female", "total", "births", "deaths"):
                parts = [whole(by_scope[kind][code6][key]) for kind in ("n", "g")]
                must_match(f"registry {year} {code6} {key}", whole(by_scope["s"][code6][key]), parts)


def registry_ages_2014(figures: list[Row], to: Path) -> None:
    """年齢階級別人口（市区町村別） as laid out from 2014 to 2020: one header row, 総計, 1 January 2018.

    Five years before the newest of the others: cohort change ratios need both. Published as .xls, here .xlsx.
    """
    year, kind = 2018, "s"
    scope = REGISTRY_SCOPES[kind]
    counts = counts_by_age(figures, year, kind)
    title = f"{REGISTRY_ERA[year]}1月1日住民基本台帳年齢階級別人口（市区町村別）（{scope}）"
    labels = list(next(iter(counts.values())))  # 総数, 0～4歳, 5～9, …, 100歳以上, as the table prints them
    sheet: list[list[Cell]] = [
        [title, *[""] * (2 + len(labels)), "（単位：人）"],
        ["団体コード", "都道府県名", "市区町村名", "性別", *labels],
    ]
    for code6, prefecture, name in CITIES.values():
        for sex in ("計", "男", "女"):
            whole_number, *parts = counts[(code6, sex)].values()
            must_match(f"registry {year} {kind} {code6} {sex}", whole_number, parts)
            sheet.append([code6, prefecture, name, sex, whole_number, *parts])
        for age, number in counts[(code6, "計")].items():
            both = [counts[(code6, sex)][age] for sex in ("男", "女")]
            must_match(f"registry {year} {kind} {code6} {age}", number, both)
    write_workbook(to / f"{year % 100:02}04ssnen.xlsx", {f"年齢別人口（市区町村別）【{scope}】": (sheet, [])})


def counts_by_age(figures: list[Row], year: int, kind: str) -> dict[tuple[str, str], dict[str, int]]:
    """(code of six digits, sex) -> persons by age as labelled, 総数 first, in the order of the figures."""
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for row in figures:
        if row["asof_year"] == str(year) and row["kind"] == kind:
            counts.setdefault((row["code6"], row["sex"]), {})[row["age"]] = whole(row["value"])
    return counts


def registry_ages(figures: list[Row], to: Path) -> None:
    """年齢別人口（市区町村別）: three header rows, 計/男/女 rows; 1 January 2021-2023 (総計), 2021-2022 (n, g)."""
    months = {"s": "04ssnen", "n": "08nsnen", "g": "12gsnen"}
    groups = [*(f"{age}歳～{age + 4}歳" for age in range(0, 100, 5)), "100歳以上"]
    notes = [
        "注1：外国人住民の「男性総数が１～９人」「女性総数が１～９人」「男女計総数が49人以下」のいずれかに該当する"
        "市区町村における５歳ごと等の内訳は、非公表である",
        "注2：注1に該当する市区町村を含む都道府県等における５歳ごと等の内訳は、非公表の市区町村分を含まないため、"
        "総数と５歳ごと等の内訳の合計が合わない",
    ]
    for year, kind in ((2021, "s"), (2021, "n"), (2021, "g"), (2022, "s"), (2022, "n"), (2022, "g"), (2023, "s")):
        counts = counts_by_age(figures, year, kind)
        scope = REGISTRY_SCOPES[kind]
        title = f"{REGISTRY_ERA[year]}1月1日住民基本台帳年齢階級別人口（市区町村別）（{scope}）"
        sheet: list[list[Cell]] = [
            [title],
            ["", "", "", "", "総数", *groups],
            ["団体コード", "都道府県名", "市区町村名", "性別", *["人"] * (len(groups) + 1)],
        ]
        for code6, prefecture, name in CITIES.values():
            for sex in ("計", "男", "女"):
                ages = counts[(code6, sex)]
                must_match(f"registry {year} {kind} {code6} {sex}", ages["総数"], (ages[age] for age in groups))
                sheet.append([code6, prefecture, name, sex, ages["総数"], *(ages[age] for age in groups)])
            for age, total in counts[(code6, "計")].items():
                parts = [counts[(code6, sex)][age] for sex in ("男", "女")]
                must_match(f"registry {year} {kind} {code6} {age}", total, parts)
        sheet.extend([note] for note in notes)
        path = to / f"{year % 100:02}{months[kind]}.xlsx"
        write_workbook(path, {f"年齢別人口（市区町村別）【{scope}】": (sheet, [])})
