"""Layouts of years that are not at hand, written as their descriptions say: read right, or refused with a reason."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.areas import register as areas
from sousei.ingest.reading import delivery as reading
from tests.synthetic.books import book

ROOT = PROJECT_ROOT
NEMURO, KAMAISHI = ("012238", "北海道", "根室市"), ("032115", "岩手県", "釜石市")


def read(rows: list[list[object]], name: str = "x.xlsx") -> reading.Reading:
    return reading.read(book(rows), name)


def ids(found: reading.Reading) -> list[str]:
    return [problem["problem_id"] for problem in found.problems]


FLOW_ITEMS = ["転入者数（国内）", "転入者数（国外）", "転入者数（計）", "出生者数", "その他（計）", "計（Ａ）"]
FLOW_ITEMS += ["転出者数（国内）", "転出者数（国外）", "転出者数（計）", "死亡者数", "その他（計）", "計（Ｂ）"]


def flows(year: int, rows: list[list[object]], era: str = "令和", scope: str = "（総計）", stock: int | None = None):
    """The 2021+ layout for 1 January of a 令和 year."""
    flow = f"{era}{year - 1}年（1月1日から同年12月31日まで）"
    title = f"{era}{year}年1月1日住民基本台帳人口・世帯数、{flow}人口動態（市区町村別）{scope}"
    kinds = ["人口"] * 3 + ["世帯数"] + ["住民票記載数"] * 6 + ["住民票消除数"] * 6
    tails = ["増減数(Ａ)-(Ｂ)", "増減率", "自然増減数", "自然増減率", "社会増減数", "社会増減率"]
    stock = year if stock is None else stock
    western = 2018 + stock
    return [
        [title],
        ["", "", "", *[f"{era}{stock}年"] * 4, *[f"{era}{year - 1}年"] * 18],
        ["", "", "", *[f"{western}年"] * 4, *[f"{2018 + year - 1}年"] * 18],
        ["", "", "", *kinds, *tails],
        ["", "", "", "男", "女", "計", "世帯数", *FLOW_ITEMS, *tails],
        [
            "団体コード",
            "都道府県名",
            "市区町村名",
            "人",
            "人",
            "人",
            "世帯",
            *["人"] * 12,
            "人",
            "％",
            "人",
            "％",
            "人",
            "％",
        ],
        *rows,
        ["注：増減率内の「-」は、「皆増」を示す"],
    ]


NUMBERS = [10, 1, 11, 5, 1, 17, 20, 2, 22, 9, 0, 31, -14, -0.5, -4, -0.1, -10, -0.4]


@pytest.mark.promise("C8")
def test_2025_persons_without_a_recorded_sex_count_in_the_total_only() -> None:
    found = read(flows(7, [[*KAMAISHI, 14000, 15000, 29003, 15000, *NUMBERS]]))
    assert found.taken, found.problems
    assert found.layouts == ["flows_2025"]
    rows = found.tables["registry_dynamics"]
    values = dict(rows.select("item", "value").iter_rows())
    assert (values["population_total"], values["in_migration_foreign"], values["change"]) == (29003, 1, -14)
    assert rows["as_of_date"].unique().to_list() == [dt.date(2025, 1, 1)]


@pytest.mark.promise("C8")
@pytest.mark.parametrize(("year", "total"), [(7, 28999), (6, 29003), (6, 28999)])
def test_a_total_below_its_parts_or_above_them_before_2025_is_refused(year: int, total: int) -> None:
    found = read(flows(year, [[*KAMAISHI, 14000, 15000, total, 15000, *NUMBERS]]))
    assert ids(found) == ["total_differs_from_parts"]
    assert found.problems[0]["row"] == 7
    assert "釜石市" in found.problems[0]["message_ja"]


@pytest.mark.promise("C7")
def test_2024_rows_of_asterisks_are_not_reported_and_not_zero() -> None:
    stars = ["221317", "静岡県", "浜松市中区（再編前）", *["***"] * 22]
    found = read(flows(6, [[*KAMAISHI, 14000, 15000, 29000, 15000, *NUMBERS], stars]))
    assert found.taken, found.problems
    gone = found.tables["registry_dynamics"].filter(pl.col("area_code") == "22131")
    assert gone["value"].null_count() == gone.height == 19
    assert set(gone["value_status"]) == {"not_reported"}
    assert set(gone["area_level"]) == {"ward"}


@pytest.mark.promise("C5")
def test_a_year_in_the_header_against_the_title_is_refused() -> None:
    found = read(flows(5, [[*KAMAISHI, 14000, 15000, 29000, 15000, *NUMBERS]], stock=4))
    assert ids(found)[0] == "period_contradiction"
    assert "2023" in found.problems[0]["message_ja"] and "令和4年" in found.problems[0]["message_ja"]


@pytest.mark.promise("C5")
def test_the_publishers_file_name_must_agree() -> None:
    rows = flows(5, [[*KAMAISHI, 14000, 15000, 29000, 15000, *NUMBERS]])
    assert read(rows, "2303ssjin.xlsx").taken
    for name in ("2203ssjin.xlsx", "2311gsjin.xlsx", "2304ssnen.xlsx"):
        assert set(ids(read(rows, name))) == {"name_content_disagree"}, name
    assert read(rows, "最終版(2).xlsx").taken


def test_an_unknown_scope_or_prefecture_table_is_not_taken_for_it() -> None:
    rows = flows(5, [[*KAMAISHI, 14000, 15000, 29000, 15000, *NUMBERS]])
    rows[0] = [str(rows[0][0]).replace("市区町村別", "都道府県別")]
    assert not read(rows).taken


def test_1995_layout_with_padded_names_blank_spans_and_fiscal_flows() -> None:
    rows: list[list[object]] = [
        ["平成7年3月31日住民基本台帳人口・世帯数、平成6年度人口動態（市区町村別）"],
        ["団体コード", "都道府県名", "市区町村名", "平成7年", "", "", "", "", "", "平成6年度", *[""] * 13],
        ["", "", "", "人口", "", "", "", "世帯数", "（修正世帯数）",
         "住民票記載数", "", "", "", "住民票消除数", "", "", "",
         "増減数(Ａ)-(Ｂ)", "増加率", "自然増加数", "自然増加率", "社会増加数", "社会増加率"],
        ["", "", "", "男", "女", "計", "（修正人口）", "", "", "転入者数", "出生者数", "その他",
         "計（Ａ）", "転出者数", "死亡者数", "その他", "計（Ｂ）", *[""] * 6],
        ["012238", "北海道　", "根室市　", 17026, 18486, 35512, "", 12889, "", 1413, 363, 10, 1786, 1842, 313, 5, 2160,
         -374, -1.0, 50, 0.1, -424, -1.1],
    ]  # fmt: skip
    found = read(rows, "9503sjin.xls")
    assert found.taken, found.problems
    table = found.tables["registry_dynamics"]
    births = table.filter(pl.col("item") == "birth").row(0, named=True)
    assert (births["value"], births["period_start"], births["period_end"]) == (
        363, dt.date(1994, 4, 1), dt.date(1995, 3, 31),
    )  # fmt: skip
    assert births["area_name"] == "根室市" and births["scope"] == "japanese"


AGES = [f"{low}歳～{low + 4}歳" for low in range(0, 100, 5)] + ["100歳以上"]


def ages(
    head: list[str], title: str = "令和8年1月1日住民基本台帳年齢階級別人口（市区町村別）（外国人住民）"
) -> list[list[object]]:
    def row(sex: str, total: object, *cells: object) -> list[object]:
        return [*NEMURO, sex, total, *cells]

    masked = ["X"] * len(head)
    return [
        [title],
        ["", "", "", "", "総数", *head],
        ["団体コード", "都道府県名", "市区町村名", "性別", "人", *["人"] * len(head)],
        row("計", 23, *masked), row("男", 20, *masked), row("女", 3, *masked),
    ]  # fmt: skip


def test_masked_ages_of_a_year_to_come() -> None:
    found = read(ages(AGES))
    assert found.taken, found.problems
    assert found.layouts == ["age_2025"]
    rows = found.tables["registry_population"]
    assert rows.filter(pl.col("value_status") == "suppressed").height == 63
    assert rows["scope"].unique().to_list() == ["foreign"]


def test_a_top_class_of_another_age_is_read_as_it_says() -> None:
    found = read(ages([*AGES[:-1], "100歳～104歳", "105歳以上"]))
    assert found.taken, found.problems
    assert "105+" in found.tables["registry_population"]["age_group"].to_list()


@pytest.mark.parametrize("gone", [0, 7, 20])
def test_an_age_class_that_is_gone_is_missed(gone: int) -> None:
    found = read(ages([label for place, label in enumerate(AGES) if place != gone]))
    assert ids(found) == ["missing_column"]


def series(unit: str, rows: list[list[object]]) -> list[list[object]]:
    return [
        ["各自治体のふるさと納税受入額及び受入件数（平成20年度～令和元年度）", "", "", "", "", unit],
        ["都道府県", "市区町村", "平成20年度", "", "令和元年度", ""],
        ["", "", "受入額", "受入件数", "受入額", "受入件数"],
        *rows,
    ]


FLOATS = [
    ["北海道", "", 100.0, 10, 8209.191, 324],
    ["北海道", "根室市", 9215, 58, 6589106.736, 413575],
    ["北海道", "伊達市", 1000, 10, 169100.41100000002, 9000],
    ["北海道", "泊村", 100, 5, 3000.0, 200],
    ["市町村合計", "", 10315, 73, 6761207.147, 422775],
    ["福島県", "伊達市", 2000, 20, 50000.001, 3000],
    ["東京都", "府中市", 300, 3, 20000, 1000],
    ["広島県", "府中市", 400, 4, 30000, 1500],
    ["鹿児島", "", 50, 5, 60000, 2000],
    ["全国合計", "", 13000, 100, 6900000, 430000],
]


def test_the_series_is_joined_by_prefecture_and_name_and_multiplied_exactly() -> None:
    found = read(series("（単位：千円、件）", FLOATS))
    assert found.taken, found.problems
    rows = found.tables["furusato_donation"]
    yen = {
        (row["area_code"], row["area_level"]): row["value"]
        for row in rows.filter((pl.col("fiscal_year") == 2019) & (pl.col("item") == "donation_jpy")).iter_rows(
            named=True
        )
    }
    assert yen["01223", "municipality"] == 6_589_106_736
    assert yen["01233", "municipality"] == 169_100_411
    assert yen["07213", "municipality"] == 50_000_001
    assert yen["13206", "municipality"] == 20_000_000
    assert yen["34208", "municipality"] == 30_000_000
    assert yen["01403", "municipality"] == 3_000_000
    assert yen["46000", "prefecture"] == 60_000_000
    assert yen["00000", "nation"] == 6_900_000_000
    assert yen[None, "subtotal"] == 6_761_207_147


@pytest.mark.promise("C6")
@pytest.mark.parametrize("unit", ["（単位：円、件）", "（単位：百万円、件）", ""])
def test_a_series_in_another_unit_or_none_is_refused(unit: str) -> None:
    assert set(ids(read(series(unit, FLOATS)))) == {"unit_mismatch"}


def test_a_name_that_nobody_has_is_refused_by_name_and_row() -> None:
    found = read(series("（単位：千円、件）", [*FLOATS, ["北海道", "釜石市", 1, 1, 1, 1]]))
    assert ids(found) == ["name_not_known"]
    assert "北海道釜石市" in found.problems[0]["message_ja"]
    assert found.problems[0]["row"] == 14


def detail(year: str, name: str = "寄附金額") -> list[list[object]]:
    return [
        ["［留意事項］"],
        ["・寄附の状況をとりまとめたものである。"],
        ["市区町村\n団体コード", "都道府県", "市区町村", "＜Ⅰ.ふるさと納税の受入件数及び受入額＞", "", "", ""],
        ["", "", "", f"{year}のふるさと納税の受入額の実績について記入してください。", "", "", ""],
        ["", "", "", f"①　{year}に受け入れた寄附件数、金額", "", "②　①のうち、市区町村外からの寄附に係るもの", ""],
        ["", "", "", "寄附件数", name, "寄附件数", name],
        ["010006", "北海道", "-", 324, 8209191, 199, 3829005],
        ["012238", "北海道", "根室市", 829461, 17612782239, 800000, 17000000000],
        ["011002", "北海道", "札幌市", "", "", "", ""],
    ]


def test_furusato_detail_of_a_later_year() -> None:
    found = read(detail("令和4年度"), "R4_gain.xlsx")
    assert found.taken, found.problems
    rows = found.tables["furusato_donation"]
    mine = dict(rows.filter(pl.col("area_code") == "01223").select("item", "value").iter_rows())
    assert mine == {"donation_count": 829461, "donation_jpy": 17612782239}
    assert rows["fiscal_year"].unique().to_list() == [2022]
    blank = rows.filter(pl.col("area_code") == "01100")
    assert blank["value"].null_count() == 2 and set(blank["value_status"]) == {"not_reported"}
    assert set(ids(read(detail("令和4年度"), "R3_gain.xlsx"))) == {"name_content_disagree"}
    assert set(ids(read(detail("令和4年度", "寄附金額（千円）")))) == {"unit_mismatch"}


def test_census_of_another_year_with_sex_in_the_metadata_block() -> None:
    text = (
        '"統計名：","昭和55年国勢調査"\n"表番号：","00201"\n"実施年月：","1980年","10月"\n"男女：","001","女"\n\n'
        ',,,"001","002","003","004"\n,,,"総数【人】","０－４歳【人】","５歳以上【人】","年齢不詳【人】"\n'
        '"01223",,"根室市","21,000","1,500","19,490","10"\n'
        '"0120B","*","(旧 202 函館市)","10","1","9","-"\n'
    )
    found = reading.read(text.encode("cp932"), "x.csv")
    assert found.taken, found.problems
    rows = found.tables["census_population"]
    assert rows["as_of_date"].unique().to_list() == [dt.date(1980, 10, 1)]
    assert rows["sex"].unique().to_list() == ["female"]
    mine = rows.filter(pl.col("area_code") == "01223")
    assert dict(mine.select("age_group", "population_persons").iter_rows()) == {
        "total": 21000, "0-4": 1500, "5+": 19490, "unknown": 10,
    }  # fmt: skip
    assert rows.filter(pl.col("area_code") == "0120B")["area_level"].unique().to_list() == ["former_municipality"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('"男女：","001","男"', None),
        ('"全域・人口集中地区（2015）：","00711","人口集中地区"', "unknown_metadata"),
        ('"配偶関係：","001","未婚"', "unknown_metadata"),
        ('"時間軸(年次)：","2010000000","2010年"', "unknown_metadata"),
        ('"国籍：","001","日本人"', None),
    ],
)
def test_a_census_table_of_men_or_of_a_part_is_not_taken_for_the_whole(line: str, problem: str | None) -> None:
    sample = (ROOT / "samples/landing/census/census_2015_population_final_cp932.csv").read_bytes().decode("cp932")
    lines = sample.splitlines()
    at = next(place for place, text in enumerate(lines) if "実施年月" in text)
    found = reading.read("\n".join([*lines[: at + 1], line, *lines[at + 1 :]]).encode("cp932"), "x.csv")
    if problem:
        assert ids(found) == [problem]
        return
    assert found.taken, found.problems
    rows = found.tables["census_population"]
    said = (rows["sex"].unique().to_list(), rows["scope"].unique().to_list())
    assert said == ((["male"], ["total"]) if "男女" in line else (["total"], ["japanese"]))


def test_the_register_tells_names_from_codes() -> None:
    known = areas.register()
    assert known.agrees("01223", "根室市") is True
    assert known.agrees("47381", "八重山郡竹富町") is True
    assert known.agrees("03211", "大船渡市") is False
    assert known.agrees("28221", "篠山市") is not False  # 丹波篠山市 since 2019
    assert known.agrees("08211", "水海道市") is None  # a name older than the list of changes
    assert known.code_of["北海道", "泊村"] == "01403"
