"""What all parts of a contract stand on: models that refuse unknown keys, and patterns with placeholders.

Holds those. Does not hold any part of a contract (model.py, rules.py).

Patterns are regular expressions over squeezed text (text.squeeze: NFKC, no white space); a header is the path of its
levels joined by ' / ', repeated levels once, its unit taken off. Placeholders in patterns:
    {as_of_year}  year of the stock, captured and compared with the title     {flow_year}  the same for the flows
    {year}        any year, 元号 or western                                   {age}        an age class, captured
"""

from __future__ import annotations

import re
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from sousei.ingest.contract.yaml_lines import Slip
from sousei.ingest.vocabulary.ages import AGE
from sousei.ingest.vocabulary.dates import ERA_YEAR

_PLACEHOLDERS = {
    "{as_of_year}": rf"(?P<as_of_year>{ERA_YEAR})(?: / (?P<as_of_western>\d{{4}}年))?",
    "{flow_year}": rf"(?P<flow_year>{ERA_YEAR}度?)(?: / (?P<flow_western>\d{{4}}年度?))?",
    "{fiscal_year}": rf"(?P<fiscal_year>{ERA_YEAR}度)(?: / (?P<fiscal_western>\d{{4}}年度))?",
    "{year}": rf"(?:{ERA_YEAR}度?)(?: / \d{{4}}年度?)?",
    "{age}": rf"(?P<age>{AGE})",
}


class Strict(BaseModel):
    """A model that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,), defer_build=True)


def pattern(text: str) -> re.Pattern[str]:
    """Compiled pattern with its placeholders filled in."""
    for name, meaning in _PLACEHOLDERS.items():
        text = text.replace(name, meaning)
    return re.compile(text)


def compiles(text: str | None, *at: str | int) -> None:
    """Raises Slip where a pattern is none, so that it stops at loading and not in the middle of a file."""
    try:
        pattern(text or "")
    except re.error as error:
        raise Slip(f"正規表現の誤りです({error})", f"not a pattern: {error}", *at) from None
