"""日本の地域別将来推計人口 (国立社会保障・人口問題研究所): its layouts, with their texts as published.

Holds: one writer per layout. Does not hold the figures or how bytes are written.
"""

from __future__ import annotations

from pathlib import Path

from samples.writers.figures import CITIES, FIVE_YEAR_AGES, PREFECTURES, Row, must_match, whole
from samples.writers.layouts import Cell, write_text, write_workbook


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
