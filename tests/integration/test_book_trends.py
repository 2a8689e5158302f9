"""Charts of KPI in the workbook: which there are, that they read without colour, and draw no missing value as 0."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from sousei.foundation.home import Home
from sousei.publication import shelf
from sousei.publication.book.trends import LEAST
from sousei.publication.book.write import written
from sousei.publication.told.read import Told, told

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def about(published: Path) -> Told:
    return told(shelf.find(Home(published)), "01223", "nemuro_strategy_2", "council")


@pytest.fixture(scope="module")
def book(about: Told) -> Any:
    return openpyxl.load_workbook(io.BytesIO(written(about)))


def actuals(about: Told, kpi: str) -> list[Any]:
    return [about.scores[kpi, year]["actual_value"] for year in about.years if (kpi, year) in about.scores]


def drawn(about: Told, kpis: list[dict[str, Any]]) -> list[str]:
    """KPI with enough actuals for a line."""
    return [
        one["kpi_id"]
        for one in kpis
        if sum(value is not None for value in actuals(about, one["kpi_id"])) >= LEAST and one["kind"] != "milestone"
    ]


def test_a_kpi_with_a_line_has_a_chart_on_the_sheet_that_judges_it(about: Told, book: Any) -> None:
    headline = [one for one in about.kpis if one["row_class_ja"] == "数値目標"]
    assert len(book["数値目標"]._charts) == len(drawn(about, headline)) > 1
    for measure in about.measures:
        mine = [one for one in about.kpis if one["node_id"] == measure["node_id"]]
        sheet = book["評価シート_" + measure["node_id"]]
        assert len(sheet._charts) == len(drawn(about, mine)), sheet.title
    assert sum(len(book["評価シート_" + one["node_id"]]._charts) for one in about.measures) > 1


def test_lines_are_told_apart_without_colour(book: Any) -> None:
    chart = book["評価シート_3ア3"]._charts[0]
    looks = [(one.graphicalProperties.line.prstDash, one.marker.symbol if one.marker else None) for one in chart.series]
    assert looks == [("sysDot", None), ("dash", None), ("solid", "circle")]
    assert chart.display_blanks == "gap"


def test_a_chart_draws_the_marts_and_leaves_out_what_is_missing(about: Told, book: Any) -> None:
    seen = 0
    for sheet in (book["数値目標"], *(book["評価シート_" + one["node_id"]] for one in about.measures)):
        for chart in sheet._charts:
            reference = chart.series[-1].val.numRef.f.replace("$", "").rpartition("!")[2]
            cells = [cell.value for (cell,) in sheet[reference]]
            assert all(value is None or isinstance(value, (int, float)) for value in cells)
            title = sheet.cell(sheet[reference][0][0].row - 2, 1).value
            kpi = next(one for one in about.kpis if title.startswith(f"{one['kpi_no'] or one['kpi_id']}　"))
            wanted = [None if value is None else float(Decimal(value)) for value in actuals(about, kpi["kpi_id"])]
            assert cells == wanted, title
            seen += cells.count(None)
    assert seen > 0


@pytest.mark.parametrize(
    ("grade", "verdict", "shown"),
    [
        (None, None, {"staff"}),
        ("2", None, {"staff", "council"}),
        ("2", "effective", {"staff", "council", "public"}),
        (None, "effective", {"staff"}),
    ],
)
def test_texts_of_a_grant_are_open_to_an_edition_by_their_state(
    grade: str | None, verdict: str | None, shown: set[str]
) -> None:
    from sousei.publication.told.read import _grant

    texts = {
        name: f"架空の{name}"
        for name in ("cause_ja", "improvement_ja", "committee_opinion_ja", "future_direction_ja", "future_reason_ja")
    }
    row = {"confirmed_grade": grade, "confirmed_grade_label_ja": "架空", "expert_verdict": verdict, "actual_value": 7}
    for edition in ("staff", "council", "public"):
        found = _grant(row | texts, edition)
        assert found["actual_value"] == 7
        assert (found["cause_ja"] is not None) is (edition in shown)
        if edition not in shown:
            assert not [name for name in (*texts, "confirmed_grade") if found[name] is not None]
