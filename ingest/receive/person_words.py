"""The words of an extract of persons: which columns are looked at, and what a text of each says.

Holds: the names of columns, the meaning of one text as small numbers, and the numbering of a column's different texts.
Does not hold: the counting (tally.py). No text of an extract is told to anybody.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow.compute as pc

from sousei.ingest.vocabulary import written_dates
from sousei.ingest.vocabulary.codes import five_digits
from sousei.ingest.vocabulary.text import squeeze

NEEDED = {
    "municipality": ("市区町村コード", "全国地方公共団体コード", "団体コード"),
    "age": ("生年月日", "年齢"),
    "sex": ("性別",),
    "area": ("町字", "町字名"),
    "event": ("異動事由",),
    "day": ("異動日", "異動年月日"),
    "kind": ("住民種別",),
}
"""Columns that are looked at, each by one of its names. With both 生年月日 and 年齢 the date is taken. The municipality
only where the caller names none."""
SEXES = {"男": "male", "1": "male", "女": "female", "2": "female", "": "not_stated", "不明": "not_stated"}
KINDS = {"日本人": "japanese", "日本人住民": "japanese", "外国人": "foreign", "外国人住民": "foreign"}
_EVENTS = (
    """転入 出生 転居 転出 死亡 世帯変更 職権記載 職権修正 職権消除 国籍取得 国籍喪失 帰化 回復 転出取消 失踪宣告"""
)
EVENTS = frozenset(_EVENTS.split(" "))
"""Events that are counted by their name. Any other word stops the extract: free text may name somebody."""
_STREET = re.compile(r"\d+番|\d+号|\d+[-‐]\d+")
_OLDEST = 130
NONE = -1
"""No age, no month, no such word. Numbers below it stand for texts whose day the end of the file decides."""
SEX_NAMES = tuple(dict.fromkeys(SEXES.values()))
EVENT_NAMES = ("", *sorted(EVENTS))


class Words:
    """The different texts of a column, numbered as they come. look: (text, its number) -> what it says.

    texts: in the order of their numbers. rows: how many rows have each of them, as far as the caller adds them up.
    """

    def __init__(self, look: Callable[[str, int], Said]) -> None:
        self.rows = np.zeros(0, dtype=np.int64)
        self.texts = pl.Series(dtype=pl.String)
        self._look = look
        self._said = np.zeros((len(Said._fields), 0), dtype=np.int32)

    def numbers(self, texts: pl.Series) -> np.ndarray:
        """The number of each text; new ones are looked at. texts: each once."""
        found = pc.index_in(texts.to_arrow(), value_set=self.texts.to_arrow())
        numbers = pc.fill_null(found, -1).to_numpy()
        new = np.flatnonzero(numbers < 0)
        if not len(new):
            return numbers
        known = len(self.texts)
        numbers = numbers.copy()
        numbers[new] = np.arange(known, known + len(new))
        self.texts = pl.concat([self.texts, texts.gather(new)])
        said = [self._look(text, at) for at, text in enumerate(self.texts[known:].to_list(), start=known)]
        self._said = np.concatenate([self._said, np.array(said, dtype=np.int32).T], axis=1)
        self.rows = np.concatenate([self.rows, np.zeros(len(new), dtype=np.int64)])
        return numbers

    def said(self, numbers: np.ndarray, field: str) -> np.ndarray:
        """What the texts of these numbers say."""
        found: np.ndarray = self._said[Said._fields.index(field)][numbers]
        return found

    def meanings(self, numbers: np.ndarray) -> np.ndarray:
        """What they say of a person, as one number each (`meant`)."""
        number, late, happened = (self.said(numbers, field).astype(np.int64) for field in Meanings._fields)
        return number * 4 + late * 2 + happened

    @property
    def wrong(self) -> int:
        """How many rows have a text that may not stand there."""
        return int(self.rows[self._said[Said._fields.index("wrong")] == 1].sum())


class Said(NamedTuple):
    """What one text says. number: as its column has it. wrong: nothing that may stand there. blank: nothing at all.
    late: a birth after the as-of date. happened: a move that has happened by then."""

    number: int
    wrong: bool = False
    blank: bool = False
    late: bool = False
    happened: bool = True


class Meanings(NamedTuple):
    """Fields of `Said`, of many texts."""

    number: np.ndarray
    late: np.ndarray
    happened: np.ndarray


def meant(meanings: np.ndarray) -> Meanings:
    """What numbers of `Words.meanings` say."""
    return Meanings(meanings >> 2, meanings & 2 == 2, meanings & 1 == 1)


def sex(text: str, at: int) -> Said:
    """number: place in SEX_NAMES."""
    word = squeeze(text)
    found = SEXES.get(word)
    return Said(NONE if found is None else SEX_NAMES.index(found), found is None, word == "")


def kind(scope: str, text: str, at: int) -> Said:
    """number: 1 for those of the scope (japanese / foreign)."""
    word = squeeze(text)
    return Said(int(KINDS.get(word) == scope), word not in KINDS, word == "")


def event(text: str, at: int) -> Said:
    """number: place in EVENT_NAMES."""
    word = squeeze(text)
    known = word in EVENT_NAMES
    return Said(EVENT_NAMES.index(word) if known else NONE, not known, word == "")


def area(known: dict[str, int], text: str, at: int) -> Said:
    """number: place in `known`, to which new ones are added."""
    word = squeeze(text)
    return Said(known.setdefault(word, len(known)), _STREET.search(word) is not None, word == "")


def municipality(text: str, at: int) -> Said:
    """number: the five digits."""
    word = squeeze(text)
    if re.fullmatch(r"[0-9]{5,6}", word):
        try:
            return Said(int(five_digits(word)))
        except ValueError:
            pass
    return Said(NONE, True, word == "")


def age(text: str, at: int) -> Said:
    """number: years of age."""
    word = squeeze(text)
    if word == "":
        return Said(NONE, blank=True)
    years = pl.Series([word]).cast(pl.Int16, strict=False).item()
    good = years is not None and 0 <= years <= _OLDEST
    return Said(years if good else NONE, not good)


def birthday(column: written_dates.Column, as_of: dt.date, day: dt.date, text: str, at: int) -> Said:
    """number: birthdays until `day`, or `open_number(at)`."""
    one = column.add(text)
    number = open_number(at) if written_dates.is_open(text, one) else years_until(one, day)
    return Said(number, blank=squeeze(text) == "", late=one.day is not None and one.day > as_of)


def moved(column: written_dates.Column, as_of: dt.date, text: str, at: int) -> Said:
    """number: the month of a move that has happened (`month_number`), or `open_number(at)`."""
    one = column.add(text)
    happened = has_happened(one, as_of)
    number = open_number(at) if written_dates.is_open(text, one) else month_number(one, as_of)
    return Said(number, blank=squeeze(text) == "", happened=happened)


def open_number(at: int) -> int:
    """The number of a text of which the end of the file decides; it is its own inverse."""
    return NONE - 1 - at


def years_until(one: written_dates.Written, day: dt.date) -> int:
    """Birthdays from a birth until a day, by the calendar; NONE where the birth is not known."""
    if one.day is None:
        return NONE
    return day.year - one.day.year - ((one.day.month, one.day.day) > (day.month, day.day))


def has_happened(one: written_dates.Written, as_of: dt.date) -> bool:
    """A move on this day, by the as-of date; of an incomplete day the first that it can be counts."""
    first = one.day or one.earliest
    return first is None or first <= as_of


def month_number(one: written_dates.Written, as_of: dt.date) -> int:
    """Months since the year 0 of a move that has happened; NONE where the day is not known."""
    return one.day.year * 12 + one.day.month - 1 if one.day and has_happened(one, as_of) else NONE
