"""Text of a delivery -> what a message may show of it.

Holds the one rule for every message, page and log: figures, signs and the field's own words are shown, any other text
is shown as its length only, since it may be about a person. Row and column say where it stands. Does not hold which
texts are wrong.
"""

from __future__ import annotations

import re
from functools import cache

from sousei.ingest.areas.register import plain_name, register
from sousei.ingest.vocabulary.text import squeeze

MASK = "＊"
_SAID = """
人 千人 百人 世帯 円 千円 百万円 億円 件 千件 回 台 率 歳 才 歳以上 歳未満 以上 未満 年 月 日 年度 年度末 月末 年月 平成
令和 昭和
男 女 計 総数 総計 合計 小計 男女計 皆増 皆減 不詳 総人口 日本人 外国人 日本人住民 外国人住民 全国 total male female
X x E e H R S N A REF DIV VALUE NAME NUM NULL TRUE FALSE nan NaN inf null None
"""
_WORDS = frozenset(_SAID.split())
_LETTERS = re.compile(r"[^\W\d_]+")
_NUMBER_OF_SOMEBODY = re.compile(r"\d(?:[-‐ー－\s]?\d){8,}")
"""Nine digits and more in a row or parted by hyphens: a telephone, account or personal number, not a figure."""


def cell(text: str, length: int = 24) -> str:
    """A cell that should have been a figure, a code, an age or one of a few words."""
    plain = _LETTERS.sub(lambda run: run[0] if run[0] in _WORDS else MASK * len(run[0]), squeeze(text)[:length])
    return _NUMBER_OF_SOMEBODY.sub("<9桁以上の数字>", plain)


def name(text: str) -> str:
    """A cell that should have been the name of an area: shown where some area has, or had, this name."""
    return text if plain_name(text) in _names() else cell(text)


@cache
def _names() -> frozenset[str]:
    known = register()
    names = {name for names in known.names_of.values() for name in names}
    return frozenset(names | {plain_name(name) for name in known.prefecture_of.values()})
