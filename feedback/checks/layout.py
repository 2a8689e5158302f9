"""Where the table lies on its sheet: L1-02, L1-03, L1-04, L3-01.

Holds: several tables, blank rows and columns, remarks, what stands above the header. Does not hold what the header says
(header.py) or the cells (texts.py, figures.py).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sousei.feedback.findings import NAMED, Found, cells, columns, ranges, rows, runs
from sousei.feedback.table import NUMBER, NUMERAL, SYMBOL, Table
from sousei.ingest.vocabulary.text import squeeze


def several_tables(table: Table) -> Iterator[Found]:
    """L1-02: a second header below or beside the first."""
    header = _header(table)
    mask = table.blank()
    for row in table.again:
        if table.filled[row - 1].sum() < 2 and table.squeezed(row) != header:
            mask[row, table.filled[row]] = True
    used = np.any(table.filled[table.first : table.last + 1], axis=0)
    blocks = runs(used) if table.has_header else []
    heads = [{label for label in table.labels[first : last + 1] if label} for first, last in blocks]
    for (first, last), words, before in zip(blocks[1:], heads[1:], heads, strict=False):
        if last > first and len(words & before) * 2 > len(words):
            mask[table.first, first : last + 1] = table.filled[table.first, first : last + 1]
    yield from cells("broken", mask, "別の表の項目名らしい行があります。", "A header of a second table on the sheet.")


def torn_apart(table: Table) -> Iterator[Found]:
    """L1-03: the header again further down; blank rows and columns."""
    header = _header(table)
    mask = table.blank()
    for row in table.again:
        if table.squeezed(row) == header:
            mask[row, table.filled[row]] = True
    yield from cells("broken", mask, "項目名の行が途中で繰り返されています。", "The header row is repeated.")
    blank_rows = ~np.any(table.filled, axis=1)
    if table.grid.widths is None:  # a sheet's used range may go on below; a CSV's records are really there
        blank_rows[table.bottom + 1 :] = False
    used = np.flatnonzero(np.any(table.filled[table.first : table.last + 1], axis=0))
    blank_columns = ~np.any(table.filled, axis=0)
    blank_columns[(int(used[-1]) if len(used) else table.grid.width - 1) + 1 :] = False
    down, across = int(blank_rows.sum()), int(blank_columns.sum())
    if down or across:
        places = [*columns(blank_columns), *rows(blank_rows)][:NAMED]
        ja = f"空の行が {down}、空の列が {across} あります。"
        yield Found("broken", places, down + across, "行・列", ja, f"{down} blank rows, {across} blank columns.")


def remarks(table: Table) -> Iterator[Found]:
    """L1-04: rows of words only, below the data or in it."""
    if not table.figures:
        return
    data = table.rows_with(NUMBER, NUMERAL, SYMBOL)
    others = np.any(table.filled, axis=1) & ~data & (table.filled.sum(axis=1) <= max(2, table.grid.width // 4))
    others[: table.body] = False
    others[table.again] = False
    below = int(others[table.last + 1 :].sum())
    inside = int(others.sum()) - below
    ja = f"データではない行(注記・見出し)が表の中に {inside}、表の下に {below} あります。"
    en = f"Rows that are no data: {inside} inside the table, {below} below it."
    yield from cells("broken", table.filled & others[:, None], ja, en)


def above_the_header(table: Table) -> Iterator[Found]:
    """L3-01: titles, remarks or blank rows above the header."""
    if not table.has_header or table.first == 0:
        return
    mask = table.blank()
    mask[: table.first] = table.filled[: table.first]
    addresses, count = ranges(mask)
    ja = f"項目名の行が {table.first + 1} 行目にあり、その上に表題・説明・空白があります。"
    en = f"The header is in row {table.first + 1}."
    yield Found("broken", addresses or [("1:1", 1)], count or 1, "セル", ja, en)


def _header(table: Table) -> list[str]:
    return [squeeze(cell) for cell in table.head[table.first]] if table.first < len(table.head) else []


TABLE_CHECKS = (("L1-02", several_tables), ("L1-03", torn_apart), ("L1-04", remarks), ("L3-01", above_the_header))
