"""Cells in columns of figures: L1-07, L1-09, L2-01, L3-03.

Holds: what stands there besides plain numbers. Does not hold cells of text (texts.py) or units (header.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sousei.feedback.findings import Found, cells
from sousei.feedback.table import EMPTY, NUMBER, NUMERAL, SYMBOL, WORD, Table

_SEVERAL = r"\d[\d,.]*\s*[/、・;\n(~]\s*\d"


def one_value_a_cell(table: Table) -> Iterator[Found]:
    """L1-07: several numbers in a cell."""
    mask = table.blank()
    for column in table.measures:
        mask[:, column] = (table.kinds[:, column] == WORD) & table.where(column, _SEVERAL, squeezed=True)
    yield from cells("broken", table.within(mask), "一つのセルに複数の数値があります。", "Several numbers in a cell.")


def blanks(table: Table) -> Iterator[Found]:
    """L1-09: blank cells in rows that have figures."""
    mask = table.blank()
    if table.measures:
        data = (table.kinds[:, table.measures] == NUMBER) | (table.kinds[:, table.measures] == NUMERAL)
        mask[:, table.measures] = (table.kinds[:, table.measures] == EMPTY) & data.any(axis=1)[:, None]
    ja, en = "数値の列に空欄があります(0 か、値がないのか区別できません)。", "Blank cells in columns of figures."
    yield from cells("doubtful", table.within(mask), ja, en)


_SPELLED = (
    ("桁区切り", "[,，]"),
    ("△▲や括弧の負号", "[△▲(（]"),
    ("全角数字", "[０-９]"),
    ("単位・注の印", r"[^\d\s,.，．０-９+\-△▲()（）－−]"),
)
"""What makes a text of a number: (its name, how it is known)."""


def numbers_as_text(table: Table) -> Iterator[Found]:
    """L2-01: numbers that are spelled as a text."""
    mask = table.blank()
    for column in table.measures:
        mask[:, column] = table.kinds[:, column] == NUMERAL
    table.within(mask)
    counts = {
        name: sum(int((mask[:, column] & table.where(column, known)).sum()) for column in table.measures)
        for name, known in _SPELLED
    }
    named = "、".join(f"{name} {count}" for name, count in counts.items() if count) or "文字として保存された数"
    yield from cells("broken", mask, f"数値が文字で入っています({named})。", "Numbers kept as text.")


_LEGEND = re.compile(
    r"(\*{1,3}|[「『\"]?[-xX][」』\"]?|\.\.\.|皆[増減]|秘匿|不詳|該当)[^。]{0,12}(もの|示す|表す|ない|秘匿|不詳|数値)"
)


def signs(table: Table) -> Iterator[Found]:
    """L3-03: signs in the place of a number, without a legend on the sheet."""
    mask = table.blank()
    for column in table.measures:
        mask[:, column] = table.kinds[:, column] == SYMBOL
    if table.within(mask).any() and not _has_legend(table):
        ja, en = "数値の列に記号がありますが、意味の説明が同じシートにありません。", "Signs without a legend."
        yield from cells("doubtful", mask, ja, en)


def _has_legend(table: Table) -> bool:
    """The sheet says, outside its data, what a sign means."""
    rows = [*range(min(table.first, len(table.head))), *range(table.last + 1, table.grid.height)]
    return any(_LEGEND.search(" ".join(filter(None, table.squeezed(row)))) for row in rows[:200])


TABLE_CHECKS = (("L1-07", one_value_a_cell), ("L1-09", blanks), ("L2-01", numbers_as_text), ("L3-03", signs))
