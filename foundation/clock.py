"""The one place that reads the clock, always in Asia/Tokyo.

Holds: "now" for the edges (the command, the schedule). Does not hold: anything that computes figures; that
takes the as-of date as an argument.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

TOKYO = ZoneInfo("Asia/Tokyo")


def now() -> datetime:
    """This moment in Asia/Tokyo, whatever the host's zone is."""
    return datetime.now(TOKYO)


def fiscal_year_of(day: date) -> int:
    """The Japanese fiscal year (April to March) that contains a day."""
    return day.year if day.month >= 4 else day.year - 1
