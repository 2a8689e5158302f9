"""Cells of text: L1-06, L1-08, L2-02, L2-04, L2-05.

Holds: padding, platform-dependent characters, names that are left out, spellings of choices. Does not hold cells of
figures (figures.py) or the records of a CSV (records.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import polars as pl

from sousei.feedback.checks.records import LINE_END
from sousei.feedback.checks.seen import Sheet
from sousei.feedback.findings import Found, cells
from sousei.feedback.table import EMPTY, NUMBER, NUMERAL, SYMBOL, WORD, Table
from sousei.ingest.vocabulary.text import squeeze_column

_PADDING = r"^\s|\s$|[ 　]{2,}"
_WIDE_BLANK = r"^.{0,20}　.{0,20}$"


def padding(table: Table) -> Iterator[Found]:
    """L1-06: blanks, and line ends in a sheet's cells, that only shape how a text looks."""
    mask = table.blank()
    for column in range(table.grid.width):
        mask[:, column] = table.where(column, _PADDING) | table.where(column, _WIDE_BLANK)
        if table.grid.widths is None:  # in a CSV they are L1-14
            mask[:, column] |= table.where(column, LINE_END)
    mask[: table.first] = False
    ja, en = "前後・字間の空白かセル内の改行で体裁を整えています。", "Padding blanks or line ends in cells."
    yield from cells("broken", mask, ja, en)


_SAFE = frozenset("～∥－￠￡￢—‖−〜¢£¬―")
"""Signs that CP932 and JIS X 0208 map differently but everybody can show."""


def _is_dependent(char: str) -> bool:
    """Not in JIS X 0201/0208: NEC and IBM extensions, Mac signs, private use, emoji, invisible characters."""
    if char in _SAFE or char in "\r\n\t":
        return False
    try:
        return not char.encode("shift_jis")
    except UnicodeEncodeError:
        return True


def _is_kanji(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char > "\uffff"


def dependent_characters(sheet: Sheet) -> Iterator[Found]:
    """L1-08. Signs break the rule in a CP932 file; in Unicode, and for kanji of names, they are doubtful."""
    table = sheet.table
    if table is None:
        return
    signs, kanji = table.blank(), table.blank()
    for column, words in enumerate(table.words):
        if words is None:
            continue
        bad = {char for char in set("".join(words.drop_nulls().unique().to_list())) if _is_dependent(char)}
        names = set(filter(_is_kanji, bad))
        for mask, chars in ((signs, bad - names), (kanji, names)):
            if chars:
                mask[:, column] = table.where(column, "[" + "".join(map(re.escape, sorted(chars))) + "]")
    ja, en = "丸数字・ローマ数字・組文字などの機種依存文字があります。", "Platform-dependent signs."
    yield from cells("broken" if sheet.is_cp932 else "doubtful", signs, ja, en)
    ja, en = "JIS X 0208 にない漢字があります(固有名詞ならそのままで構いません)。", "Kanji outside JIS X 0208."
    yield from cells("doubtful", kanji, ja, en)


def left_out(table: Table) -> Iterator[Found]:
    """L2-02: cells left blank, or with a ditto mark, because the row above says it."""
    if not table.figures:
        return
    ditto, blanks = table.blank(), table.blank()
    data = table.rows_with(NUMBER, NUMERAL, SYMBOL)
    for column in range(min(table.measures, default=table.grid.width)):  # the columns that say what a row is about
        if column in table.figures or table.words[column] is None:
            continue
        ditto[:, column] = table.where(column, r"^\s*([〃″”々]+|同上|\"+)\s*$")
        kinds = table.kinds[:, column]
        above = np.maximum.accumulate(np.where(np.arange(len(kinds)) >= table.body, kinds != EMPTY, False))
        words = (kinds[table.body : table.last + 1] == WORD).sum()
        if words * 20 >= table.last + 1 - table.body:  # a column that is nearly empty is a column of remarks
            blanks[:, column] = (kinds == EMPTY) & above & data
    yield from cells("broken", table.within(ditto), "「〃」「同上」などで上の行の値を省いています。", "Ditto marks.")
    ja, en = "地域名や区分の列に空欄があります(上の行と同じなら省略です)。", "Blank cells in columns of names."
    yield from cells("doubtful", table.within(blanks), ja, en)


def spellings(table: Table) -> Iterator[Found]:
    """L2-04: the same choice in several spellings."""
    mask = table.blank()
    for column, body in table.choices.items():
        frame = pl.DataFrame({"raw": body, "plain": squeeze_column(body)})
        counts = frame.drop_nulls().group_by("plain").agg(pl.col("raw").n_unique().alias("n"), pl.col("raw").mode())
        mixed = counts.filter(pl.col("n") > 1)
        if len(mixed):
            usual = frame.join(mixed.select("plain", usual=pl.col("raw").list.min()), on="plain", how="left")
            odd = (usual["raw"] != usual["usual"]).fill_null(False).to_numpy()
            mask[table.body : table.last + 1, column] = odd
    ja, en = "全角・半角や空白だけが違う選択肢があります。", "One choice in several spellings."
    yield from cells("broken", mask, ja, en)


def other_with_details(table: Table) -> Iterator[Found]:
    """L2-05: details next to その他."""
    mask = table.blank()
    for column in table.choices:
        mask[:, column] = table.where(column, r"^その他\s*[(（:：、].+")
    yield from cells("broken", table.within(mask), "「その他」に続けて詳細が書かれています。", "Details after その他.")


SHEET_CHECKS = (("L1-08", dependent_characters),)
TABLE_CHECKS = (("L1-06", padding), ("L2-02", left_out), ("L2-04", spellings), ("L2-05", other_with_details))
