"""Every year's layout of the resident registry, filled with the published figures of both cities, reads back to them.

Synthetic workbooks: titles, headers and the figures of ../shared/data/figures are the publisher's; what those leave out
(other entries and removals, rates) is made up so that the sums hold.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from itertools import product
from typing import Any

import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.reading import delivery as reading
from sousei.ingest.vocabulary.ages import parse_age
from tests.synthetic.books import book

FIGURES = PROJECT_ROOT.parent / "shared" / "data" / "figures"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FIGURES.is_dir(), reason="the publishers' figures are not at hand (../shared)"),
]
SCOPES = {"jp_only": "", "s": "（総計）", "n": "（日本人住民）", "g": "（外国人住民）"}
MEANING = {"jp_only": "japanese", "s": "total", "n": "japanese", "g": "foreign"}
RATES = ["増減数(Ａ)-(Ｂ)", "増{}率", "自然増{}数", "自然増{}率", "社会増{}数", "社会増{}率"]
ITEMS = {
    "male": "population_male", "female": "population_female", "total": "population_total", "households": "households",
    "inflow": "in_migration", "births": "birth", "outflow": "out_migration", "deaths": "death",
}  # fmt: skip


@cache
def figures(name: str) -> pl.DataFrame:
    return pl.read_csv(FIGURES / name, infer_schema=False)


def files(name: str) -> list[str]:
    return figures(name)["file"].unique(maintain_order=True).to_list() if FIGURES.is_dir() else []


def era(year: int) -> str:
    return f"平成{year - 1988}年" if year < 2020 else "令和元年" if year == 2019 else f"令和{year - 2018}年"


def title_of(year: int, kind: str) -> str:
    """The publisher's title; the figures carry its beginning."""
    stock = f"{era(year)}{'3月31日' if year < 2014 else '1月1日'}"
    span = "平成31年1月1日から令和元年12月31日まで" if year == 2020 else "1月1日から同年12月31日まで"
    before = "令和元年" if year == 2020 else era(year - 1)
    flow = f"{before}度" if year < 2014 else f"{before}（{span}）"
    late = "：平成24年3月9日公表" if year == 2011 else ""
    return f"{stock}住民基本台帳人口・世帯数、{flow}人口動態（市区町村別）{SCOPES[kind]}{late}"


def heads(year: int, kind: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """(upper, lower) headers of the stock's and of the flows' columns, as the year has them."""
    stock = [("人口", "男"), ("人口", "女"), ("人口", "計")]
    stock += [("人口", "（修正人口）")] if year == 2005 else []
    if kind == "n":
        of_japanese = "日本人住民" if year >= 2022 else "日本人"
        stock += [("世帯数", of_japanese), ("世帯数", "複数国籍"), ("世帯数", "計")]
    else:
        stock += [("世帯数", "世帯数")]
    stock += [("（修正世帯数）", "（修正世帯数）")] if year == 2005 else []
    split = ["（国内）", "（国外）", "（計）"] if year >= 2013 else [""]
    other_in = {"n": ["（帰化等）", "（その他）"], "g": ["（国籍喪失）", "（その他）"]}.get(kind, [])
    other_in = ["（法第30条の47）", *other_in] if (kind, year) == ("g", 2013) else other_in
    other_out = {"n": ["（国籍喪失）", "（その他）"], "g": ["（帰化等）", "（その他）"]}.get(kind, [])
    last = ["（計）"] if year >= 2013 else [""]
    into = [*[f"転入者数{part}" for part in split], "出生者数", *[f"その他{part}" for part in [*other_in, *last]]]
    out = [*[f"転出者数{part}" for part in split], "死亡者数", *[f"その他{part}" for part in [*other_out, *last]]]
    rates = [text.format("減" if year >= 2016 else "加") for text in RATES]
    flows = [("住民票記載数", name) for name in [*into, "計（Ａ）"]]
    flows += [("住民票消除数", name) for name in [*out, "計（Ｂ）"]]
    return stock, [*flows, *[(name, name) for name in rates]]


def cells(row: dict[str, Any], year: int, kind: str) -> list[object]:
    n = {name: int(float(row[name])) for name in ITEMS}
    entries, removals = n["inflow"] + n["births"] + 7, n["outflow"] + n["deaths"] + 3
    values: dict[str, object] = {
        "男": n["male"], "女": n["female"], "計": n["total"], "（修正人口）": "", "（修正世帯数）": "",
        "世帯数": n["households"], "日本人": n["households"], "日本人住民": n["households"], "複数国籍": 5,
        "転入者数": n["inflow"], "転入者数（国内）": n["inflow"], "転入者数（国外）": 0, "転入者数（計）": n["inflow"],
        "出生者数": n["births"], "その他": 7, "その他（計）": 7, "その他（法第30条の47）": 1, "その他（その他）": 2,
        "その他（帰化等）": 1, "その他（国籍喪失）": 1, "計（Ａ）": entries, "転出者数": n["outflow"],
        "転出者数（国内）": n["outflow"], "転出者数（国外）": 0, "転出者数（計）": n["outflow"],
        "死亡者数": n["deaths"], "計（Ｂ）": removals, RATES[0]: entries - removals,
    }  # fmt: skip
    stock, flows = heads(year, kind)
    made: list[object] = []
    for upper, lower in [*stock, *flows]:
        value = values.get(lower)
        if (upper, lower) == ("世帯数", "計"):
            value = n["households"] + 5
        if upper == "住民票消除数" and lower in {"その他", "その他（計）"}:
            value = 3
        if lower.startswith("自然") and lower.endswith("数"):
            value = n["births"] - n["deaths"]
        if lower.startswith("社会") and lower.endswith("数"):
            value = n["inflow"] + 7 - n["outflow"] - 3
        made.append(-0.123456789 if value is None else value)
    return made


def flow_table(year: int, kind: str, rows: list[dict[str, Any]]) -> list[list[object]]:
    stock, flows = heads(year, kind)
    every = [*stock, *flows]
    title, keys = [title_of(year, kind)], ["団体コード", "都道府県名", "市区町村名"]
    before = era(year - 1) + ("度" if year < 2014 else "")
    years = [era(year)] * len(stock) + [before] * len(flows)
    if year >= 2021:
        western = [f"{year}年"] * len(stock) + [f"{year - 1}年"] * len(flows)
        units = ["世帯" if upper == "世帯数" else "％" if "率" in lower else "人" for upper, lower in every]
        top: list[list[object]] = [
            title, ["", "", "", *years], ["", "", "", *western], ["", "", "", *[upper for upper, _ in every]],
            ["", "", "", *[lower for _, lower in every]], [*keys, *units],
        ]  # fmt: skip
    else:
        blanked = [first if place in {0, len(stock)} else "" for place, first in enumerate(years)]
        upper = [name if place == 0 or every[place - 1][0] != name else "" for place, (name, _) in enumerate(every)]
        lower = [low if low != up else "" for up, low in every]
        top = [title, [*keys, *blanked], ["", "", "", *upper], ["", "", "", *lower]]
    pad = "　" if year <= 2005 else ""
    where = {"01": f"北海道{pad}", "03": f"岩手県{pad}"}
    body = [[row["code"], where[row["code"][:2]], row["name"] + pad, *cells(row, year, kind)] for row in rows]
    notes: list[list[object]] = (
        [["注：増減率、自然増減率及び社会増減率内の「-」は、「皆増」を示す"]] if year >= 2021 else []
    )
    return [*top, *body, *notes]


@pytest.mark.sampled(12)
@pytest.mark.parametrize("name", files("registry_dynamics_1995_2022.csv"))
def test_flows_of_every_year_and_scope_read_back_to_the_published_figures(name: str) -> None:
    rows = figures("registry_dynamics_1995_2022.csv").filter(pl.col("file") == name).to_dicts()
    year, kind = int(rows[0]["asof_year"]), rows[0]["kind"]
    assert title_of(year, kind).startswith(rows[0]["title"])  # the title is the one that was published
    found = reading.read(book(flow_table(year, kind, rows)), name)
    assert found.taken, found.problems
    assert found.problems == []
    table = found.tables["registry_dynamics"]
    assert set(table["scope"]) == {MEANING[kind]}
    day = dt.date(year, 3, 31) if year < 2014 else dt.date(year, 1, 1)
    assert set(table["as_of_date"]) == {day}
    first = (dt.date(year - 1, 4, 1), "fiscal_year") if year < 2014 else (dt.date(year - 1, 1, 1), "calendar_year")
    for row in rows:
        mine = table.filter(pl.col("area_code") == row["code"][:5])
        values = dict(mine.select("item", "value").iter_rows())
        assert {figure: values[item] for figure, item in ITEMS.items()} == {f: int(float(row[f])) for f in ITEMS}
        assert set(mine["area_name"]) == {row["name"]}
        births = mine.filter(pl.col("item") == "birth").row(0, named=True)
        assert (births["period_start"], births["period_basis"]) == first
        assert mine.filter(pl.col("item").str.starts_with("population"))["period_start"].null_count() == 3


@pytest.mark.parametrize("year", [1995, 1996, 1997, 2004, 2012])
def test_removals_that_do_not_add_up_are_taken_for_1996_only(year: int) -> None:
    rows = figures("registry_dynamics_1995_2022.csv").filter(pl.col("file") == f"{year % 100:02d}03sjin.xls").to_dicts()
    table = flow_table(year, "jp_only", rows)
    place = [*heads(year, "jp_only")[0], *heads(year, "jp_only")[1]].index(("住民票消除数", "その他"))
    table[-1][3 + place] = 8
    found = reading.read(book(table), "x.xls")
    assert [problem["problem_id"] for problem in found.problems] == (
        [] if year == 1996 else ["total_differs_from_parts"]
    )
    assert found.taken == (year == 1996)


@pytest.mark.parametrize(("year", "kind"), list(product([2023, 2024, 2025, 2026], "sng")))
def test_flows_of_years_after_the_figures_keep_their_scope_and_their_year(year: int, kind: str) -> None:
    rows = figures("registry_dynamics_1995_2022.csv").filter(pl.col("file") == "2203ssjin.xlsx").to_dicts()
    found = reading.read(book(flow_table(year, kind, rows)), f"{year % 100}{kind}sjin.xlsx")
    assert found.problems == []
    table = found.tables["registry_dynamics"]
    assert set(table["scope"]) == {MEANING[kind]} and set(table["as_of_date"]) == {dt.date(year, 1, 1)}
    flows = table.filter(pl.col("item") == "death")
    assert set(flows["period_start"]) == {dt.date(year - 1, 1, 1)}
    assert dict(flows.select("area_code", "value").iter_rows()) == {"01223": 416, "03211": 644}


@pytest.mark.parametrize("name", ["26gsjin.xlsx", "【外国人住民】市区町村別人口 26gsjin.xlsx", "2511nsjin.xlsx"])
def test_the_names_of_2026_are_compared_too(name: str) -> None:
    rows = figures("registry_dynamics_1995_2022.csv").filter(pl.col("file") == "2203ssjin.xlsx").to_dicts()
    found = reading.read(book(flow_table(2026, "s", rows)), name)
    assert {problem["problem_id"] for problem in found.problems} == {"name_content_disagree"}


@pytest.mark.parametrize(("title", "columns"), [("s", "n"), ("s", "g"), ("n", "g"), ("g", "n")])
def test_a_title_of_one_scope_over_the_columns_of_another_is_refused(title: str, columns: str) -> None:
    rows = figures("registry_dynamics_1995_2022.csv").filter(pl.col("file") == "2203ssjin.xlsx").to_dicts()
    table = flow_table(2023, columns, rows)
    table[0] = [title_of(2023, title)]
    found = reading.read(book(table), "x.xlsx")
    assert not found.taken
    assert {problem["problem_id"] for problem in found.problems} == {"title_contradiction"}


@pytest.mark.parametrize("sheet", ["人口、世帯数、人口動態（市区町村別）【{}】", "【{}】"])
@pytest.mark.parametrize("kind", "sng")
def test_a_sheet_named_for_another_scope_than_its_title_is_refused(sheet: str, kind: str) -> None:
    rows = figures("registry_dynamics_1995_2022.csv").filter(pl.col("file") == "2203ssjin.xlsx").to_dicts()
    for other in "sng":
        data = book(flow_table(2023, kind, rows), sheet.format(SCOPES[other].strip("（）"))[-31:])
        found = reading.read(data, "x.xlsx")
        assert found.taken == (other == kind)
        assert {problem["problem_id"] for problem in found.problems} <= {"title_contradiction"}


@pytest.mark.promise("C5")
@pytest.mark.parametrize(
    ("year", "old", "new", "problem"),
    [
        (
            2023,
            "令和4年（1月1日から同年12月31日まで）",
            "令和3年（1月1日から同年12月31日まで）",
            "period_contradiction",
        ),
        (2023, "同年12月31日", "同年6月30日", "unknown_period"),
        (2023, "令和4年（1月1日から同年12月31日まで）", "令和4年度", "period_contradiction"),
        (2012, "平成23年度", "平成23年", "period_contradiction"),
        (2023, "1月1日住民", "4月1日住民", "unknown_title"),
        (2023, "令和5年1月1日", "令和5年3月31日", "period_contradiction"),
        (2012, "3月31日", "1月1日", "unknown_title"),
    ],
)
def test_a_title_of_another_day_or_period_is_refused(year: int, old: str, new: str, problem: str) -> None:
    kind = "s" if year > 2012 else "jp_only"
    rows = figures("registry_dynamics_1995_2022.csv").filter(pl.col("file") == "2203ssjin.xlsx").to_dicts()
    table = flow_table(year, kind, rows)
    assert old in str(table[0][0])
    table[0] = [str(table[0][0]).replace(old, new)]
    found = reading.read(book(table), "x.xlsx")
    assert not found.taken and {item["problem_id"] for item in found.problems} == {problem}


@pytest.mark.parametrize(("year", "old", "new"), [(2012, "平成23年度", "平成23年"), (2023, "令和4年", "令和4年度")])
def test_flows_whose_header_is_of_the_other_kind_of_year_are_refused(year: int, old: str, new: str) -> None:
    rows = figures("registry_dynamics_1995_2022.csv").filter(pl.col("file") == "2203ssjin.xlsx").to_dicts()
    table = flow_table(year, "s" if year > 2012 else "jp_only", rows)
    table[1] = [new if cell == old else cell for cell in table[1]]
    found = reading.read(book(table), "x.xlsx")
    assert {problem["problem_id"] for problem in found.problems} == {"period_contradiction"}


def age_table(year: int, kind: str, rows: list[dict[str, Any]]) -> list[list[object]]:
    labels = list(dict.fromkeys(row["age"] for row in rows))
    by = "年齢" if year < 2014 else "年齢階級"
    stock = f"{era(year)}{'3月31日' if year < 2014 else '1月1日'}"
    title = f"{stock}住民基本台帳{by}別人口（市区町村別）{SCOPES[kind]}"
    keys = ["団体コード", "都道府県名", "市区町村名", "性別"]
    if year >= 2021:
        top: list[list[object]] = [[title], ["", "", "", "", *labels], [*keys, *["人"] * len(labels)]]
    else:
        extra = ["（修正総数）"] if year == 2005 else []
        top = [[title], [*keys, labels[0], *extra, *labels[1:]]]
    values = {(row["code6"], row["sex"], row["age"]): row["value"] for row in rows}
    where = {"01": "北海道", "03": "岩手県"}
    body: list[list[object]] = []
    for (code, name), sex in product({row["code6"]: row["name"] for row in rows}.items(), ["計", "男", "女"]):
        figures_ = [values[code, sex, label] for label in labels]
        numbers: list[object] = [text if text == "X" else int(float(text)) for text in figures_]
        if year == 2005:
            numbers.insert(1, "")
        mark = "*" if 2016 <= year <= 2020 else ""
        body.append([code, where[code[:2]], name + mark, sex, *numbers])
    notes: list[list[object]] = [["注1：外国人住民の内訳は、非公表である"]] if year >= 2021 else []
    return [*top, *body, *notes]


@pytest.mark.sampled(12)
@pytest.mark.parametrize("name", files("registry_age_1995_2023.csv"))
def test_ages_of_every_year_and_scope_read_back_to_the_published_figures(name: str) -> None:
    rows = figures("registry_age_1995_2023.csv").filter(pl.col("file") == name).to_dicts()
    year, kind = int(rows[0]["asof_year"]), rows[0]["kind"]
    found = reading.read(book(age_table(year, kind, rows)), name)
    assert found.problems == []
    table = found.tables["registry_population"]
    assert set(table["scope"]) == {MEANING[kind]}
    assert set(table["as_of_date"]) == {dt.date(year, 3, 31) if year < 2014 else dt.date(year, 1, 1)}
    known = {
        (row["area_code"], row["sex"], row["age_group"]): (row["population_persons"], row["value_status"])
        for row in table.iter_rows(named=True)
    }
    for row in rows:
        sex = {"計": "total", "男": "male", "女": "female"}[row["sex"]]
        value = known[row["code6"][:5], sex, parse_age(row["age"]).group]
        assert value == ((None, "suppressed") if row["value"] == "X" else (int(float(row["value"])), "final"))
    assert len(known) == len(rows)
