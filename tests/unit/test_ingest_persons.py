"""Counts of persons from an extract, and nothing of a person. All people here are made up; no name can be real."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from ingest import personal, persons
from ingest.problems import Refusal

HEADER = "宛名番号,世帯番号,氏名,生年月日,性別,町字,住所,異動事由,異動日,住民種別,続柄"
CODE, AS_OF = "01223", dt.date(2026, 1, 1)


def row(born: str, sex: str = "男", area: str = "光和町", event: str = "", day: str = "", kind: str = "日本人") -> str:
    return f"A7,B7,架空◇□子,{born},{sex},{area},無有町九丁目,{event},{day},{kind},世帯主"


def extract(folder: Path, *rows: str, header: str = HEADER, encoding: str = "cp932") -> Path:
    path = folder / "extract.csv"
    path.write_bytes(("\r\n".join([header, *rows]) + "\r\n").encode(encoding))
    return path


def refused(path: Path, **how: object) -> dict:
    with pytest.raises(Refusal) as refusal:
        persons.aggregate(path, CODE, AS_OF, **how)  # type: ignore[arg-type]
    assert "架空" not in str(refusal.value.problems) and "無有" not in str(refusal.value.problems)
    return refusal.value.problems[0]


def test_counts_and_nothing_else(tmp_path: Path) -> None:
    path = extract(
        tmp_path,
        row("19800405", event="転入", day="2025-06-30"),
        row("昭和55年6月1日", event="転入", day="令和7年6月1日"),
        row("1980/12/31", "女", "月岡町", "転出", "2025/7/1", "外国人"),
        row("20250101", "", "月岡町"),
    )
    found = persons.aggregate(path, CODE, AS_OF)
    assert found.columns == [*persons.COLUMNS, "age_group", "persons"]
    june = dt.date(2025, 6, 1)
    assert found.rows() == [
        (CODE, AS_OF, "光和町", "転入", june, "male", "45-49", 2),
        (CODE, AS_OF, "月岡町", "", None, "not_stated", "0-4", 1),
        (CODE, AS_OF, "月岡町", "転出", dt.date(2025, 7, 1), "female", "45-49", 1),
    ]
    assert persons.aggregate(path, CODE, AS_OF, scope="foreign")["persons"].sum() == 1
    assert [path.name for path in tmp_path.iterdir()] == ["extract.csv"]


def age(tmp_path: Path, born: str, as_of: dt.date, turns: str = "eve") -> int:
    found = persons.aggregate(extract(tmp_path, row(born)), CODE, as_of, years=1, turns=turns)  # type: ignore[arg-type]
    return found["age"].item()


@pytest.mark.parametrize(
    ("born", "as_of", "by_law", "by_birthday"),
    [
        ("2008-02-29", "2026-02-27", 17, 17),
        ("2008-02-29", "2026-02-28", 18, 17),
        ("2008-02-29", "2026-03-01", 18, 18),
        ("2008-02-29", "2028-02-27", 19, 19),
        ("2008-02-29", "2028-02-28", 20, 19),
        ("2008-02-29", "2028-02-29", 20, 20),
        ("2019-04-01", "2026-03-31", 7, 6),  # why a child born on 1 April goes to school with the older ones
        ("2019-04-02", "2026-03-31", 6, 6),
        ("2019-04-02", "2026-04-01", 7, 6),
        ("2026-01-01", "2026-01-01", 0, 0),
        ("1926-12-25", "2026-12-24", 100, 99),
    ],
)
def test_a_year_of_age_is_complete_on_the_eve(
    tmp_path: Path, born: str, as_of: str, by_law: int, by_birthday: int
) -> None:
    day = dt.date.fromisoformat(as_of)
    assert age(tmp_path, born, day) == by_law
    assert age(tmp_path, born, day, "birthday") == by_birthday


@pytest.mark.parametrize("born", ["", "19450000", "1945", "1945-02-30", "不詳", "1945年8月"])
def test_an_incomplete_date_is_an_unknown_age(tmp_path: Path, born: str) -> None:
    found = persons.aggregate(extract(tmp_path, row(born)), CODE, AS_OF)
    assert found["age_group"].to_list() == ["unknown"]
    assert persons.aggregate(extract(tmp_path, row(born)), CODE, AS_OF, years=1)["age"].to_list() == [None]


def test_an_event_to_come_has_not_happened(tmp_path: Path) -> None:
    found = persons.aggregate(extract(tmp_path, row("19800405", event="転出", day="2026-01-02")), CODE, AS_OF)
    assert found.select("event", "month", "persons").rows() == [("", None, 1)]


def test_the_column_of_ages_serves_where_there_are_no_dates(tmp_path: Path) -> None:
    header = "年齢,性別,町字,異動事由,異動日,住民種別"
    path = extract(tmp_path, "104,2,光和町,,,日本人", "9,1,光和町,,,日本人", ",1,光和町,,,日本人", header=header)
    found = persons.aggregate(path, CODE, AS_OF)
    assert found.select("sex", "age_group", "persons").rows() == [
        ("female", "100+", 1),
        ("male", "5-9", 1),
        ("male", "unknown", 1),
    ]


@pytest.mark.parametrize("name", ["個人番号", "マイナンバー", "住民票コード", "本人個人番号", "基礎年金番号"])
def test_protected_numbers_are_refused_by_name(tmp_path: Path, name: str) -> None:
    found = refused(extract(tmp_path, row("19800405") + ",1", header=f"{HEADER},{name}"))
    assert (found["problem_id"], found["column_label"]) == ("personal_data", name)


def test_protected_numbers_are_refused_by_their_check_digits(tmp_path: Path) -> None:
    numbers = [f"{n:011d}" for n in range(12345678900, 12345678940)]
    numbers = [digits + personal._check(digits) for digits in numbers]
    assert all(map(personal.valid_my_number, numbers))
    path = extract(tmp_path, *[row("19800405") + f",{n}" for n in numbers], header=f"{HEADER},備考")
    found = refused(path)
    assert found["found"] == "40 of 40 values"
    assert not any(number in str(found) for number in numbers)


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        (row("19800405", sex="架空"), "性別"),
        (row("19800405", event="架空のため"), "異動事由"),
        (row("19800405", kind="架空"), "住民種別"),
        (row("19800405", area="無有町9丁目8番7号"), "町字"),
        (row("19800405", area="無有町9-8"), "町字"),
        (row("2026-01-02"), "生年月日"),
        (row("19800405") + ",架空", "(行)"),
    ],
)
def test_what_is_not_understood_is_counted_and_not_shown(tmp_path: Path, changed: str, column: str) -> None:
    found = refused(extract(tmp_path, row("19800405"), changed))
    assert (found["column_label"], found["found"]) == (column, "1 cells")


def test_a_file_without_header_says_what_it_lacks_and_shows_nothing(tmp_path: Path) -> None:
    found = refused(extract(tmp_path, header=row("19800405")))
    assert found["problem_id"] == "missing_column" and "住民種別" in found["expected"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to(extract(tmp_path / "elsewhere", row("19800405")))
    assert refused(link)["problem_id"] == "symbolic_link"


def test_exact_counts_however_the_rows_are_ordered(tmp_path: Path) -> None:
    rows = [row(f"19{50 + n % 40}0{1 + n % 9}15", "男女"[n % 2], ["光和町", "月岡町"][n % 3 % 2]) for n in range(900)]
    one = persons.aggregate(extract(tmp_path, *rows), CODE, AS_OF)
    other = persons.aggregate(extract(tmp_path, *reversed(rows), encoding="utf-8-sig"), CODE, AS_OF)
    assert one.equals(other) and one["persons"].sum() == 900
    assert one.schema["persons"] == pl.Int64
