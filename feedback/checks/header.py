"""What the header says: L1-05, L2-03, L3-04, L3-09.

Holds: names of columns, their rows, their units, items that are laid out as columns. Does not hold where the header
stands (layout.py) or time and areas (meaning.py).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import numpy as np

from sousei.feedback.findings import Found, cells
from sousei.feedback.table import Table
from sousei.ingest.recognise.headers import UNITS

_VAGUE = re.compile(r"[\W_]*|列\d+|column\d+|unnamed.*", re.I)


def named_columns(table: Table) -> Iterator[Found]:
    """L1-05: columns without a name; a table without a header."""
    mask = table.blank()
    if not table.has_header:
        mask[table.first] = table.filled[table.first]
        yield from cells("broken", mask, "項目名の行が見当たりません。", "No header row was found.")
        return
    named = np.zeros(table.grid.width, dtype=bool)
    for row in table.head[table.first : table.body]:
        named |= [_VAGUE.fullmatch(cell) is None for cell in row]
    used = table.filled[table.body : table.last + 1].any(axis=0)
    mask[table.body - 1, np.flatnonzero(used & ~named)] = True
    yield from cells("broken", mask, "項目名のない列があります。", "Columns without a name.")


def one_name_each(table: Table) -> Iterator[Found]:
    """L2-03: a header of several rows; columns of the same name."""
    if not table.has_header:
        return
    mask = table.blank()
    high = table.body - table.first
    if high > 1:
        mask[table.first : table.body] = table.filled[table.first : table.body]
        ja = f"項目名が {high} 行に分かれています。"
        yield from cells("broken", mask, ja, f"The header takes {high} rows.")
        return
    times = Counter(table.labels)
    mask[table.first] = [bool(label) and times[label] > 1 for label in table.labels]
    yield from cells("broken", mask, "同じ項目名の列があります。", "Columns of the same name.")


_IMPLIED = re.compile(r"人口|人数|人員|世帯|件数|回数|金額|面積|率|割合|構成比|比重|男$|女$|歳|(者|人|戸|泊|台|社)数")
_NO_UNIT = re.compile(r"コード|code|番号|No\b|ID\b|年|月|日|順位|区分|別$|指数|指標|フラグ|階級", re.I)
_BRACKETED = re.compile(
    r"[(【\[][^)】\]]*(" + "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True)) + r")[)】\]]"
)


def units(table: Table) -> Iterator[Found]:
    """L3-04: columns of figures for which neither header nor title names a unit."""
    if not table.has_header:
        return
    above = " ".join(cell for row in table.head[: table.first] for cell in row)
    if "単位" in above or _BRACKETED.search(above):
        return
    mask = table.blank()
    for column in table.measures:
        label = table.labels[column]
        if not re.search(r"[^\W\d_]", label):  # a column without a name is L1-05
            continue
        named = _BRACKETED.search(label) or _IMPLIED.search(label) or _NO_UNIT.search(label)
        if not named and not any(level in UNITS for level in label.split("/")):
            mask[table.body - 1, column] = True
    yield from cells("doubtful", mask, "単位の書かれていない数値の列があります。", "Columns of figures without a unit.")


_ACROSS = (
    ("年", re.compile(r"^(((18|19|20)\d\d|(明治|大正|昭和|平成|令和)(元|\d{1,2}))年?度?|[SHR]\d{1,2}年度?)$")),
    ("年齢", re.compile(r"^\d{1,3}(歳|才)?[~-]\d{1,3}(歳|才)?|^\d{1,3}(歳|才)(以上)?$")),
    ("月", re.compile(r"^\d{1,2}月$")),
)


def laid_out_across(table: Table) -> Iterator[Found]:
    """L3-09: years, ages or months as columns."""
    for name, pattern in _ACROSS:
        mask = table.blank()
        different = set()
        for row in range(table.first, min(table.body, len(table.head))):
            for column, cell in enumerate(table.head[row]):
                if cell and pattern.search(cell.split("/")[0]):
                    mask[row, column] = True
                    different.add(cell)
        if len(different) >= 3:
            ja = f"{name}が列に並んでいます(横持ち)。"
            yield from cells("broken", mask, ja, "Repeated items are laid out as columns.")


TABLE_CHECKS = (("L1-05", named_columns), ("L2-03", one_name_each), ("L3-04", units), ("L3-09", laid_out_across))
