"""A grid with its place in a contract, and the days that it names.

Holds: which column is which, what title and headers say. Does not hold how that was found (match.py).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, NamedTuple

from sousei.ingest.contract.model import Column, Contract, Layout
from sousei.ingest.problems.record import Problem
from sousei.ingest.recognise.headers import Header, Label
from sousei.ingest.vocabulary.dates import calendar_period, fiscal_period, parse_date, parse_year


class Bound(NamedTuple):
    """A column of the grid and the contract column that it is; groups: what the header says (age, year ...)."""

    place: int
    label: Label
    column: Column
    groups: dict[str, str]


class Recognised(NamedTuple):
    """A grid read as one layout of one source. said: variables of the title; problems: empty when it can be read."""

    contract: Contract
    layout: Layout
    header: Header
    columns: list[Bound]
    said: dict[str, str]
    problems: list[Problem]


def as_of(found: Recognised, day: str = "10-01") -> dt.date | None:
    """Date of the stock that the title or the contract states."""
    said = found.layout.constants | found.said
    try:
        if "as_of" in said:
            return parse_date(said["as_of"])
        if "as_of_year" in said:
            return dt.date.fromisoformat(f"{parse_year(said['as_of_year'])}-{said.get('as_of_day', day)}")
    except ValueError:
        return None
    return None


def day_of(found: Recognised) -> dt.date | None:
    """A day of the file's period, to choose the dated layout by; None where the content names none."""
    if (day := as_of(found)) is not None:
        return day
    said = found.layout.constants | found.said
    for name in ("flow", "fiscal_year", "year"):
        if name in said:
            year = year_of(said[name])
            if year is None:
                return None
            return (fiscal_period(year) if name == "fiscal_year" else calendar_period(year)).start
    return None


def year_of(text: str) -> int | None:
    return parsed(parse_year, text)


def parsed(parse: Callable[[str], Any], text: str) -> Any:
    """What a text says, or None where it cannot be read."""
    try:
        return parse(text)
    except ValueError:
        return None
