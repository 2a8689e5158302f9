"""Milestone, actual and target of a KPI by year, as a table and a native line chart, on the sheets that judge it.

Holds: the table, the chart, and for which KPI there is one. Does not hold: figures (`told`), the page (`page`).

The chart draws the cells of the table, so what it has no value for is blank there, never a symbol: a program draws a
text as 0. Lines are told apart by dash and marker, for paper without colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sousei.publication.book.page import DEFAULT_ROW, FONT, HEAD_FILL, Number, Page
from sousei.publication.told.read import Row, Told
from sousei.publication.told.words import STATUS, WITHOUT_VALUE, marks

_HEIGHT = 200
"""Height of a chart in pixels."""
_ROWS = -(-_HEIGHT // DEFAULT_ROW)
"""Rows that a chart takes."""
_POINTS = DEFAULT_ROW * 0.75
"""Height of a row in points."""
LEAST = 2
"""Years with an actual from which a line says something."""
Spans = Sequence[tuple[int, int]]
"""First and last column of each of: year, milestone, actual, target, state."""
_HEADS = ("年度", "目安", "実績", "最終目標値", "実績の状態")


def add(page: Page, told: Told, kpis: Sequence[Row], spans: Spans, title: str, beside: int = 0) -> None:
    """Add them for those of the KPI that have enough actuals; nothing where none has.

    beside: column in which a chart stands beside its table; 0: below it. A KPI that does not fit on a page starts one,
    so that no chart is cut.
    """
    shown = [(kpi, rows) for kpi in kpis if len(_with_actual(rows := _rows(told, kpi))) >= LEAST]
    if not shown:
        return
    page.gap()
    block = _POINTS * (_ROWS + (2 if beside else len(told.years) + 3))
    if beside:
        page.turn()
    page.keep(3 * _POINTS + block)
    page.line(title, bold=True, font_size=11)
    page.line("実績は実線と丸、目安は点線、最終目標値は破線。縦の軸は 0 から始まらないことがある。")
    for kpi, rows in shown:
        page.keep(block)
        _one(page, told, kpi, rows, spans, beside)


def _rows(told: Told, kpi: Row) -> list[Row]:
    return [score for year in told.years if (score := told.scores.get((kpi["kpi_id"], year)))]


def _with_actual(rows: Sequence[Row]) -> list[Row]:
    return [one for one in rows if one["actual_value"] is not None and one["kind"] != "milestone"]


def _one(page: Page, told: Told, kpi: Row, rows: Sequence[Row], spans: Spans, beside: int) -> None:
    unit = f"（{kpi['unit']}）" if kpi["unit"] else ""
    name = f"{kpi['kpi_no'] or kpi['kpi_id']}　{kpi['kpi_name_ja']}{unit}"
    page.line(name, bold=True)
    look: dict[str, Any] = {"border": 1, "border_color": "#808080"}
    for head, (first, last) in zip(_HEADS, spans, strict=True):
        page.block(page.row, first, last, head, bold=True, bg_color=HEAD_FILL, align="center", **look)
    page.row += 1
    start = page.row
    for one in rows:
        state = WITHOUT_VALUE.get(one["value_status"]) or STATUS.get(one["value_status"], one["value_status"])
        before, after = marks(one) if one["actual_value"] is not None else ("", "")
        actual = None if one["actual_value"] is None else Number(one["actual_value"], before, after)
        cells = [
            told.labels.get(one["fiscal_year"], (f"{one['fiscal_year']}年度",))[0],
            None if one["milestone_value"] is None else Number(one["milestone_value"]),
            actual,
            None if one["target_value"] is None else Number(one["target_value"]),
            state,
        ]
        for cell, (first, last) in zip(cells, spans, strict=True):
            page.put(page.row, first, cell, across=last - first)
        page.row += 1
    at = start - 1 if beside else page.row
    _chart(page, name, (at, beside), (start, page.row - 1), [first for first, _ in spans], rows)
    page.row = max(page.row, at + _ROWS) + 1


def _chart(
    page: Page,
    name: str,
    at: tuple[int, int],
    lines_of: tuple[int, int],
    columns: Sequence[int],
    rows: Sequence[Row],
) -> None:
    """The chart of the table in the rows `lines_of`, at a row and column."""
    first, last = lines_of
    year, milestone, actual, target, _ = columns
    chart = page.book.file.add_chart({"type": "line"})
    lines = (
        ("目安", milestone, {"color": "#7F7F7F", "width": 1.75, "dash_type": "round_dot"}, {"type": "none"}, False),
        ("最終目標値", target, {"color": "#404040", "width": 1.5, "dash_type": "dash"}, {"type": "none"}, False),
        (
            "実績",
            actual,
            {"color": "#000000", "width": 2.25, "dash_type": "solid"},
            {"type": "circle", "size": 7, "border": {"color": "#000000"}, "fill": {"color": "#000000"}},
            True,
        ),
    )
    font = {"name": FONT["font_name"], "size": 8}
    for label, column, line, marker, has_values in lines:
        if label == "目安" and all(one["milestone_value"] is None for one in rows):
            continue
        if label == "最終目標値" and all(one["target_value"] is None for one in rows):
            continue
        chart.add_series(
            {
                "name": label,
                "categories": [page.name, first, year, last, year],
                "values": [page.name, first, column, last, column],
                "line": line,
                "marker": marker,
                **({"data_labels": {"value": True, "position": "above", "font": font}} if has_values else {}),
            }
        )
    chart.show_blanks_as("gap")
    chart.set_title({"none": True})
    chart.set_x_axis({"num_font": font})
    most = max(abs(one["actual_value"] or 0) for one in rows)
    form = "#,##0" if most >= 100 else "0.0#"
    chart.set_y_axis(
        {"num_font": font, "num_format": form, "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}}
    )
    chart.set_legend({"position": "bottom", "font": font})
    chart.set_size({"width": 720, "height": _HEIGHT})
    about = f"{name} の目安・実績・最終目標値の折れ線。数値は上の表のとおり"
    page.sheet.insert_chart(*at, chart, {"description": about[:250], "object_position": 1})
