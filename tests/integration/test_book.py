"""`sousei book`: the finished workbook of a plan, read back and compared with the release."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import shutil
import zipfile
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest
from openpyxl.workbook import Workbook

from sousei.foundation.home import Home
from sousei.publication import changes, shelf
from sousei.publication.book.write import workbook
from sousei.publication.query import query
from sousei.publication.shelf import Release
from sousei.publication.told.formulas import formula
from sousei.publication.told.read import told
from tests.integration.conftest import run_sousei

pytestmark = pytest.mark.slow

CODE, PLAN = "01223", "nemuro_strategy_2"
PLANS = [
    (CODE, PLAN),
    (CODE, "nemuro_vision_2019"),
    ("03211", "kamaishi_open_city_2"),
    ("03211", "kamaishi_comprehensive_6"),
]
MACHINE = ["data_kpi_long", "data_codebook"]


@pytest.fixture(scope="module")
def release(published: Path) -> Release:
    return shelf.find(Home(published))


@pytest.fixture(scope="module")
def books(release: Release) -> dict[str, bytes]:
    return {edition: workbook(release, CODE, PLAN, edition, "資料２") for edition in ("staff", "council", "public")}


def _read(book: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(book))


def _texts(book: Workbook) -> list[str]:
    return [
        cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str)
    ]


def _exact(value: Any) -> Any:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, (Decimal, float, int)):
        return Decimal(str(value)).normalize()
    return value


def test_the_sheets_of_the_staff_edition_in_order(books: dict[str, bytes], release: Release) -> None:
    names = _read(books["staff"]).sheetnames
    measures = query(f"select node_id from mart_measure where plan_id = '{PLAN}'", release).height
    sheets = [name for name in names if name.startswith("評価シート_")]
    assert len(sheets) == measures == 17 and sheets[0] == "評価シート_1ア1"
    assert [name for name in names if name not in sheets] == [
        *("表紙", "総括表", "数値目標", "KPI一覧", "交付金効果検証", "人口", "ほかの団体との比較", "算定根拠"),
        *("未報告・要確認", "注記・凡例", "変更履歴", *MACHINE),
    ]


def test_no_evaluation_is_left_alone_on_a_printed_page(books: dict[str, bytes]) -> None:
    """Where a page ends before it, the last projects go over with it."""
    turned = 0
    for sheet in _read(books["staff"]):
        if not sheet.title.startswith("評価シート_"):
            continue
        heads = {cell.value: cell.row for cell in sheet["A"] if isinstance(cell.value, str) and cell.value[1:2] == "　"}
        projects, evaluation = heads["２　主な事業"], heads["３　評価"]
        first = max((one.id + 1 for one in sheet.row_breaks.brk if one.id < evaluation), default=0)
        turned += first > projects
        assert first <= max(projects, evaluation - 5), (sheet.title, first, evaluation)  # a blank row, four projects
    assert turned >= 5, "the samples have such pages"


@pytest.mark.sampled
@pytest.mark.parametrize("edition", ["staff", "council", "public"])
def test_values_only_and_nothing_active(books: dict[str, bytes], edition: str) -> None:
    book = books[edition]
    assert len(book) < 3_000_000
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        names = parts.namelist()
        sheets = [parts.read(name).decode() for name in names if name.startswith("xl/worksheets/sheet")]
        assert not [name for name in names if "vba" in name or "externalLink" in name]
    for sheet in sheets:
        assert "<f>" not in sheet and "<hyperlink" not in sheet
        assert 'hidden="1"' not in sheet
    assert all(one.sheet_state == "visible" for one in _read(book))


def test_the_machine_sheets_are_the_marts(books: dict[str, bytes], release: Release) -> None:
    book = _read(books["staff"])
    asked = {
        "data_kpi_long": f"select * from mart_kpi_long where municipality_code = '{CODE}' and plan_id = '{PLAN}' "
        "order by kpi_id, fiscal_year",
        "data_codebook": "select * from mart_kpi_codebook order by place",
    }
    for name, sql in asked.items():
        sheet, mart = book[name], query(sql, release)
        header, *rows = sheet.iter_rows(values_only=True)
        frame = mart.select(header)
        assert set(header) == set(mart.columns)
        assert [[_exact(cell) for cell in row] for row in rows] == [
            [_exact(cell) for cell in row] for row in frame.rows()
        ]
        assert not sheet.merged_cells.ranges
        assert not {"…", "−", "x"} & set(_texts_of(sheet))


def _texts_of(sheet: Any) -> list[str]:
    return [cell for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str)]


@pytest.mark.exhaustive
def test_the_codebook_has_the_columns_of_the_data(books: dict[str, bytes]) -> None:
    for book in map(_read, books.values()):
        header = next(book["data_kpi_long"].iter_rows(values_only=True))
        assert list(header) == [row[0] for row in book["data_codebook"].iter_rows(min_row=2, values_only=True)]


def test_the_list_shows_each_actual_and_never_0_for_a_missing_one(books: dict[str, bytes], release: Release) -> None:
    about = told(release, CODE, PLAN, "staff")
    found: dict[str, list[Any]] = {}
    for name in ("数値目標", "KPI一覧"):
        rows = list(_read(books["staff"])[name].iter_rows(values_only=True))
        for line, row in enumerate(rows):
            if any(one["kpi_no"] == row[0] for one in about.kpis):
                found[str(row[0])] = [row, rows[line + 1]]
    assert len(found) == len(about.kpis) == 47
    for kpi in about.kpis:
        above, below = found[kpi["kpi_no"]]
        for place, year in enumerate(about.years, 8):
            score = about.scores[kpi["kpi_id"], year]
            assert _exact(above[place]) == _exact(score["milestone_value"]) or (
                score["milestone_value"] is None and above[place] == "−"
            )
            if score["actual_value"] is None:
                assert below[place] == "… 未報告"
            else:
                assert _exact(below[place]) == _exact(score["actual_value"])


def test_states_stand_where_the_figure_stands(release: Release, books: dict[str, bytes]) -> None:
    book = _read(books["staff"])
    formats = {cell.number_format for row in book["数値目標"].iter_rows() for cell in row}
    assert any("（推定）" in one for one in formats)
    assert any("▲" in one for one in formats)
    texts = _texts(book)
    assert "B おおむね順調（暫定）\n（前年 B おおむね順調（暫定））" in texts
    assert any("要確認：「延べ３００万人」は寄附の件数か、寄附者の数か。" in one for one in texts)
    population = {cell.number_format for row in _read(books["staff"])["人口"].iter_rows() for cell in row}
    assert any("（速報）" in one for one in population)


def test_the_summary_is_the_mart(books: dict[str, bytes], release: Release) -> None:
    about = told(release, CODE, PLAN, "staff")
    sheet = _read(books["staff"])["総括表"]
    rows = list(sheet.iter_rows(values_only=True))
    first = next(line for line, row in enumerate(rows) if row[0] == "基本目標")
    names = rows[first]
    for one in about.summary:
        if one["fiscal_year"] == about.year:
            row = next(
                row for row in rows[first:] if row[0] == one["basic_goal"] and row[1].endswith(one["row_class_ja"])
            )
            assert row[names.index(one["grade_class"])] == one["n_kpi"]
            assert row[names.index("計")] == one["n_kpi_all"]
    assert len(sheet._charts) == 1


def test_the_basis_names_file_row_and_hash_and_computes_the_rate(books: dict[str, bytes], release: Release) -> None:
    rows = list(_read(books["staff"])["算定根拠"].iter_rows(values_only=True))
    row = next(row for row in rows if row[0] == "目標2-1" and "2021" in str(row[2]))
    assert "進捗率＝（実績－基準）÷（目標－基準）＝（2.522327－2.44）÷（2－2.44）＝▲18.7106％" in str(row[5])
    source = query("select sha256, file_name from meta_source", release)
    assert (row[11], row[8]) in source.rows()
    assert isinstance(row[10], int)


def test_each_rate_of_the_release_has_its_formula(release: Release) -> None:
    for score in query("select * from mart_kpi_scorecard", release).to_dicts():
        for name in ("attainment_pct", "progress_pct", "milestone_pct"):
            assert (score[name] is None) == (formula(score, name) is None), (score["kpi_id"], name)


def test_the_same_bytes_twice_with_the_day_of_the_release(books: dict[str, bytes], release: Release) -> None:
    assert workbook(release, CODE, PLAN, "council", "資料２") == books["council"]
    made = _read(books["council"]).properties.created
    assert made is not None and made.date().isoformat() == release.manifest.as_of_date


def test_the_public_edition_holds_no_staff_notes(books: dict[str, bytes], release: Release) -> None:
    staff, public = _read(books["staff"]), _read(books["public"])
    assert set(staff.sheetnames) - set(public.sheetnames) == {"未報告・要確認"}
    said = "\n".join(_texts(public))
    kpis = query(f"select * from dim_kpi where plan_id = '{PLAN}'", release)
    for name in ("open_question_ja", "reading_taken_ja", "note_ja", "note_en"):
        told_of = [one for one in kpis[name].drop_nulls() if len(one) > 5]
        assert told_of and not [one for one in told_of if one in said]
    missing = query(f"select action_ja, detail_ja from mart_kpi_missing where plan_id = '{PLAN}'", release)
    assert not [one for column in missing.columns for one in missing[column].drop_nulls().unique() if one in said]
    assert "note" not in next(public["data_kpi_long"].iter_rows(values_only=True))
    assert "（暫定）" in said and "… 未報告" in said


def test_print_set_up(books: dict[str, bytes]) -> None:
    for sheet in _read(books["council"]):
        if sheet.title in MACHINE:
            continue
        assert sheet.page_setup.paperSize in {8, 9}
        assert sheet.page_setup.fitToWidth in {None, 1} and sheet.page_setup.fitToHeight == 0
        assert sheet.oddFooter.center.text == "&P／&N" and "会議版" in str(sheet.oddFooter.left.text)
        assert sheet.oddHeader.right.text == "資料２"
    listed = _read(books["council"])["KPI一覧"]
    assert listed.print_title_rows == "$1:$4"
    goals = [cell.row for cell in listed["A"] if str(cell.value).startswith("基本目標")]
    assert {row - 1 for row in goals[1:]} <= {one.id for one in listed.row_breaks.brk}


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("code", "plan"), PLANS)
@pytest.mark.parametrize("edition", ["staff", "council", "public"])
def test_no_sheet_is_empty_for_any_plan(release: Release, code: str, plan: str, edition: str) -> None:
    for sheet in _read(workbook(release, code, plan, edition)):
        assert sheet.title in MACHINE or len(_texts_of(sheet)) >= 3, sheet.title
        assert sheet["A1"].value or sheet.title == "表紙"


@pytest.mark.promise("D1")
def test_text_that_starts_like_a_formula_stays_text(release: Release) -> None:
    """Synthetic names."""
    from sousei.publication.book.write import written

    about = told(release, CODE, PLAN, "staff")
    about.kpis[0]["kpi_name_ja"] = '=HYPERLINK("http://example.invalid")'
    about.kpis[1]["unit"] = "@SUM(1)"
    long = about.long.with_columns(pl.lit("=1+1").alias("note"))
    book = written(type(about)(**{**vars(about), "long": long}))
    cells = [cell for sheet in _read(book) for row in sheet.iter_rows() for cell in row if str(cell.value)[:1] in "=@"]
    cells = [cell for cell in cells if cell.value]
    with zipfile.ZipFile(io.BytesIO(book)) as parts:
        for name in parts.namelist():
            assert not re.search(r"<f[ >]", parts.read(name).decode("utf-8", "replace")) or "chart" in name
    assert cells


@pytest.mark.exhaustive
def test_the_command_writes_and_says_what_is_wrong(published: Path, tmp_path: Path) -> None:
    to = tmp_path / "book.xlsx"

    def call(*changed: str) -> tuple[int, str, str]:
        asked = {"--municipality": CODE, "--plan": PLAN, "--edition": "public", "--to": str(to)}
        asked |= dict(zip(changed[::2], changed[1::2], strict=True))
        said = run_sousei(published, "book", *(part for one in asked.items() for part in one))
        return said.returncode, said.stdout, said.stderr

    assert call()[0] == 0 and to.stat().st_size > 10_000
    code, _, said = call()
    assert code == 1 and said.startswith("file_exists: ") and said.count("\n") == 1
    for changed, word in (
        (("--municipality", "99999"), "municipality_unknown"),
        (("--plan", "no_such"), "no_plan"),
        (("--to", str(tmp_path / "資料.xlsx")), "not_a_workbook_name"),
        (("--to", str(tmp_path / "book.pdf")), "not_a_workbook_name"),
        (("--to", "/proc/nowhere/book.xlsx"), "place_not_usable"),
    ):
        code, _, said = call(*(("--to", str(tmp_path / "other.xlsx")) if "--to" not in changed else ()), *changed)
        assert code == 2 and said.startswith(f"{word}: ") and said.count("\n") == 1, (changed, said)
    assert (
        "ある計画: nemuro_vision_2019、nemuro_strategy_2" in call("--plan", "no", "--to", str(tmp_path / "n.xlsx"))[2]
    )
    assert call("--edition", "secret")[0] == 2
    said_json = run_sousei(
        published,
        *("book", "--municipality", CODE, "--plan", PLAN, "--edition", "staff"),
        "--to",
        str(to),
        "--force",
        "--json",
    )
    assert json.loads(said_json.stdout)["size_bytes"] == to.stat().st_size


def test_a_long_text_of_an_evaluation_is_shown_in_full_by_the_edition_that_may(release: Release) -> None:
    """Synthetic evaluation: a draft for the staff only, and longer than a row can be tall."""
    from sousei.publication.book.page import height, parts
    from sousei.publication.told.read import _evaluations

    row = {"subject_id": "1ア1", "fiscal_year": 2024}
    rows = [row | {"evaluation_state": state} for state in ("internal_confirmed", "draft")]
    assert _evaluations(rows, 2024, "staff")["1ア1"]["evaluation_state"] == "internal_confirmed"
    assert _evaluations(rows[1:], 2024, "staff") and not _evaluations(rows[1:], 2024, "council")
    assert _evaluations(rows, 2024, "council") and not _evaluations(rows, 2024, "public")
    assert not _evaluations(rows, 2023, "staff")
    text = "地域の担い手を確保するため、研修会を開いた。" * 120 + "\n" + "課題" * 700
    pieces = parts(text, 80, 9.5)
    assert len(pieces) > 1 and "".join(pieces).replace("\n", "") == text.replace("\n", "")
    assert all(height([(one, 80)], 9.5) < 400 for one in pieces)
    assert parts("短い", 80) == ["短い"] and parts("", 80) == [""]


def test_what_moved_since_the_last_release_stands_below_the_history(
    release: Release, books: dict[str, bytes], tmp_path: Path
) -> None:
    """Synthetic movement of one KPI; the release itself is the first of its home."""
    from sousei.publication.book.write import written

    first = next(_read(books["staff"])["変更履歴"].iter_rows(min_row=3, max_row=3, values_only=True))
    assert "最初の公表版のため、比べる前回の公表版がありません。" in str(first[0])
    next_one = tmp_path / "next.duckdb"
    shutil.copyfile(release.database, next_one)
    next_one.chmod(0o644)
    with duckdb.connect(str(next_one)) as connection:
        connection.execute(
            "update mart_kpi_scorecard set actual_value = 55.1, attainment_pct = 101.8 "
            "where kpi_id = 'n2-g1-2' and fiscal_year = 2022"
        )
    moved = [one._asdict() for one in changes.between(release.database, next_one)]
    about = told(release, CODE, PLAN, "public")
    about = replace(about, changes=moved, previous={"not_compared_ja": None, "previous_release_id": "2026-11-21.1"})
    rows = list(_read(written(about))["変更履歴"].iter_rows(values_only=True))
    assert "前回公表（2026-11-21.1）からの変更：1件" in str(rows[2][0])
    start = next(line for line, row in enumerate(rows) if row[0] == "前回公表からの変更")
    row = rows[start + 2]
    assert (row[0], row[2], row[4], row[9], row[11]) == ("目標1-2", "変更", 2, "不明", "理由不明")
    assert [_exact(cell) for cell in row[6:8]] == [Decimal("55.35122738"), Decimal("55.1")]
