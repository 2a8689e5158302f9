"""When a source is published again, where its file is fetched, and which editions of it are late or missing.

Holds: the form of a contract's `editions`, the calendar that follows from it, and the comparison with the deliveries
that a release was made from. Does not hold: reading a file, or fetching one (outside).

An edition is about a period: a month (`2026-06`), or a year (`2026`: the year of a stock's day, a fiscal year, the year
of a census, the base year of a projection), as the period of a delivery says it.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, model_validator

from sousei.ingest.contract.strict import Strict, compiles
from sousei.ingest.contract.yaml_lines import Slip

Every = Literal["month", "year", "five_years", "occasion"]
EVERY_JA = {"month": "毎月", "year": "毎年", "five_years": "5年ごと", "occasion": "随時"}
_STEPS = {"month": 1, "year": 12, "five_years": 60}
_TOKEN = re.compile(r"(?:FY)?(\d{4})(?:-(\d{2}))?(?:-\d{2})?")


class Published(Strict):
    """The day by which an edition is published, counted from its period.

    A year's: the last day of `month` of the year `years` after it. A month's: `day` of the month `months` after it.
    """

    years: int = Field(default=0, ge=0)
    month: int = Field(default=12, ge=1, le=12)
    months: int = Field(default=1, ge=0)
    day: int | None = Field(default=None, ge=1, le=28)


class Edition(Strict):
    """One thing that a publisher brings out again and again.

    layouts: pattern of the layouts in which it comes. since: the first period that there is, as written above.
    replaced_by: the edition that makes this one needless when it comes (the final count after a preliminary one).
    by_base: a delivery holds the period that it begins with, and no other (the base year of a projection).
    grace_days: how many days after the day of publication it is told as late. page: the publisher's page.
    files_ja: what the files are called there.
    """

    edition: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name_ja: str
    layouts: str = ".*"
    every: Every
    since: str | None = None
    replaced_by: str | None = None
    by_base: bool = False
    published: Published | None = None
    grace_days: int = Field(default=31, ge=0)
    page: str | None = Field(default=None, pattern=r"^https://\S+$")
    files_ja: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _whole(self) -> Edition:
        compiles(self.layouts, "layouts")
        wanted = r"\d{4}-\d{2}" if self.every == "month" else r"\d{4}"
        if self.every == "occasion":
            if self.since or self.published:
                raise Slip("occasion に since と published は書けません", "`occasion` has no since and no published")
        elif not self.published or not re.fullmatch(wanted, self.since or ""):
            raise Slip(
                'since（年 "2014"、毎月なら "2021-01"）と published が要ります',
                "a calendar needs `since` (a year, or a month) and `published`",
                "since",
            )
        return self

    @property
    def step(self) -> int:
        """Months from one period to the next."""
        return _STEPS[self.every]

    def number(self, period: str) -> int:
        """A period as months since the year 0; a year as its January."""
        found = _TOKEN.fullmatch(period)
        assert found, period
        return int(found[1]) * 12 + (int(found[2]) - 1 if found[2] and self.every == "month" else 0)

    def name(self, number: int) -> str:
        """The reverse of `number`."""
        return f"{number // 12:04d}-{number % 12 + 1:02d}" if self.every == "month" else f"{number // 12:04d}"

    def due(self, number: int) -> dt.date:
        """The day by which the edition of a period is published."""
        said = self.published
        assert said, "an edition with a calendar"
        if self.every == "month":
            year, month = divmod(number + said.months, 12)
            month += 1
        else:
            year, month = number // 12 + said.years, said.month
        if year > dt.MAXYEAR:
            return dt.date.max
        return dt.date(year, month, said.day or calendar.monthrange(year, month)[1])

    def periods(self) -> Iterator[int]:
        """Every period from the first one on, without end."""
        assert self.since, "an edition with a calendar"
        number = self.number(self.since)
        while True:
            yield number
            number += self.step

    def around(self, on: dt.date) -> tuple[int | None, int]:
        """The newest period whose day of publication is over on a day (None before the first), and the next one."""
        before: int | None = None
        for number in self.periods():
            if self.due(number) >= on:
                return before, number
            before = number
        raise AssertionError("periods have no end")


@dataclass(frozen=True)
class Standing:
    """How one edition stands on a day. Periods are written as in the module's head.

    newest: the newest period that is there, None where none is. late: periods after it whose day of publication and
    grace are over. gaps: periods before it that are not there, though an earlier one is. next_period, next_due: what is
    published next, None of what comes on occasion.
    """

    source: str
    edition: str
    name_ja: str
    publisher_ja: str
    every: str
    newest: str | None
    late: list[str]
    gaps: list[str]
    next_period: str | None
    next_due: dt.date | None
    page: str | None
    files_ja: list[str]


def standing(
    source: str,
    publisher_ja: str,
    edition: Edition,
    deliveries: Sequence[Mapping[str, Any]],
    on: dt.date,
    replacing: Edition | None = None,
) -> Standing:
    """How an edition stands on a day. replacing: the edition that replaces it.

    deliveries: those that are in use, each with `source`, `period` and, where known, `layout` (one without counts for
    every edition of its source). A source that never came is late in nothing: the office does not use it.
    """
    held = sorted(_held(source, edition, deliveries))
    there = {*held, *(_held(source, replacing, deliveries) if replacing else ())}
    late: list[str] = []
    gaps: list[str] = []
    coming: int | None = None
    if edition.every != "occasion":
        for number in edition.periods():
            if edition.due(number) >= on:
                coming = number
                break
            if held and held[0] < number and number not in there:
                if number < held[-1]:
                    gaps.append(edition.name(number))
                elif (on - edition.due(number)).days > edition.grace_days:
                    late.append(edition.name(number))
        while coming is not None and coming in there:
            coming += edition.step
    return Standing(
        source, edition.edition, edition.name_ja, publisher_ja, edition.every,
        edition.name(held[-1]) if held else None, late, gaps,
        edition.name(coming) if coming is not None else None,
        edition.due(coming) if coming is not None else None,
        edition.page, edition.files_ja,
    )  # fmt: skip


def is_of(source: str, edition: Edition, delivery: Mapping[str, Any]) -> bool:
    """Whether a delivery, with its `source` and `layout` where they are known, is of an edition of a source."""
    layouts = str(delivery.get("layout") or "").split(", ")
    fits = layouts == [""] or any(re.fullmatch(edition.layouts, layout) for layout in layouts)
    return delivery.get("source") == source and fits


def _held(source: str, edition: Edition, deliveries: Iterable[Mapping[str, Any]]) -> set[int]:
    found: set[int] = set()
    for one in deliveries:
        if not is_of(source, edition, one):
            continue
        ends = [match[0] for match in _TOKEN.finditer(str(one.get("period") or ""))]
        if not ends:
            continue
        first, last = edition.number(ends[0]), edition.number(ends[0] if edition.by_base else ends[-1])
        step = 1 if edition.every == "month" else 12
        found.update(range(first, last + 1, step))
    return found
