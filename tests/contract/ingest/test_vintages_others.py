"""Every vintage of census, projection, furusato, tourism, codes, e-Stat API: read to the published figures, or refused.

Synthetic files in the layouts that the publishers use; the figures of both cities in them are the published ones
(../shared/data/figures). Each refusal names the statistic that must not be taken for the one asked for.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from typing import Any

import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.reading import delivery as reading
from sousei.ingest.vocabulary.ages import parse_age
from tests.synthetic.books import book

FIGURES = PROJECT_ROOT.parent / "shared" / "data" / "figures"
shared = [
    pytest.mark.shared,
    pytest.mark.skipif(not FIGURES.is_dir(), reason="the publishers' figures are not at hand (../shared)"),
]
CITIES = {"01223": "根室市", "03211": "釜石市"}
SEX = {"total": "総数", "male": "男", "female": "女"}


@cache
def figures(name: str) -> pl.DataFrame:
    return pl.read_csv(FIGURES / name, infer_schema=False, comment_prefix="#")


def ids(found: reading.Reading) -> list[str]:
    return [problem["problem_id"] for problem in found.problems]


def csv_text(rows: list[list[object]]) -> str:
    return "".join(",".join(f'"{cell}"' for cell in row) + "\r\n" for row in rows)


# --- census ---------------------------------------------------------------------------------------------------------

ERAS = {1980: "昭和55年", 1985: "昭和60年", 1990: "平成2年", 1995: "平成7年", 2000: "平成12年", 2005: "平成17年",
        2010: "平成22年", 2015: "平成27年", 2020: "令和２年", 2025: "令和7年"}  # fmt: skip


def metadata(year: int, *lines: list[object], kind: str = "人口等基本集計", table: str = "男女，年齢（5歳階級）別人口"):
    return [
        ["統計名：", f"{ERAS[year]}国勢調査 {kind}"],
        ["表番号：", "00201"],
        ["表題：", f"{table}－全国，都道府県，市区町村"],
        ["実施年月：", f"{year}年", "10月"],
        ["市区町村時点（年月日）：", "-"],
        *lines,
        [],
        ["***", "当該数値がないもの"],
        ["-", "当該数値がないもの"],
        [],
    ]


def census(year: int) -> dict[tuple[str, str, str], int]:
    rows = figures("census_age_sex_1980_2020.csv").filter(pl.col("year") == str(year))
    return {(row["code5"], row["sex"], row["age"]): int(row["population"]) for row in rows.iter_rows(named=True)}


def wide(label: str) -> str:
    """Full-width digits and dash, as the tables of the eighties print their headers."""
    return label.translate({**{ord(str(digit)): 0xFF10 + digit for digit in range(10)}, ord("～"): ord("－")})


def pairs_table(year: int, area: str = "地域（{}）", tab: str = "表章項目") -> list[list[object]]:
    known = census(year)
    ages = list(dict.fromkeys(age for _, _, age in known))
    labels = [f"{wide(age)}【人】" if year < 2000 else age for age in ages]
    area = area.format(year)
    head = [f"{tab} コード", tab, "時間軸（年次） コード", "時間軸（年次）", "男女 コード", "男女"]
    rows = metadata(year)
    rows += [["", "", "", "", "", "", "", "", "/年齢 コード", *range(100, 100 + len(ages))]]
    rows += [[*head, f"{area} コード", area, "/年齢", *labels]]
    words = SEX | {"total": "総数（男女別）" if year in {2010, 2015} else "総数"}
    for sex, word in words.items():
        for code, name in CITIES.items():
            values = [f"{known[code, sex, age]:,}" if known[code, sex, age] else "-" for age in ages]
            rows += [["020", "人口【人】", f"{year}000000", f"{year}年", "000", word, code, name, "", *values]]
    width = max(map(len, rows))
    return [[*row, *[""] * (width - len(row))] for row in rows]


def check_census(found: reading.Reading, year: int, status: str = "final") -> None:
    assert found.problems == [], found.problems
    table = found.tables["census_population"]
    assert set(table["as_of_date"]) == {dt.date(year, 10, 1)} and set(table["scope"]) == {"total"}
    known = {
        (row["area_code"], row["sex"], row["age_group"]): (row["population_persons"], row["value_status"])
        for row in table.iter_rows(named=True)
    }
    expected = {
        (code, sex, parse_age(age).group): (value, status) if value else (None, "not_reported")
        for (code, sex, age), value in census(year).items()
    }
    assert known == expected


@pytest.mark.parametrize("year", [year for year in ERAS if year < 2025])
@pytest.mark.parametrize("encoding", ["cp932", "utf-8-sig"])
class TestCensus:
    pytestmark = shared

    def test_pairs_of_columns_with_ages_across(self, year: int, encoding: str) -> None:
        check_census(reading.read(csv_text(pairs_table(year)).encode(encoding), "x.csv"), year)

    def test_sex_and_age_across_over_key_columns_without_headers(self, year: int, encoding: str) -> None:
        known = census(year)
        ages = list(dict.fromkeys(age for _, _, age in known))
        labels = [f"{wide(age)}【人】" if year < 2000 else f"{age}【人】" for age in ages]
        rows = metadata(
            year, [f"全域・人口集中地区（{year}）：", "00710", "全域"], ["時間軸(年次)：", "1", f"{year}年"]
        )
        rows += [["", "", "", *[word for word in SEX.values() for _ in ages]], ["", "", "", *labels * 3]]
        for code, name in CITIES.items():
            rows += [[code, "", name, *[f"{known[code, sex, age]:,}" for sex in SEX for age in ages]]]
        width = max(map(len, rows))
        rows = [[*row, *[""] * (width - len(row))] for row in rows]
        found = reading.read(csv_text(rows).encode(encoding), "x.csv")
        assert found.problems == [], found.problems
        table = found.tables["census_population"]
        mine = {
            (row["area_code"], row["sex"], row["age_group"]): row["population_persons"]
            for row in table.iter_rows(named=True)
        }
        assert mine == {(code, sex, parse_age(age).group): value for (code, sex, age), value in known.items()}
        assert set(table["as_of_date"]) == {dt.date(year, 10, 1)}


COUNT = {"01223": (21201, 10000, 11201), "03211": (28012, 13512, 14500)}
"""2025: totals are the published preliminary ones, the split by sex is made up."""


def totals(year: int, across: str, **said: str) -> list[list[object]]:
    rows = metadata(year, table="男女別人口", **said)
    area = "全国、都道府県、市区町村（2000年市区町村含む）"
    keys = ["時間軸（年次） コード", "時間軸（年次）", f"{area} コード", f"{area} 補助コード", area]
    row = [f"{year}000000", f"{year}年"]
    if across == "sex":
        rows += [["表章事項 コード", "表章事項", *keys, "/男女", "総数", "男", "女"]]
        rows += [["2025_01", "人口【人】", *row, c, "", CITIES[c], "", *n] for c, n in COUNT.items()]
    else:
        rows += [["男女 コード", "男女", *keys, "/表章事項", "人口【人】", "2020年（令和2年）の人口（組替）【人】"]]
        for code, values in COUNT.items():
            rows += [
                [str(place), word, *row, code, "", CITIES[code], "", value, 99]
                for place, (word, value) in enumerate(zip(SEX.values(), values, strict=True))
            ]
    width = max(map(len, rows))
    return [[*row, *[""] * (width - len(row))] for row in rows]


@pytest.mark.parametrize("across", ["sex", "item"])
@pytest.mark.parametrize(
    ("year", "kind", "status"),
    [(2025, "人口速報集計", "preliminary"), (2025, "人口等基本集計", "final"), (2020, "人口速報集計", "preliminary")],
)
def test_totals_of_a_preliminary_and_a_final_count_are_told_apart(
    across: str, year: int, kind: str, status: str
) -> None:
    found = reading.read(csv_text(totals(year, across, kind=kind)).encode("utf-8-sig"), "x.csv")
    assert found.problems == [], found.problems
    rows = found.tables["census_population"]
    assert set(rows["value_status"]) == {status} and set(rows["as_of_date"]) == {dt.date(year, 10, 1)}
    assert rows.height == 6
    mine = {(row["area_code"], row["sex"]): row["population_persons"] for row in rows.iter_rows(named=True)}
    assert mine == {(code, sex): n for code, values in COUNT.items() for sex, n in zip(SEX, values, strict=True)}


@pytest.mark.parametrize("across", ["sex", "item"])
@pytest.mark.parametrize(
    "said",
    [
        {"kind": "不詳補完結果（参考表）"},
        {"kind": "抽出速報集計"},
        {"table": "【不詳補完値】男女，年齢別人口"},
        {"table": "2015年（平成27年）の組替人口"},
        {"table": "平成27年の年齢別人口（令和2年10月1日現在の市区町村に組替）"},
    ],
)
def test_filled_in_sampled_and_recut_counts_are_not_the_count(across: str, said: dict[str, str]) -> None:
    rows = totals(2020, across)
    rows[0][1] = f"令和２年国勢調査 {said.get('kind', '人口等基本集計')}"
    rows[2][1] = f"{said.get('table', '男女別人口')}－全国，都道府県，市区町村"
    found = reading.read(csv_text(rows).encode(), "x.csv")
    assert set(ids(found)) == {"other_statistic"} and not found.taken
    assert "- {" not in str(found.problems[0]["action_ja"])  # nothing to paste: it must not become the count


def test_a_title_that_names_recut_figures_beside_the_count_is_the_counts() -> None:
    rows = totals(2020, "item")
    rows[2][1] = (
        "男女別人口並びに2015年（平成27年）の人口（組替），2015年（平成27年）の世帯数（組替），5年間の人口増減数"
    )
    found = reading.read(csv_text(rows).encode(), "x.csv")
    assert found.problems == [] and set(found.tables["census_population"]["value_status"]) == {"final"}


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        (3, "2020年", "2020年_不詳補完値"),
        (3, "2020年", "2015年"),
        (1, "人口【人】", "人口（組替）【人】"),
        (1, "人口【人】", "世帯数【世帯】"),
    ],
)
def test_a_row_of_another_statistic_or_year_stops_the_table(place: int, old: str, new: str) -> None:
    rows = totals(2020, "sex")
    assert rows[-1][place] == old
    rows[-1][place] = new
    assert not reading.read(csv_text(rows).encode(), "x.csv").taken


@pytest.mark.parametrize("part", ["人口集中地区", "非人口集中地区"])
def test_densely_inhabited_districts_are_not_the_whole_area(part: str) -> None:
    rows = totals(2020, "sex")
    at = next(place for place, row in enumerate(rows) if row[0] == "表章事項 コード")
    whole = [row[:2] + (["全域・人口集中地区 コード", "全域・人口集中地区"] if n == at else ["1", "全域"]) + row[2:]
             for n, row in enumerate(rows)][at:]  # fmt: skip
    top = [[*row, "", ""] for row in rows[:at]]
    assert reading.read(csv_text([*top, *whole]).encode(), "x.csv").taken
    whole[-1][3] = part
    assert not reading.read(csv_text([*top, *whole]).encode(), "x.csv").taken
    for row in whole[1:]:
        row[3] = part
    assert not reading.read(csv_text([*top, *whole]).encode(), "x.csv").taken


def test_rows_of_districts_that_end_like_a_ward_are_no_municipalities() -> None:
    rows = totals(2020, "sex")
    rows += [["2025_01", "人口【人】", "2020000000", "2020年", "0122A", "", "根室市人口集中地区", "", 9, 4, 5]]
    rows += [["2025_01", "人口【人】", "2020000000", "2020年", "13100", "", "特別区", "", 9, 4, 5]]
    found = reading.read(csv_text(rows).encode(), "x.csv")
    assert found.taken, found.problems
    levels = dict(found.tables["census_population"].select("area_code", "area_level").iter_rows())
    assert levels["13100"] == "subtotal" and levels["0122A"] != "municipality"


def test_japanese_are_a_scope_of_their_own() -> None:
    rows = totals(2020, "sex")
    at = next(place for place, row in enumerate(rows) if row[0] == "表章事項 コード")
    made = [[*row, "", ""] for row in rows[:at]] + [["国籍総数か日本人 コード", "国籍総数か日本人", *rows[at]]]
    for code, word in (("0", "国籍総数"), ("1", "うち日本人")):
        made += [[code, word, *row] for row in rows[at + 1 :]]
    found = reading.read(csv_text(made).encode(), "x.csv")
    assert found.problems == [], found.problems
    table = found.tables["census_population"]
    assert table.group_by("scope").len().sort("scope").rows() == [("japanese", 6), ("total", 6)]
    made[-1][1] = "外国人か不詳"
    assert "unknown_scope" in ids(reading.read(csv_text(made).encode(), "x.csv"))


@pytest.mark.parametrize(("unit", "problem"), [("人", set()), ("千人", {"unknown_metadata"})])
def test_a_line_that_names_the_unit_is_heeded(unit: str, problem: set[str]) -> None:
    rows = totals(2020, "sex")
    rows.insert(4, ["単位：", unit, *[""] * (len(rows[0]) - 2)])
    assert set(ids(reading.read(csv_text(rows).encode(), "x.csv"))) == problem


def test_ages_in_rows_are_not_summed_up_or_taken_for_totals() -> None:
    rows = totals(2020, "sex")
    at = next(place for place, row in enumerate(rows) if row[0] == "表章事項 コード")
    made = [[*row, "", ""] for row in rows[:at]] + [["年齢 コード", "年齢", *rows[at]]]
    for code, label in (("00", "総数"), ("01", "0～4歳"), ("02", "5歳以上")):
        made += [[code, label, *row] for row in rows[at + 1 :]]
    assert not reading.read(csv_text(made).encode(), "x.csv").taken
    only = [*made[: at + 1], *[row for row in made if row[1] == "5歳以上"]]
    assert not reading.read(csv_text(only).encode(), "x.csv").taken


# --- projection -----------------------------------------------------------------------------------------------------

KINDS = "市などの別：a＝都道府県，0＝政令市の区（東京23区を含む），1＝政令市，2＝その他の市，3＝町村"
IPSS = {2013: (2010, 2040, "90歳以上"), 2018: (2015, 2045, "90歳以上"), 2023: (2020, 2050, "95歳～")}
KEYS = {"01223": [1223, 2, "北海道", "根室市"], "03211": [3211, 2, "岩手県", "釜石市"]}


def classes(top: str) -> list[str]:
    low = 90 if top.startswith("90") else 95
    return [*[f"{age}～{age + 4}歳" for age in range(0, low, 5)], top]


def suikei(vintage: int, known: dict[tuple[str, int, str, str], int]) -> list[list[object]]:
    """The book of all areas: three blocks parted by blank columns, then parts counted again and shares."""
    base, last, top = IPSS[vintage]
    ages = classes(top)
    note = f"各年10月1日時点の推計人口：{base}年は国勢調査による実績値"
    upper: list[object] = ["コード", "市などの別", "都道府県", "市区町村", "年"]
    lower: list[object] = ["", "", "", "", ""]
    for word in ("総数", "男", "女"):
        upper += [word, *[""] * len(ages), ""]
        lower += ["", *ages, ""]
    again = ["（再掲）0～14歳", "（再掲）15～64歳", "（再掲）65歳以上", "（再掲）75歳以上"]
    upper += ["総人口指数", "", *again, "", "0～14歳割合", "65歳以上割合"]
    rows: list[list[object]] = [
        [f"将来の地域別男女5歳階級別人口（{note}）"],
        ["", "", "", "", "", "", KINDS],
        [], upper, lower,
    ]  # fmt: skip
    for code, keys in KEYS.items():
        for year in range(base, last + 1, 5):
            row: list[object] = [*keys, f"{year}年"]
            for sex in SEX:
                row += [known[code, year, sex, age] for age in ("総数", *ages)] + [""]
            rows.append([*row, 100.0, "", 1, 2, 3, 4, "", 12.5, 30.5])
    return rows


def projected(vintage: int) -> dict[tuple[str, int, str, str], int]:
    base, last, top = IPSS[vintage]
    if vintage == 2018:
        rows = figures("ipss_h30_2015_2045.csv").iter_rows(named=True)
        known = {(row["code5"], int(row["year"]), row["sex"], row["age"]): int(row["population"]) for row in rows}
        for code, year, sex in {(code, year, sex) for code, year, sex, _ in known}:  # totals by sex: sums of the cells
            known[code, year, sex, "総数"] = sum(known[code, year, sex, age] for age in classes(top))
        return known
    known = {}
    for code in KEYS:
        for year in range(base, last + 1, 5):
            for place, age in enumerate(classes(top)):
                male, female = year % 97 + place, int(code) % 89 + place
                known |= {(code, year, "male", age): male, (code, year, "female", age): female}
                known[code, year, "total", age] = male + female
            for sex in SEX:
                known[code, year, sex, "総数"] = sum(known[code, year, sex, age] for age in classes(top))
    return known


@pytest.mark.parametrize("vintage", [2013, 2023, pytest.param(2018, marks=shared)])
def test_the_book_of_all_areas_is_read_as_the_vintage_of_its_base_year(vintage: int) -> None:
    known = projected(vintage)
    found = reading.read(book(suikei(vintage, known)), "suikei_kekka.xlsx")
    assert found.problems == [], found.problems
    rows = found.tables["ipss_population"]
    assert set(rows["vintage"]) == {f"ipss_{vintage}"}
    mine = {(r["area_code"], r["year"], r["sex"], r["age_group"]): r["population_persons"] for r in rows.to_dicts()}
    assert mine == {(code, year, sex, parse_age(age).group): n for (code, year, sex, age), n in known.items()
                    if (code, year, sex, "5～9歳") in known}  # fmt: skip
    base = IPSS[vintage][0]
    status = {(row["year"], row["value_status"]) for row in rows.to_dicts()}
    assert status == {(year, "final" if year == base else "projected") for year in range(base, base + 31, 5)}


@pytest.mark.parametrize(("vintage", "other"), [(2013, 2018), (2013, 2023), (2023, 2013), (2023, 2018)])
def test_a_title_of_one_vintage_over_the_years_of_another_is_refused(vintage: int, other: int) -> None:
    rows = suikei(vintage, projected(vintage))
    rows[0] = [str(rows[0][0]).replace(f"{IPSS[vintage][0]}年", f"{IPSS[other][0]}年")]
    assert not reading.read(book(rows), "x.xlsx").taken


def test_a_block_named_twice_or_a_total_that_is_no_sum_is_refused() -> None:
    rows = suikei(2023, projected(2023))
    doubled = [[("男" if cell == "女" else cell) for cell in row] for row in rows]
    assert "column_twice" in ids(reading.read(book(doubled), "x.xlsx"))
    rows[5][6] = int(str(rows[5][6])) + 1
    assert ids(reading.read(book(rows), "x.xlsx")) == ["total_differs_from_parts"] * 2


def kekkahyo(title: str, what: str, index: str, years: list[int], values: dict[str, list[int]]) -> list[list[object]]:
    upper = ["コード", "市などの別", "都道府県", "市区町村", what, *[""] * (len(years) - 1), index]
    rows: list[list[object]] = [
        [title, "", "", "", "", "", KINDS],
        [], [], upper, ["", "", "", "", *[f"{year}年" for year in years] * 2],
    ]  # fmt: skip
    return [*rows, *[[*KEYS[code], *numbers, *[50.123456789] * len(years)] for code, numbers in values.items()]]


@pytest.mark.parametrize(("vintage", "era"), [(2018, "平成27（2015）"), (2013, "平成22（2010）")])
def test_totals_of_earlier_vintages(vintage: int, era: str) -> None:
    base, last, _ = IPSS[vintage]
    years = list(range(base, last + 1, 5))
    values = {"01223": [29201, *range(100, 106)], "03211": [39574, 35269, 32341, 29378, 26548, 23909, 21503]}
    title = f"結果表1　総人口および指数（{era}年＝100とした場合）"
    index = f"{era}年の総人口を100としたときの総人口の指数"
    found = reading.read(book(kekkahyo(title, "総人口（人）", index, years, values)), "kekkahyo1.xlsx")
    assert found.problems == [], found.problems
    rows = found.tables["ipss_population"]
    assert set(rows["vintage"]) == {f"ipss_{vintage}"}
    mine = rows.filter(pl.col("area_code") == "03211").sort("year")
    assert mine["population_persons"].to_list() == values["03211"]
    slip = kekkahyo(title, "総人口（人）", index, [base - 5, *years[1:]], values)
    assert ids(reading.read(book(slip), "x.xlsx")) == ["period_contradiction"]
    crossed = kekkahyo(title, "総人口（人）", index.replace(era, "令和2（2020）"), years, values)
    assert not reading.read(book(crossed), "x.xlsx").taken


@pytest.mark.parametrize(
    ("number", "name", "group", "figure"),
    [(1, "0～14歳", "0-14", "young"), (2, "15～64歳", "15-64", "working"), (3, "65歳以上", "65+", "old")],
)
class TestGroupsOf2023:
    pytestmark = shared

    def test_one_group_a_table(self, number: int, name: str, group: str, figure: str) -> None:
        known = figures("ipss_r5_3groups_2020_2050.csv")
        values = {code: [int(n) for n in known.filter(pl.col("code") == code)[figure]] for code in KEYS}
        title = f"結果表2-{number}　{name}人口および割合"
        rows = kekkahyo(title, f"{name}人口（人）", f"{name}人口割合（％）", list(range(2020, 2051, 5)), values)
        found = reading.read(book(rows), f"kekkahyo2_{number}.xlsx")
        assert found.problems == [], found.problems
        table = found.tables["ipss_population"].sort("year")
        assert set(table["age_group"]) == {group} and set(table["vintage"]) == {"ipss_2023"}
        for code, numbers in values.items():
            assert table.filter(pl.col("area_code") == code)["population_persons"].to_list() == numbers
        # the same table of 2018 starts in 2015 and is no figure of the 2023 vintage
        early = kekkahyo(title, f"{name}人口（人）", f"{name}人口割合（％）", list(range(2015, 2046, 5)), values)
        assert not reading.read(book(early), "x.xlsx").taken


# --- furusato -------------------------------------------------------------------------------------------------------

FISCAL = {year: f"平成{year - 1988}年度" if year < 2019 else "令和元年度" if year == 2019 else f"令和{year - 2018}年度"
          for year in range(2008, 2026)}  # fmt: skip


def donations(year: int) -> dict[str, tuple[int, int]]:
    rows = figures("furusato_receipts_fy2008_2025.csv").filter(pl.col("fiscal_year_label") == FISCAL[year])
    return {row["code6"]: (int(row["count"]), int(row["amount_yen"])) for row in rows.iter_rows(named=True)}


def detail(year: int, notes: int, swapped: bool = False) -> list[list[object]]:
    """A year's detail workbook. swapped: 金額 before 件数."""
    label = FISCAL[year]
    pair = ["寄附金額", "寄附件数"] if swapped else ["寄附件数", "寄附金額"]
    of_all = "②　①のうち、市区町村外(都道府県外）からの寄附に係るもの"
    one_stop = "③　①のうち特例申請書の提出があった寄附件数、金額"
    section = "＜Ⅰ.ふるさと納税の受入額＞" if year < 2019 else "＜Ⅰ.ふるさと納税の受入件数及び受入額＞"
    ask = f"１．{label}のふるさと納税の受入額の実績について記入してください。"
    rows: list[list[object]] = [[f"・{label}の決算見込の状況をとりまとめたものである。"] for _ in range(notes)]
    rows += [
        ["市区町村\n団体コード", "都道府県", "市区町村", section, *[""] * 5, "＜Ⅱ.ふるさと納税の募集等に伴う費用＞"],
        ["", "", "", ask, *[""] * 5, "費用を記入してください。"],
        ["", "", "", f"①　{label}に受け入れた寄附件数、金額", "", of_all, "", one_stop, "", "返礼品の調達に係る費用"],
        ["", "", "", *pair * 3, ""],
    ]
    for code, (count, yen) in donations(year).items():
        name = ("北海道", "根室市") if code[:2] == "01" else ("岩手県", "釜石市")
        both = [yen, count] if swapped else [count, yen]
        less = [number - 1 for number in both]
        rows.append([code, *name, *both, *less, *less, 12345])
    return [*rows, ["010006", "北海道", "", 3996, 88327258, 1, 2, 3, 4, 5]] if not swapped else rows


@pytest.mark.parametrize("year", range(2015, 2025))
@pytest.mark.parametrize("swapped", [False, True])
class TestFurusato:
    pytestmark = shared

    def test_detail_of_every_year(self, year: int, swapped: bool) -> None:
        letter = f"H{year - 1988}" if year < 2019 else f"R{year - 2018}"
        found = reading.read(book(detail(year, 0 if year < 2019 else 10, swapped), "集計"), f"{letter}_gain.xlsx")
        assert found.problems == [], found.problems
        rows = found.tables["furusato_donation"]
        assert set(rows["fiscal_year"]) == {year}
        towns = rows.filter(pl.col("area_level") == "municipality")
        mine = {(row["area_code"], row["item"]): row["value"] for row in towns.to_dicts()}
        expected = donations(year).items()
        assert mine == {(code[:5], "donation_count"): n for code, (n, _) in expected} | {
            (code[:5], "donation_jpy"): yen for code, (_, yen) in expected
        }

    def test_amounts_under_the_header_of_counts_are_refused(self, year: int, swapped: bool) -> None:
        rows = detail(year, 0, swapped)
        at = next(place for place, row in enumerate(rows) if row[3] in {"寄附件数", "寄附金額"})
        rows[at] = ["", "", "", rows[at][4], rows[at][3], *rows[at][5:]]
        assert ids(reading.read(book(rows), "x.xlsx")) == ["unit_suspect"]


@pytest.mark.parametrize(("year", "slip"), [(2019, "平成元年度"), (2016, "昭和28年度"), (2022, "令和4年")])
class TestFurusatoYear:
    pytestmark = shared

    def test_a_year_before_the_system_or_a_calendar_year_is_refused(self, year: int, slip: str) -> None:
        rows = [[str(cell).replace(FISCAL[year], slip) if isinstance(cell, str) else cell for cell in row]
                for row in detail(year, 0)]  # fmt: skip
        found = reading.read(book(rows), "x.xlsx")
        assert not found.taken and found.problems


def series_of(unit: str = "（単位：千円、件）") -> list[list[object]]:
    years = list(FISCAL)
    rows: list[list[object]] = [
        ["各自治体のふるさと納税受入額及び受入件数（平成20年度～令和7年度）", "", "", unit],
        ["都道府県名", "市区町村名", *[cell for year in years for cell in (FISCAL[year], "")]],
        ["", "", *["受入額", "受入件数"] * len(years)],
    ]
    known = {year: donations(year) for year in years}
    for code, name in (("012238", ("北海道", "根室市")), ("032115", ("岩手県", "釜石市"))):
        rows.append([*name, *[cell for year in years for cell in (known[year][code][1] / 1000, known[year][code][0])]])
    return rows


class TestSeries:
    pytestmark = shared

    def test_all_years_of_the_series_are_the_published_yen(self) -> None:
        found = reading.read(book(series_of()), "total_gain.xlsx")
        assert found.problems == [], found.problems
        rows = found.tables["furusato_donation"]
        assert rows.height == 2 * 2 * 18
        mine = {(r["area_code"], r["fiscal_year"], r["item"]): r["value"] for r in rows.to_dicts()}
        for year in FISCAL:
            for code, (count, yen) in donations(year).items():
                assert mine[code[:5], year, "donation_jpy"] == yen
                assert mine[code[:5], year, "donation_count"] == count

    @pytest.mark.parametrize(
        ("old", "new"), [("平成20年度", "昭和20年度"), ("令和3年度", "平成3年度"), ("平成30年度", "平成30年")]
    )
    def test_a_slip_of_the_era_or_a_calendar_year_is_refused(self, old: str, new: str) -> None:
        rows = series_of()
        rows[1] = [new if cell == old else cell for cell in rows[1]]
        assert not reading.read(book(rows), "x.xlsx").taken

    def test_a_year_that_is_left_out_is_refused(self) -> None:
        rows = [row[:8] + row[10:] if len(row) > 10 else row for row in series_of()]
        assert ids(reading.read(book(rows), "x.xlsx")) == ["period_contradiction"]

    @pytest.mark.parametrize("label", ["控除額", "控除対象寄附金額", "寄附金税額控除に係る寄附金額", "対前年比"])
    def test_what_residents_deducted_is_not_what_the_town_received(self, label: str) -> None:
        rows = series_of()
        rows[2][-2] = label
        found = reading.read(book(rows), "x.xlsx")
        assert "unknown_column" in ids(found) and not found.taken


# --- tourism, codes, API --------------------------------------------------------------------------------------------

TOUR = "年,月,地域区分,データ区分,都道府県コード,都道府県名,地域コード,地域名称,人数\n"


def tourism(name: str) -> str:
    rows = figures("tourism_visitors_monthly_2021_2026.csv").filter(pl.col("file") == name)
    where = {"01223": "1,北海道,1223,根室市", "03211": "3,岩手県,3211,釜石市"}
    return TOUR + "".join(
        f"{r['year']},{r['month']},市区町村,観光来訪者数,{where[r['municipality_code5']]},{r['visitors']}\n"
        for r in rows.iter_rows(named=True)
    )


@pytest.mark.parametrize(
    "name",
    figures("tourism_visitors_monthly_2021_2026.csv")["file"].unique(maintain_order=True) if FIGURES.is_dir() else [],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
class TestTourism:
    pytestmark = shared

    @pytest.mark.sampled(12)
    def test_every_published_file(self, name: str, encoding: str) -> None:
        found = reading.read(tourism(name).encode(encoding), name)
        assert found.problems == [], found.problems
        rows = found.tables["tourism_visitors"]
        mine = {(row["area_code"], row["month"]): row["visitors"] for row in rows.to_dicts()}
        known = figures("tourism_visitors_monthly_2021_2026.csv").filter(pl.col("file") == name)
        assert mine == {
            (r["municipality_code5"], dt.date(int(r["year"]), int(r["month"]), 1)): int(r["visitors"])
            for r in known.iter_rows(named=True)
        }


ROW = "2025,3,市区町村,観光来訪者数,1,北海道,1223,根室市,4000\n"


@pytest.mark.parametrize(
    "text",
    [
        TOUR + ROW.replace(",3,", ",3上旬,"),
        TOUR + ROW.replace("観光来訪者数", "宿泊者数"),
        TOUR + ROW.replace("市区町村", "都道府県"),
        TOUR.replace("人数", "人数（千人）") + ROW,
        TOUR.replace("人数", "対前年同月比") + ROW,
        TOUR.replace("都道府県コード,都道府県名,", "") + "2025,3,都道府県,観光来訪者数,1,北海道,1585278\n",
        TOUR + ROW.replace("根室市", "釧路市"),
    ],
    ids=["part of a month", "nights", "prefectures", "thousands", "ratio", "prefecture file", "another town"],
)  # fmt: skip
def test_other_tourism_tables_are_not_visitors_of_a_month(text: str) -> None:
    assert reading.read((TOUR + ROW).encode(), "x.csv").taken
    assert not reading.read(text.encode(), "x.csv").taken


CODES: list[list[object]] = [
    ["団体コード", "都道府県名\n（漢字）", "市区町村名\n（漢字）", "都道府県名\n（カナ）", "市区町村名\n（カナ）"],
    ["010006", "北海道", "", "ﾎｯｶｲﾄﾞｳ", ""],
    ["012238", "北海道", "根室市", "ﾎｯｶｲﾄﾞｳ", "ﾈﾑﾛｼ"],
]


@pytest.mark.parametrize("sheet", ["R6.1.1現在の団体", "R5.4.1現在の団体"])
def test_the_ministrys_workbook_of_codes(sheet: str) -> None:
    found = reading.read(book(CODES, sheet), "000925835.xlsx")
    assert found.taken, found.problems
    assert found.layouts == ["codes_workbook"]
    rows = found.tables["municipality"].to_dicts()
    assert [(row["municipality_code"], row["name_ja"], row["kana"]) for row in rows] == [
        ("01000", "", "ホッカイドウ"), ("01223", "根室市", "ネムロシ"),
    ]  # fmt: skip
    wrong = [*CODES, ["032116", "岩手県", "釜石市", "", ""]]
    assert ids(reading.read(book(wrong, sheet), "x.xlsx")) == ["bad_code_list"]


class TestCodesBeside:
    pytestmark = shared

    def test_a_list_of_codes_beside_another_table_does_not_hide_it(self) -> None:
        found = reading.read(book(detail(2022, 10), "集計", 団体コード=CODES), "R4_gain.xlsx")
        assert found.taken and found.layouts == ["detail_2016"], found.problems


def answer(**changes: Any) -> dict[str, Any]:
    area = [{"@code": "01223", "@name": "根室市"}, {"@code": "03211", "@name": "釜石市"}]
    value = {"@tab": "2025_01", "@cat01": "0", "@time": "2025000000", "@unit": "人"}
    data = {
        "RESULT_INF": {"TOTAL_NUMBER": 2, "FROM_NUMBER": 1, "TO_NUMBER": 2},
        "TABLE_INF": {
            "@id": "0004050397", "STAT_NAME": {"@code": "00200521", "$": "国勢調査"},
            "STATISTICS_NAME": "令和7年国勢調査 人口速報集計", "TITLE": {"@no": "1-1", "$": "男女別人口"},
        },
        "CLASS_INF": {"CLASS_OBJ": [
            {"@id": "tab", "@name": "表章事項", "CLASS": {"@code": "2025_01", "@name": "人口", "@unit": "人"}},
            {"@id": "cat01", "@name": "男女", "CLASS": {"@code": "0", "@name": "総数"}},
            {"@id": "area", "@name": "全国、都道府県、市区町村", "CLASS": area},
            {"@id": "time", "@name": "時間軸（年次）", "CLASS": {"@code": "2025000000", "@name": "2025年"}},
        ]},
        "DATA_INF": {"NOTE": {"@char": "***", "$": "当該数値がないもの"}, "VALUE": [
            value | {"@area": "01223", "$": "21201"}, value | {"@area": "03211", "$": "28012"},
        ]},
    }  # fmt: skip
    parameter = {"LANG": "J", "REPLACE_SP_CHARS": 0} | changes.pop("PARAMETER", {})
    whole = {"RESULT": {"STATUS": 0}, "PARAMETER": parameter, "STATISTICAL_DATA": data | changes}
    return {"GET_STATS_DATA": whole}


def api(document: dict[str, Any]) -> reading.Reading:
    return reading.read(json.dumps(document, ensure_ascii=False).encode(), "x.json")


def test_an_api_answer_of_a_preliminary_count() -> None:
    found = api(answer())
    assert found.taken, found.problems
    rows = found.tables["estat_value"].to_dicts()
    assert [(row["area_code"], int(row["value"]), row["value_status"], row["unit"]) for row in rows] == [
        ("01223", 21201, "preliminary", "人"), ("03211", 28012, "preliminary", "人"),
    ]  # fmt: skip
    assert rows[0]["indicator_ja"] == "人口 / 総数"


@pytest.mark.parametrize("signs", [1, 2, 3, "1"])
def test_an_api_answer_with_its_signs_replaced_by_noughts_is_refused(signs: object) -> None:
    assert api(answer(PARAMETER={"REPLACE_SP_CHARS": "0"})).taken
    assert ids(api(answer(PARAMETER={"REPLACE_SP_CHARS": signs}))) == ["estat_signs_replaced"]


def test_an_api_answer_without_its_classes_is_refused() -> None:
    found = api(answer(CLASS_INF={}))  # metaGetFlg=N: nothing says what the codes mean
    assert not found.taken and set(ids(found)) == {"estat_class"}


def test_an_api_answer_that_stops_early_is_refused() -> None:
    found = api(answer(RESULT_INF={"TOTAL_NUMBER": 5, "FROM_NUMBER": 1, "TO_NUMBER": 2, "NEXT_KEY": 3}))
    assert ids(found) == ["estat_incomplete"] and not found.taken
