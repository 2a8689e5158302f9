"""An office that has the README and a fresh home only: its plan and two years of reports become a right scorecard.

Everything of 釧路町 here is synthetic. No file of the program is touched; the command is called as people call it.
"""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

CODE = "01661"
AS_OF = "2025-11-29"
KPI = (
    # id, name, kind, direction, unit, accumulation, baseline, target
    ("a", "架空の漁業生産量", "期末の水準", "増やす", "ｔ", "時点", "100", "200"),
    ("b", "架空の相談件数", "期間の累計", "増やす", "件", "期間累計", None, "100"),
    ("c", "架空の満足度", "割合", "増やす", "％", "時点", None, "50"),
    ("d", "架空の小学校数", "維持", "保つ", "校", "時点", None, "3"),
    ("e", "架空の待機児童", "毎年の水準", "減らす", "人", "単年", None, "10"),
)
REPORTED = {
    "2023": {"a": "120", "b": "30", "c": ("200", "500"), "d": "3", "e": "12"},
    "令和6年度": {"a": "１５０", "b": "約20", "c": "45%", "d": "2", "e": "8"},
}


class Office:
    """A home and the command, as a person at a terminal has them."""

    def __init__(self, folder: Path) -> None:
        self.home, self.folder = folder / "home", folder

    def run(self, *words: str, ok: bool = True) -> str:
        environment = os.environ | {"SOUSEI_HOME": str(self.home)}
        call = [sys.executable, "-m", "sousei.orchestration.command", *words]
        done = subprocess.run(call, capture_output=True, text=True, env=environment, check=False, cwd=self.folder)
        assert (done.returncode == 0) == ok, done.stdout + done.stderr
        return done.stdout + done.stderr

    def table(self, sql: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.run("query", sql, "--format", "csv"))))

    def put(self, path: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
        """Type rows into the sheets of a workbook below their headers, by header, and drop it into landing."""
        book = openpyxl.load_workbook(path)
        for name, lines in rows.items():
            sheet = book[name]
            headers = {sheet.cell(3, column).value: column for column in range(1, sheet.max_column + 1)}
            for line in lines:
                row = line.get("行") or next(
                    number for number in range(4, 500) if sheet.cell(number, headers[next(iter(line))]).value is None
                )
                for header, value in line.items():
                    if header != "行":
                        sheet.cell(row, headers[header]).value = value
        self.home.joinpath("landing").mkdir(parents=True, exist_ok=True)
        book.save(self.home / "landing" / path.name)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    one = Office(tmp_path_factory.mktemp("office"))
    one.run("form", "plan", "--municipality", CODE, "--to", "plan.xlsx")
    one.put(
        one.folder / "plan.xlsx",
        {
            "計画": [{"行": 4, "計画ID": "kushiro_cho_3", "版": "1", "計画の名称": "架空の第3期総合戦略",
                    "開始年度": "令和5年度", "終了年度": "R9", "評価規則": "abcd_milestone", "策定者": "釧路町"}],
            "体系": [{"体系ID": "1", "区分": "基本目標", "名称": "架空の目標"}],
            "指標": [
                {"指標ID": key, "区分": "KPI", "指標の名称": name, "体系ID": "1", "種類": kind, "方向": direction,
                 "単位": unit, "集計": accumulation,
                 "実績の出どころ": "担当課の報告", "担当課": "企画課", "基準値": baseline,
                 "基準値の種類": "過去の実績" if baseline else None, "基準値は確認済み": "○" if baseline else None}
                for key, name, kind, direction, unit, accumulation, baseline, _ in KPI
            ],
            "目標": [
                {"指標ID": key, "目標の版": "1", "目標値": target, "目標年度": "令和9年度"} for key, *_, target in KPI
            ],
        },
    )  # fmt: skip
    one.run("refresh", "--as-of", AS_OF)
    for year, values in REPORTED.items():
        western = "2024" if year == "令和6年度" else year
        said = one.run("form", "report", "--municipality", CODE, "--fiscal-year", western, "--to", f"forms{western}")
        (path,) = (one.folder / f"forms{western}").glob("*.xlsx")
        assert "企画課" in said
        place = rows_of(path)
        lines = []
        for kpi, value in values.items():
            line: dict[str, Any] = {"行": place[kpi], "集計": "単年" if kpi == "b" else None}
            line |= {"分子": value[0], "分母": value[1]} if isinstance(value, tuple) else {"値": value}
            lines.append(line)
        one.put(path, {"実績": lines})
    one.run("refresh", "--as-of", AS_OF)
    return one


def rows_of(path: Path) -> dict[str, int]:
    """Row of each KPI in the sheet 実績."""
    sheet = openpyxl.load_workbook(path)["実績"]
    headers = {sheet.cell(3, column).value: column for column in range(1, sheet.max_column + 1)}
    return {str(sheet.cell(row, headers["指標ID"]).value): row for row in range(4, sheet.max_row + 1)
            if sheet.cell(row, headers["指標ID"]).value}  # fmt: skip


@pytest.mark.exhaustive
def test_two_years_of_five_kinds_are_scored_right(office: Office) -> None:
    """By hand. a: 100 -> 200 in five years from 2023: 120 of the milestone 120, 150 of 140. b: 30 of 20 in year one,
    then about 20 more, which is no exact sum. c: 40 and 45 of 50. d: 3 kept, 2 not. e: 12 is above the limit of 10, 8
    below it."""
    rows = office.table(
        "select kpi_id, fiscal_year, actual_value, progress_pct, attainment_pct, milestone_value, grade, "
        "not_computable_reason from mart_kpi_scorecard order by kpi_id, fiscal_year"
    )
    found = {(row["kpi_id"], row["fiscal_year"]): row for row in rows}
    assert len(found) == 10
    numbers = {key: Decimal(row["actual_value"]) for key, row in found.items() if row["actual_value"]}
    assert numbers["a", "2024"] == 150 and numbers["c", "2023"] == 40 and numbers["c", "2024"] == 45
    assert numbers["b", "2023"] == 30 and numbers["b", "2024"] == 50
    assert Decimal(found["a", "2023"]["progress_pct"]) == 20 and Decimal(found["a", "2024"]["progress_pct"]) == 50
    assert (
        Decimal(found["a", "2023"]["milestone_value"]) == 120 and Decimal(found["a", "2024"]["milestone_value"]) == 140
    )
    assert [found["a", year]["grade"] for year in ("2023", "2024")] == ["A", "A"]
    assert found["b", "2023"]["grade"] == "A" and found["b", "2024"]["not_computable_reason"] == "value_approximate"
    assert Decimal(found["c", "2024"]["attainment_pct"]) == 90
    assert [found["d", year]["grade"] for year in ("2023", "2024")] == ["A", "D"]


@pytest.mark.exhaustive
def test_every_figure_leads_to_its_cell(office: Office) -> None:
    rows = office.table(
        "select kpi_id, file_name, source_sheet, source_row from mart_kpi_scorecard join meta_source using (source_id) "
        "where fiscal_year = 2024"
    )
    assert len(rows) == 5
    assert {row["source_sheet"] for row in rows} == {"実績"} and all(int(row["source_row"]) >= 4 for row in rows)
    assert all(row["file_name"].startswith("report_01661_2024") for row in rows)


@pytest.mark.exhaustive
def test_nothing_is_shown_of_towns_that_sent_nothing(office: Office) -> None:
    (only,) = office.table("select distinct municipality_code from mart_kpi_scorecard")
    assert only["municipality_code"] == CODE
    assert "根室" not in office.run("refresh", "--as-of", AS_OF) + office.run("status")


@pytest.mark.exhaustive
def test_a_wrong_edition_leaves_the_one_before(office: Office) -> None:
    office.put(office.home / "landing" / "plan.xlsx", {"指標": [{"行": 4, "種類": "期末の水凖"}]})
    said = office.run("refresh", "--as-of", AS_OF)
    assert "指標" in said and "種類" in said
    assert len(office.table("select * from mart_kpi_scorecard")) == 10
