"""Counts of persons from an extract, and nothing of a person. All people here are made up; no name can be real."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.cells import csvwords
from sousei.ingest.problems.record import Refusal
from sousei.ingest.receive import disclosure, parts, personal, persons, tally

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
    found = persons.aggregate(path, CODE, AS_OF).table
    assert found.columns == [*persons.COLUMNS, "age_group", "persons"]
    june = dt.date(2025, 6, 1)
    assert found.rows() == [
        (CODE, AS_OF, "光和町", "転入", june, "male", "45-49", 2),
        (CODE, AS_OF, "月岡町", "", None, "not_stated", "0-4", 1),
        (CODE, AS_OF, "月岡町", "転出", dt.date(2025, 7, 1), "female", "45-49", 1),
    ]
    assert persons.aggregate(path, CODE, AS_OF, scope="foreign").table["persons"].sum() == 1
    assert [path.name for path in tmp_path.iterdir()] == ["extract.csv"]


def age(tmp_path: Path, born: str, as_of: dt.date, turns: str = "eve") -> int:
    found = persons.aggregate(extract(tmp_path, row(born)), CODE, as_of, years=1, turns=turns).table  # type: ignore[arg-type]
    return found["age"].item()


@pytest.mark.promise("C11")
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
    found = persons.aggregate(extract(tmp_path, row(born)), CODE, AS_OF).table
    assert found["age_group"].to_list() == ["unknown"]
    assert persons.aggregate(extract(tmp_path, row(born)), CODE, AS_OF, years=1).table["age"].to_list() == [None]


def test_an_event_to_come_has_not_happened(tmp_path: Path) -> None:
    found = persons.aggregate(extract(tmp_path, row("19800405", event="転出", day="2026-01-02")), CODE, AS_OF).table
    assert found.select("event", "month", "persons").rows() == [("", None, 1)]


def test_the_column_of_ages_serves_where_there_are_no_dates(tmp_path: Path) -> None:
    header = "年齢,性別,町字,異動事由,異動日,住民種別"
    path = extract(tmp_path, "104,2,光和町,,,日本人", "9,1,光和町,,,日本人", ",1,光和町,,,日本人", header=header)
    found = persons.aggregate(path, CODE, AS_OF).table
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
    one = persons.aggregate(extract(tmp_path, *rows), CODE, AS_OF).table
    other = persons.aggregate(extract(tmp_path, *reversed(rows), encoding="utf-8-sig"), CODE, AS_OF).table
    assert one.equals(other) and one["persons"].sum() == 900
    assert one.schema["persons"] == pl.Int64


@pytest.mark.parametrize(
    "born",
    [
        "1990-01-05 00:00:00",
        "1990/1/5 13:05",
        "平成2年1月5日",
        "H2.1.5",
        "h02.01.05",
        "4020105",
        "１９９０／１／５",
        "19900105",
        "1990-01-05T13:05:22+09:00",
        "1990/1/5(金)",
        "5-Jan-1990",
        "H020105",
        "平成 2年 1月 5日",
        "平2.1.5",
    ],
)
def test_a_certain_day_is_read_however_it_is_written(tmp_path: Path, born: str) -> None:
    assert age(tmp_path, born, dt.date(2026, 1, 3)) == 35
    assert age(tmp_path, born, dt.date(2026, 1, 4)) == 36


UNCERTAIN = {
    "serial": ["32878", "32878.5"],
    "year_last": ["1/5/1990", "01-05-1990", "5.1.1990", "01051990"],
    "two_digit_year": ["90/01/05", "02.1.5", "900105", "5-Jan-90", "02年1月5日"],
    "era_number": ["2020105"],
    "no_year": ["1月5日", "5-Jan", "1/5"],
    "other": ["########", "架空", "1990-01-05T23:05Z"],
}


@pytest.mark.parametrize(("kind", "born"), [(kind, one) for kind, ones in UNCERTAIN.items() for one in ones])
def test_an_uncertain_day_is_counted_and_above_a_share_refused(tmp_path: Path, kind: str, born: str) -> None:
    few = persons.aggregate(extract(tmp_path, row(born), *[row("19800405")] * 199), CODE, AS_OF)
    assert few.unread == {"生年月日": {kind: 1}}
    assert few.table.filter(age_group="unknown")["persons"].to_list() == [1]
    found = refused(extract(tmp_path, *[row(born)] * 3, *[row("19800405")] * 197))
    assert (found["problem_id"], found["column_label"], found["found"]) == ("dates_not_read", "生年月日", "3 cells")
    assert born not in str(found)


def test_both_columns_of_dates_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        persons.aggregate(extract(tmp_path, row("32878", event="転入", day="46295")), CODE, AS_OF)
    assert [found["column_label"] for found in refusal.value.problems] == ["生年月日", "異動日"]


def test_a_register_of_nothing_but_unknown_dates_is_refused(tmp_path: Path) -> None:
    some = persons.aggregate(extract(tmp_path, *[row("1945")] * 9), CODE, AS_OF)
    assert some.unread == {"生年月日": {"incomplete": 9}}
    assert refused(extract(tmp_path, *[row("1945")] * 10))["problem_id"] == "dates_not_read"


def test_numbers_of_eras_before_1926_count_where_the_column_is_of_that_form(tmp_path: Path) -> None:
    rows = [row("2150105"), row("3550405"), row("1450729")]
    found = persons.aggregate(extract(tmp_path, *rows), CODE, dt.date(2026, 1, 1), years=1).table
    assert found["age"].to_list() == [45, 99, 113]


@pytest.mark.promise("C11")
@pytest.mark.parametrize(
    ("day", "month"),
    [
        ("2026-01-01 23:59:59", "2026-01-01"),
        ("2026-01-02 00:00:01", None),
        ("令和8年1月2日 13時5分", None),
        ("2026/1/2", None),
        ("2026-02", None),
        ("2026-01", "not_known"),
        ("2025-12-31 13:05", "2025-12-01"),
    ],
)
def test_a_move_after_the_day_has_not_happened_whatever_the_hour(tmp_path: Path, day: str, month: str | None) -> None:
    found = persons.aggregate(extract(tmp_path, row("19800405", event="転入", day=day)), CODE, AS_OF).table
    event = "" if month is None else "転入"
    first = dt.date.fromisoformat(month) if month and month != "not_known" else None
    assert found.select("event", "month", "persons").rows() == [(event, first, 1)]


@pytest.mark.parametrize("encoding", ["cp932", "utf-8", "utf-8-sig", "utf-16"])
def test_what_a_spreadsheet_leaves_below_and_beside_the_table_is_nobody(tmp_path: Path, encoding: str) -> None:
    rows = [row("19800405") + ",,", "," * (HEADER.count(",") + 2), ""]
    found = persons.aggregate(extract(tmp_path, *rows, header=HEADER + ",,", encoding=encoding), CODE, AS_OF).table
    assert found["persons"].to_list() == [1]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "columns"), [("serial", ["生年月日", "異動日"]), ("two", ["生年月日", "異動日"]), ("time", [])]
)
def test_the_case_of_lost_dates(name: str, columns: list[str]) -> None:
    path = PROJECT_ROOT.parent / "shared" / "cases" / "aggregate_dates_lost" / f"{name}.csv"
    if not path.is_file():
        pytest.skip("the cases of ../shared are not here")
    if columns:
        with pytest.raises(Refusal) as refusal:
            persons.aggregate(path, CODE, dt.date(2026, 10, 1))
        assert [found["column_label"] for found in refusal.value.problems] == columns
    else:
        before = persons.aggregate(path, CODE, dt.date(2026, 9, 29)).table
        assert set(before["event"]) == {""} and "unknown" not in set(before["age_group"])
        assert persons.aggregate(path, CODE, dt.date(2026, 9, 30)).table["event"].to_list().count("転入") == 1


def many(tmp_path: Path, seed: int, by_column: bool = False) -> Path:
    """A synthetic extract of some 600 persons in many forms."""
    chosen = random.Random(seed)
    forms = ["19800405", "1980-04-05", "昭和55年4月5日", "3550405", "5080101", "1945", "不詳", "", "32878"]
    eras = ["3550405", "2150105", "1450729"]
    rows = []
    for n in range(600):
        born = chosen.choice(eras) if seed % 2 else (chosen.choice(forms) if n % 150 == 0 else "19800405")
        event = chosen.choice(["", "", "転入", "転出"])
        day = chosen.choice(["", "2025-06-30", "2026-01-02", "令和7年6月1日"]) if event else ""
        one = row(born, chosen.choice("男女12"), chosen.choice(["光和町", " 光和町", "月岡町"]), event, day)
        code = chosen.choice(["01223", "012238", "032115"])
        quoted = '"架空, 名"' if n % 7 == 0 and seed % 3 == 0 else "x"
        rows.append(f"{one},{quoted},{code}" if by_column else f"{one},{quoted},")
    return extract(tmp_path, *rows, header=f"{HEADER},備考,市区町村コード", encoding=["cp932", "utf-8"][seed % 2])


@pytest.mark.sampled(2)
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("years", [1, 5])
def test_parts_count_as_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, years: int) -> None:
    path = many(tmp_path, seed)
    whole = persons.aggregate(path, CODE, AS_OF, years=years)  # type: ignore[arg-type]
    assert whole.table["persons"].sum() == 600
    monkeypatch.setattr(parts, "PART_BYTES", 701)
    monkeypatch.setattr(tally, "_GROUPS_KEPT", 10)
    in_parts = persons.aggregate(path, CODE, AS_OF, years=years)  # type: ignore[arg-type]
    assert in_parts.table.equals(whole.table) and in_parts.unread == whole.unread


def test_the_column_says_whose_residents_they_are(tmp_path: Path) -> None:
    path = many(tmp_path, 2, by_column=True)
    found = persons.aggregate(path, None, AS_OF).table
    assert set(found["municipality_code"]) == {"01223", "03211"}
    apart = found.group_by("area", "event", "month", "sex", "age_group").agg(pl.col("persons").sum())
    assert apart.sort(pl.all()).equals(
        persons.aggregate(path, CODE, AS_OF).table.drop("municipality_code", "as_of_date").sort(pl.all())
    )


def test_a_code_that_is_none_is_counted_and_not_shown(tmp_path: Path) -> None:
    path = extract(
        tmp_path,
        *[row("19800405") + f",{code}" for code in ("01223", "012239", "1223", "架空", "")],
        header=f"{HEADER},市区町村コード",
    )
    with pytest.raises(Refusal) as refusal:
        persons.aggregate(path, None, AS_OF)
    found = refusal.value.problems[0]
    assert (found["problem_id"], found["column_label"], found["found"]) == (
        "person_extract", "市区町村コード", "4 cells",
    )  # fmt: skip
    assert "架空" not in str(found)


def test_without_a_municipality_its_column_is_needed(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        persons.aggregate(extract(tmp_path, row("19800405")), None, AS_OF)
    assert refusal.value.problems[0]["problem_id"] == "missing_column"
    assert "市区町村コード" in refusal.value.problems[0]["expected"]


@pytest.mark.parametrize(
    ("fault", "problem_id", "line"),
    [
        (b"\xff\xff", "not_decodable", 302),
        (b"\x80", "not_decodable", 302),
        (b"a\0b", "nul_byte", None),
        (b'a"b', "not_rfc4180", 302),
    ],
)
def test_a_fault_far_inside_is_named_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: bytes, problem_id: str, line: int | None
) -> None:
    path = extract(tmp_path, *[row("19800405")] * 600)
    lines = path.read_bytes().split(b"\r\n")
    lines[301] = fault + lines[301]
    path.write_bytes(b"\r\n".join(lines))
    whole = refused(path)
    assert (whole["problem_id"], whole["row"]) == (problem_id, line)
    monkeypatch.setattr(parts, "PART_BYTES", 997)
    assert refused(path) == whole


def test_protected_numbers_in_any_part_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [f"{n:011d}" for n in range(12345678900, 12345678940)]
    rows = [row("19800405") + "," for _ in range(600)]
    for n, digits in enumerate(numbers):
        rows[n * 15] += digits + personal._check(digits)
    path = extract(tmp_path, *rows, header=f"{HEADER},備考")
    monkeypatch.setattr(parts, "PART_BYTES", 997)
    assert refused(path)["found"] == "40 of 40 values"
    monkeypatch.setattr(personal.LongNumbers, "TOGETHER", 7)
    assert refused(path)["found"] == "7 of 7 values"


def test_one_municipality_gives_no_cover_to_another(tmp_path: Path) -> None:
    rows = [row("19800405") + ",01223"] * 3 + [row("19800405", "女") + ",01223"] * 40
    rows += [row("19800405") + ",03211"] * 3 + [row("19800405", "女") + ",03211"] * 40
    path = extract(tmp_path, *rows, header=f"{HEADER},市区町村コード")
    hidden = disclosure.suppress(persons.aggregate(path, None, AS_OF).table, 10).table
    assert hidden["value_status"].to_list() == ["suppressed"] * 4


def test_the_last_day_of_the_calendar_has_no_next_one(tmp_path: Path) -> None:
    counted = persons.aggregate(extract(tmp_path, row("1990-01-01")), CODE, dt.date.max).table
    assert counted["persons"].to_list() == [1]


def test_a_header_alone_counts_nobody(tmp_path: Path) -> None:
    filled = persons.aggregate(extract(tmp_path, row("1990-01-01")), CODE, AS_OF).table
    empty = persons.aggregate(extract(tmp_path), CODE, AS_OF).table
    assert empty.is_empty() and empty.schema == filled.schema
    by_column = extract(tmp_path, header=f"{HEADER},市区町村コード")
    assert persons.aggregate(by_column, None, AS_OF).table.schema == filled.schema


ODD_BYTES = (b"\xff", b"\x80", b"\xa0", b"\xfd", b"\x83", b"\xe3\x81", b"\0", b'"', b"\r", b"\n", b",", b"")


def odd(tmp_path: Path, chosen: random.Random) -> Path:
    """A synthetic extract with cells that end with ASCII in CP932, quotes, line ends and commas in cells, rows of
    nothing, numbers with check digits, and now and then a byte that is wrong."""
    quoted, strange, numbered = chosen.random() < 0.3, chosen.random() < 0.5, chosen.random() < 0.2
    forms = ["19800405", "20010203"] * 20 + chosen.choice([["昭和55年4月5日", "不詳", ""], ["2150105", "3550405"]])
    rows = []
    for _ in range(chosen.choice([3, 40, 160])):
        event = chosen.choice(["", "", "", "転入", " 転出"])
        day = chosen.choice(["2025-06-30", "2026-01-02", "令和7年6月1日", "2026-02"]) if event else ""
        area = chosen.choice(["光和町", " 光和町", "ソ表町", "ポ能"])
        cells = row(chosen.choice(forms), chosen.choice(["男", "女", "2"]), area, event, day).split(",")
        cells[2] = chosen.choice(["架空ソ", "ｶｸｳ ﾎﾟ", "無有表", " "])
        digits = f"{chosen.randrange(10**11):011d}"
        digits += personal._check(digits)
        cells.append(chosen.choice([digits, f"　{digits[:4]} {digits[4:]}"]) if numbered else chosen.choice(["", "x"]))
        if quoted:
            cells = [f'"{cell}"' for cell in cells]
        elif strange and chosen.random() < 0.1:
            at = chosen.randrange(len(cells))
            cells[at] = chosen.choice(['"{}"', '"{},ソ"', '"{}""a"', '"{}\r\nb"']).format(cells[at])
        if strange and chosen.random() < 0.02:
            cells = chosen.choice([cells[:-1], [*cells, ""], [""] * len(cells), [""], [*cells, "x"]])
        rows.append(",".join(cells))
    header = f"{HEADER},備考"
    if quoted:
        header = ",".join(f'"{name}"' for name in header.split(","))
    encoding = chosen.choice(["cp932", "cp932", "utf-8", "utf-8-sig", "utf-16"])
    path = extract(tmp_path, *rows, header=header, encoding=encoding)
    if chosen.random() < 0.25:
        data = path.read_bytes()
        at = chosen.randrange(len(data))
        path.write_bytes(data[:at] + chosen.choice(ODD_BYTES) + data[at + chosen.randrange(2) :])
    return path


def outcome(path: Path, scope: str) -> object:
    try:
        found = persons.aggregate(path, CODE, AS_OF, scope=scope, years=1)  # type: ignore[arg-type]
    except Refusal as refusal:
        return refusal.problems
    return found.table.rows(), found.unread


@pytest.mark.sampled(10)
@pytest.mark.parametrize("seed", range(60))
def test_what_is_split_as_bytes_counts_and_refuses_as_text_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chosen = random.Random(seed)
    path, scope = odd(tmp_path, chosen), chosen.choice(["total", "japanese", "foreign"])
    monkeypatch.setattr(parts, "PART_BYTES", chosen.choice([400, 1500, 6000]))
    monkeypatch.setattr(personal.LongNumbers, "TOGETHER", 30)
    quick = outcome(path, scope)
    monkeypatch.setattr(tally, "_COMBINATIONS", 40)
    monkeypatch.setattr(tally, "_TO_ONE", 0.01)
    assert outcome(path, scope) == quick
    monkeypatch.setattr(csvwords, "plain", lambda data, encoding: None)
    assert outcome(path, scope) == quick


@pytest.mark.parametrize("fails", ["source", "work"])
def test_a_fault_comes_after_what_was_before_it(fails: str) -> None:
    def items() -> Iterator[int]:
        yield from range(7)
        raise (Refusal() if fails == "source" else RuntimeError)

    def work(item: int) -> int:
        if fails == "work" and item == 4:
            raise Refusal()
        time.sleep(0.01 * (item % 3))
        return item * 10

    made = []
    with pytest.raises(Refusal):
        for one in parts.ahead(items(), work):
            made.append(one)
    assert made == [0, 10, 20, 30, 40, 50, 60][: 7 if fails == "source" else 4]


def test_white_space_around_a_long_number_hides_nothing() -> None:
    spaces = [chr(code) for code in range(1 << 16) if chr(code).isspace()]
    texts = pl.Series(
        [f"{space}123456789012{space}" for space in spaces] + ["1234-5678-9012", "１２３４５６７８９０１"]
    )
    assert texts.str.contains(personal._LONG_IN_COLUMN).all() and len(spaces) > 20
    assert not pl.Series(["x123456789012", "1234567890", "1" * 19]).str.contains(personal._LONG_IN_COLUMN).any()


def test_the_last_line_end_outside_quotes_is_where_a_part_ends() -> None:
    for text in (b"", b"a", b"a\nb", b'"a\n', b'a\n"b\nc\n', b'"a\nb"\n"c\n', b'"\n"\n"\n"x"\n', b'a\n"b""\n\n'):
        ends = [at + 1 for at in range(len(text)) if text[at : at + 1] == b"\n" and text.count(b'"', 0, at) % 2 == 0]
        assert parts._last_end(text) == max(ends, default=0), text
