"""Synthetic workbooks and code lists for tests: rows of cells -> bytes. Nothing here is a publisher's file."""

from __future__ import annotations

import io
from collections.abc import Sequence

import xlsxwriter

Rows = Sequence[Sequence[object]]


def book(rows: Rows, sheet: str = "Sheet1", **others: Rows) -> bytes:
    """Bytes of an .xlsx with these rows on its first sheet; others: further sheets by name."""
    out = io.BytesIO()
    workbook = xlsxwriter.Workbook(out, {"in_memory": True})
    for name, cells in {sheet: rows, **others}.items():
        page = workbook.add_worksheet(name)
        for place, row in enumerate(cells):
            page.write_row(place, 0, row)
    workbook.close()
    return out.getvalue()
