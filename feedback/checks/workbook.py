"""How a workbook is built: L1-10, L1-11, L1-12, L1-13, L2-06.

Holds: objects, looks of cells, merged ranges, hidden rows and columns, formulas, links. Does not hold the parsing of a
workbook's XML (feedback.worker) or what the cells say (texts.py, figures.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from sousei.feedback.checks.seen import File, Sheet
from sousei.feedback.findings import NAMED, Found, box, cells, columns, ranges, rows

_OBJECTS_JA = {"picture": "画像", "shape": "図形", "chart": "グラフ", "comment": "コメント", "control": "部品"}
_LOOKS_JA = ("塗りつぶし", "文字の色", "太字", "斜体", "取り消し線")


def objects(sheet: Sheet) -> Iterator[Found]:
    """L1-10: whatever lies over the cells; a sheet that is a chart."""
    if sheet.built.get("kind") == "chartsheet":
        yield Found("broken", [], 1, "シート", "グラフだけのシートです。", "A sheet of a chart only.")
    over = [*sheet.built.get("objects", []), *([("control", None, None)] * sheet.built.get("controls", 0))]
    if over:
        kinds = Counter(kind for kind, _, _ in over)
        spots = dict.fromkeys((row, column) for _, row, column in over if row is not None and column is not None)
        ja = "、".join(f"{_OBJECTS_JA.get(kind, kind)} {count}" for kind, count in kinds.items()) + " があります。"
        addresses = [(box(row, column, row, column), 1) for row, column in list(spots)[:NAMED]]
        yield Found("broken", addresses, len(over), "個", ja, "Objects that lie over the cells.")


def looks(sheet: Sheet) -> Iterator[Found]:
    """L1-11: cells of a column that look different from most of it."""
    table, marked = sheet.table, sheet.built.get("marked")
    if table is None or not marked:
        return
    height, width = table.kinds.shape
    seen = np.zeros((height, width), dtype=np.int32)
    for number, (_, at_rows, at_columns) in enumerate(marked, start=1):
        at, over = np.array(at_rows), np.array(at_columns)
        inside = (at >= 0) & (at < height) & (over >= 0) & (over < width)
        seen[at[inside], over[inside]] = number
    mask = table.blank()
    data = (np.arange(height) >= table.body) & (np.arange(height) <= table.last)
    for column in range(width):
        filled = table.filled[:, column] & data
        values, counts = np.unique(seen[filled, column], return_counts=True)
        if len(values) > 1:
            mask[:, column] = filled & (seen[:, column] != values[counts.argmax()])
    different = [look for number, (look, *_) in enumerate(marked, start=1) if (seen[mask] == number).any()]
    named = "・".join(name for place, name in enumerate(_LOOKS_JA) if any(look[place] for look in different))
    ja = f"同じ列の中で書式({named or '書式なし'})が違うセルがあります。意味を持たせていないか確かめてください。"
    yield from cells("doubtful", mask, ja, "Cells of a column look different; check for a meaning.")


def merged(sheet: Sheet) -> Iterator[Found]:
    """L1-12: merged cells."""
    if boxes := sorted(sheet.built.get("merged", [])):
        addresses = [(box(*one), 1) for one in boxes[:NAMED]]
        ja, en = f"結合されたセルが {len(boxes)} か所あります。", f"{len(boxes)} merged ranges."
        yield Found("broken", addresses, len(boxes), "か所", ja, en)


def hidden(sheet: Sheet) -> Iterator[Found]:
    """L1-13: hidden rows and columns among the cells; a hidden sheet."""
    height, width = _size(sheet)
    down, across = np.zeros(height, dtype=bool), np.zeros(width, dtype=bool)
    down[[row for row in sheet.built.get("hidden_rows", []) if 0 <= row < height]] = True
    for first, last in sheet.built.get("hidden_columns", []):
        across[max(0, first) : last + 1] = True
    whole = sheet.built.get("state", "visible") != "visible"
    count = int(down.sum() + across.sum()) + whole
    if count:
        parts = [f"行 {int(down.sum())}", f"列 {int(across.sum())}", *(["このシート全体"] if whole else [])]
        en = f"Hidden: {int(down.sum())} rows, {int(across.sum())} columns{', the whole sheet' if whole else ''}."
        places = [*columns(across), *rows(down)][:NAMED]
        yield Found("broken", places, count, "行・列・シート", f"非表示のもの: {'、'.join(parts)}。", en)


def formulas(sheet: Sheet) -> Iterator[Found]:
    """L2-06: cells with formulas. Named are those among the sheet's cells; others may stand a million rows below."""
    if given := sheet.built.get("formulas"):
        height, width = _size(sheet)
        at = np.unique(np.array(given), axis=0)
        within = at[(at[:, 0] < height) & (at[:, 1] < width)]
        mask = np.zeros((height, width), dtype=bool)
        mask[within[:, 0], within[:, 1]] = True
        yield Found("broken", ranges(mask)[0], len(at), "セル", "数式が残っています。", "Cells with formulas.")


def links(file: File) -> Iterator[Found]:
    """L2-06: links to other workbooks."""
    if file.links:
        ja, en = f"他のブックへのリンクが {file.links} 残っています。", f"{file.links} links to other workbooks."
        yield Found("doubtful", [], file.links, "リンク", ja, en)


def _size(sheet: Sheet) -> tuple[int, int]:
    return (sheet.grid.height, sheet.grid.width) if sheet.grid else (0, 0)


FILE_CHECKS = (("L2-06", links),)
SHEET_CHECKS = (("L1-10", objects), ("L1-11", looks), ("L1-12", merged), ("L1-13", hidden), ("L2-06", formulas))
