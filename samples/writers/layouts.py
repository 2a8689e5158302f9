"""Bytes of the samples: lines of text and workbooks, the same whatever the clock.

Holds: quoting, fixed dates, packing without compression. Does not hold what stands in a sample (the modules of the
sources).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import xlsxwriter

Cell = str | int | float
Merge = tuple[int, int, int, int]

FIXED_TIME = datetime(2000, 1, 1)  # noqa: DTZ001 (a constant for the workbook's properties, not a moment)
ZIP_TIME = (2000, 1, 1, 0, 0, 0)


def quoted(fields: Iterable[str]) -> str:
    """A CSV line with every field in quotation marks, as e-Stat writes it."""
    return ",".join(f'"{field}"' for field in fields)


def thousands(number: int) -> str:
    """`24,636`; zero is `-`, as e-Stat prints it."""
    return f"{number:,}" if number else "-"


def write_text(path: Path, lines: Iterable[str], encoding: str) -> None:
    """Lines with LF ends in the given encoding."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\n".join(lines) + "\n").encode(encoding))


def write_workbook(path: Path, sheets: dict[str, tuple[Sequence[Sequence[Cell]], Sequence[Merge]]]) -> None:
    """A workbook of plain cells and merged ranges (first row, first column, last row, last column; 0 = first).

    Empty strings are not written. A merged range takes the value of its first cell.
    """
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": FIXED_TIME})
    merged = book.add_format({"text_wrap": True, "valign": "top"})
    for title, (rows, merges) in sheets.items():
        sheet = book.add_worksheet(title)
        starts = {(first_row, first_column) for first_row, first_column, _, _ in merges}
        for first_row, first_column, last_row, last_column in merges:
            value = rows[first_row][first_column]
            sheet.merge_range(first_row, first_column, last_row, last_column, value, merged)
        for row_index, row in enumerate(rows):
            for column_index, value in enumerate(row):
                if value == "" or (row_index, column_index) in starts:
                    continue
                if isinstance(value, str):
                    sheet.write_string(row_index, column_index, value)
                else:
                    sheet.write_number(row_index, column_index, value)
    book.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(repacked(buffer.getvalue()))


def repacked(package: bytes) -> bytes:
    """The same zip parts, stored without compression and with fixed times: no zlib version can change a byte."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for part in old.infolist():
            new.writestr(zipfile.ZipInfo(part.filename, ZIP_TIME), old.read(part.filename))
    return out.getvalue()
