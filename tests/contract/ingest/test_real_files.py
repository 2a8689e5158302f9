"""The publishers' own files, read through the contracts, equal the figures of both cities and their own totals."""

from __future__ import annotations

import datetime as dt
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.reading import delivery as reading
from sousei.ingest.vocabulary.ages import parse_age

SHARED = PROJECT_ROOT.parent / "shared"
EXTRACTS, FIGURES = SHARED / "data" / "extracts", SHARED / "data" / "figures"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not EXTRACTS.is_dir(), reason="the publishers' files are not at hand (../shared)"),
]
CITIES = ["01223", "03211"]
REGISTRY = sorted((EXTRACTS / "resident_registry").glob("*.xls*")) if EXTRACTS.is_dir() else []
DYNAMICS = [path for path in REGISTRY if "jin" in path.name]
AGES = [path for path in REGISTRY if "nen" in path.name]


@cache
def read(path: Path) -> reading.Reading:
    return reading.read(path.read_bytes(), path.name)


def rows_of(folder: str, name: str) -> pl.DataFrame:
    found = read(EXTRACTS / folder / name)
    assert found.taken, found.problems
    return next(iter(found.tables.values()))


def figures(name: str, **types: pl.DataType) -> pl.DataFrame:
    return pl.read_csv(FIGURES / name, comment_prefix="#", infer_schema=False)


@pytest.mark.sampled(8)
@pytest.mark.promise("E2")
@pytest.mark.parametrize(
    "path", [p for p in sorted(EXTRACTS.glob("*/*")) if p.suffix != ".parquet"], ids=lambda p: p.name
)
def test_every_file_is_taken_without_a_word(path: Path) -> None:
    found = read(path)
    if path.name == "estat_api_getStatsData_sample.json":
        assert [(p["problem_id"], p["severity"]) for p in found.problems] == [("estat_incomplete", "warn")]
        assert not found.taken
        assert "403227" in found.problems[0]["message_ja"]
        return
    assert found.problems == []
    assert found.taken


@pytest.mark.parametrize("path", DYNAMICS, ids=lambda p: p.name)
def test_registry_flows_equal_the_figures(path: Path) -> None:
    names = {
        "male": "population_male", "female": "population_female", "total": "population_total",
        "households": "households", "inflow": "in_migration", "births": "birth", "outflow": "out_migration",
        "deaths": "death",
    }  # fmt: skip
    expected = figures("registry_dynamics_1995_2022.csv").filter(pl.col("file") == path.name)
    assert expected.height == 2
    rows = rows_of("resident_registry", path.name)
    for figure in expected.iter_rows(named=True):
        mine = rows.filter(pl.col("area_code") == figure["code"][:5])
        values = dict(mine.select("item", "value").iter_rows())
        assert {name: values[item] for name, item in names.items()} == {n: int(float(figure[n])) for n in names}
        kind = {"jp_only": "japanese", "n": "japanese", "g": "foreign", "s": "total"}[figure["kind"]]
        assert mine["scope"].unique().to_list() == [kind]
        assert {day.year for day in mine["as_of_date"].unique().to_list()} == {int(figure["asof_year"])}


@pytest.mark.parametrize("path", AGES, ids=lambda p: p.name)
def test_registry_ages_equal_the_figures(path: Path) -> None:
    expected = figures("registry_age_1995_2023.csv").filter(pl.col("file") == path.name)
    assert expected.height in {108, 132}
    rows = rows_of("resident_registry", path.name)
    known = {
        (row["area_code"], row["sex"], row["age_group"]): row
        for row in rows.filter(pl.col("area_code").is_in(CITIES)).iter_rows(named=True)
    }
    for figure in expected.iter_rows(named=True):
        sex = {"計": "total", "男": "male", "女": "female"}[figure["sex"]]
        row = known[figure["code6"][:5], sex, parse_age(figure["age"]).group]
        if figure["value"] == "X":
            assert (row["population_persons"], row["value_status"]) == (None, "suppressed")
        else:
            assert row["population_persons"] == int(float(figure["value"]))


NATIONS = {
    "0503sjin.xls": 126869397, "1203sjin.xls": 126659683, "1303ssjin.xls": 128373879, "1307nsjin.xls": 126393679,
    "1403ssjin.xls": 128438013, "1411gsjin.xls": 2003379, "1603ssjin.xls": 128066211, "1903ssjin.xls": 127443563,
    "2003ssjin.xls": 127138033, "2103ssjin.xlsx": 126654244,
}  # fmt: skip


@pytest.mark.promise("C8")
@pytest.mark.parametrize("path", DYNAMICS, ids=lambda p: p.name)
def test_municipalities_add_to_the_official_nation(path: Path) -> None:
    rows = rows_of("resident_registry", path.name).filter(pl.col("item") == "population_total")
    by_level = {
        level: rows.filter(pl.col("area_level").is_in(levels))["value"].sum()
        for level, levels in {
            "nation": ["nation"], "prefectures": ["prefecture"], "towns": ["municipality", "designated_city"],
        }.items()
    }  # fmt: skip
    assert set(by_level.values()) == {NATIONS[path.name]}
    assert rows.filter(pl.col("area_level") == "prefecture").height == 47


@pytest.mark.promise("C8")
@pytest.mark.parametrize("path", AGES, ids=lambda p: p.name)
def test_every_age_and_sex_adds_up_over_the_municipalities(path: Path) -> None:
    rows = rows_of("resident_registry", path.name)
    group = ["sex", "age_group"]
    towns = rows.filter(pl.col("area_level").is_in(["municipality", "designated_city"]))
    nation = rows.filter(pl.col("area_level") == "nation").select(*group, "population_persons")
    added = towns.group_by(group).agg(pl.col("population_persons").sum().alias("added"))
    both = nation.join(added, on=group)
    assert both.height in {54, 66}
    whole = both.filter(pl.col("age_group") == "total")
    assert (whole["population_persons"] == whole["added"]).all()
    if path.name < "1303":
        assert (both["population_persons"] == both["added"]).all()
    else:  # ages of few foreigners are hidden in their town's row, not in the nation's
        short = both.select((pl.col("population_persons") - pl.col("added")).alias("short"))["short"]
        assert short.min() >= 0
        assert short.max() <= (0.001 if "ss" in path.name else 0.02) * both["population_persons"].max()


def test_flows_of_fy2012_and_cy2013_keep_their_own_periods() -> None:
    early = rows_of("resident_registry", "1303ssjin.xls").filter(pl.col("item") == "birth")
    late = rows_of("resident_registry", "1403ssjin.xls").filter(pl.col("item") == "birth")
    assert early.select("period_start", "period_end", "period_basis").unique().rows() == [
        (dt.date(2012, 4, 1), dt.date(2013, 3, 31), "fiscal_year")
    ]
    assert late.select("period_start", "period_end", "period_basis").unique().rows() == [
        (dt.date(2013, 1, 1), dt.date(2013, 12, 31), "calendar_year")
    ]


@pytest.mark.promise("C7")
def test_every_masked_cell_of_2212g_is_suppressed_and_none_is_zero() -> None:
    rows = rows_of("resident_registry", "2212gsnen.xlsx")
    masked = rows.filter(pl.col("value_raw") == "X")
    assert masked.height == 27405
    assert masked["population_persons"].null_count() == 27405
    assert set(masked["value_status"]) == {"suppressed"}
    yubari = rows.filter((pl.col("area_code") == "01209") & (pl.col("sex") == "total"))
    assert yubari.filter(pl.col("age_group") == "total")["population_persons"].item() == 23


def test_census_2020_equals_the_figures() -> None:
    expected = figures("census_age_sex_1980_2020.csv").filter(pl.col("year") == "2020")
    rows = rows_of("census", "census_2020_age_sex_estat.csv")
    known = {
        (row["area_code"], row["sex"], row["age_group"]): row["population_persons"]
        for row in rows.filter(pl.col("area_code").is_in(CITIES)).iter_rows(named=True)
    }
    assert expected.height == 138
    for figure in expected.iter_rows(named=True):
        assert known[figure["code5"], figure["sex"], parse_age(figure["age"]).group] == int(figure["population"])
    hyphens = rows.filter(pl.col("value_raw") == "-")
    assert hyphens.height == 4017
    assert hyphens["population_persons"].null_count() == 4017


def test_census_2015_is_a_revision_pair() -> None:
    pair = {}
    for name in ("census_2015_population_preliminary_cp932.csv", "census_2015_population_final_cp932.csv"):
        rows = rows_of("census", name).filter(pl.col("area_code").is_in(CITIES))
        pair |= {
            (row["area_code"], row["value_status"]): row["population_persons"] for row in rows.iter_rows(named=True)
        }
    assert pair == {
        ("01223", "preliminary"): 26919, ("01223", "final"): 26917,
        ("03211", "preliminary"): 36812, ("03211", "final"): 36802,
    }  # fmt: skip


@pytest.mark.parametrize(("name", "label"), [("H28", "平成28年度"), ("H30", "平成30年度"), ("R1", "令和元年度")])
def test_furusato_details_equal_the_figures(name: str, label: str) -> None:
    rows = rows_of("furusato_nozei", f"{name}_gain.xlsx")
    assert rows.filter(pl.col("item") == "donation_jpy").height == 1788
    for figure in (
        figures("furusato_receipts_fy2008_2025.csv").filter(pl.col("fiscal_year_label") == label).iter_rows(named=True)
    ):
        mine = rows.filter(pl.col("area_code") == figure["code6"][:5])
        values = dict(mine.select("item", "value").iter_rows())
        assert values["donation_count"] == int(figure["count"])
        # the series rounds FY2018 to thousands, the detail file does not
        assert abs(values["donation_jpy"] - int(figure["amount_yen"])) < (1000 if name == "H30" else 1)


def test_tourism_equals_the_figures_and_yearly_and_monthly_overlap() -> None:
    expected = figures("tourism_visitors_monthly_2021_2026.csv")
    compared = 0
    for name in ("city2021.csv", "city2022.csv", "city2023.csv", "city2024.csv", "city202412.csv"):
        rows = rows_of("tourism", name)
        assert set(rows["form"]) == {"monthly" if name == "city202412.csv" else "yearly"}
        known = {(row["area_code"], row["month"]): row["visitors"] for row in rows.iter_rows(named=True)}
        for figure in expected.filter(pl.col("file") == name).iter_rows(named=True):
            month = dt.date(int(figure["year"]), int(figure["month"]), 1)
            assert known[figure["municipality_code5"], month] == int(figure["visitors"])
            compared += 1
    assert compared == 4 * 24 + 2


def test_ipss_equals_the_figures() -> None:
    rows = rows_of("ipss_projection", "ipss_2018_age_sex_wide.csv")
    assert rows["area_code"].n_unique() == 1857
    known = {
        (row["area_code"], row["year"], row["sex"], row["age_group"]): row["population_persons"]
        for row in rows.filter(pl.col("area_code").is_in(CITIES)).iter_rows(named=True)
    }
    compared = 0
    for figure in figures("ipss_h30_2015_2045.csv").iter_rows(named=True):
        key = (figure["code5"], int(figure["year"]), figure["sex"], parse_age(figure["age"]).group)
        if key[2:] in {("male", "total"), ("female", "total")}:
            continue  # not printed in the file: sums of its cells
        assert known[key] == int(figure["population"])
        compared += 1
    assert compared == 840 - 28
    totals = rows_of("ipss_projection", "ipss_2023_totals_kekkahyo1.xlsx")
    for figure in figures("ipss_r5_3groups_2020_2050.csv").iter_rows(named=True):
        mine = totals.filter((pl.col("area_code") == figure["code"]) & (pl.col("year") == int(figure["year"])))
        assert mine["population_persons"].item() == int(figure["total"])
        assert mine["value_status"].item() == ("final" if figure["year"] == "2020" else "projected")


def test_every_row_says_where_it_stands() -> None:
    rows = rows_of("resident_registry", "2104ssnen.xlsx")
    cell = rows.filter((pl.col("area_code") == "01223") & (pl.col("sex") == "male") & (pl.col("age_group") == "20-24"))
    found = cell.row(0, named=True)
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_path(str(EXTRACTS / "resident_registry" / "2104ssnen.xlsx"))
    stood = sheet.get_sheet_by_name(found["sheet"]).to_python(skip_empty_area=False)[found["row"] - 1]
    assert stood[:4] == ["012238", "北海道", "根室市", "男"]
    assert str(int(stood[9])) == found["value_raw"]
    assert found["column_label"] == "20歳~24歳 / 人"
