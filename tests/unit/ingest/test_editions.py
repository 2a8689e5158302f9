"""What a source's calendar says is late, missing and due next, on any day."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from pydantic import ValidationError

from sousei.ingest.contract.editions import Edition, Standing, standing
from sousei.ingest.contract.loading import all_contracts

YEARLY = Edition(
    edition="flows", name_ja="人口", layouts="flows_.*", every="year", since="2014",
    published={"years": 0, "month": 8}, grace_days=31, page="https://example.jp/",
)  # fmt: skip
MONTHLY = Edition(
    edition="visitors",
    name_ja="来訪者",
    every="month",
    since="2021-01",
    published={"months": 1, "day": 14},
    grace_days=0,
)
FISCAL = Edition(edition="survey", name_ja="調査", every="year", since="2008", published={"years": 1, "month": 7})
CENSUS = Edition(
    edition="final", name_ja="国勢調査", every="five_years", since="2015", published={"years": 1, "month": 11}
)
VINTAGE = Edition(
    edition="vintage",
    name_ja="推計",
    every="five_years",
    since="2010",
    by_base=True,
    published={"years": 3, "month": 12},
)


def at(edition: Edition, day: str, *periods: str, layout: str = "flows_2014") -> Standing:
    inputs = [{"source": "x", "layout": layout, "period": period} for period in periods]
    return standing("x", "p", edition, inputs, dt.date.fromisoformat(day))


@pytest.mark.parametrize(
    ("day", "late", "coming", "due"),
    [
        ("2026-08-31", [], "2026", "2026-08-31"),
        ("2026-09-01", [], "2027", "2027-08-31"),  # published, within the days of grace
        ("2026-10-01", [], "2027", "2027-08-31"),
        ("2026-10-02", ["2026"], "2027", "2027-08-31"),
        ("2028-02-29", ["2026", "2027"], "2028", "2028-08-31"),
    ],
)
def test_a_yearly_edition_is_late_after_its_days_of_grace(day: str, late: list[str], coming: str, due: str) -> None:
    found = at(YEARLY, day, "2024-01-01", "2025-01-01")
    assert (found.newest, found.late, found.gaps) == ("2025", late, [])
    assert (found.next_period, str(found.next_due)) == (coming, due)


def test_an_edition_that_came_before_its_day_is_not_waited_for() -> None:
    found = at(YEARLY, "2026-08-10", "2025-01-01", "2026-01-01")
    assert (found.newest, found.late, found.next_period) == ("2026", [], "2027")


def test_a_gap_between_two_editions_is_told_and_those_before_the_first_are_not() -> None:
    found = at(YEARLY, "2026-01-15", "2021-01-01", "2024-01-01", "2025-01-01")
    assert (found.gaps, found.late) == (["2022", "2023"], [])


def test_a_source_that_never_came_is_late_in_nothing_and_says_what_comes_next() -> None:
    found = at(YEARLY, "2026-12-01")
    assert (found.newest, found.late, found.gaps, found.next_period) == (None, [], [], "2027")


def test_files_of_another_layout_or_source_are_not_this_edition() -> None:
    assert at(YEARLY, "2026-12-01", "2026-01-01", layout="age_2014").newest is None
    other = standing("y", "p", YEARLY, [{"source": "x", "period": "2026-01-01"}], dt.date(2026, 12, 1))
    assert other.newest is None


def test_a_release_that_did_not_keep_layouts_counts_for_every_edition_of_the_source() -> None:
    inputs = [{"source": "x", "period": "2026-01-01"}, {"source": "x", "layout": None, "period": "2025-01-01"}]
    assert standing("x", "p", YEARLY, inputs, dt.date(2026, 12, 1)).newest == "2026"


@pytest.mark.parametrize(
    ("day", "late", "coming"),
    [
        ("2026-01-14", [], "2025-12"),
        ("2026-01-15", ["2025-12"], "2026-01"),
        ("2026-03-15", ["2025-12", "2026-01", "2026-02"], "2026-03"),
    ],
)
def test_a_monthly_edition_over_the_turn_of_the_year(day: str, late: list[str], coming: str) -> None:
    found = at(MONTHLY, day, "2025-01..2025-11")
    assert (found.newest, found.late, found.next_period) == ("2025-11", late, coming)


def test_a_file_of_a_year_fills_its_months() -> None:
    assert at(MONTHLY, "2026-07-13", "2024-01..2024-12", "2025-03", "2026-05").gaps == [
        "2025-01", "2025-02", *(f"2025-{month:02d}" for month in range(4, 13)), *(f"2026-{m:02d}" for m in range(1, 5)),
    ]  # fmt: skip


def test_a_fiscal_year_is_published_in_the_year_after_it() -> None:
    found = at(FISCAL, "2026-03-31", "FY2008..FY2024")
    assert (found.newest, found.next_period, found.next_due) == ("2024", "2025", dt.date(2026, 7, 31))


def test_a_census_comes_every_five_years() -> None:
    found = at(CENSUS, "2027-03-01", "2015-10-01", "2020-10-01")
    assert (found.late, found.next_period, found.next_due) == (["2025"], "2030", dt.date(2031, 11, 30))


def test_a_projection_is_known_by_the_year_that_it_begins_with() -> None:
    found = at(VINTAGE, "2026-11-30", "2015..2045")
    assert (found.newest, found.late, found.next_period) == ("2015", ["2020"], "2025")


def test_an_edition_that_another_one_replaced_is_not_waited_for() -> None:
    early = Edition(
        edition="preliminary", name_ja="速報", layouts=".*_preliminary", every="five_years", since="2015",
        replaced_by="final", published={"years": 1, "month": 6},
    )  # fmt: skip
    final = CENSUS.model_copy(update={"layouts": "totals"})
    inputs = [
        {"source": "x", "layout": "totals_preliminary", "period": "2015-10-01"},
        {"source": "x", "layout": "totals", "period": "2020-10-01"},
    ]
    alone = standing("x", "p", early, inputs, dt.date(2026, 11, 30))
    assert (alone.newest, alone.late) == ("2015", ["2020", "2025"])
    assert standing("x", "p", early, inputs, dt.date(2026, 11, 30), final).late == ["2025"]


def test_what_comes_on_occasion_is_never_late() -> None:
    found = at(Edition(edition="a", name_ja="台帳", every="occasion"), "2026-11-30", "FY2020-FY2024")
    assert (found.newest, found.late, found.next_due) == ("2024", [], None)


def test_the_end_of_the_calendar_is_no_end_of_the_command() -> None:
    for edition in (YEARLY, MONTHLY, CENSUS, VINTAGE):
        assert at(edition, "9999-12-31", "2020-01..2020-12").next_due == dt.date(9999, 12, 31)
        assert at(edition, "0001-01-01", "2020-01..2020-12").late == []


def test_the_last_day_of_february_is_that_of_its_year() -> None:
    leap = Edition(edition="a", name_ja="a", every="year", since="2020", published={"years": 0, "month": 2})
    assert [leap.due(leap.number(year)).day for year in ("2027", "2028")] == [28, 29]


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": "year", "since": "2014"},
        {"every": "year", "published": {"month": 8}},
        {"every": "month", "since": "2021", "published": {"day": 14}},
        {"every": "occasion", "since": "2014"},
        {"every": "year", "since": "2014", "published": {"month": 13}},
        {"every": "year", "since": "2014", "published": {"month": 8}, "page": "http://example.jp/"},
        {"every": "year", "since": "2014", "published": {"month": 8}, "layouts": "("},
    ],
)
def test_a_calendar_that_says_half_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Edition.model_validate({"edition": "a", "name_ja": "a"} | wrong)


def test_every_source_of_the_product_says_when_it_comes_and_from_where() -> None:
    for contract in all_contracts():
        assert contract.editions, contract.source
        for one in contract.editions:
            assert one.page or contract.made_by == "office", f"{contract.source}/{one.edition}: no page"
            assert one.files_ja or contract.source == "estat_api", f"{contract.source}/{one.edition}: no file"
    layouts = {
        f"{contract.source}/{layout.layout}"
        for contract in all_contracts()
        for layout in contract.layouts
        if not any(re.fullmatch(one.layouts, layout.layout) for one in contract.editions)
    }
    assert layouts == set(), "layouts of no edition"
