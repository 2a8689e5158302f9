"""A printed page of the workbook breaks where the program says, not where fonts happen to fall."""

from __future__ import annotations

import datetime as dt
import io
from types import SimpleNamespace
from typing import Any

import pytest

from sousei.publication.book.page import Book, Page

ROW = 20.0


@pytest.fixture
def page() -> Page:
    about: Any = SimpleNamespace(
        town="見本市", plan={"secretariat_ja": None}, edition="council", as_of=dt.date(2026, 11, 22)
    )
    return Page(Book(io.BytesIO(), about, ""), "見本", "見本", [20.0] * 5, landscape=False, titled=False)


def fill(page: Page, rows: int, points: float = ROW) -> None:
    for _ in range(rows):
        page.keep(points)
        page.sheet.set_row(page.row, points)
        page.row += 1


def test_rows_break_before_the_page_is_full(page: Page) -> None:
    """Each page holds as many rows as fit, and no more."""
    fill(page, 100)
    first = page.breaks[0]
    assert first * ROW <= page.room() < (first + 5) * ROW
    assert page.breaks == list(range(first, 100, first))
    assert page.sheet.hbreaks == page.breaks


def test_a_block_stands_on_one_page(page: Page) -> None:
    """A heading with its table goes to the next page where only the heading has room."""
    fill(page, int(page.room() // ROW) - 3)
    assert page.breaks == []
    start = page.row
    page.keep(10 * ROW)
    assert page.breaks == [start]


def test_repeated_rows_take_their_room(page: Page) -> None:
    """On later pages the titles that are repeated leave less for rows."""
    fill(page, 5)
    page.repeat_from_top()
    fill(page, 100)
    first, second = page.breaks[:2]
    assert second - first == first - 5


def test_a_block_taller_than_a_page_starts_one_and_no_more(page: Page) -> None:
    """Nothing is broken twice at one row, and the first row of a sheet never is."""
    page.keep(10_000)
    assert page.breaks == []
    fill(page, 1)
    page.keep(10_000)
    page.keep(10_000)
    assert page.breaks == [1]
