"""Age classes as headers write them -> age_group, age_from, age_to.

Holds the labels of age. Does not hold which classes a table should have (contracts) or how they regroup (warehouse).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sousei.ingest.vocabulary.text import squeeze

AGE = (
    r"(?:(?:年齢)?総数(?:\([^()]*(?:年齢|階級)[^()]*\))?|(?:年齢)?「?不詳」?(?:\(年齢\))?"
    r"|\d{1,3}[歳才]?[~-]\d{1,3}[歳才]?(?:以上)?|\d{1,3}[歳才]?(?:以上|~))"
)
"""Regular expression (after NFKC) of one age class."""
_SPAN = re.compile(r"(\d{1,3})[歳才]?[~-](\d{1,3})[歳才]?(?:以上)?")
_OPEN = re.compile(r"(\d{1,3})[歳才]?(?:以上|~)")


class Age(NamedTuple):
    """`total`, `0-4` ... `90+`, `unknown`; ages in completed years, None where open or without meaning."""

    group: str
    low: int | None
    high: int | None


def parse_age(label: object) -> Age:
    """Age class of '総数', '年齢総数', '0～4歳', '5～9', '０－４歳', '80歳以上', '年齢「不詳」'.

    '85～89歳以上' is a known slip for 85-89.

    Raises ValueError where the label is not an age class.
    """
    text = squeeze(label)
    if text.removeprefix("年齢").startswith("総数"):
        return Age("total", None, None)
    if "不詳" in text:
        return Age("unknown", None, None)
    if found := _SPAN.fullmatch(text):
        low, high = int(found[1]), int(found[2])
        if low > high:
            raise ValueError(f"not an age class: {text!r}")
        return Age(f"{low}-{high}", low, high)
    if found := _OPEN.fullmatch(text):
        return Age(f"{int(found[1])}+", int(found[1]), None)
    raise ValueError(f"not an age class: {text!r}")
