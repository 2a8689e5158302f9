"""The sheets for machines: data_kpi_long and data_codebook, as the marts have them.

Holds: one header in row 1, one row a record, numbers as numbers, blanks where there is no value. Does not hold:
symbols, merges, units inside cells, or anything beside the table.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl

from sousei.publication.book.page import Book, wide


def add(book: Book) -> None:
    """Add both sheets."""
    told = book.told
    _table(book, "data_kpi_long", "機械可読の縦持ちデータ（1行＝1指標1年度）", told.long)
    _table(book, "data_codebook", "data_kpi_long の列の説明", told.codebook)


def _table(book: Book, name: str, about: str, frame: pl.DataFrame) -> None:
    sheet = book.file.add_worksheet(name)
    book.contents.append((name, about))
    head, text, number = book.look(bold=True), book.look(), book.look(num_format="General")
    for place, column in enumerate(frame.columns):
        sheet.write_string(0, place, column, head)
        longest = max((wide(str(value)) for value in frame[column].cast(pl.String) if value is not None), default=0)
        sheet.set_column(place, place, min(60, max(wide(column) + 4, longest + 1)))
    for line, row in enumerate(frame.iter_rows(), 1):
        for place, value in enumerate(row):
            if value is None:
                continue
            if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
                sheet.write_number(line, place, float(value), number)
            else:
                sheet.write_string(line, place, value.isoformat() if isinstance(value, dt.date) else str(value), text)
    sheet.freeze_panes(1, 0)
    if frame.width:
        sheet.autofilter(0, 0, max(frame.height, 1), frame.width - 1)
    sheet.set_landscape()
    sheet.set_paper(8)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
