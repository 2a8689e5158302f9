"""What genuine files do that a strict reader takes for a fault: each kind, in several forms, and the fault beside it.

Synthetic tables of 鳥取県 with made-up figures. Holds: rows that the publisher hides, its own characters in names,
registers written anew, series without a title, tables of whole areas and parts, persons outside municipalities,
spellings. Does not hold the real files (test_real_cells.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sousei.ingest.areas import register as areas
from sousei.ingest.areas import spellings
from sousei.ingest.decided.named import applied
from sousei.ingest.reading import delivery as reading
from sousei.ingest.reading import way_past
from sousei.ingest.tables import figure_of
from sousei.ingest.vocabulary.codes import check_digit
from tests.synthetic.books import book

Row = list[Any]
TOWNS = [
    (code, name)
    for code, name in pl.read_csv(areas.SEEDS / "municipalities.csv", infer_schema=False)
    .filter(pl.col("municipality_code").str.starts_with("31"))
    .select("municipality_code", "name_ja")
    .iter_rows()
]
PREFECTURE, *TOWNS = TOWNS
assert PREFECTURE[1] == "鳥取県" and len(TOWNS) == 19


def six(code: str) -> str:
    return code + check_digit(code)


def ids(found: reading.Reading) -> list[str]:
    return [problem["problem_id"] for problem in found.problems]


# --- rows that the publisher hides ------------------------------------------------------------------------------------

CLASSES = ["0～4歳", *[f"{low}～{low + 4}" for low in range(5, 80, 5)], "80歳以上"]
TITLES = {
    2013: "平成25年3月31日住民基本台帳年齢別人口（市区町村別）（外国人住民）　※年齢階級別の人数が非公表の団体がある。",
    2014: "平成26年1月1日住民基本台帳年齢別人口（市区町村別）（外国人住民）",
    2017: "平成29年1月1日住民基本台帳年齢階級別人口（市区町村別）（外国人住民）",
    2021: "令和3年1月1日住民基本台帳年齢階級別人口（市区町村別）【外国人住民】",
}


def foreigners(year: int, hidden: dict[str, str], lost: int | None = None, more: int = 0) -> list[Row]:
    """A table of foreigners by age. hidden: name -> name as printed of towns whose classes are blank; lost: number of
    classes that are blank there, None = all; more: added to the first class of the prefecture's rows."""
    rows: list[Row] = []
    sums = {sex: [0] * (1 + len(CLASSES)) for sex in "計男女"}
    for place, (code, name) in enumerate(TOWNS):
        men, women = ([1 + (place + n) % 3 + add for n in range(len(CLASSES))] for add in (0, 1))
        for sex, ages in {"計": [m + w for m, w in zip(men, women, strict=True)], "男": men, "女": women}.items():
            cells: Row = [sum(ages), *ages]
            if name in hidden:
                cells[1 : None if lost is None else 1 + lost] = [""] * (len(ages) if lost is None else lost)
            sums[sex] = [a + (b or 0) for a, b in zip(sums[sex], cells, strict=True)]
            rows.append([six(code), "鳥取県", hidden.get(name, name), sex, *cells])
    for sex in "計男女":
        sums[sex][1] += more if sex != "女" else 0
    head: list[Row] = [[six("31000"), "鳥取県*" if hidden else "鳥取県", "", sex, *sums[sex]] for sex in "計男女"]
    return [[TITLES[year]], ["団体コード", "都道府県名", "市区町村名", "性別", "総数", *CLASSES], *head, *rows]


@pytest.mark.parametrize("year", TITLES)
@pytest.mark.parametrize("mark", ["{}*", "{}＊", "{} *", "*{}", "{}※"])
def test_blank_classes_of_a_marked_row_are_suppressed(year: int, mark: str) -> None:
    hidden = {name: mark.format(name) for name in ("岩美町", "日南町")}
    found = reading.read(book(foreigners(year, hidden)), "x.xlsx")
    assert found.taken and ids(found) == ["hidden_by_publisher"]
    assert "2 団体(6 行)" in found.problems[0]["message_ja"]
    rows = found.tables["registry_population"]
    mine = rows.filter(pl.col("area_name") == "岩美町")
    ages = mine.filter(pl.col("age_group") != "total")
    assert set(ages["value_status"]) == {"suppressed"} and ages["population_persons"].null_count() == 3 * len(CLASSES)
    assert mine.filter(pl.col("age_group") == "total")["population_persons"].null_count() == 0
    other = rows.filter(~pl.col("area_name").is_in(["岩美町", "日南町"]))
    assert set(other["value_status"]) == {"final"} and other["population_persons"].null_count() == 0


@pytest.mark.parametrize("lost", [1, 5, len(CLASSES) - 1])
def test_a_marked_row_that_lost_some_classes_only_is_refused(lost: int) -> None:
    found = reading.read(book(foreigners(2014, {"岩美町": "岩美町*"}, lost)), "x.xlsx")
    assert not found.taken and set(ids(found)) == {"blank_value"}


def test_a_row_without_a_mark_hides_nothing() -> None:
    found = reading.read(book(foreigners(2014, {"岩美町": "岩美町"})), "x.xlsx")
    assert not found.taken and set(ids(found)) == {"blank_value"}


@pytest.mark.parametrize(("more", "taken"), [(0, True), (20, True), (-1, False)])
def test_with_hidden_rows_an_area_has_no_fewer_than_what_its_parts_show(more: int, taken: bool) -> None:
    rows = foreigners(2014, {"岩美町": "岩美町*"}, more=more)
    found = reading.read(book(rows), "x.xlsx")
    assert found.taken is taken
    assert taken or "area_total_differs" in ids(found)


# --- characters of the publisher's own --------------------------------------------------------------------------------

FLOW_HEAD: list[Row] = [
    ["団体コード", "都道府県名", "市区町村名", "平成10年", "", "", "", "平成9年度", *[""] * 13],
    ["", "", "", "人口", "", "", "世帯数", "住民票記載数", "", "", "", "住民票消除数", "", "", "", "増減数(Ａ)-(Ｂ)",
     "増加率", "自然増加数", "自然増加率", "社会増加数", "社会増加率"],
    ["", "", "", "男", "女", "計", "", "転入者数", "出生者数", "その他", "計（Ａ）", "転出者数", "死亡者数", "その他",
     "計（Ｂ）", *[""] * 6],
]  # fmt: skip


def flows(changed: dict[str, tuple[int, int, int, int]] | None = None, persons: int = 40_000) -> list[Row]:
    """Flows of 鳥取県's towns. changed: name -> (転入, その他 of entries, 転出, その他 of removals)."""
    rows: list[Row] = []
    for code, name in TOWNS:
        into, other_in, out, other_out = (changed or {}).get(name, (1900, 20, 2100, 30))
        births, deaths = 300, 400
        entries, removals = into + births + other_in, out + deaths + other_out
        social = into + other_in - out - other_out
        stock = [persons // 2, persons - persons // 2, persons, 15_000]
        rows.append([six(code), "鳥取県", name, *stock, into, births, other_in, entries, out, deaths, other_out,
                     removals, entries - removals, -0.1, births - deaths, -0.1, social, -0.1])  # fmt: skip
    return [["平成10年3月31日住民基本台帳人口・世帯数、平成9年度人口動態（市区町村別）"], *FLOW_HEAD, *rows]


@pytest.mark.sampled(6)
@pytest.mark.parametrize("sign", ["\ue000", "\ue00f", "\uf8ff", "\U000f0001", "\U0010fffd"])
@pytest.mark.parametrize(
    ("name", "printed", "meant"),
    [
        ("倉吉市", "倉{}市", "倉吉市"),
        ("倉吉市", "{}吉市", "倉吉市"),
        ("智頭町", "八頭郡智{}町", "八頭郡智頭町"),
        ("智頭町", "八{}郡智頭町", "智頭町"),
        ("八頭町", "{}{}町", "八頭町"),
    ],
)
def test_a_name_with_the_publishers_own_character_is_read_by_its_code(
    sign: str, name: str, printed: str, meant: str
) -> None:
    rows = flows()
    row = next(row for row in rows if row[2:3] == [name])
    row[2] = printed.replace("{}", sign)
    found = reading.read(book(rows), "x.xlsx")
    assert found.taken and ids(found) == ["own_characters"], found.problems
    names = dict(found.tables["registry_dynamics"].select("area_code", "area_name").iter_rows())
    assert names[row[0][:5]] == meant
    assert (
        found.tables["registry_dynamics"].height == reading.read(book(flows()), "x").tables["registry_dynamics"].height
    )


@pytest.mark.parametrize(
    ("code", "printed"),
    [("31203", "米{}市"), ("31203", "{}吉町"), ("31203", "倉吉{}市"), ("", "倉{}市"), ("31999", "倉{}市")],
    ids=["another town's", "another kind", "one too many", "no code", "unknown code"],
)
def test_an_own_character_in_a_name_that_does_not_fit_the_code_is_refused(code: str, printed: str) -> None:
    rows = flows()
    row = next(row for row in rows if row[2:3] == ["倉吉市"])
    row[0], row[2] = six(code) if code else "", printed.replace("{}", "\ue000")
    found = reading.read(book(rows), "x.xlsx")
    assert not found.taken and "odd_character" in ids(found)
    assert "\ue000" not in str(found.problems)


def test_the_name_of_a_district_with_an_own_character_is_nobodys() -> None:
    rows = [*flows(), [six("31320"), "鳥取県", "八\ue000郡", *flows()[-1][3:]]]
    found = reading.read(book(rows), "x.xlsx")
    assert found.taken, found.problems
    level = found.tables["registry_dynamics"].filter(pl.col("area_code") == "31320")
    assert set(level["area_level"]) == {"subtotal"} and set(level["area_name"]) == {"八〓郡"}


@pytest.mark.parametrize("sign", ["\ufffd", "?", "\u200b", "'"])
def test_other_signs_in_names_are_refused_as_before(sign: str) -> None:
    rows = flows()
    row = next(row for row in rows if row[2:3] == ["倉吉市"])
    row[2] = f"倉{sign}市"
    assert ids(reading.read(book(rows), "x.xlsx")) == ["odd_character"]


# --- registers written anew -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("into", "other_in", "out", "other_out"),
    [(620, 39_000, 1030, 39_100), (1900, 2500, 2100, 2600), (1900, 2500, 2100, 30)],
    ids=["the whole register", "a part", "one side"],
)
def test_a_register_written_anew_is_told(into: int, other_in: int, out: int, other_out: int) -> None:
    found = reading.read(book(flows({"倉吉市": (into, other_in, out, other_out)})), "x.xlsx")
    assert found.taken and set(ids(found)) == {"bulk_registration"}, found.problems
    assert {problem["severity"] for problem in found.problems} == {"review"}
    rows = found.tables["registry_dynamics"].filter(pl.col("area_code") == "31203")
    assert dict(rows.select("item", "value").iter_rows())["other_in"] == other_in


@pytest.mark.parametrize("name", ["倉吉市", "境港市"])
def test_moves_and_others_exchanged_in_a_row_are_refused(name: str) -> None:
    for values in ((20, 1990, 30, 2100), (20, 1990, 2100, 30), (1900, 20, 30, 2100)):
        found = reading.read(book(flows({name: values})), "x.xlsx")
        assert not found.taken and set(ids(found)) == {"columns_exchanged"}


def test_moves_and_others_exchanged_in_the_whole_table_are_refused() -> None:
    found = reading.read(book(flows({name: (800, 1900, 900, 2100) for _, name in TOWNS})), "x.xlsx")
    assert not found.taken and "columns_exchanged" in ids(found)


# --- the series of donations ------------------------------------------------------------------------------------------

YEARS = [f"平成{n}年度" for n in range(20, 31)] + ["令和元年度", "令和２年度", "令和３年度"]


def series(title: str = "", unit: str = "（単位：千円、件）", totals: bool = True) -> list[Row]:
    """A series as published: 団体名 over two columns, totals below each prefecture."""
    width = 2 + 2 * len(YEARS)
    rows: list[Row] = [[title]] if title else []
    rows += [[*[""] * (width - 1), unit], ["団体名", "", *[cell for year in YEARS for cell in (year, "")]]]
    rows += [[""] * width, ["", "", *["金額", "件数"] * len(YEARS)]]
    every = [0.0] * (width - 2)
    for prefecture, towns in {"鳥取県": [name for _, name in TOWNS], "富山県": ["富山市", "高岡市"]}.items():
        own = [1000.5 if n % 2 == 0 else 30 for n in range(width - 2)]
        added = [0.0] * (width - 2)
        rows.append([prefecture, "", *own])
        for place, name in enumerate(towns):
            cells = [1234.567 + place if n % 2 == 0 else 40 + place for n in range(width - 2)]
            added = [a + b for a, b in zip(added, cells, strict=True)]
            rows.append([prefecture, name, *cells])
        both = [a + b for a, b in zip(added, own, strict=True)]
        every = [a + b for a, b in zip(every, both, strict=True)]
        rows += [["市町村合計", "", *added], ["合計", "", *both]] if totals else []
    return rows


@pytest.mark.parametrize("totals", [True, False])
@pytest.mark.parametrize(
    ("title", "unit"),
    [
        ("", "（単位：千円、件）"),
        ("", "(単位:千円,件)"),
        ("", "単位：千円・件"),
        ("各自治体のふるさと納税受入額及び受入件数（平成20年度～令和３年度）", "（単位：千円、件）"),
    ],
)
def test_a_series_as_published_is_read(title: str, unit: str, totals: bool) -> None:
    found = reading.read(book(series(title, unit.replace(",", "、"), totals), "各団体一覧"), "x.xlsx")
    assert found.taken and found.problems == [], found.problems
    rows = found.tables["furusato_donation"]
    assert rows.height == (19 + 2 + 2 + (4 if totals else 0)) * 2 * len(YEARS)
    town = rows.filter((pl.col("area_code") == "31201") & (pl.col("fiscal_year") == 2019))
    assert dict(town.select("item", "value").iter_rows()) == {"donation_jpy": 1_234_567, "donation_count": 40}
    subtotals = rows.filter(pl.col("area_level") == "subtotal")["area_name"].unique().sort().to_list()
    assert subtotals == (["富山県合計", "富山県市町村合計", "鳥取県合計", "鳥取県市町村合計"] if totals else [])
    assert set(rows.filter(pl.col("area_name") == "鳥取県")["area_level"]) == {"prefecture"}


@pytest.mark.parametrize("item", [0, 1])
@pytest.mark.parametrize("factor", [10, 3, 0.5])
def test_a_figure_that_its_totals_contradict_is_refused(item: int, factor: float) -> None:
    rows = series()
    row = next(row for row in rows if row[1:2] == ["米子市"])
    row[2 + item] = round(row[2 + item] * factor)
    found = reading.read(book(rows), "x.xlsx")
    assert not found.taken and "block_total_differs" in ids(found)


def test_a_total_that_is_rounded_to_its_unit_is_taken() -> None:
    rows = series()
    for row in rows:
        if row[0] in {"市町村合計", "合計"}:
            row[2::2] = [round(float(cell)) for cell in row[2::2]]
    assert reading.read(book(rows), "x.xlsx").problems == []


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[0].__setitem__(-1, "（単位：円、件）"),
        lambda rows: rows[0].__setitem__(-1, "（単位：百万円、件）"),
        lambda rows: rows[3].__setitem__(2, "控除額"),
        lambda rows: rows[1].__setitem__(2, "平成19年度"),
        lambda rows: rows[5].__setitem__(1, "倉\ue000市"),
        lambda rows: rows[5].__setitem__(1, "存在しない市"),
        lambda rows: rows.insert(0, ["企業版ふるさと納税の受入額及び受入件数"]),
    ],
    ids=["yen", "millions", "deducted", "before the system", "own character", "nobody", "corporate"],
)
def test_another_table_in_the_form_of_the_series_is_not_taken(change: Callable[[list[Row]], Any]) -> None:
    rows = series()
    change(rows)
    assert not reading.read(book(rows), "x.xlsx").taken


# --- the census of other years ----------------------------------------------------------------------------------------

CENSUS_CLASSES = ["０－４歳", *[f"{low}～{low + 4}歳" for low in range(5, 85, 5)], "85歳以上"]


def census(
    part: str = "全域・集中の別030002", sex: str = "男女Ａ030001", total: str = "男女総数", whole: str = "総数【人】",
    unknown: str = "年齢不詳【人】", area: str = "市区町村２．９030005", more: int = 0, year: int = 1980,
) -> list[Row]:  # fmt: skip
    """Men, women and both by age, 鳥取県 and its towns; more: persons of the prefecture in none of its towns."""
    head: Row = [
        f"{sex} コード",
        sex,
        "時間軸（年次） コード",
        "時間軸（年次）",
        f"{area} コード",
        area,
        "/年齢５歳階級",
    ]
    head = [f"{part} コード", part, *head] if part else head
    rows: list[Row] = []
    for number, word in enumerate([total, "男", "女"]):
        every = [0] * (len(CENSUS_CLASSES) + 1)
        mine: list[Row] = []
        for place, (code, name) in enumerate(TOWNS):
            men, women = ([90 + place + n + add for n in range(len(every))] for add in (0, 7))
            ages = [[m + w for m, w in zip(men, women, strict=True)], men, women][number]
            every = [a + b for a, b in zip(every, ages, strict=True)]
            mine.append([f"00{number}", word, f"{year}000000", f"{year}年", code, name, "", sum(ages), *ages])
        every[0] += more if number < 2 else 0
        top = [f"00{number}", word, f"{year}000000", f"{year}年", "31000", "鳥取県", "", sum(every), *every]
        rows += [["00700", "全域", *row] if part else row for row in [top, *mine]]
    labels = [whole, *[f"{label}【人】" for label in CENSUS_CLASSES], unknown]
    above: list[Row] = [
        ["統計名：", f"昭和{year - 1925}年国勢調査 第1次基本集計 都道府県編"],
        ["表題：", "男女の別（性別）（３），年齢５歳階級（２３），人口 全域・人口集中地区の別"],
        ["実施年月：", f"{year}年", "10月"],
        [],
        ["***", "当該数値がないもの"],
        [],
    ]
    return [*above, [*head, *labels], *rows]


def text(rows: list[Row]) -> bytes:
    width = max(map(len, rows))
    lines = [[*row, *[""] * (width - len(row))] for row in rows]
    return "".join(",".join(f'"{cell}"' for cell in row) + "\r\n" for row in lines).encode("utf-8-sig")


@pytest.mark.sampled(8)
@pytest.mark.parametrize(
    "part", ["全域・集中の別030002", "全域・人口集中地区", "全域・人口集中地区の別", "全域・集中地区2000", ""]
)
@pytest.mark.parametrize("total", ["男女総数", "総数", "総数（男女別）", "男女計"])
@pytest.mark.parametrize(
    ("whole", "unknown"),
    [
        ("総数【人】", "年齢不詳【人】"),
        ("総数（年齢）", "年齢「不詳」"),
        ("年齢総数", "不詳"),
        ("総数（５歳階級）", "不詳（年齢）"),
    ],
)
def test_a_census_of_the_eighties_is_read(part: str, total: str, whole: str, unknown: str) -> None:
    for year, area in ((1980, "市区町村２．９030005"), (1985, "全国都道府県市区町村"), (1990 - 5, "市町村030001")):
        found = reading.read(
            text(census(part, total=total, whole=whole, unknown=unknown, area=area, year=year)), "x.csv"
        )
        assert found.taken and found.problems == [], found.problems
        rows = found.tables["census_population"]
        assert rows.height == 20 * 3 * (len(CENSUS_CLASSES) + 2)
        assert set(rows["sex"]) == {"total", "male", "female"} and set(rows["as_of_date"].dt.year()) == {year}


@pytest.mark.parametrize("word", ["人口集中地区", "集中", "うち人口集中地区", "集中地区", "ＤＩＤ"])
def test_rows_of_densely_inhabited_districts_are_left_out_and_told(word: str) -> None:
    rows = census()
    at = next(place for place, row in enumerate(rows) if row[:1] == ["全域・集中の別030002 コード"]) + 1
    districts = [["00701", word, *row[2:9], *[cell // 2 for cell in row[9:]]] for row in rows[at:]]
    plain = reading.read(text(rows), "x.csv").tables["census_population"]
    found = reading.read(text([*rows, *districts]), "x.csv")
    assert found.taken and ids(found) == ["part_left_out"]
    assert found.tables["census_population"].equals(plain)
    mixed = [row for pair in zip(rows[at:], districts, strict=True) for row in pair]
    again = reading.read(text([*rows[:at], *mixed]), "x.csv").tables["census_population"]
    assert again.drop("row").equals(plain.drop("row"))
    rows[-1][:2] = ["00701", word]
    assert set(ids(reading.read(text(rows), "x.csv"))) == {"part_without_whole"}
    alone = reading.read(text([*rows[:at], *districts]), "x.csv")
    assert not alone.taken and {problem["severity"] for problem in alone.problems} == {"warn"}


@pytest.mark.parametrize(
    ("more", "said"), [(0, []), (37, ["persons_outside_municipalities"]), (100, ["persons_outside_municipalities"])]
)
def test_a_few_persons_outside_all_municipalities_are_told(more: int, said: list[str]) -> None:
    found = reading.read(text(census(more=more)), "x.csv")
    assert found.taken and ids(found) == said


@pytest.mark.parametrize("more", [101, 5_000, -1, -37])
def test_many_or_less_than_none_are_refused(more: int) -> None:
    found = reading.read(text(census(more=more)), "x.csv")
    assert not found.taken and set(ids(found)) == {"area_total_differs"}


# --- a wrong row among them -------------------------------------------------------------------------------------------


def mixed() -> list[Row]:
    """A census with a row of the densely inhabited district below each row of a whole area."""
    rows = census()
    at = next(place for place, row in enumerate(rows) if row[:1] == ["全域・集中の別030002 コード"]) + 1
    districts = [["00701", "人口集中地区", *row[2:9], *[cell // 2 for cell in row[9:]]] for row in rows[at:]]
    return [*rows[:at], *[row for pair in zip(rows[at:], districts, strict=True) for row in pair]]


WRONG = {
    "hidden rows, no figure": (book, lambda: foreigners(2014, {"岩美町": "岩美町*"}), ["倉吉市", "男"], 6, "12a"),
    "hidden rows, another figure": (book, lambda: foreigners(2014, {"岩美町": "岩美町*"}), ["倉吉市", "男"], 6, 99),
    "hidden rows, another name": (book, lambda: foreigners(2014, {"岩美町": "岩美町*"}), ["倉吉市", "男"], 2, "盛岡市"),
    "series, ten times": (book, series, ["米子市"], 2, 12_355.0),
    "series, another count": (book, series, ["米子市"], 5, 4_100),
    "parts, no figure": (text, mixed, ["全域", "000", "倉吉市"], 11, "x"),
    "parts, another figure": (text, mixed, ["全域", "000", "倉吉市"], 11, 198),
    "parts, name of the whole": (text, mixed, ["全域", "000", "倉吉市"], 7, "盛岡市"),
    "parts, name of the part": (text, mixed, ["人口集中地区", "000", "倉吉市"], 7, "盛岡市"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_row_in_a_genuine_file_is_named_and_the_rest_is_taken(kind: str) -> None:
    made, rows_of, words, column, wrong = WRONG[kind]
    plain = reading.read(made(rows_of()), "x")
    rows = rows_of()
    row = next(row for row in rows if set(words) <= set(row))
    assert row[column] != wrong
    row[column] = wrong
    data = made(rows)
    digest = hashlib.sha256(data).hexdigest()
    refused = reading.read_or_propose(data, "x", digest, [])
    assert not refused.taken and ids(refused)[-1] == "corrections_to_paste"
    lines, _ = way_past.find(refused, lambda lines: reading.read(data, "x", lines=lines), digest)
    named = way_past.lines_of(lines, digest)
    found = reading.read(data, "x", lines=named)
    assert found.taken, found.problems
    ((table, before),) = plain.tables.items()
    value = figure_of(table)
    after = applied(found.tables[table], table, named)
    both = before.join(after, on=["row", "column_label"], how="left", suffix="_after")
    changed = both.filter(pl.col(value).ne_missing(pl.col(f"{value}_after")))
    assert changed[f"{value}_after"].null_count() == changed.height, "what is used is the true figure"
    assert 1 <= len(lines) <= 2 and changed.height <= (20 if kind != "series, ten times" else 25)
    told = set(ids(plain))
    assert told <= set(ids(found)) and set(ids(found)) - told <= {"figures_not_used"}


# --- spellings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "spelt"),
    [
        ("21217", "飛驒市"), ("21217", "飛騨市"), ("29211", "葛城市"), ("29211", "葛\U000e0100城市"),
        ("29211", "葛\ufe00城市"), ("04203", "塩釜市"), ("04203", "塩竈市"), ("04203", "鹽竈市"), ("27229", "四條畷市"),
        ("27229", "四条畷市"), ("08208", "龍ケ崎市"), ("08208", "竜ヶ崎市"), ("01400", "虻田郡俱知安町"),
        ("39405", "高岡郡檮原町"), ("07564", "相馬郡飯館村"), ("11241", "鶴ヶ島市"), ("23521", "西加茂郡三好町"),
        ("07442", "大沼郡本郷町"), ("42209", "對馬市"), ("47213", "うるま市"),
    ],
)  # fmt: skip
def test_a_name_is_the_codes_in_any_of_its_spellings(code: str, spelt: str) -> None:
    from sousei.ingest.vocabulary.text import squeeze, squeeze_column

    assert areas.register().agrees(code, squeeze(spelt)) is True
    assert squeeze_column(pl.Series([spelt] * 500)).unique().to_list() == [squeeze(spelt)]


def test_no_two_names_of_today_become_one() -> None:
    names = pl.read_csv(areas.SEEDS / "municipalities.csv", infer_schema=False)
    plain = {
        (where, areas.plain_name(name)) for where, name in names.select("prefecture_name_ja", "name_ja").iter_rows()
    }
    assert len(plain) == names.select("prefecture_name_ja", "name_ja").n_unique()


CHARACTERS, NAMES = "character,compared_as,example_ja\n", "municipality_code,name_ja,reason_ja\n"


@pytest.mark.parametrize(
    ("table", "content", "line"),
    [
        ("characters", "character,compared_as\nヶ,ケ\n", 1),
        ("characters", CHARACTERS + "ヶ,ケ,\nヶヶ,ケ,\n", 3),
        ("characters", CHARACTERS + "ヶ,ケ,\nヶ,カ,\n", 3),
        ("characters", CHARACTERS + "ケ,ケ,\n", 2),
        ("characters", CHARACTERS + "ヶ,ヵ,\nヵ,ケ,\n", 2),
        ("characters", CHARACTERS + "ｹ,ケ,\n", 2),
        ("characters", CHARACTERS + "ヶ,ケ\n", 2),
        ("names", NAMES + "4203,塩釜市,通用\n", 2),
        ("names", NAMES + "04203,塩釜,通用\n", 2),
        ("names", NAMES + "04203,塩釜市,\n", 2),
        ("names", NAMES + "04203,塩釜市,通用\n04203,塩釜市,通用\n", 3),
    ],
)
def test_a_slip_in_a_table_of_spellings_names_file_and_line(
    table: str, content: str, line: int, tmp_path: Path
) -> None:
    path = tmp_path / f"spelling_{table}.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(ValueError, match=rf"spelling_table: ingest/areas/spelling_{table}\.csv {line} 行目"):
        getattr(spellings, table)(path)
    path.write_bytes(content.encode("cp932"))
    with pytest.raises(ValueError, match="spelling_table"):
        getattr(spellings, table)(path)


def test_spellings_that_make_two_towns_one_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spellings, "characters", lambda: {ord("米"): "倉", ord("子"): "吉"})
    with pytest.raises(ValueError, match=r"(倉吉市.*米子市|米子市.*倉吉市)"):
        areas.build_register(pl.read_csv(areas.SEEDS / "municipalities.csv", infer_schema=False))
