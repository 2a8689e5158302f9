"""Values of a form -> texts of cells and back; the period of a value in words; last year's value in words."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousei.feedback.forms.periods import era_year, fiscal_years_words, period_words
from sousei.feedback.forms.report import value_words
from sousei.feedback.forms.texts import of_cell, of_number
from sousei.ingest.areas.register import register
from sousei.ingest.forms import cells
from sousei.ingest.forms.model import Column, codes, form, words


def column(kind: str, name: str = "x", header: str = "値", of: str = "") -> Column:
    return Column(name, header, kind, "", "", list=of)  # type: ignore[arg-type]


@given(st.decimals(min_value=-(10**18), max_value=10**18, places=8, allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back_whole(value: Decimal) -> None:
    text = of_cell(column("number"), value)
    assert "E" not in text and cells.number(text) == (value, "")


@pytest.mark.parametrize(
    ("value", "text"),
    [("100", "100"), ("1E+3", "1000"), ("35.9500", "35.95"), ("0E-8", "0"), ("-0.00", "0"), ("1.0", "1")],
)
def test_a_number_has_no_exponent_and_no_trailing_zeros(value: str, text: str) -> None:
    assert of_number(Decimal(value)) == text


@given(st.dates(dt.date(1950, 1, 1), dt.date(2150, 12, 31)))
def test_days_months_and_years_are_read_back(day: dt.date) -> None:
    assert cells.day(of_cell(column("date"), day)) == day
    assert cells.month(of_cell(column("month"), day)) == day.replace(day=1)
    assert cells.year(of_cell(column("year"), day.year)) == day.year


def test_every_word_of_every_list_is_read_back_to_its_code() -> None:
    lists = {one.list for of in ("plan_register", "section_report") for s in form(of).sheets for one in s.columns} - {
        ""
    }
    assert len(lists) > 30
    for name in lists:
        for code in words(name):
            text = of_cell(column("choice", of=name), code)
            assert text == words(name)[code] and cells.chosen(text, name) == code
        assert len(set(words(name).values())) == len(words(name)) <= len(codes(name))


def test_a_code_that_the_list_does_not_have_stands_as_it_is() -> None:
    assert of_cell(column("choice", of="grade_rules"), "own_rule") == "own_rule"


@pytest.mark.parametrize("value", [True, False])
def test_flags_are_read_back(value: bool) -> None:
    assert cells.typed(column("flag"), of_cell(column("flag"), value), register()) is value


@pytest.mark.parametrize(
    ("kind", "value"),
    [("number", 0.1), ("integer", "1"), ("integer", True), ("date", "2024"), ("text", 1), ("number", Decimal("NaN"))],
)
def test_a_value_of_another_type_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"cell_of_another_type|not_a_number"):
        of_cell(column(kind), value)


def test_a_text_that_a_cell_would_cut_is_refused() -> None:
    assert len(of_cell(column("text"), "あ" * 32_767)) == 32_767
    with pytest.raises(ValueError, match="cell_too_long"):
        of_cell(column("text"), "あ" * 32_768)


def test_years_in_words() -> None:
    assert [era_year(year) for year in (1988, 1989, 2018, 2019, 2024)] == [
        "昭和63",
        "平成元",
        "平成30",
        "令和元",
        "令和6",
    ]
    assert fiscal_years_words(2021, 2024) == "令和3～6年度"
    assert fiscal_years_words(2018, 2021) == "平成30～令和3年度"
    assert fiscal_years_words(2021, 2021) == "令和3年度"


@pytest.mark.parametrize(
    ("basis", "accumulation", "kind", "words_ja"),
    [
        ("年度", "year", "", "令和6年度（2024年4月～2025年3月）の1年分"),
        (None, None, "", "令和6年度（2024年4月～2025年3月）の1年分"),
        ("年度", "cumulative_term", "", "期間累計（令和3～6年度）"),
        ("年（暦年）", "year", "", "2024年（令和6年）（暦年）"),
        ("年（10/1）", "year", "", "2024年（令和6年）（計画台帳では「年（10/1）」）"),
        ("時点", "point", "", "令和6年度（2024年4月～2025年3月）の時点の値。いつの値かを「時点」に書きます"),
        ("年度", "cumulative_ever", "", "開始以来の累計（令和6年度（2025年3月）まで）"),
        ("", None, "milestone", "令和6年度（2024年4月～2025年3月）の末までの状態"),
    ],
)  # fmt: skip
def test_the_period_of_a_value_in_words(basis: str | None, accumulation: str | None, kind: str, words_ja: str) -> None:
    assert period_words(2024, basis, accumulation, 2021, kind) == words_ja


def test_a_period_of_its_own_is_said_as_it_stands_in_the_register() -> None:
    said = period_words(2024, "年度（4月調査）", None, 2021)
    assert said.endswith("の時点の値（計画台帳では「年度（4月調査）」）。いつの値かを「時点」に書きます")


def test_what_is_open_in_the_register_is_open_in_the_period() -> None:
    assert "開始以来か期間累計か未確認" in period_words(2024, "年度", "cumulative_ever_or_term", 2021)


@pytest.mark.parametrize(
    ("value", "comparator", "state", "status", "said"),
    [
        ("1460", "=", None, "final", "1,460"),
        ("500", "~", None, "final", "約500"),
        ("95", ">", None, "final", "95超"),
        ("-1234.50000000", None, None, "preliminary", "-1,234.5（速報）"),
        ("-0.5", "=", None, "revised", "-0.5"),
        ("1", "=", "done_late", "final", "遅れて達成"),
    ],
)
def test_last_years_value_in_words(value: str, comparator: str, state: str, status: str, said: str) -> None:
    row = {"actual_value": Decimal(value), "comparator": comparator, "milestone_state": state, "value_status": status}
    assert value_words(row) == said


def test_no_value_is_no_words_and_never_zero() -> None:
    assert value_words(None) is None
    assert value_words({"actual_value": None, "comparator": None, "milestone_state": None, "value_status": "x"}) is None
