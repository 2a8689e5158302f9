"""Every figure of every real file, cell by cell, against the file as other programs read it.

Holds: openpyxl (.xlsx), python-calamine (.xls) and csv (CSV) beside the raw rows: each raw column is one column of the
file, no row is left out, each figure is the cell's. Does not hold what the two cities' figures or totals should be
(test_real_files.py).
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.reading import delivery as reading

DATA = PROJECT_ROOT.parent / "shared" / "data"
FILES = [
    path
    for folder in ("extracts", "extracts_more")
    for path in sorted((DATA / folder).glob("*/*"))
    if path.suffix in {".csv", ".xls", ".xlsx"} and path.parent.name != "codes"
]
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FILES, reason="the publishers' files are not at hand (../shared)"),
]
MORE = [path for path in FILES if path.parts[-3] == "extracts_more"]
VALUES = {
    "census_population": "population_persons", "registry_population": "population_persons",
    "registry_dynamics": "value", "furusato_donation": "value", "tourism_visitors": "visitors",
    "ipss_population": "population_persons",
}  # fmt: skip
WRONG = "9504snen.xls"
"""The one file with an error of its publisher: refused for it, and read all the same."""


@cache
def read(path: Path) -> reading.Reading:
    return reading.read(path.read_bytes(), path.name)


def cells(path: Path, sheet: str) -> list[list[Any]]:
    """The rows of a sheet or CSV, from the file's first row on."""
    if path.suffix == ".csv":
        data = path.read_bytes()
        text = data.decode("cp932" if path.stem.endswith("cp932") else "utf-8-sig")
        return list(csv.reader(io.StringIO(text)))
    if path.suffix == ".xls":
        book = CalamineWorkbook.from_path(str(path))
        return book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    page = openpyxl.load_workbook(path, read_only=True, data_only=True)[sheet]
    page.reset_dimensions()
    return [list(row) for row in page.iter_rows(values_only=True)]


def figure(cell: Any) -> Decimal | None:
    """What a cell says, None for blanks and signs."""
    text = str(cell).strip().replace(",", "") if cell is not None else ""
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", text) else None


def plain(text: Any) -> str:
    return "".join(unicodedata.normalize("NFKC", str(text or "")).split()).replace("~", "-")


def parts_of(label: str) -> set[str]:
    """The header's words, as they must stand above the figures."""
    return {plain(part) for part in label.split(" / ")}


def of_each_kind(files: list[Path]) -> list[Any]:
    """The smallest file of each source is in every run, the others in the exhaustive one."""
    smallest: dict[str, Path] = {}
    for path in sorted(files, key=lambda path: path.stat().st_size):
        smallest.setdefault(path.parent.name, path)
    others = [pytest.mark.exhaustive]
    return [pytest.param(path, id=path.name, marks=[] if path in smallest.values() else others) for path in files]


@pytest.mark.parametrize("path", of_each_kind(FILES))
def test_every_figure_is_the_cell_of_the_file(path: Path) -> None:
    found = read(path)
    ((table, rows),) = found.tables.items()
    value = VALUES[table]
    (sheet,) = rows["sheet"].unique().to_list()
    grid = cells(path, sheet)
    first = int(rows["row"].min()) - 1  # type: ignore[arg-type]
    last = int(rows["row"].max())  # type: ignore[arg-type]
    width = max(map(len, grid[:last]))
    grid = [row + [None] * (width - len(row)) for row in grid]
    scale = 1000 if "unit_in_file" in rows.columns else 1
    seen: set[int] = set()
    for label, mine in rows.group_by("column_label"):
        factor = scale if scale > 1 and set(mine["unit_in_file"]) == {"千円"} else 1
        stated = dict(mine.select("row", value).iter_rows())
        expected = {row: None if number is None else Decimal(number) for row, number in stated.items()}
        place = place_of(grid, first, str(label[0]), expected, factor, seen)
        assert place is not None, (label, sorted(expected.items())[:3])
        seen.add(place)
        filled = {at + 1 for at in range(first, last) if figure(grid[at][place]) is not None}
        assert filled <= set(expected), (label, sorted(filled - set(expected))[:5])
    statuses = rows.filter(pl.col(value).is_null())["value_status"].unique().to_list()
    assert set(statuses) <= {"suppressed", "not_reported"}
    assert rows.filter(
        pl.col(value).is_not_null() & pl.col("value_status").is_in(["suppressed", "not_reported"])
    ).is_empty()


def place_of(
    grid: list[list[Any]], first: int, label: str, expected: dict[int, Decimal | None], factor: int, seen: set[int]
) -> int | None:
    """The column of the file that has these figures in these rows, below headers that say every part of the label."""
    wanted = parts_of(label) - {""}
    last = [""] * first
    for place in range(len(grid[first])):
        last = [plain(grid[at][place]) or last[at] for at in range(first)]
        if place in seen or not wanted <= set(last):
            continue
        if all(same(grid[row - 1][place], number, factor) for row, number in expected.items()):
            return place
    return None


def same(cell: Any, number: Decimal | None, factor: int) -> bool:
    stood = figure(cell)
    if stood is None or number is None:
        return stood is None and number is None
    return round(stood * factor) == number if factor > 1 else stood == number


@pytest.mark.promise("E2")
@pytest.mark.parametrize("path", MORE, ids=lambda path: path.name)
def test_genuine_files_that_were_refused_are_taken(path: Path) -> None:
    found = read(path)
    gates = [problem for problem in found.problems if problem["severity"] == "gate"]
    if path.name == WRONG:
        assert {problem["problem_id"] for problem in gates} == {"sexes_exchanged"}
        rows = found.tables["registry_population"]
        where = rows.filter(pl.col("row").is_in([problem["row"] for problem in gates]))
        assert set(where["area_code"].str.slice(0, 2)) == {"42"}
        return
    assert gates == [] and found.taken


TOLD = {
    "1312gsnen.xls": ["hidden_by_publisher"],
    "9803sjin.xls": ["own_characters"],
    "9903sjin.xls": ["bulk_registration"] * 4,
    "total_gain.xlsx": ["not_counted"],
    "census_1980_age_sex_estat.csv": ["persons_outside_municipalities"],
}


@pytest.mark.parametrize("path", [path for path in MORE if path.name != WRONG], ids=lambda path: path.name)
def test_what_is_odd_in_them_is_told(path: Path) -> None:
    problems = read(path).problems
    assert [problem["problem_id"] for problem in problems] == TOLD.get(path.name, [])
    assert {problem["severity"] for problem in problems} <= {"review"}
    assert all(problem["message_ja"] and problem["message_en"] and problem["action_ja"] for problem in problems)


def of(name: str) -> pl.DataFrame:
    (path,) = [path for path in MORE if path.name == name]
    (rows,) = read(path).tables.values()
    return rows


def test_hidden_ages_of_2013_are_suppressed_and_their_totals_are_not() -> None:
    rows = of("1312gsnen.xls")
    blank = rows.filter(pl.col("value_raw") == "")
    assert blank.height == 606 * 3 * 17 and set(blank["value_status"]) == {"suppressed"}
    assert blank["population_persons"].null_count() == blank.height
    assert rows.filter(pl.col("area_name").str.contains(r"[*※]")).is_empty()
    towns = rows.filter(pl.col("area_level").is_in(["municipality", "designated_city"]) & (pl.col("sex") == "total"))
    total = towns.filter(pl.col("age_group") == "total")["population_persons"].sum()
    nation = rows.filter((pl.col("area_level") == "nation") & (pl.col("sex") == "total"))
    assert total == nation.filter(pl.col("age_group") == "total")["population_persons"].item() == 1_980_200


def test_names_with_the_publishers_own_characters_are_read_by_their_codes() -> None:
    names = dict(of("9803sjin.xls").select("area_code", "area_name").iter_rows())
    assert [names[code] for code in ("01400", "01459", "47201")] == ["虻田郡倶知安町", "上川郡美瑛町", "那覇市"]


def test_the_series_of_donations_is_of_each_municipality_once() -> None:
    rows = of("total_gain.xlsx")
    levels = dict(rows.group_by("area_level").agg(pl.col("area_name").n_unique()).iter_rows())
    assert (levels["prefecture"], levels["subtotal"], levels["nation"]) == (47, 94, 1)
    towns = rows.filter(pl.col("area_level").is_in(["municipality", "designated_city"]))
    assert towns["area_code"].n_unique() == 1741 and towns["area_code"].null_count() == 0
    nemuro = rows.filter((pl.col("area_code") == "01223") & (pl.col("fiscal_year") == 2018))
    assert dict(nemuro.select("item", "value").iter_rows())["donation_jpy"] == 4_957_077_000


def test_the_census_of_1980_equals_the_figures_of_both_cities() -> None:
    known = {
        (row["area_code"], row["sex"], row["age_group"]): row["population_persons"]
        for row in of("census_1980_age_sex_estat.csv").iter_rows(named=True)
    }
    figures = pl.read_csv(DATA / "figures" / "census_age_sex_1980_2020.csv", comment_prefix="#", infer_schema=False)
    compared = 0
    for row in figures.filter(pl.col("year") == "1980").iter_rows(named=True):
        age = "total" if row["age"] == "総数" else row["age"].replace("～", "-").replace("歳", "").replace("以上", "+")
        if (row["code5"], row["sex"], age) in known:
            assert known[row["code5"], row["sex"], age] == int(row["population"])
            compared += 1
    assert compared >= 2 * 3 * 18
    assert known["13000", "total", "total"] == 11_618_281
