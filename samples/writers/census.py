"""国勢調査 (総務省統計局): its layouts, with their texts as published.

Holds: one writer per layout. Does not hold the figures or how bytes are written.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from samples.writers.figures import CITIES, FIVE_YEAR_AGES, SEXES, Row, must_match, whole
from samples.writers.layouts import quoted, thousands, write_text

CENSUS_2015_PRELIMINARY = {"01223": 26919, "03211": 36812}
"""平成27年国勢調査 人口速報集計 第1表 (総務省統計局); the final figures are 26,917 and 36,802."""


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
