"""The rule of machine readability (L1 to L3) over what we publish, by the checker that judges deliveries.

Holds: the findings that are meant and why, a look at CSV and workbook sheets. Does not hold: the rules or their checks
(feedback), or which files are published.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import NamedTuple

from sousei.feedback.examine import Lookers, examine
from sousei.feedback.findings import Finding

MEANT = {
    "L1-08": "texts quoted from plans keep their circled numbers",
    "L1-09": "a missing number is blank, and a status or reason stands in a column of the same row",
    "L2-02": "codes and names that do not apply are blank, never left out because they repeat",
    "L3-04": "units stand in the codebook, datapackage.json and the Parquet files, and in the column unit of the row",
}
"""Rule -> why the checker, which sees one file alone, may be in doubt."""
BROKEN_AND_MEANT = {
    ("dim_time", "L3-05"): "the table that gives each year its Japanese name; the western year stands beside it",
    ("fct_kpi_actual", "L3-05"): "periods in the words of the report; fiscal_year and as_of_date stand beside them",
    ("meta_check_outcome", "L2-03"): "words in the first rows look like more headers; there is one, in row 1",
}
"""(table, rule) -> why the checker is wrong."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Fault(NamedTuple):
    table: str
    rule: str
    what: str


def faults(table: str, found: list[Finding], sheet: str | None = None) -> list[Fault]:
    """What is not meant. sheet: only of this sheet of a workbook."""
    mine = [one for one in found if sheet is None or one.sheet == sheet]
    return [
        Fault(table, one.rule, f"{one.result}: {one.message_ja} {one.addresses[:3]}")
        for one in mine
        if (one.result != "doubtful" or one.rule not in MEANT) and (table, one.rule) not in BROKEN_AND_MEANT
    ]


def csv_faults(table: str, data: bytes, lookers: Lookers) -> list[Fault]:
    """A CSV: the checker's findings, and what a spreadsheet hides: mark, line ends, quotes, names, widths, padding."""
    found = faults(table, examine(data, lookers).findings)
    text = data.decode("utf-8-sig")
    if not data.startswith(b"\xef\xbb\xbf") or "\r" in text or not text.endswith("\n"):
        found.append(Fault(table, "L3", "not UTF-8 with a mark and LF line ends"))
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    if not all(_NAME.fullmatch(name) for name in header) or len(set(header)) < len(header):
        found.append(Fault(table, "L3", f"names that are not English and unique: {header}"))
    if any(len(row) != len(header) for row in rows):
        found.append(Fault(table, "L1-15", "rows of another width"))
    padded = [cell for row in rows for cell in row if cell != cell.strip() or "\n" in cell]
    if padded:
        found.append(Fault(table, "L1-06", f"padding or line breaks in cells: {padded[:3]}"))
    return found


def workbook_faults(book: bytes, sheets: Mapping[str, str], lookers: Lookers) -> list[Fault]:
    """Machine sheets of a workbook. sheets: sheet -> the table that it holds."""
    found = examine(book, lookers).findings
    return [one for sheet, table in sheets.items() for one in faults(table, found, sheet)]
