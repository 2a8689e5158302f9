"""Workbooks of our own forms with synthetic rows, as an office might send them back.

Holds: sheets from dicts of Japanese headers. Does not hold: the form that `sousei form` writes (feedback).
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import xlsxwriter

from sousei.ingest.forms.model import form

Rows = Sequence[Mapping[str, object]]


def workbook(source: str, sheets: Mapping[str, Rows], path: Path | None = None) -> bytes:
    """A workbook of the form of a source. sheets: sheet name of the form -> rows by field name; cells as typed."""
    told, stream = form(source), io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"created": dt.datetime(2000, 1, 1)})  # noqa: DTZ001 as xlsxwriter writes it
    for name, rows in sheets.items():
        sheet = told.sheet(name)
        page = book.add_worksheet(sheet.sheet_ja)
        page.write_string(0, 0, told.mark(sheet))
        known = {column.name: place for place, column in enumerate(sheet.columns)}
        for column in sheet.columns:
            page.write_string(2, known[column.name], column.header_ja)
        for line, row in enumerate(rows, 3):
            for field, value in row.items():
                if value is not None:
                    write = page.write_string if isinstance(value, str) else page.write
                    write(line, known[field], value)
    book.close()
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(stream.getvalue())
    return stream.getvalue()


def plan(**changed: object) -> dict[str, object]:
    """The row of a synthetic plan of 釧路町."""
    return {
        "municipality_code": "016616",
        "plan_id": "kushiro_cho_3",
        "edition": "1",
        "plan_name_ja": "第3期釧路町総合戦略（架空の見本）",
        "first_fiscal_year": "令和5年度",
        "last_fiscal_year": "R9",
        "grade_rule_id": "abcd_milestone",
        "publisher_ja": "釧路町",
    } | changed


def kpi(kpi_id: str, **changed: object) -> dict[str, object]:
    """A row of the sheet 指標."""
    return {
        "kpi_id": kpi_id,
        "row_class_ja": "KPI",
        "kpi_name_ja": f"架空の指標 {kpi_id}",
        "kind": "期末の水準",
        "direction": "増やす",
        "unit": "人",
        "how_measured": "担当課の報告",
        "accumulation": "時点",
    } | changed


def target(kpi_id: str, value: object, **changed: object) -> dict[str, object]:
    """A row of the sheet 目標."""
    return {"kpi_id": kpi_id, "target_version": 1, "target_value": value, "target_fiscal_year": 2027} | changed


def cover(**changed: object) -> dict[str, object]:
    """The row of a report's sheet 報告."""
    return {
        "municipality_code": "01661",
        "plan_id": "kushiro_cho_3",
        "fiscal_year": "2024",
        "section_ja": "企画課",
    } | changed
