"""The indicators and series of the hand-typed form, as data.

Holds the strict form of sources/reference_series/indicators.yaml and its loading, and the word that a misspelt one is
nearest to. Does not hold the rules that apply it (tidy_rules.py).
"""

from __future__ import annotations

import difflib
import re
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, model_validator

from sousei.ingest.contract.loading import FOLDER
from sousei.ingest.contract.model import Status
from sousei.ingest.contract.strict import Strict
from sousei.ingest.vocabulary.text import squeeze

FILE = FOLDER / "reference_series" / "indicators.yaml"
_NEAR = 0.6
"""Likeness (difflib) from which a known word is named beside one that is not."""


class Years(Strict):
    """1 October of every so many years."""

    first: int
    last: int
    every: int


class Series(Strict):
    """One series. days: which dates its stocks have. statuses: of figures that are there. source_is_not: pattern of
    primary sources that are another series'; its first group is the word that says so."""

    names_ja: list[str] = Field(min_length=1)
    days: Literal["any", "census"] | Years
    statuses: list[Status] = Field(min_length=1)
    source_is_not: str | None = None

    @cached_property
    def not_pattern(self) -> re.Pattern[str] | None:
        return re.compile(self.source_is_not) if self.source_is_not else None


class Indicator(Strict):
    """One indicator. unit: as the warehouse names it; units: other spellings of it. whole: a count. span: a stock of
    one day, a flow of one year, an estimate over five. series: those whose rows a table of the warehouse takes; never:
    those whose figures come in a form of their own."""

    names_ja: list[str] = Field(min_length=1)
    unit: str
    units: list[str] = Field(default_factory=list)
    whole: bool
    span: Literal["day", "year", "five_years"]
    series: list[str]
    never: list[str] = Field(default_factory=list)
    minimum: float = 0
    maximum: float
    range_source_ja: str = Field(min_length=1)

    @cached_property
    def spellings(self) -> frozenset[str]:
        return frozenset(squeeze(unit) for unit in [self.unit, *self.units])

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(map(squeeze, self.names_ja))


class Book(Strict):
    """All series and indicators by their id."""

    series: dict[str, Series]
    indicators: dict[str, Indicator]

    @model_validator(mode="after")
    def _known(self) -> Book:
        for name, one in self.indicators.items():
            if strange := {*one.series, *one.never} - set(self.series):
                raise ValueError(f"{name}: no such series: {sorted(strange)}")
        return self


@cache
def book(path: Path = FILE) -> Book:
    """The file's series and indicators.

    Raises ValueError naming the file where it does not have this form.
    """
    try:
        return Book(**yaml.safe_load(path.read_text("utf-8")))
    except (ValueError, TypeError, yaml.YAMLError) as error:
        raise ValueError(f"{path.parent.name}/{path.name}: {error}") from error


def nearest(word: str, known: dict[str, list[str]]) -> tuple[str | None, bool]:
    """(the known id that a word is nearest to, or None; whether it is taken for a misspelling of it).

    known: id -> Japanese names. A Japanese name, or an id in capitals or with hyphens, is its id misspelt.
    """
    plain = squeeze(word)
    for name, labels in known.items():
        if plain in map(squeeze, labels) or re.sub(r"[-‐ ]", "_", plain.lower()) == name:
            return name, True
    found = difflib.get_close_matches(plain.lower(), known, n=1, cutoff=_NEAR)
    if not found:
        begins = [name for name in known if len(plain) > 2 and (name.startswith(plain) or plain.startswith(name))]
        return (begins[0] if begins else None), False
    return found[0], _one_slip(plain.lower(), found[0])


def _one_slip(word: str, known: str) -> bool:
    """One sign is wrong, missing or too many (cencus, birth), or two are exchanged. A word of its own with a long
    beginning in common (population_foreign, population_working) is none."""
    same = sum(block.size for block in difflib.SequenceMatcher(None, word, known).get_matching_blocks())
    apart = max(len(word), len(known)) - same
    return apart <= 1 or (apart == 2 and sorted(word) == sorted(known))
