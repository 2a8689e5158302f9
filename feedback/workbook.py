"""A report -> its twin as a workbook.

Holds: one clean table, one sheet, one header row, one place a row: it keeps the rules that it reports on. Does not hold
what is said (report.py) or the page (html.py).
"""

from __future__ import annotations

import datetime as dt
import io
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import xlsxwriter

from sousei.feedback.report import NOTHING, Report

_SHEET = "指摘一覧"
_COLUMNS = (
    ("区分", 11),
    ("番号", 12),
    ("判定", 11),
    ("重大度", 10),
    ("ファイル名", 18),
    ("シート", 14),
    ("場所", 12),
    ("件数（件）", 11),
    ("内容", 40),
    ("直し方", 44),
    ("あるべき値", 16),
    ("実際の値", 16),
)
"""(name, width) of the fields of a line."""


class _Line(NamedTuple):
    kind: str
    number: str
    result: str
    severity: str
    file_name: str
    sheet: str
    place: str
    counted: int
    message: str
    mend: str = ""
    expected: str = ""
    found: str = ""


def xlsx(report: Report) -> bytes:
    """The workbook; the same bytes for the same report."""
    sink = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(sink, options)
    book.set_properties({"title": "機械可読性の確認結果", "created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001 - same bytes
    sheet = book.add_worksheet(_SHEET)
    top = {"align": "left", "valign": "top", "indent": 1, "text_wrap": True}
    header = book.add_format({**top, "bold": True, "bottom": 1, "bg_color": "#DCE6F1"})
    body = book.add_format({**top, "bottom": 4})
    number = book.add_format({"align": "right", "valign": "top", "num_format": "#,##0", "bottom": 4})
    for column, (name, width) in enumerate(_COLUMNS):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, header)
    lines = list(_lines(report))
    for row, line in enumerate(lines, start=1):
        sheet.set_row(row, 15 * min(_height(line), 20))
        for column, value in enumerate(line):
            if isinstance(value, int):
                sheet.write_number(row, column, value, number)
            else:
                sheet.write_string(row, column, value or NOTHING, body)
    sheet.autofilter(0, 0, len(lines), len(_COLUMNS) - 1)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(0.4, 0.4, 0.5, 0.5)
    sheet.set_footer("&C&P / &N")
    book.close()
    return sink.getvalue()


def _height(line: _Line) -> int:
    """Lines of text that the fullest cell takes."""
    return max(_columns_of(str(value)) // (width - 4) + 1 for value, (_, width) in zip(line, _COLUMNS, strict=True))


def _columns_of(text: str) -> int:
    """Width of a text on the screen, in half-width characters."""
    return sum(2 if unicodedata.east_asian_width(char) in "WFA" else 1 for char in text)


def _lines(report: Report) -> Iterator[_Line]:
    file_name = report.delivery.file_name or NOTHING
    if not report.findings and not report.problems:
        yield _Line("ルール", NOTHING, "指摘なし", NOTHING, file_name, NOTHING, NOTHING, 0, "指摘はありません。")
    for one in report.findings:
        found = one.found
        places = list(found.addresses)
        if one.unnamed > 0:
            places.append(("上記以外" if places else "全体", one.unnamed))
        severity = report.book.severities[one.rule.severity]
        for place, count in places:
            yield _Line(
                "ルール", one.rule.id, one.result_ja, severity, file_name, found.sheet, place, count,
                found.message_ja, one.rule.mend,
            )  # fmt: skip
    for told in report.problems:
        row, column = told.row, told.column_label
        place = " ".join(filter(None, (f"{row} 行" if row else "", f"列「{column}」" if column else ""))) or "全体"
        yield _Line(
            "取り込み", told.problem_id, told.severity_ja, NOTHING, file_name, told.sheet, place, 1,
            told.message_ja, told.action_ja, told.expected, told.found,
        )  # fmt: skip
