"""Text as published -> text that can be compared.

Holds the one normalisation that headers, names, codes and symbols go through before a rule looks at them. Does not
hold what the text means (values, dates, ages, areas).
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import polars as pl

_SELECTORS = [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]
"""Variation selectors: they choose a glyph of the character before them (葛󠄀城), not another character."""
_SIGNS = dict.fromkeys(map(ord, "‐‑‒–—―−⁻₋﹣"), "-") | {ord("〜"): "~", ord("∼"): "~"} | dict.fromkeys(_SELECTORS, "")
_DASH_CLASS = "[‐‑‒–—―−⁻₋﹣]"
_NOTHING = r"[\s\x1c-\x1f\x85\x{FE00}-\x{FE0F}\x{E0100}-\x{E01EF}]+"
"""What str.split() takes for white space, and variation selectors."""
_FEW = 400
"""Rows below which Python is quicker than a polars expression."""


def squeeze(value: object) -> str:
    """NFKC, one kind of dash and wave dash, no white space and no variation selectors. None becomes ''."""
    return "" if value is None else _squeezed(str(value))


@lru_cache(maxsize=1 << 15)
def _squeezed(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    return "".join(text.split())


def squeeze_column(text: pl.Series) -> pl.Series:
    """`squeeze` for a whole column; nulls become ''."""
    if len(text) <= _FEW:
        return pl.Series([squeeze(word) for word in text.to_list()], dtype=pl.String)
    words = text.unique()
    if 4 * len(words) > len(text):
        return _squeeze_all(text)
    squeezed = _squeeze_all(words)
    if (words == squeezed).all() and not words.null_count():
        return text
    return text.replace_strict(words, squeezed, return_dtype=pl.String)


def _squeeze_all(text: pl.Series) -> pl.Series:
    if not text.str.contains(r"[^!-~]").any():  # nothing but plain ASCII without spaces
        return text.fill_null("")
    column = pl.col("t").fill_null("").str.normalize("NFKC").str.replace_all(_DASH_CLASS, "-")
    squeezed = column.str.replace_all("[〜∼]", "~").str.replace_all(_NOTHING, "")
    return pl.DataFrame({"t": text}).select(squeezed).to_series()
