"""Text as published -> text that can be compared.

Holds the one normalisation that headers, names, codes and symbols go through before a rule looks at them. Does not
hold what the text means (values, dates, ages, areas).
"""

from __future__ import annotations

import re
import unicodedata

import polars as pl

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−⁻₋﹣"), "-") | {ord("〜"): "~", ord("∼"): "~"}
_SPACE = re.compile(r"\s+")
_DASH_CLASS = "[‐‑‒–—―−⁻₋﹣]"


def squeeze(value: object) -> str:
    """NFKC, one kind of dash and wave dash, no white space at all. None becomes ''."""
    if value is None:
        return ""
    return _SPACE.sub("", unicodedata.normalize("NFKC", str(value)).translate(_DASHES))


def squeeze_column(text: pl.Series) -> pl.Series:
    """`squeeze` for a whole column; nulls become ''."""
    return (
        text.fill_null("")
        .str.normalize("NFKC")
        .str.replace_all(_DASH_CLASS, "-")
        .str.replace_all("[〜∼]", "~")
        .str.replace_all(r"\s+", "")
    )
