"""Days as people type and spreadsheets save them -> the day, or why it cannot be told.

Holds: which spellings of a day are certain and which are not. An Excel serial is not (the date systems of 1900 and 1904
are four years apart and a text does not say which), nor are two-digit years, a day or month before the year, or a day
without a year. Does not hold: dates of titles and headers, whose form the contracts fix (dates.py).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from sousei.ingest.vocabulary.dates import ERAS, FIRST, LAST

KINDS = {
    "read": "読み取った日付",
    "blank": "空欄",
    "incomplete": "年月日がそろわない値（不詳など）",
    "impossible": "ありえない日付",
    "serial": "Excel の通し番号",
    "two_digit_year": "2桁の年",
    "year_last": "年が後ろにある値（米国式など）",
    "era_number": "元号番号らしい7桁の数",
    "no_year": "年のない値",
    "other": "日付と読めない値",
}
"""Kind of a text -> what it is called in a message."""
CERTAIN_FORMS_JA = "2026-04-01、2026/4/1、20260401、令和8年4月1日、R8.4.1"

_LETTERS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_LETTERS |= {era[0]: era for era in ERAS}
_ERA_OF_DIGIT = {"1": "明治", "2": "大正", "3": "昭和", "4": "平成", "5": "令和"}
"""元号コード of resident-record systems."""
_LONGEST = {"明治": 45, "大正": 15, "昭和": 64, "平成": 40, "令和": 99}
"""Last year of each era; plans written before May 2019 go on counting 平成."""
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_NAMES, start=1)}
_ERA = r"(?P<era>明治|大正|昭和|平成|令和|[MTSHR明大昭平令])"
_UNKNOWN = {"不詳", "不明", "未詳", "-", "--", "年月日不詳", "生年月日不詳"}
_TIME = re.compile(
    r"(?:[ T]|(?<=日))(?P<half>AM|PM|午前|午後)? ?(?P<hour>\d{1,2})(?::|時)(?P<minute>\d{1,2})"
    r"(?:分|:(?P<second>\d{1,2})(?:\.\d+)?|)(?:秒)? ?(?:AM|PM)? ?(?P<zone>\+09:?00|JST|Z|UTC|GMT|[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r" ?\([月火水木金土日](?:曜日?)?\)$")
_PARTS = re.compile(
    rf"(?:{_ERA}\.?(?P<count>元|\d{{1,2}})|(?P<western>\d{{4}}))(?:年|[./-])(?:(?P<month>\d{{1,2}})(?:月|[./-]?$|[./-](?=\d)))?"
    r"(?:(?P<day>\d{1,2})日?)?"
)
_YEAR_ONLY = re.compile(rf"(?:{_ERA}\.?(?:元|\d{{1,2}})|\d{{4}})年?")
_ERA_DIGITS = re.compile(rf"{_ERA}(?P<count>\d{{2}})(?P<month>\d{{2}})(?P<day>\d{{2}})")
_YEAR_LAST = re.compile(r"\d{1,2}[./-]\d{1,2}[./-]\d{4}")
_SHORT = re.compile(r"'?\d{1,2}[./-]\d{1,2}[./-]\d{1,2}|'?\d{2}年\d{1,2}月\d{1,2}日")
_NO_YEAR = re.compile(r"\d{1,2}(?:月|[./-])\d{1,2}日?|\d{1,2}-[A-Za-z]{3}")
_ENGLISH = re.compile(
    r"(?:(?P<day>\d{1,2})[ -](?P<name>[A-Za-z]{3})[a-z]*\.?[ -](?P<year>\d{2}|\d{4})"
    r"|(?P<name2>[A-Za-z]{3})[a-z]*\.? (?P<day2>\d{1,2}),? (?P<year2>\d{4}))"
)


class Written(NamedTuple):
    """kind: of KINDS. day: where it is `read`. earliest: the first day that an incomplete one can be, or None."""

    kind: str
    day: dt.date | None = None
    earliest: dt.date | None = None


@lru_cache(maxsize=1 << 16)
def written(text: object, era_numbers: bool = False) -> Written:
    """What a text says of a day. A time of day beside it is left out; one of another zone than Japan's is not read.

    era_numbers: seven digits that begin with 1 or 2 are years of 明治 and 大正 too, since their column is of that form.
    """
    if isinstance(text, str) and text.isascii() and text.isdigit():  # most of a register's
        return _digits(text, era_numbers)
    plain = " ".join(unicodedata.normalize("NFKC", "" if text is None else str(text)).split())
    plain = re.sub("[‐‑‒–—―−]", "-", plain)
    if not plain:
        return Written("blank")
    if plain in _UNKNOWN:
        return Written("incomplete")
    time = _TIME.search(plain)
    if time:
        if time["zone"] and time["zone"].upper() not in {"+09:00", "+0900", "JST"}:
            return Written("other")
        if int(time["hour"]) > 23 or int(time["minute"]) > 59 or int(time["second"] or 0) > 59:
            return Written("impossible")
        plain = plain[: time.start()]
    plain = _WEEKDAY.sub("", plain)
    if english := _ENGLISH.fullmatch(plain):
        return _english(english)
    plain = plain.replace(" ", "")
    if plain.isdigit() or re.fullmatch(r"\d+\.\d+", plain):
        return _digits(plain, era_numbers)
    if found := _ERA_DIGITS.fullmatch(plain.upper()):
        return _of_era(_LETTERS.get(found["era"], found["era"]), found["count"], found["month"], found["day"])
    if found := _PARTS.fullmatch(plain.upper()):
        if found["era"]:
            era = _LETTERS.get(found["era"], found["era"])
            return _of_era(era, found["count"].replace("元", "1"), found["month"], found["day"])
        return _day(int(found["western"]), found["month"], found["day"])
    if _YEAR_ONLY.fullmatch(plain.upper()):
        return Written("incomplete")
    for form, kind in ((_YEAR_LAST, "year_last"), (_SHORT, "two_digit_year"), (_NO_YEAR, "no_year")):
        if form.fullmatch(plain):
            return Written(kind)
    return Written("incomplete" if "不詳" in plain or "不明" in plain else "other")


class Column:
    """The days of a column whose texts come one after another.

    Whether its numbers of seven digits may be of 明治 and 大正 is known only at its end (`era_numbers`); `is_open` says
    of which texts that decides.
    """

    def __init__(self) -> None:
        self._some, self._all, self._western = False, True, False

    def add(self, word: str) -> Written:
        """What a text says of a day as long as its column is not of numbers of eras."""
        one = written(word)
        plain = word.strip()
        self._some |= len(plain) == 7 and plain.isdecimal() and plain[0] in "345"
        self._all &= one.kind in {"read", "era_number", "blank", "incomplete"}
        self._western = self._western or bool(re.match(r"\d{4}\D|\d{8}$", plain))
        return one

    @property
    def era_numbers(self) -> bool:
        """The column is of numbers of eras, by the texts that were added until now."""
        return self._some and self._all and not self._western


def is_open(word: str, one: Written) -> bool:
    """A text that means another day where its column is of numbers of eras. one: what it means elsewhere."""
    return one.kind == "era_number" and written(word, era_numbers=True) != one


def _day(year: int, month: str | None, day: str | None) -> Written:
    if not FIRST <= year <= LAST:
        return Written("impossible")
    if not month or not int(month):
        return Written("incomplete", earliest=dt.date(year, 1, 1))
    if int(month) > 12:
        return Written("impossible")
    if not day or not int(day):
        return Written("incomplete", earliest=dt.date(year, int(month), 1))
    try:
        return Written("read", dt.date(year, int(month), int(day)))
    except ValueError:
        return Written("impossible")


def _of_era(era: str, count: str, month: str | None, day: str | None) -> Written:
    if not 1 <= int(count) <= _LONGEST[era]:
        return Written("impossible")
    return _day(ERAS[era] + int(count) - 1, month, day)


def _digits(text: str, era_numbers: bool) -> Written:
    if len(text) == 8 and text.isdigit():
        if FIRST <= int(text[:4]) <= LAST:
            return _day(int(text[:4]), text[4:6], text[6:])
        return Written("year_last" if FIRST <= int(text[4:]) <= LAST else "impossible")
    if len(text) == 7 and text.isdigit():
        found = Written("other")
        if text[0] in _ERA_OF_DIGIT and (text[0] in "345" or era_numbers):
            found = _of_era(_ERA_OF_DIGIT[text[0]], text[1:3], text[3:5], text[5:])
        return Written("era_number") if found.kind in {"other", "impossible"} else found
    if len(text) == 6 and text.isdigit():
        as_month = _day(int(text[:4]), text[4:], None)
        as_days = _day(2000 + int(text[:2]), text[2:4], text[4:])
        return as_month if as_month.kind == "incomplete" and as_days.kind == "impossible" else Written("two_digit_year")
    if len(text) == 4 and FIRST <= int(text) <= LAST:
        return Written("incomplete", earliest=dt.date(int(text), 1, 1))
    return Written("serial" if re.fullmatch(r"\d{5}(\.\d+)?", text) else "other")


def _english(found: re.Match[str]) -> Written:
    name, day, year = (found[part] or found[f"{part}2"] for part in ("name", "day", "year"))
    if name.lower() not in _MONTHS:
        return Written("other")
    return Written("two_digit_year") if len(year) == 2 else _day(int(year), str(_MONTHS[name.lower()]), day)
