"""Cells of our own forms: what people type is read right, or refused with what to write."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousei.ingest.areas.register import register
from sousei.ingest.forms import cells
from sousei.ingest.forms.cells import Number, Wrong


@pytest.mark.parametrize(
    ("text", "unit", "value", "comparator"),
    [
        ("1,460", "人", "1460", ""),
        ("1460", "人", "1460", ""),
        ("▲170", "人", "-170", ""),
        ("△170", "人", "-170", ""),
        ("−170", "人", "-170", ""),
        ("(170)", "人", "-170", ""),
        ("４６０", "人", "460", ""),
        ("460千人", "人", "460000", ""),
        ("460千人", "千人", "460", ""),
        ("460", "千人", "460", ""),
        ("約500", "人", "500", "~"),
        ("約500人", "人", "500", "~"),
        ("500人以上", "人", "500", ">="),
        ("95％を超える", "％", "95", ">"),
        ("35.95%", "％", "35.95", ""),
        ("35.95", "％", "35.95", ""),
        ("176億1278万2239円", "円", "17612782239", ""),
        ("35億5124万円", "億円", "35.5124", ""),
        ("35.5124億円", "億円", "35.5124", ""),
        ("16名", "人", "16", ""),
        ("延べ5,581人", "人（延べ）", "5581", ""),
        ("0", "件", "0", ""),
        ("169100.41100000002", "千円", "169100.411", ""),
    ],
)
def test_a_number_is_read_as_people_type_it(text: str, unit: str, value: str, comparator: str) -> None:
    assert cells.number(text, unit) == Number(Decimal(value).quantize(Decimal("0.00000001")), comparator)


@pytest.mark.parametrize("text", ["", "二百", "1 460", "12,34", "1.2.3", "12～15", "12/15", "一", "NaN", "1e5", "10の"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(Wrong):
        cells.number(text, "人")


@pytest.mark.parametrize(("text", "unit"), [("460千円", "人"), ("3件", "人"), ("500円", "億円"), ("5千人", "％")])
def test_another_unit_is_not_read_as_the_rows(text: str, unit: str) -> None:
    if (text, unit) == ("500円", "億円"):
        assert cells.number(text, unit).value == Decimal("0.00000500")
        return
    with pytest.raises(Wrong, match="form_unit"):
        cells.number(text, unit)


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=4, allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_sign_and_size(value: Decimal) -> None:
    for text in (f"{value:f}", f"{value:,f}", f"▲{-value:f}" if value < 0 else f"{value:f}"):
        assert cells.number(text, "人").value == value


@pytest.mark.parametrize(
    ("text", "year"),
    [("令和6年度", 2024), ("R6", 2024), ("2024", 2024), ("2024.0", 2024), ("令和元年度", 2019), ("平成31年度", 2019),
     ("H31", 2019), ("FY2024", 2024), ("２０２４年度", 2024), ("r6", 2024)],
)  # fmt: skip
def test_a_year_is_read_in_any_spelling(text: str, year: int) -> None:
    assert cells.year(text) == year


@pytest.mark.parametrize("text", ["6", "24", "45000", "令和6～7年度", "昨年度", "令和0年", "平成99年", "20245"])
def test_what_is_no_year_is_refused(text: str) -> None:
    with pytest.raises(Wrong, match="form_year"):
        cells.year(text)


@pytest.mark.parametrize(
    "text", ["2021年10月", "2021-10", "2021/10", "R3.10", "令和3年10月", "2021.10", "2021-10-01", "202110"]
)
def test_a_month_is_its_first_day(text: str) -> None:
    assert cells.month(text) == dt.date(2021, 10, 1)


@pytest.mark.parametrize("text", ["2021.1", "10月", "2021年", "2021-13", "10/21"])
def test_a_month_that_may_be_two_is_refused(text: str) -> None:
    with pytest.raises(Wrong, match="form_month"):
        cells.month(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [("01223", "01223"), ("012238", "01223"), ("1223", "01223"), ("０１２２３", "01223"), ("032115", "03211")],
)
def test_a_code_has_five_digits_inside(text: str, code: str) -> None:
    assert cells.municipality(text, register()) == code


def test_a_code_that_lost_its_zero_and_may_be_another_town_is_refused_with_both_names() -> None:
    with pytest.raises(Wrong) as wrong:
        cells.municipality("12238", register())
    assert "根室市" in str(wrong.value.values) and "いすみ市" in str(wrong.value.values)


@pytest.mark.parametrize("text", ["012239", "99999", "根室", ""])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(Wrong, match="form_code"):
        cells.municipality(text, register())


@pytest.mark.parametrize(
    ("text", "code"),
    [("速報", "preliminary"), ("速報値", "preliminary"), ("preliminary", "preliminary"), (" 確 定 ", "final")],
)
def test_a_word_of_a_list_is_its_code(text: str, code: str) -> None:
    assert cells.chosen(text, "states") == code


def test_a_misspelt_word_is_told_with_the_nearest_and_the_list() -> None:
    with pytest.raises(Wrong) as wrong:
        cells.chosen("速方値", "states")
    assert "速報値" in str(wrong.value.values["near"]) and "確定" in str(wrong.value.values["words"])


@pytest.mark.parametrize(("text", "value"), [("○", True), ("〇", True), ("◯", True), ("", False), ("×", False)])
def test_a_mark_is_set_or_not(text: str, value: bool) -> None:
    assert cells.flag(text) is value


def test_a_long_text_or_a_name_is_not_shown() -> None:
    with pytest.raises(Wrong) as wrong:
        cells.number("架空花子", "人")
    assert "花子" not in str(wrong.value.values)
