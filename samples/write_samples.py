"""Writes `samples/landing/`: small deliveries in the publishers' own layouts, with true figures of two cities.

Holds: one writer per layout, and the layout texts (titles, headers, notes) as the publishers print them.
Does not hold: reading of deliveries (ingest/), planted faults (tests/synthetic/), or any figure of our own making: a
column for which no true figure is at hand is left out of the layout, never filled.

    python samples/write_samples.py [--figures DIR] [--to DIR]

The product never runs this script: its output is committed. The same figures give the same bytes, whatever the clock:
workbooks carry a fixed creation date and are packed without compression, with fixed times.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import xlsxwriter

Row = dict[str, str]
Cell = str | int | float
Merge = tuple[int, int, int, int]

CITIES = {
    "01223": ("012238", "北海道", "根室市"),
    "03211": ("032115", "岩手県", "釜石市"),
}
PREFECTURES = {"01000": "北海道", "03000": "岩手県"}

CENSUS_2015_PRELIMINARY = {"01223": 26919, "03211": 36812}
"""平成27年国勢調査 人口速報集計 第1表 (総務省統計局); the final figures are 26,917 and 36,802."""

FURUSATO_FY2018_YEN = {"01223": 4_957_077_467, "03211": 187_412_035}
"""総務省 ふるさと納税に関する現況調査（平成30年度実績）; the series prints FY2018 rounded to 千円."""

FIXED_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 (a constant for the workbook's properties, not a moment)
ZIP_TIME = (2000, 1, 1, 0, 0, 0)

SEXES = {"total": ("0", "総数"), "male": ("1", "男"), "female": ("2", "女")}


class FiguresDisagreeError(ValueError):
    """A total among the figures does not match its parts; nothing may be written from them."""


# ---------------------------------------------------------------- reading the figures


def read_figures(folder: Path, name: str) -> list[Row]:
    """Rows of one figures file; lines that start with `#` are comments."""
    text = (folder / name).read_text(encoding="utf-8-sig")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(lines))


def whole(text: str) -> int:
    """An integer that a spreadsheet may have printed as `24858.0`."""
    number = Decimal(text)
    if number != number.to_integral_value():
        raise FiguresDisagreeError(f"not a whole number: {text}")
    return int(number)


def must_match(what: str, total: int, parts: Iterable[int]) -> None:
    """Raise FiguresDisagreeError where `total` is not the sum of `parts`."""
    found = sum(parts)
    if total != found:
        raise FiguresDisagreeError(f"{what}: total {total}, parts {found}")


# ---------------------------------------------------------------- writing bytes


def quoted(fields: Iterable[str]) -> str:
    """A CSV line with every field in quotation marks, as e-Stat writes it."""
    return ",".join(f'"{field}"' for field in fields)


def thousands(number: int) -> str:
    """`24,636`; zero is `-`, as e-Stat prints it."""
    return f"{number:,}" if number else "-"


def write_text(path: Path, lines: Iterable[str], encoding: str) -> None:
    """Lines with LF ends in the given encoding."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))


def write_workbook(path: Path, sheets: dict[str, tuple[Sequence[Sequence[Cell]], Sequence[Merge]]]) -> None:
    """A workbook of plain cells and merged ranges (first row, first column, last row, last column; 0 = first).

    Empty strings are not written. A merged range takes the value of its first cell.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": FIXED_TIME})
    merged = book.add_format({"text_wrap": True, "valign": "top"})
    for title, (rows, merges) in sheets.items():
        sheet = book.add_worksheet(title)
        starts = {(first_row, first_column) for first_row, first_column, _, _ in merges}
        for first_row, first_column, last_row, last_column in merges:
            value = rows[first_row][first_column]
            sheet.merge_range(first_row, first_column, last_row, last_column, value, merged)
        for row_index, row in enumerate(rows):
            for column_index, value in enumerate(row):
                if value == "" or (row_index, column_index) in starts:
                    continue
                if isinstance(value, str):
                    sheet.write_string(row_index, column_index, value)
                else:
                    sheet.write_number(row_index, column_index, value)
    book.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(repacked(buffer.getvalue()))


def repacked(package: bytes) -> bytes:
    """The same zip parts, stored without compression and with fixed times: no zlib version can change a byte."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for part in old.infolist():
            new.writestr(zipfile.ZipInfo(part.filename, ZIP_TIME), old.read(part.filename))
    return out.getvalue()


# ---------------------------------------------------------------- census


def census_by_age(figures: list[Row], year: str) -> dict[tuple[str, str], dict[str, int]]:
    """(code, sex) -> age label -> persons of one census; totals are checked against ages and sexes."""
    table: dict[tuple[str, str], dict[str, int]] = {}
    for row in figures:
        if row["year"] == year:
            table.setdefault((row["code5"], row["sex"]), {})[row["age"]] = whole(row["population"])
    for (code, sex), ages in table.items():
        must_match(f"census {year} {code} {sex}", ages["総数"], (n for age, n in ages.items() if age != "総数"))
    for code in CITIES:
        for age, total in table[(code, "total")].items():
            must_match(f"census {year} {code} {age}", total, (table[(code, sex)][age] for sex in ("male", "female")))
    return table


FIVE_YEAR_AGES = [f"{age}～{age + 4}歳" for age in range(0, 85, 5)]


def census_2020(figures: list[Row], to: Path) -> None:
    """令和2年国勢調査 表2-7-1: UTF-8 with BOM, metadata block, legend lines, quoted numbers with commas."""
    table = census_by_age(figures, "2020")
    ages = [*FIVE_YEAR_AGES, "85～89歳", "90～94歳", "95～99歳", "100歳以上", "年齢「不詳」"]
    again = ["15歳未満", "15～64歳", "65歳以上", "75歳以上", "85歳以上", "20～69歳"]
    spans = [(0, 3), (3, 13), (13, 21), (15, 21), (17, 21), (4, 14)]
    area = "全国，都道府県，市区町村（2000年市区町村含む）"
    codes = ["00", *(f"{n:02}" for n in range(1, 23)), *(f"R{n}" for n in range(1, 7))]
    lines = [
        quoted(
            [
                "統計名：",
                "令和２年国勢調査 人口等基本集計　（主な内容：男女・年齢・配偶関係，世帯の構成，"
                "住居の状態，母子・父子世帯，国籍など）",
            ]
        ),
        quoted(["表番号：", "2-7-1"]),
        quoted(
            [
                "表題：",
                "[総人口・総世帯数・男女・年齢・配偶関係] 男女，年齢（5歳階級），国籍総数か日本人別人口－"
                "全国，都道府県，市区町村（2000年（平成12年）市区町村含む）",
            ]
        ),
        quoted(["実施年月：", "2020年", "10月"]),
        quoted(["市区町村時点（年月日）：", "-"]),
        "",
        quoted(["***", "当該数値がないもの"]),
        quoted(["-", "当該数値がないもの"]),
        "",
        quoted(["", "", "", "", "", "", "", "", "", "", "/年齢 コード", *codes]),
        quoted(
            [
                *("表章事項 コード", "表章事項", "時間軸（年次） コード", "時間軸（年次）", "男女 コード", "男女"),
                *("国籍総数か日本人 コード", "国籍総数か日本人", f"{area} コード", area, "/年齢"),
                *("総数", *ages, *(f"（再掲）{label}" for label in again)),
            ]
        ),
    ]
    for sex, (sex_code, sex_label) in SEXES.items():
        for code, (_, _, name) in CITIES.items():
            counts = table[(code, sex)]
            by_age = [counts[age] for age in ages]
            numbers = [counts["総数"], *by_age, *(sum(by_age[first:last]) for first, last in spans)]
            head = ["2020_01", "人口【人】", "2020000000", "2020年", sex_code, sex_label, "0", "国籍総数"]
            lines.append(quoted([*head, code, name, "", *(thousands(n) for n in numbers)]))
    write_text(to / "census_2020_sex_age.csv", lines, "utf-8-sig")


def census_2015(figures: list[Row], to: Path) -> None:
    """平成27年国勢調査 by sex and age in the same e-Stat layout, CP932; its own age classes, no 再掲 columns."""
    table = census_by_age(figures, "2015")
    labels = {age: age for age in [*FIVE_YEAR_AGES, "90歳以上", "年齢不詳"]}
    labels["85～89歳以上"] = "85～89歳"  # the carrier's slip; the class is 85 to 89
    ages = [*FIVE_YEAR_AGES, "85～89歳以上", "90歳以上", "年齢不詳"]
    area = "全国，都道府県，市区町村（2000年市区町村含む）"
    lines = [
        quoted(["統計名：", "平成27年国勢調査 人口等基本集計（男女・年齢・配偶関係，世帯の構成，住居の状態など）"]),
        quoted(["表番号：", "-"]),
        quoted(["表題：", "男女，年齢(5歳階級)別人口 市区町村"]),
        quoted(["実施年月：", "2015年", "10月"]),
        quoted(["市区町村時点（年月日）：", "-"]),
        "",
        quoted(["***", "当該数値がないもの"]),
        quoted(["-", "当該数値がないもの"]),
        "",
        quoted(["", "", "", "", "", "", "", "", "", "", "/年齢 コード", *(f"{n:02}" for n in range(len(ages) + 1))]),
        quoted(
            [
                *("表章事項 コード", "表章事項", "時間軸（年次） コード", "時間軸（年次）", "男女 コード", "男女"),
                *("国籍総数か日本人 コード", "国籍総数か日本人", f"{area} コード", area, "/年齢"),
                *("総数", *(labels[age] for age in ages)),
            ]
        ),
    ]
    for sex, (sex_code, sex_label) in SEXES.items():
        for code, (_, _, name) in CITIES.items():
            counts = table[(code, sex)]
            head = ["020", "人口【人】", "2015000000", "2015年", sex_code, sex_label, "0", "国籍総数", code, name, ""]
            lines.append(quoted([*head, *(thousands(counts[age]) for age in ("総数", *ages))]))
    write_text(to / "census_2015_sex_age_cp932.csv", lines, "cp932")


def census_2015_totals(figures: list[Row], to: Path) -> None:
    """平成27年国勢調査 表00100 (final) and 人口速報集計 第1表 (preliminary): CP932, a real revision pair.

    Columns: population, population of 2010, change, rate of change; area and households are left out.
    """
    before = census_by_age(figures, "2010")
    final = census_by_age(figures, "2015")
    final_lines = [
        quoted(["統計名：", "平成27年国勢調査 人口等基本集計（男女・年齢・配偶関係，世帯の構成，住居の状態など）"]),
        quoted(["表番号：", "00100"]),
        quoted(
            [
                "表題：",
                "人口，人口増減(平成22年～27年)，面積，人口密度，世帯数及び世帯数増減(平成22年～27年) "
                "全国(市部・郡部)，都道府県(市部・郡部)，市区町村，平成12年市町村，人口集中地区",
            ]
        ),
        quoted(["実施年月：", "2015年", "10月"]),
        quoted(["市区町村時点（年月日）：", "-"]),
        quoted(["全域・人口集中地区（2015）：", "00710", "全域"]),
        quoted(["時間軸(年次)：", "2015000000", "2015年"]),
        "",
        ",,," + quoted(["020", "106", "107", "108"]),
        ",,,"
        + quoted(
            [
                "人口【人】",
                "組替人口（平成22年）【人】",
                "平成22年～27年の人口増減数【人】",
                "平成22年～27年の人口増減率【％】",
            ]
        ),
    ]
    long_title = (
        "第1表　人口，人口増減(平成22年～27年)，面積，人口密度，世帯数及び世帯数増減(平成22年～27年) － 全国，"
        "全国市部・郡部，都道府県，都道府県市部・郡部，市区町村"
    )
    english = (
        "Table 1. Population, Population Change (2010-2015), Area, Population Density, Number of Households and "
        "Number of Households Change (2010-2015) - Japan, All Shi, All Gun, Prefectures, Shi of prefectures, "
        "Gun of prefectures, Shi, Ku, Machi and Mura"
    )
    note = (
        "(注) 人口欄の「平成22年(組替)」及び世帯数欄の「平成22年(組替)」は，平成27年10月1日現在の市区町村の境域に"
        "基づいて組み替えた平成22年の人口及び世帯数を示す。"
    )
    preliminary_rows = [
        ["平成27年国勢調査人口速報集計", "", "", "", "", "", "", ""],
        ["", "", "", "", long_title, "", "", ""],
        ["", "", "", "", english, "", "", ""],
        [""] * 8,
        ["", "", "", "", note, "", "", ""],
        ["", "", "", "", *(f"to11-01.{n:04}" for n in range(1, 5))],
        ["", "", "", "", "0", "0", "0", "0"],
        [
            *("※大項目", "地域コード", "地域識別コード", "", "人口　平成27年", "人口　平成22年（組替）"),
            *("平成22年～27年の人口増減数", "平成22年～27年の人口増減率（％）"),
        ],
    ]
    preliminary_lines = [f"{n},{quoted(row)}" for n, row in enumerate(preliminary_rows, start=1)]
    for code, (_, _, name) in CITIES.items():
        old = before[(code, "total")]["総数"]
        now = final[(code, "total")]["総数"]
        rate = f"{Decimal(now - old) * 100 / old:.5f}".rstrip("0")
        cells = [f"{now:,}", f"{old:,}", f"{now - old:,}", rate]
        final_lines.append(f'"{code}",,"{name}",{quoted(cells)}')
        now = CENSUS_2015_PRELIMINARY[code]
        change = f"{now},{old},{now - old},{Decimal(now - old) * 100 / old:.10f}"
        preliminary_lines.append(f"{len(preliminary_lines) + 1},{quoted(['', code, '2', name])},{change}")
    write_text(to / "census_2015_population_final_cp932.csv", final_lines, "cp932")
    write_text(to / "census_2015_population_preliminary_cp932.csv", preliminary_lines, "cp932")


# ---------------------------------------------------------------- resident registry (2021+ layout)

REGISTRY_SCOPES = {"s": "総計", "n": "日本人住民", "g": "外国人住民"}
REGISTRY_ERA = {2020: "令和2年", 2021: "令和3年", 2022: "令和4年", 2023: "令和5年"}


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
        counts: dict[tuple[str, str], dict[str, int]] = {}
        for row in figures:
            if row["asof_year"] == str(year) and row["kind"] == kind:
                counts.setdefault((row["code6"], row["sex"]), {})[row["age"]] = whole(row["value"])
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


# ---------------------------------------------------------------- furusato nozei


def furusato(figures: list[Row], to: Path) -> None:
    """ふるさと納税に関する現況調査: FY2016, FY2018 and FY2019 detail (円), and the series FY2008-FY2025 (千円).

    Left out for want of figures: ②-④ of the receipts, costs, and all questions after them.
    """
    yen = {(row["code6"], row["fiscal_year_label"]): int(row["amount_yen"]) for row in figures}
    count = {(row["code6"], row["fiscal_year_label"]): int(row["count"]) for row in figures}
    for code, (code6, _, _) in CITIES.items():
        printed = round(FURUSATO_FY2018_YEN[code], -3)
        must_match(f"furusato FY2018 {code}", yen[(code6, "平成30年度")], [printed])

    def body(year: str, amounts: dict[str, int]) -> list[list[Cell]]:
        return [
            [code6, prefecture, name, count[(code6, year)], amounts[code6]]
            for code6, prefecture, name in CITIES.values()
        ]

    def header(section: str, question: str, item: str, blanks: int) -> list[list[Cell]]:
        return [
            ["市区町村\n団体コード", "都道府県", "市区町村", section, ""],
            ["", "", "", question, ""],
            *[[""] * 5 for _ in range(blanks)],
            ["", "", "", item, ""],
            ["", "", "", "寄附件数", "寄附金額"],
        ]

    def merges(first: int, rows: int) -> list[Merge]:
        last = first + rows - 1
        return [
            *((first, column, last, column) for column in range(3)),
            (first, 3, first, 4),
            (first + 1, 3, last - 2, 4),
            (last - 1, 3, last - 1, 4),
        ]

    amounts = {code6: yen[(code6, "平成28年度")] for code6, _, _ in CITIES.values()}
    head = header(
        "＜Ⅰ.ふるさと納税の受入額＞",
        "１．平成28年度のふるさと納税の受入金額の実績について記入してください。",
        "①　平成28年度に受け入れた寄附件数、金額",
        1,
    )
    rows: list[list[Cell]] = [*head, [""] * 5, *body("平成28年度", amounts)]
    write_workbook(to / "H28_gain.xlsx", {"集計表": (rows, merges(0, 5))})

    amounts = {code6: FURUSATO_FY2018_YEN[code] for code, (code6, _, _) in CITIES.items()}
    head = header(
        "＜Ⅰ.ふるさと納税の受入額＞",
        "平成30年度のふるさと納税の受入額の実績について記入してください。",
        "①　平成30年度に受け入れた寄附件数、金額",
        1,
    )
    code_sheet: list[list[Cell]] = [
        ["団体コード", "都道府県名\n（漢字）", "市区町村名\n（漢字）"],
        *[[code6, prefecture, name] for code6, prefecture, name in CITIES.values()],
    ]
    rows = [*head, *body("平成30年度", amounts)]
    write_workbook(to / "H30_gain.xlsx", {"集計": (rows, merges(0, 5)), "団体コード": (code_sheet, [])})

    amounts = {code6: yen[(code6, "令和元年度")] for code6, _, _ in CITIES.values()}
    notes = [
        "［留意事項］",
        "（１）ふるさと納税の受入件数及び受入額",
        "・各地方団体（都道府県及び市区町村）に対する寄附について、令和元年度（平成31年４月１日～令和２年３月31日）の"
        "決算見込の状況をとりまとめたものである。",
        "（東京都は、令和元年度の指定に際し申出書の提出がなかったことから、同団体に対する寄附については特例控除の"
        "対象外である。）",
        "・「④　①のうち、被災地方団体の代理受入に係るもの」欄には、被災団体に全額交付することを前提に、当該団体が"
        "被災団体の代理で寄附を募り受け入れた金額が計上されている。 ",
        "（２）ふるさと納税の募集に要した費用",
        "・「令和元年度決算見込額」欄には、指定制度施行（令和元年６月１日）前に支出した費用が含まれている。",
        "（３）ふるさと納税を募集する際の取組",
        "・クラウドファンディング型のふるさと納税を実施する場合の「５.の寄附金額の実績（令和元年度末時点）」及び"
        "「６.の達成金額」においては、法人分が含まれている場合もある。",
        "",
    ]
    head = header(
        "＜Ⅰ.ふるさと納税の受入件数及び受入額＞",
        "令和元年度のふるさと納税の受入額の実績について記入してください。",
        "①　令和元年度に受け入れた寄附件数、金額",
        2,
    )
    rows = [*[[note, "", "", "", ""] for note in notes], *head, *body("令和元年度", amounts)]
    write_workbook(to / "R1_gain.xlsx", {"集計": (rows, merges(len(notes), 6)), "団体コード": (code_sheet, [])})

    years = list(dict.fromkeys(row["fiscal_year_label"] for row in figures))
    width = 2 + 2 * len(years)
    series: list[list[Cell]] = [
        [*[""] * (width - 1), "（単位：千円、件）"],
        ["団体名", "", *(cell for year in years for cell in (year, ""))],
        [""] * width,
        ["", "", *(cell for _ in years for cell in ("金額", "件数"))],
    ]
    for code6, prefecture, name in CITIES.values():
        cells: list[Cell] = [prefecture, name]
        for year in years:
            cells += [yen[(code6, year)] / 1000, count[(code6, year)]]
        series.append(cells)
    write_workbook(to / "total_gain.xlsx", {"各団体一覧": (series, [])})


# ---------------------------------------------------------------- tourism


def tourism(figures: list[Row], to: Path) -> None:
    """デジタル観光統計オープンデータ: one CSV per year 2021-2025 and per month 2023-01..2026-06, UTF-8 with BOM.

    Codes are integers without leading zero. Yearly and monthly files overlap, and differ where the publisher revised.
    """
    header = "年,月,地域区分,データ区分,都道府県コード,都道府県名,地域コード,地域名称,人数"
    files: dict[str, list[Row]] = {}
    for row in figures:
        files.setdefault(row["file"], []).append(row)
    for name, rows in sorted(files.items()):
        rows.sort(key=lambda row: (int(row["year"]), int(row["month"]), row["municipality_code5"]))
        lines = [header]
        for row in rows:
            code = row["municipality_code5"]
            _, prefecture, city = CITIES[code]
            area = f"{int(code[:2])},{prefecture},{int(code)},{city}"
            lines.append(
                f"{int(row['year'])},{int(row['month'])},市区町村,観光来訪者数,{area},{whole(row['visitors'])}"
            )
        write_text(to / name, lines, "utf-8-sig")


# ---------------------------------------------------------------- population projections


def ipss_2018(figures: list[Row], to: Path) -> None:
    """日本の地域別将来推計人口（平成30年推計）: wide CSV by sex and age, 2015-2045, UTF-8 with BOM."""
    ages = [*FIVE_YEAR_AGES, "85～89歳", "90歳以上"]
    counts = {(r["code5"], r["year"], r["sex"], r["age"]): whole(r["population"]) for r in figures}
    suffixes = {"total": "a", "male": "m", "female": "f"}
    labels = [f"{age}/{suffix}" for suffix in suffixes.values() for age in ages]
    lines = [",".join(["コード", "市などの別", "都道府県", "市区町村", "年", "総数", *labels])]
    for code, (_, prefecture, name) in CITIES.items():
        for year in map(str, range(2015, 2050, 5)):
            total = counts[(code, year, "total", "総数")]
            numbers = [counts[(code, year, sex, age)] for sex in suffixes for age in ages]
            must_match(f"ipss_2018 {code} {year}", total, numbers[: len(ages)])
            lines.append(",".join([str(int(code)), "2", prefecture, name, f"{year}年", *map(str, [total, *numbers])]))
    write_text(to / "ipss_2018_age_sex_wide.csv", lines, "utf-8-sig")


def ipss_2023(figures: list[Row], to: Path) -> None:
    """日本の地域別将来推計人口（令和5年推計） 結果表1: totals 2020-2050 and their index (2020 = 100)."""
    years = list(range(2020, 2055, 5))
    totals = {(row["code"], int(row["year"])): whole(row["total"]) for row in figures}
    blank: list[Cell] = [""] * 11
    rows: list[list[Cell]] = [
        [
            *("結果表1　総人口および指数（令和2（2020）年＝100とした場合）", "", "", "", "", ""),
            "市などの別：a＝都道府県，0＝政令市の区（東京23区を含む），1＝政令市，2＝その他の市，3＝町村，9＝浜通り地域",
        ],
        [
            *[""] * 6,
            "福島県「浜通り地域」は、いわき市、相馬市、南相馬市、広野町、楢葉町、富岡町、川内村、大熊町、双葉町、浪江町、"
            "葛尾村、新地町、飯舘村の13市町村を含む地域です。",
        ],
        [*[""] * 6, "上記13市町村の個別の推計値は存在しません。"],
        [
            *("コード", "市などの別", "都道府県", "市区町村", "総人口（人）", *[""] * 6),
            *("令和2（2020）年の総人口を100としたときの総人口の指数", *[""] * 6),
        ],
        [*blank[:4], *(f"{year}年" for year in years), *(f"{year}年" for year in years)],
    ]
    for code, prefecture in PREFECTURES.items():
        areas: list[tuple[str, Cell, str]] = [(code, "a", "")]
        areas += [(city, 2, name) for city, (_, place, name) in CITIES.items() if place == prefecture]
        for area, kind, name in areas:
            persons = [totals[(area, year)] for year in years]
            rows.append([int(area), kind, prefecture, name, *persons, *(n / persons[0] * 100 for n in persons)])
    merges = [*((3, column, 4, column) for column in range(4)), (3, 4, 3, 10), (3, 11, 3, 17)]
    write_workbook(to / "ipss_2023_totals_kekkahyo1.xlsx", {"Sheet1": (rows, merges)})


# ---------------------------------------------------------------- reference series (a layout of our own)


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


def write_samples(figures: Path, to: Path) -> list[Path]:
    """Write every sample below `to` (one folder per source) and return the paths, sorted.

    Raises FileNotFoundError where a figures file is missing, FiguresDisagreeError where figures do not add up.
    """
    census = read_figures(figures, "census_age_sex_1980_2020.csv")
    census_2020(census, to / "census")
    census_2015(census, to / "census")
    census_2015_totals(census, to / "census")
    registry_dynamics(read_figures(figures, "registry_dynamics_1995_2022.csv"), to / "resident_registry")
    registry_ages(read_figures(figures, "registry_age_1995_2023.csv"), to / "resident_registry")
    furusato(read_figures(figures, "furusato_receipts_fy2008_2025.csv"), to / "furusato_nozei")
    tourism(read_figures(figures, "tourism_visitors_monthly_2021_2026.csv"), to / "tourism")
    ipss_2018(read_figures(figures, "ipss_h30_2015_2045.csv"), to / "ipss_projection")
    ipss_2023(read_figures(figures, "ipss_r5_3groups_2020_2050.csv"), to / "ipss_projection")
    reference_series(figures, to / "reference_series")
    return sorted(path for path in to.rglob("*") if path.is_file())


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: write the samples and print how many files and bytes they are."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="samples/landing を図表の数値から書き直す")
    parser.add_argument("--figures", type=Path, default=here.parents[1] / "shared" / "data" / "figures")
    parser.add_argument("--to", type=Path, default=here / "landing")
    options = parser.parse_args(arguments)
    if not options.figures.is_dir():
        print(f"数値のフォルダがありません / no such folder: {options.figures}", file=sys.stderr)
        return 2
    written = write_samples(options.figures, options.to)
    print(f"{len(written)} files, {sum(path.stat().st_size for path in written):,} bytes -> {options.to}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
