"""Dates as Japanese files write them -> dates and periods.

Holds: 元号, 年度, western dates, Excel serials in both date systems. Does not hold: which date a file should have (the
contracts say so) or today's date (the as-of date is an argument everywhere).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from sousei.ingest.vocabulary.text import squeeze

ERAS = {"明治": 1868, "大正": 1912, "昭和": 1926, "平成": 1989, "令和": 2019}
"""First year of each era."""

_LETTERS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
FIRST, LAST = 1868, 2199
"""Years that a statistic can be about; 令和0年, 0000年 and 9999年 are slips."""
ERA_YEAR = r"(?:(?:明治|大正|昭和|平成|令和)(?:元|\d{1,2})|\d{4})年"
"""A year as titles and headers write it, after NFKC: 平成17年, 令和元年, 2022年."""
_YEAR = re.compile(r"(?:(明治|大正|昭和|平成|令和|[MTSHR])\.?(元|\d{1,2})|(\d{4}))(?:年度?|$|(?=[./-]))")
_DATE = re.compile(
    r"(?:(?:(明治|大正|昭和|平成|令和|[MTSHR])\.?(元|\d{1,2}))|(\d{4}))(?:年|[./-])(\d{1,2})(?:(?:月|[./-])(?:(\d{1,2})日?)?)?"
)


class Period(NamedTuple):
    """First and last day of the flows, and whether they follow the fiscal or the calendar year."""

    start: dt.date
    end: dt.date
    basis: str


def _western(era: str | None, number: str | None, western: str | None) -> int:
    if western:
        return int(western)
    if era is None or number is None:
        raise ValueError("no year")
    count = 1 if number == "元" else int(number)
    if count < 1:
        raise ValueError(f"no such year: {era}{number}年")
    return ERAS[_LETTERS.get(era, era)] + count - 1


def parse_year(text: object) -> int:
    """Western year of '平成28年', '令和元年度', 'H30', '2022年', 2022, 2022.0.

    Raises ValueError where there is no year, or none that a statistic can be about.
    """
    if isinstance(text, float) and text.is_integer():
        text = int(text)
    plain = squeeze(text)
    found = re.fullmatch(r"()()(\d{4})", plain) or _YEAR.match(plain)
    if not found:
        raise ValueError(f"not a year: {plain!r}")
    year = _western(*found.groups())
    if not FIRST <= year <= LAST:
        raise ValueError(f"no such year: {plain!r}")
    return year


def parse_date(text: object) -> dt.date:
    """Date of '平成17年3月31日', 'R5.4.1', '2023/4/1', '2023-04-01'; a month without a day is its first day.

    Raises ValueError where the text is not a date or names an impossible one.
    """
    if isinstance(text, dt.datetime):
        return text.date()
    if isinstance(text, dt.date):
        return text
    plain = squeeze(text)
    plain = re.sub(r"T?00:00(:00)?$", "", plain)
    found = _DATE.fullmatch(plain)
    if not found:
        raise ValueError(f"not a date: {plain!r}")
    era, number, western, month, day = found.groups()
    return dt.date(_western(era, number, western), int(month), int(day or 1))


def from_serial(serial: float, date_1904: bool = False) -> dt.date:
    """Date of an Excel serial number.

    Raises ValueError for serial 60 of the 1900 system (29 February 1900, a day that never was) and below 1.
    """
    days = int(serial)
    if date_1904:
        if days < 0:
            raise ValueError(f"not a date serial: {serial}")
        return dt.date(1904, 1, 1) + dt.timedelta(days=days)
    if days < 1 or days == 60:
        raise ValueError(f"not a date serial: {serial}")
    return dt.date(1899, 12, 31 if days < 60 else 30) + dt.timedelta(days=days)


def fiscal_period(year: int) -> Period:
    """1 April of the year to 31 March of the next."""
    return Period(dt.date(year, 4, 1), dt.date(year + 1, 3, 31), "fiscal_year")


def calendar_period(year: int) -> Period:
    """1 January to 31 December."""
    return Period(dt.date(year, 1, 1), dt.date(year, 12, 31), "calendar_year")


def parse_flow(text: object) -> Period:
    """Period of flows as titles name it: '平成16年度', '平成25年(1月1日から同年12月31日まで)',
    '令和元年(平成31年1月1日から令和元年12月31日まで)', '令和2年'.

    Raises ValueError where the stated first and last day are not those of a fiscal or calendar year.
    """
    plain = squeeze(text)
    year = parse_year(plain)
    if re.match(ERA_YEAR + "度", plain):
        return fiscal_period(year)
    span = re.search(r"\((.+?)から(.+?)まで\)", plain)
    if span:
        first, last = (re.sub("^同年", "", part) for part in span.groups())
        starts = parse_date(first if "年" in first else f"{year}年{first}")
        ends = parse_date(last if "年" in last else f"{starts.year}年{last}")
        if (starts, ends) != calendar_period(year)[:2]:
            raise ValueError(f"not a calendar year: {plain!r}")
    return calendar_period(year)
