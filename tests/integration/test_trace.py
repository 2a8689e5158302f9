"""From a published figure back to the cell of the file: `sousei trace`, and 200 cells computed again from the samples.

The second path reads the sample files itself (openpyxl, csv) at the place that the release names, and computes the
figure with arithmetic of its own. Covered are cells of the machine sheet of the workbook, of CSV and of Parquet files:
values of KPI with numerator, denominator and rate of attainment, targets and baselines, and delivered counts of people,
movements, donations and visitors. Not covered: projections and what follows from them, grades and counts of grades.
"""

from __future__ import annotations

import csv
import io
import json
import random
import unicodedata
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.publication import shelf, trace
from sousei.publication.book.write import workbook
from sousei.publication.query import query
from sousei.publication.shelf import Release
from sousei.publication.trace import record
from tests.integration.conftest import run_sousei

pytestmark = pytest.mark.slow

SAMPLES = PROJECT_ROOT / "samples" / "landing"
CODE, PLAN = "01223", "nemuro_strategy_2"
KEY = ["municipality_code", "plan_id", "kpi_id", "fiscal_year"]


@pytest.fixture(scope="module")
def home(published: Path) -> Home:
    return Home(published)


@pytest.fixture(scope="module")
def release(home: Home) -> Release:
    return shelf.find(home)


# --- the second path: the files themselves --------------------------------------------------------------------------


def plain(value: Any) -> str:
    """A header as it is compared: NFKC, no blanks, one kind of wave."""
    return "".join(unicodedata.normalize("NFKC", str(value or "")).split()).replace("〜", "~")


@cache
def grid(name: str, sheet: str) -> dict[int, list[Any]]:
    """Row number -> cells of a sheet of a sample, or of a CSV."""
    (path,) = SAMPLES.rglob(name)
    if path.suffix == ".xlsx":
        rows = openpyxl.load_workbook(path, data_only=True)[sheet].iter_rows(values_only=True)
        return {number: list(row) for number, row in enumerate(rows, 1)}
    raw = path.read_bytes()
    text = raw.decode("utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "utf-8" if _is_utf8(raw) else "cp932")
    reader = csv.reader(io.StringIO(text))
    return dict((reader.line_num, row) for row in reader)  # noqa: C402


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def number(cell: Any) -> Decimal:
    return Decimal(str(cell).replace(",", "").strip())


def at(name: str, sheet: str, row: int, column: str) -> Decimal:
    """The number of a sample in a row and under a header (levels joined by ' / '; a header reaches to the right)."""
    rows = grid(name, sheet)
    parts = {plain(part) for part in column.split(" / ")}
    own: list[set[str]] = [set() for _ in rows[row]]
    reach: list[set[str]] = [set() for _ in rows[row]]
    for place in range(1, row):
        last = ""
        for column_no, cell in enumerate(rows.get(place, [])[: len(own)]):
            last = plain(cell) or last
            own[column_no].add(plain(cell))
            reach[column_no].add(last)
    fits = [(len(parts & own[no]), no) for no in range(len(own)) if parts <= reach[no] and parts & own[no]]
    assert fits, (name, sheet, row, column)
    values = {number(rows[row][no]) for count, no in fits if count == max(fits)[0]}
    assert len(values) == 1, (name, sheet, row, column, values)
    value = values.pop()
    is_thousand = "金額" in column and any(
        "千円" in plain(cell) for line in range(1, row) for cell in rows.get(line, [])
    )
    return value * 1000 if is_thousand else value


def read(one: dict[str, Any]) -> Decimal:
    """The cell of an input of a trace, read again."""
    return at(one["file_name"], one["sheet"] or "", one["row"], one["column"])


# --- what is published ----------------------------------------------------------------------------------------------


Cell = tuple[str, dict[str, Any], str, Any]
"""Table, key, column, published value as the file has it."""


def _same(published: Any, again: Decimal) -> bool:
    """Equal, within the eight decimals that are published."""
    return abs(Decimal(str(published)) - again) <= Decimal("0.00000001")


def _cells(table: str, rows: list[dict[str, Any]], key: list[str], columns: list[str]) -> Iterator[Cell]:
    for row in rows:
        for column in columns:
            if row[column] not in (None, ""):
                yield table, {name: row[name] for name in key}, column, row[column]


def of_workbook(release: Release) -> list[Cell]:
    found = []
    for code, plan in ((CODE, PLAN), (CODE, "nemuro_vision_2019"), ("03211", "kamaishi_open_city_2")):
        sheet = openpyxl.load_workbook(io.BytesIO(workbook(release, code, plan, "staff")))["data_kpi_long"]
        header, *lines = sheet.iter_rows(values_only=True)
        rows = [dict(zip(header, line, strict=True)) for line in lines]
        found += _cells("mart_kpi_long", rows, KEY, ["value", "numerator", "denominator", "target_value"])
    return found


DELIVERED = {
    "fct_population": (
        ["municipality_code", "series", "scope", "as_of_date", "sex", "age_group"],
        ["population_persons"],
    ),
    "fct_population_change": (
        ["municipality_code", "series", "scope", "period_start", "period_end", "component"],
        ["persons"],
    ),
    "fct_furusato_donation": (["municipality_code", "fiscal_year"], ["donation_jpy", "donation_count"]),
    "fct_tourism_visitors": (["municipality_code", "month"], ["visitors"]),
    "mart_kpi_scorecard": (KEY, ["actual_value", "attainment_pct", "target_value", "baseline_value"]),
}


def of_csv(release: Release) -> list[Cell]:
    found = []
    for table, (key, columns) in DELIVERED.items():
        text = (release.path / "csv" / f"{table}.csv").read_text("utf-8-sig")
        found += _cells(table, list(csv.DictReader(io.StringIO(text))), key, columns)
    return found


def of_parquet(release: Release) -> list[Cell]:
    found = []
    for table, (key, columns) in DELIVERED.items():
        frame = pl.read_parquet(release.path / "parquet" / f"{table}.parquet")
        found += _cells(table, frame.to_dicts(), key, columns)
    return found


def again(release: Release, home: Home, cell: Cell) -> Decimal:
    """The published figure computed from the samples."""
    table, key, column, _ = cell
    if table in {"mart_kpi_long", "mart_kpi_scorecard"}:
        return of_kpi(release, key, column)
    found = trace.mart(release, table, {name: str(value) for name, value in key.items()}, column, home.raw)
    (one,) = [one for one in found.inputs if one["role"] == "row"]
    return read(one)


HEADERS = {"target_value": "目標値", "baseline_value": "基準値"}
SHEETS = {"target_value": "目標", "baseline_value": "指標"}


@cache
def _of(path: Path, *names: str) -> tuple[dict[str, Any], int, list[dict[str, Any]]]:
    """A KPI, the first fiscal year of its scores, and the cells of its values with the names of their files."""
    where = " and ".join(f"{name} = '{value}'" for name, value in zip(KEY, names, strict=False))
    kpi, scored, cells = record.queries(
        [
            f"select * from dim_kpi where {where} and is_current",
            f"select min(fiscal_year) as year from mart_kpi_scorecard where {where}",
            "select input.*, source.file_name from mart_kpi_input as input inner join meta_source as source "
            f"using (source_id) where {where}",
        ],
        shelf.read(path),
    )
    return kpi.to_dicts()[0], scored.item(), cells.to_dicts()


def of_kpi(release: Release, key: dict[str, Any], column: str) -> Decimal:
    asked = (key["kpi_id"], int(key["fiscal_year"]), key["municipality_code"], key["plan_id"])
    kpi, scored, cells = _of(release.path, *(key[name] for name in KEY[:3]))
    if column in HEADERS:
        found = trace.kpi(release, asked[0], scored, *asked[2:], column)
        (one,) = [one for one in found.inputs if one["sheet"] == SHEETS[column]]
        assert grid(one["file_name"], one["sheet"])[one["row"]][0] == kpi["kpi_id"]
        return at(one["file_name"], one["sheet"], one["row"], HEADERS[column])
    first, year = kpi["first_fiscal_year"], int(key["fiscal_year"])
    is_summed = kpi["kind"] in {"cumulative_total", "increment_over_term"} and column != "value"
    years = {one["fiscal_year"] for one in cells if (first <= one["fiscal_year"] < year) and is_summed} | {year}
    if column in {"numerator", "denominator"}:
        return _side(cells, year, column)
    value = sum((_of_year(cells, one, kpi) for one in sorted(years)), Decimal(0))
    if column == "attainment_pct":
        target = of_kpi(release, key, "target_value")
        ratio = target / value if kpi["direction"] == "lower_is_better" else value / target
        return (100 * ratio).quantize(Decimal("0.00000001"))
    return value


def _side(cells: list[dict[str, Any]], year: int, role: str) -> Decimal:
    mine = [one for one in cells if one["fiscal_year"] == year and one["role"] == role]
    assert mine, (year, role)
    return sum(
        (
            one["sign"] * at(one["file_name"], one["source_sheet"] or "", one["source_row"], one["source_column"])
            for one in mine
        ),
        Decimal(0),
    )


IN = {"億円": 100_000_000, "百万円": 1_000_000}


def _of_year(cells: list[dict[str, Any]], year: int, kpi: dict[str, Any]) -> Decimal:
    roles = {one["role"] for one in cells if one["fiscal_year"] == year}
    if "numerator" in roles:
        return (_side(cells, year, "numerator") / _side(cells, year, "denominator") * 100).quantize(
            Decimal("0.00000001")
        )
    is_reported = any(one["source_id"].startswith("section_report") for one in cells if one["fiscal_year"] == year)
    return _side(cells, year, "value") / (1 if is_reported else IN.get(kpi["unit"], 1))


@pytest.mark.sampled
@pytest.mark.promise("E3")
@pytest.mark.parametrize(("taken", "count"), [(of_csv, 70), (of_parquet, 70), (of_workbook, 60)])
def test_200_cells_are_the_figures_of_the_files(
    release: Release,
    home: Home,
    taken: Callable[[Release], list[Cell]],
    count: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cells = taken(release)
    with duckdb.connect(str(release.database), read_only=True) as kept:  # one session, where a trace opens its own
        kept.execute("set timezone = 'Asia/Tokyo'")
        monkeypatch.setattr(record, "queries", lambda statements, _: [kept.sql(one).pl() for one in statements])
        assert _wrong(cells, count, lambda cell: again(release, home, cell)) == []


def _wrong(cells: list[Cell], count: int, compute: Callable[[Cell], Decimal]) -> list[tuple[Cell, Decimal]]:
    of_tables = [[one for one in cells if one[0] == table] for table in sorted({one[0] for one in cells})]
    draw = random.Random(20261122)
    for each in of_tables:
        draw.shuffle(each)
    chosen = [each[place] for place in range(count) for each in of_tables if place < len(each)][:count]
    assert len(chosen) == count
    return [(cell, value) for cell in chosen if not _same(cell[3], value := compute(cell))]


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.mark.promise("E3")
@pytest.mark.exhaustive
def test_each_value_of_the_scorecard_has_its_cells_and_is_given_again(release: Release) -> None:
    rows = query("select * from mart_kpi_scorecard where actual_value is not null", release).to_dicts()
    assert len(rows) >= 50
    for one in rows:
        found = trace.kpi(release, one["kpi_id"], one["fiscal_year"], one["municipality_code"], one["plan_id"])
        assert found.value == one["actual_value"] and found.is_recomputed, (one["kpi_id"], one["fiscal_year"])
        for cell in found.inputs:
            assert cell["file_name"] and cell["row"] and len(cell["sha256"]) == 64
            assert cell["role"] == "plan" or cell["column"]


def test_the_command_says_formula_and_place(published: Path) -> None:
    said = run_sousei(published, "trace", "n2-g1-2", "2022")
    assert said.returncode == 0, said.stderr
    for text in (
        "分子÷分母×100＝（965＋920＋",
        "＝13033÷23546×100＝55.35122738",
        "2304ssnen.xlsx　シート「年齢別人口（市区町村別）【総計】」　4行目　列「15歳~19歳 / 人」",
        "（下の欄から再計算し、公表値と一致）",
        "nemuro_strategy_2.xlsx　シート「指標」",
    ):
        assert text in said.stdout
    said = run_sousei(published, "trace", "3-イ-1-1", "2022", "--column", "progress_pct", "--json")
    told = json.loads(said.stdout)
    assert told["value"] == "64.43469874" and told["is_recomputed"]
    assert told["formulas"][-1].startswith("進捗率＝実績÷目標＝322.173494÷500")
    assert [one["fiscal_year"] for one in told["inputs"]] == [2021, 2022, None, None]


def test_any_row_that_keeps_its_place_and_one_that_does_not(published: Path) -> None:
    key = "municipality_code=01223,series=census,scope=total,as_of_date=2020-10-01,sex=female,age_group=20-24"
    said = run_sousei(published, "trace", "--mart", "fct_population", "--key", key)
    assert said.returncode == 0, said.stderr
    assert "census_2020_sex_age.csv　16行目　列「20~24歳」" in said.stdout
    key = "municipality_code=01223,scenario_id=ipss_2018,vintage=ipss_2018,year=2040"
    said = run_sousei(published, "trace", "--mart", "mart_population_vision", "--key", key)
    assert said.returncode == 0 and "行ごとの資料の場所を持たない" in said.stdout and "ipss_projection" in said.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nope", "2022"), "kpi_unknown: 指標 nope はありません。ある指標: "),
        (("n2-g1-2", "1999"), "year_unknown: 指標 n2-g1-2 の 1999 年度は評価の表にありません。ある年度: 2021、2022"),
        (("n2-g1-2", "2022", "--plan", "no"), "plan_id_unknown: 計画 no はありません。ある計画: nemuro_strategy_2"),
        (("n2-g1-2", "2022", "--municipality", "03211"), "municipality_code_unknown: 団体 03211 は"),
        (("n2-g1-2", "2022", "--column", "no"), "column_unknown: 列 no は mart_kpi_scorecard にありません。"),
        (("n2-g1-2",), "not_a_figure: "),
        ((), "not_a_figure: "),
        (("n2-g1-2", "2022", "--mart", "dim_kpi"), "not_a_figure: "),
        (("--mart", "no", "--key", "a=b"), "mart_unknown: 表 no は"),
        (("--mart", "dim_kpi", "--key", "a=b"), "column_unknown: 表 dim_kpi に列 a はありません。"),
        (("--mart", "dim_kpi", "--key", "unit=％"), "row_not_one: dim_kpi に unit=％ の行は"),
        (("--mart", "dim_kpi"), "column_unknown: 表 dim_kpi に列 （キーなし） はありません。"),
    ],
)
def test_a_question_that_names_no_figure_is_answered_with_what_is_there(
    published: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    from sousei.orchestration import command

    monkeypatch.setenv("SOUSEI_HOME", str(published))
    assert command.main(["trace", *arguments]) == 2
    told = capsys.readouterr()
    assert told.err.startswith(said) and told.err.count("\n") == 1 and not told.out
