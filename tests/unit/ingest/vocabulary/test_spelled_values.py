"""Codes, dates, ages and numbers as files spell them."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sousei.foundation.clock import fiscal_year_of
from sousei.ingest.vocabulary.ages import parse_age
from sousei.ingest.vocabulary.codes import check_digit, check_digit_column, five_digits, valid6
from sousei.ingest.vocabulary.dates import from_serial, parse_date, parse_flow, parse_year
from sousei.ingest.vocabulary.text import squeeze, squeeze_column
from sousei.ingest.vocabulary.values import read_number, text_of_number, text_of_numbers, type_column

SYMBOLS = {"***": "not_reported", "-": "not_reported", "X": "suppressed", "...": "not_reported", "皆増": "not_reported"}


@pytest.mark.parametrize("code6", ["012238", "032115", "131016", "473821", "010006", "401307", "281000"])
def test_check_digit_of_real_codes(code6: str) -> None:
    assert check_digit(code6[:5]) == code6[5]
    assert valid6(code6)
    assert five_digits(code6) == code6[:5]


@pytest.mark.parametrize("wrong", ["012239", "032125", "02238", "abcdef", "0122380", ""])
def test_wrong_check_digit_is_not_valid(wrong: str) -> None:
    assert not valid6(wrong)


@pytest.mark.promise("C4")
@given(st.integers(0, 99999), st.integers(1, 9))
def test_one_wrong_last_digit_is_always_found(number: int, step: int) -> None:
    code5 = f"{number:05d}"
    right = check_digit(code5)
    assert not valid6(code5 + str((int(right) + step) % 10))


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [("01223", None, "01223"), (1223, None, "01223"), (1223.0, 5, "01223"), ("０１２２３８", None, "01223"),
     (12238, 6, "01223"), (12238, 5, "12238"), (" 012238 ", None, "01223")],
)  # fmt: skip
def test_five_digits(value: object, digits: int | None, expected: str) -> None:
    assert five_digits(value, digits) == expected


@pytest.mark.parametrize("value", ["012239", "根室市", "", None, "1234567", -5])
def test_five_digits_refuses(value: object) -> None:
    with pytest.raises(ValueError):
        five_digits(value)


@given(st.lists(st.integers(0, 99999), min_size=1, max_size=50))
def test_check_digit_column_equals_the_scalar(numbers: list[int]) -> None:
    codes = [f"{number:05d}" for number in numbers]
    column = pl.DataFrame({"c": codes}).select(check_digit_column(pl.col("c"))).to_series().to_list()
    assert column == [check_digit(code) for code in codes]


@pytest.mark.promise("C10")
@pytest.mark.parametrize(
    ("text", "expected"),
    [("平成17年3月31日", dt.date(2005, 3, 31)), ("令和元年5月1日", dt.date(2019, 5, 1)),
     ("R5.4.1", dt.date(2023, 4, 1)),
     ("H30/4/1", dt.date(2018, 4, 1)),
     ("2023/4", dt.date(2023, 4, 1)), ("2025/1/1", dt.date(2025, 1, 1)),
     ("令和７年１月１日", dt.date(2025, 1, 1)), ("2023-04-01T00:00:00", dt.date(2023, 4, 1)),
     ("昭和55年10月1日", dt.date(1980, 10, 1)), ("2024-02-29", dt.date(2024, 2, 29))],
)  # fmt: skip
def test_dates(text: str, expected: dt.date) -> None:
    assert parse_date(text) == expected


@pytest.mark.promise("C10")
@pytest.mark.parametrize("text", ["", "根室", "2023-02-29", "平成0年1月1日", "2023-13-01", "31/12/2023"])
def test_dates_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_date(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("平成28年", 2016), ("令和元年度", 2019), ("H30", 2018), ("2022年", 2022), (2022, 2022), (2022.0, 2022),
     ("平成２０年度", 2008), ("昭和63年", 1988), ("大正9年", 1920)],
)  # fmt: skip
def test_years(text: object, expected: int) -> None:
    assert parse_year(text) == expected


@pytest.mark.promise("C10")
@pytest.mark.parametrize(
    ("serial", "date_1904", "expected"),
    [(44927, False, dt.date(2023, 1, 1)), (43465, True, dt.date(2023, 1, 1)), (59, False, dt.date(1900, 2, 28)),
     (61, False, dt.date(1900, 3, 1)), (1, False, dt.date(1900, 1, 1))],
)  # fmt: skip
def test_excel_serials(serial: float, date_1904: bool, expected: dt.date) -> None:
    assert from_serial(serial, date_1904) == expected


@pytest.mark.promise("C10")
def test_excel_serial_60_is_a_day_that_never_was() -> None:
    with pytest.raises(ValueError):
        from_serial(60)


@pytest.mark.parametrize(
    ("text", "start", "end", "basis"),
    [("平成16年度", dt.date(2004, 4, 1), dt.date(2005, 3, 31), "fiscal_year"),
     ("平成25年（1月1日から同年12月31日まで）", dt.date(2013, 1, 1), dt.date(2013, 12, 31), "calendar_year"),
     ("令和元年（平成31年1月1日から令和元年12月31日まで）",
      dt.date(2019, 1, 1), dt.date(2019, 12, 31), "calendar_year"),
     ("令和６年（１月１日から同年１２月３１日まで）", dt.date(2024, 1, 1), dt.date(2024, 12, 31), "calendar_year")],
)  # fmt: skip
def test_flows_of_titles(text: str, start: dt.date, end: dt.date, basis: str) -> None:
    assert parse_flow(text) == (start, end, basis)


def test_a_flow_over_another_span_is_refused() -> None:
    with pytest.raises(ValueError):
        parse_flow("平成25年（1月1日から同年6月30日まで）")


@pytest.mark.promise("C11")
def test_fiscal_year_turns_on_1_april() -> None:
    assert (fiscal_year_of(dt.date(2024, 3, 31)), fiscal_year_of(dt.date(2024, 4, 1))) == (2023, 2024)


@pytest.mark.parametrize(
    ("label", "expected"),
    [("総数", ("total", None, None)), ("0～4歳", ("0-4", 0, 4)), ("5～9", ("5-9", 5, 9)), ("０－４歳", ("0-4", 0, 4)),
     ("0歳～4歳", ("0-4", 0, 4)), ("80歳以上", ("80+", 80, None)), ("100歳以上", ("100+", 100, None)),
     ("95歳～", ("95+", 95, None)), ("年齢「不詳」", ("unknown", None, None)), ("年齢不詳", ("unknown", None, None)),
     ("85～89歳以上", ("85-89", 85, 89)), ("総数（年齢）", ("total", None, None))],
)  # fmt: skip
def test_ages(label: str, expected: tuple) -> None:
    assert tuple(parse_age(label)) == expected


@pytest.mark.parametrize("label", ["（再掲）15歳未満", "歳", "9～5歳", "計"])
def test_ages_refused(label: str) -> None:
    with pytest.raises(ValueError):
        parse_age(label)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("126,146,099", 126146099), ("１，２３４", 1234), ("△5", -5), ("▲５", -5), ("(5)", -5), ("（1,234）", -1234),
     ("-962,607", -962607), ("−3", -3), ("0", 0), ("169100.41100000002", 169100.41100000002),
     ("△ 5", -5), (" 12 ", 12)],
)  # fmt: skip
def test_numbers(text: str, expected: float) -> None:
    assert read_number(text, SYMBOLS) == (expected, None)


@pytest.mark.promise("C7")
@pytest.mark.parametrize(
    ("text", "status"),
    [("***", "not_reported"), ("-", "not_reported"), ("－", "not_reported"), ("X", "suppressed"), ("Ｘ", "suppressed"),
     ("…", "not_reported"), ("皆増", "not_reported")],
)  # fmt: skip
def test_signs_have_a_status_and_no_number(text: str, status: str) -> None:
    assert read_number(text, SYMBOLS) == (None, status)


@pytest.mark.promise("C7")
@pytest.mark.parametrize(
    "text",
    [
        "1,23",
        "12,34,567",
        "1.234.567",
        "1 234",
        "1e5",
        "0x10",
        "12a",
        "--5",
        "",
        "01223",
        "=1+1",
        "NaN",
        "inf",
        "１２ ３",
        "1,234²",
        "¹²³",
        "①",
        "12①",
        "⑸",
    ],
)
def test_what_is_no_number_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        read_number(text, SYMBOLS)


@pytest.mark.promise("C7")
def test_beyond_what_a_float_holds_exactly_is_an_error() -> None:
    with pytest.raises(ValueError):
        read_number("9007199254740993")
    with pytest.raises(ValueError):
        read_number(1e300)


_CELLS = st.one_of(
    st.integers(-(10**9), 10**9).map(str),
    st.integers(-(10**9), 10**9).map(lambda n: f"{n:,}"),
    st.sampled_from(["***", "-", "X", "△12", "(7)", "", "1,2,3", "0012", "根室", "１２", "1e9"]),
)


@given(st.lists(_CELLS, min_size=1, max_size=40))
def test_a_column_is_typed_like_its_cells(cells: list[str]) -> None:
    typed = type_column(pl.Series(cells, dtype=pl.String), SYMBOLS)
    assert len(typed) == len(cells)
    for cell, (number, status) in zip(cells, typed.iter_rows(), strict=True):
        if not cell:
            assert (number, status) == (None, "blank")
            continue
        try:
            assert (number, status) == read_number(cell, SYMBOLS)
        except ValueError:
            assert (number, status) == (None, "unreadable")
        # never a silent null, never a zero that was not there
        assert number is not None or status is not None
        assert number != 0 or cell.strip("-") == "0"


@given(st.lists(st.floats(-1e12, 1e12), min_size=1, max_size=40))
def test_spreadsheet_numbers_as_text_are_the_same_one_by_one(numbers: list[float]) -> None:
    column = text_of_numbers(pl.Series(numbers)).to_list()
    assert [float(text) for text in column] == numbers
    assert all("." not in text for text, number in zip(column, numbers, strict=True) if number.is_integer())
    assert [float(text_of_number(number)) for number in numbers] == numbers


@given(st.lists(st.text(max_size=12), min_size=1, max_size=30))
def test_squeeze_column_equals_squeeze(words: list[str]) -> None:
    long = words * (500 // len(words) + 1)
    assert squeeze_column(pl.Series(words)).to_list() == [squeeze(word) for word in words]
    assert squeeze_column(pl.Series(long)).to_list() == [squeeze(word) for word in long]
