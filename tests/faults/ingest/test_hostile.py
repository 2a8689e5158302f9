"""What must never crash, hang or be stored: broken and hostile files, links, names, half-written deliveries."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import multiprocessing
import os
import re
import signal
import time
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest import raw
from sousei.ingest.areas import register as areas
from sousei.ingest.cells import csvtext, workbook
from sousei.ingest.cells.contents import Contents, Opener
from sousei.ingest.cells.grid import of_csv
from sousei.ingest.decided import decisions
from sousei.ingest.dry_run import describe
from sousei.ingest.problems.record import Refusal, fault
from sousei.ingest.reading import delivery as reading
from sousei.ingest.receive import intake, personal

NIGHT = dt.datetime(2026, 11, 22, 2, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
AS_OF = dt.date(2026, 11, 22)
SAMPLES = PROJECT_ROOT / "samples" / "landing"
GOOD = (SAMPLES / "tourism" / "city2021.csv").read_bytes()
BOOK = (SAMPLES / "resident_registry" / "2304ssnen.xlsx").read_bytes()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    (folder / "city2021.csv").write_bytes(GOOD)
    return folder


def night(home: Home, landing: Path, when: dt.datetime = NIGHT) -> raw.RawResult:
    return raw.read(home, intake.take(home, landing, when, "test"), AS_OF, decisions.read(home))


def ids(problems: list) -> list[str]:
    return [problem["problem_id"] for problem in problems]


def parts(change: Callable[[dict[str, bytes]], None]) -> bytes:
    """The sample workbook with its parts changed."""
    with zipfile.ZipFile(io.BytesIO(BOOK)) as book:
        held = {name: book.read(name) for name in book.namelist()}
    change(held)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in held.items():
            book.writestr(name, data)
    return out.getvalue()


# --- workbooks -------------------------------------------------------------------------------------------------------


@pytest.mark.promise("A4")
@pytest.mark.parametrize("cut", [0.0005, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_workbook_is_refused(cut: float) -> None:
    found = reading.read(BOOK[: max(8, int(len(BOOK) * cut))], "x.xlsx")
    assert not found.taken
    assert ids(found.problems)[0] in {"workbook_truncated", "workbook_unreadable", "not_decodable", "nul_byte"}


def test_macros_and_odd_part_names_are_refused() -> None:
    for name, problem in (
        ("xl/vbaProject.bin", "workbook_macro"),
        ("../evil.xml", "workbook_path"),
        ("/etc/passwd", "workbook_path"),
        ("xl/../../evil.xml", "workbook_path"),
        ("C:evil.xml", "workbook_path"),
        ("xl\\..\\..\\evil.xml", "workbook_path"),
    ):
        found = reading.read(parts(lambda held, name=name: held.update({name: b"x"})), "x.xlsx")
        assert ids(found.problems) == [problem], name


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as book:
        book.writestr("readme.txt", "x")
    assert ids(reading.read(out.getvalue(), "x.xlsx").problems) == ["not_a_table"]


def test_an_encrypted_workbook_is_refused_as_such() -> None:
    ole = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600
    assert ids(reading.read(ole, "x.xlsx").problems) == ["workbook_encrypted"]


@pytest.mark.promise("D2")
@pytest.mark.parametrize("length", [1 << 20, 300 << 20])
def test_bombs_are_refused_before_they_are_unpacked(length: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<x/>")
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(length >> 20):
                part.write(b"0" * (1 << 20))
    started = time.monotonic()
    found = reading.read(out.getvalue(), "x.xlsx")
    assert not found.taken
    assert time.monotonic() - started < 5
    if length > 100 << 20:
        assert ids(found.problems) == ["workbook_bomb"]


@pytest.mark.promise("D2")
def test_a_lying_zip_directory_is_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory that understates its sizes gets past the check; the child's memory limit holds then."""
    monkeypatch.setattr(workbook, "inspect", lambda data: None)
    bomb = parts(
        lambda held: held.update({"xl/sharedStrings.xml": b"<sst>" + b"<si><t>x</t></si>" * 6_000_000 + b"</sst>"})
    )
    with workbook.Parser(memory=160 << 20) as parser, pytest.raises(Refusal) as refused:
        parser.parse(bomb)
    assert ids(refused.value.problems)[0] in {"workbook_unreadable", "workbook_timeout"}
    monkeypatch.undo()
    assert reading.read(BOOK, "2304ssnen.xlsx").taken


@pytest.mark.promise("D2")
def test_a_parser_that_hangs_is_ended(tmp_path: Path) -> None:
    script = tmp_path / "hangs.py"
    script.write_text("import time; time.sleep(60)")
    started = time.monotonic()
    with workbook.Parser(script, seconds=0.5) as parser:
        with pytest.raises(Refusal) as refused:
            parser.parse(BOOK)
        assert ids(refused.value.problems) == ["workbook_timeout"] and parser.pid is None
    assert time.monotonic() - started < 5


@pytest.mark.promise("D2")
def test_a_parser_that_dies_costs_one_file_only() -> None:
    with workbook.Parser() as parser:
        parser.parse(BOOK)
        first = parser.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        while parser.pid is not None:
            time.sleep(0.01)
        with Opener(parser) as opener:
            assert reading.read(BOOK, "2304ssnen.xlsx", opener=opener).taken
        assert parser.pid not in (None, first)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(BOOK) - 1), st.binary(min_size=1, max_size=40))
def test_flipped_bytes_never_raise(at: int, junk: bytes) -> None:
    found = reading.read(BOOK[:at] + junk + BOOK[at + len(junk) :], "2304ssnen.xlsx")
    if found.taken:  # then nothing that matters was hit
        whole = reading.read(BOOK, "2304ssnen.xlsx")
        assert found.tables["registry_population"].equals(whole.tables["registry_population"])


# --- text ------------------------------------------------------------------------------------------------------------


@pytest.mark.promise("C2")
@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\0" * 100, "nul_byte"),
        (b"a,b\n1,\x81", "not_decodable"),
        (b"\xef\xbb\xbfa,b\n1,\xff", "not_decodable"),
        (b"a,\xfd\n", "not_decodable"),
        (b"a,\xa0\n", "not_decodable"),
        (b'a,"b\n1,2\n', "not_rfc4180"),
        (b'a,b"c"\n1,2\n', "not_rfc4180"),
        (b'a,"b"c\n1,2\n', "not_rfc4180"),
        (b"a,b\r1,2\r", "not_rfc4180"),
        (b"," * 3_000_000, "line_too_long"),
        (b"a,b\n" + b"x" * 300_000, "line_too_long"),
        (b"{" * 100_000, "not_json"),
        (b'{"a": NaN}', "not_json"),
        (b"[1,2", "not_json"),
    ],
)
def test_text_that_cannot_be_read_strictly_is_refused(data: bytes, problem: str) -> None:
    assert ids(reading.read(data, "x").problems) == [problem]


@pytest.mark.promise("C2")
def test_every_cp932_character_survives() -> None:
    pairs = [bytes([a, b]) for a in (*range(0x81, 0xA0), *range(0xE0, 0xFD)) for b in range(0x40, 0xFD) if b != 0x7F]
    kept = []
    for pair in pairs:
        with contextlib.suppress(UnicodeDecodeError):
            kept.append((pair, pair.decode("cp932")))
    assert len(kept) > 9000
    data = b"\n".join(pair for pair, _ in kept) + "\n釜石市".encode("cp932")
    text, encoding = csvtext.decode(data)
    assert encoding == "cp932"
    assert text.split("\n")[:-1] == [character for _, character in kept]


@pytest.mark.promise("C2")
def test_a_tail_cut_in_the_middle_of_a_character_is_named_with_its_offset() -> None:
    data = (SAMPLES / "census" / "census_2015_sex_age_cp932.csv").read_bytes()
    at = data.index("釜石市".encode("cp932"))
    found = reading.read(data[: at + 1], "x.csv")
    assert ids(found.problems) == ["not_decodable"]
    assert str(at) in found.problems[0]["message_ja"]
    assert found.problems[0]["severity"] == "gate"


def _pollute(lines: list[str]) -> dict[str, list[str]]:
    row = lines[5].split(",")
    return {
        "field too many in one record": [*lines[:5], lines[5] + ",", *lines[6:]],
        "field too few in one record": [*lines[:5], ",".join(row[:-1]), *lines[6:]],
        "empty field in the middle": [*lines[:5], ",".join([*row[:3], "", *row[3:-1]]), *lines[6:]],
        "header in the middle": [*lines[:5], lines[0], *lines[5:]],
        "second header row": [lines[0], ",".join("単位" for _ in row), *lines[1:]],
        "semicolons": [line.replace(",", ";") for line in lines],
        "tabs": [line.replace(",", "\t") for line in lines],
        "spaces in numbers": [*lines[:5], ",".join([*row[:-1], "1 234"]), *lines[6:]],
        "decimal comma": [*lines[:5], ",".join([*row[:-1], '"1,5"']), *lines[6:]],
        "points as thousands": [*lines[:5], ",".join([*row[:-1], "1.234.567"]), *lines[6:]],
        "no header": lines[1:],
        "value gone": [*lines[:5], ",".join([*row[:-1], ""]), *lines[6:]],
        "two tables": [*lines, "", "別表,a,b", "1,2,3"],
        "note below": [*lines, "これは速報です" + "," * (len(row) - 1)],
        "code in the figures": [*lines[:5], ",".join([*row[:-1], "01223"]), *lines[6:]],
    }


_LINES = GOOD.decode("utf-8-sig").splitlines()


@pytest.mark.promise("C3")
@pytest.mark.parametrize("kind", _pollute(_LINES))
def test_polluted_csv_is_refused_never_misread(kind: str) -> None:
    found = reading.read(("\n".join(_pollute(_LINES)[kind]) + "\n").encode(), "city2021.csv")
    assert not found.taken, kind
    assert found.problems[0]["message_ja"]


@pytest.mark.promise("C3")
@pytest.mark.parametrize(
    "same",
    [
        lambda lines: "\r\n".join([*lines, ""]),
        lambda lines: "\n".join([*lines, ""]),
        lambda lines: "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in lines) + "\n",
        lambda lines: "\n".join([*lines, ",,,,,,,,", ",,,,,,,,", ""]),
        lambda lines: "\n".join(["デジタル観光統計,,,,,,,,", *lines, ""]),
        lambda lines: "\n".join([*lines, ""]).replace("2021,", "２０２１,"),
        lambda lines: "\n".join([lines[0], *lines, ""]),
    ],
)
def test_csv_that_means_the_same_reads_the_same(same) -> None:
    whole = reading.read(GOOD, "a").tables["tourism_visitors"]
    found = reading.read(same(_LINES).encode(), "a")
    assert found.taken, found.problems
    columns = ["area_code", "month", "visitors"]
    assert found.tables["tourism_visitors"].select(columns).equals(whole.select(columns))


def test_a_csv_that_ends_in_a_figure_may_be_cut_in_it() -> None:
    found = reading.read("\n".join(_LINES)[:-1].encode(), "city2021.csv")
    assert [p["problem_id"] for p in found.problems] == ["no_final_line_end"] and not found.taken


@pytest.mark.promise("C3")
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_edited_csv_is_read_right_or_refused(data: st.DataObject) -> None:
    """Any one character changed, put in or taken out: refused, or read with every figure as it stands."""
    text = "\n".join(_LINES[:8]) + "\n"
    at = data.draw(st.integers(0, len(text) - 1))
    new = data.draw(st.sampled_from(["", "0", "9", ",", '"', "\n", "-", "根", " ", "\t", ".", text[at] * 2]))
    changed = text[:at] + new + text[at + 1 :]
    found = reading.read(changed.encode(), "a")
    if not found.taken:
        return
    grid = of_csv(changed)
    stood = {grid.lines[row]: grid.head[row] for row in range(grid.height)}
    for row in found.tables["tourism_visitors"].iter_rows(named=True):
        cells = stood[row["row"]]
        assert Decimal(cells[-1].replace(",", "")) == row["visitors"]  # 31.0 is 31
        assert cells[6].zfill(5) == row["area_code"]
        assert (int(cells[0]), int(cells[1])) == (row["month"].year, row["month"].month)


# --- the door --------------------------------------------------------------------------------------------------------


@pytest.mark.promise("B1")
def test_same_bytes_again_are_a_receipt_and_nothing_else(home: Home, landing: Path) -> None:
    first = night(home, landing)
    files = {path: path.stat().st_mtime_ns for path in home.raw.rglob("*.parquet")}
    (landing / "copy.csv").write_bytes(GOOD)
    second = night(home, landing, NIGHT + dt.timedelta(days=1))
    assert second.deliveries.drop("received_at").equals(first.deliveries.drop("received_at"))
    assert second.deliveries["received_at"].to_list() == [NIGHT + dt.timedelta(days=1)]
    assert {path: path.stat().st_mtime_ns for path in home.raw.rglob("*.parquet")} == files
    (lines,) = home.snapshots.glob("*/receipts.jsonl")
    assert [json.loads(line)["file_name"] for line in lines.read_text().splitlines()] == ["copy.csv"]
    night(home, landing, NIGHT + dt.timedelta(days=2))
    assert len(lines.read_text().splitlines()) == 1


def test_a_file_that_was_refused_for_its_name_is_taken_under_the_right_one(home: Home, landing: Path) -> None:
    (landing / "city2021.csv").rename(landing / "city2022.csv")
    first = night(home, landing)
    assert first.problems["problem_id"].to_list() == ["name_content_disagree"]
    (landing / "city2022.csv").rename(landing / "city2021.csv")
    for _ in range(2):
        again = night(home, landing, NIGHT + dt.timedelta(days=1))
        assert again.deliveries.select("file_name", "verdict").rows() == [("city2021.csv", "taken")]
        for path in landing.iterdir():  # once taken, it may leave landing
            path.unlink()


@pytest.mark.promise("B1")
def test_a_second_name_beside_the_first_changes_nothing(home: Home, landing: Path) -> None:
    (landing / "a-copy-of-city2022.csv").write_bytes((landing / "city2021.csv").read_bytes())
    night(home, landing)
    (landing / "city2022.csv").write_bytes((landing / "city2021.csv").read_bytes())
    names = night(home, landing).deliveries["file_name"].to_list()
    assert names == ["a-copy-of-city2022.csv"]


@pytest.mark.promise("B2")
def test_a_correction_is_another_snapshot_and_both_stay(home: Home, landing: Path) -> None:
    night(home, landing)
    (landing / "city2021.csv").write_bytes(GOOD.replace(b",2221\n", b",2222\n"))
    result = night(home, landing, NIGHT + dt.timedelta(days=1))
    assert result.deliveries["verdict"].to_list() == ["taken", "taken"]
    assert len(result.files["tourism_visitors"]) == 2
    assert len(list(home.snapshots.glob("*/bytes"))) == 2


@pytest.mark.promise("B2")
def test_a_shrunken_redelivery_needs_a_written_go_ahead(home: Home, landing: Path) -> None:
    """The line that the refusal prints lets it pass, once who, when and why stand in it."""
    decisions.prepare(home)
    night(home, landing)
    short = b"\n".join(GOOD.splitlines()[:-2]) + b"\n"
    (landing / "city2021.csv").write_bytes(short)
    result = night(home, landing, NIGHT + dt.timedelta(days=1))
    assert result.problems["problem_id"].to_list() == ["shrunken_delivery"]
    assert result.refused
    (line,) = re.findall(r"shrunken_delivery,\S+", result.problems["action_ja"].item())
    written = home.decisions / "go_aheads.csv"
    header = written.read_text("utf-8-sig")
    written.write_text(header + line.replace("決裁者", "").replace("決裁日", "2026-11-22") + "\n")
    assert night(home, landing, NIGHT + dt.timedelta(days=2)).refused, "a go-ahead without a name is none"
    written.write_text(header + line.replace("決裁者", "統計担当課長").replace("決裁日", "2026-11-22") + "\n")
    assert not night(home, landing, NIGHT + dt.timedelta(days=2)).refused


def test_an_extract_after_the_table_of_the_country_is_no_shrunken_one(home: Home, landing: Path) -> None:
    """A town's own extract after the national file was refused, though what it does not name stays in force. The
    figures of the other towns are synthetic."""
    head, *rows = GOOD.decode("utf-8-sig").splitlines()
    towns = pl.read_csv(areas.SEEDS / "municipalities.csv", infer_schema=False)
    towns = towns.filter((pl.col("prefecture_name_ja") == "北海道") & (pl.col("area_level") == "municipality"))
    wide = list(rows)
    for number, (code, name) in enumerate(towns.select("municipality_code", "name_ja").head(60).iter_rows(), 2):
        for row in (row.split(",") for row in rows if ",1223," in row):
            if code != "01223":
                wide.append(",".join([*row[:6], str(int(code)), name, str(int(row[8]) * number)]))
    (landing / "city2021.csv").write_text("\n".join([head, *wide]) + "\n", "utf-8-sig")
    assert not night(home, landing).refused
    nemuro = [row for row in rows if ",1223," in row]
    (landing / "own.csv").write_text("\n".join([head, *nemuro]) + "\n", "utf-8-sig")
    assert not night(home, landing, NIGHT + dt.timedelta(days=1)).refused
    (landing / "cut.csv").write_text("\n".join([head, *wide[:-30]]) + "\n", "utf-8-sig")
    result = night(home, landing, NIGHT + dt.timedelta(days=2))
    assert "shrunken_delivery" in result.problems["problem_id"].to_list()


def test_the_part_of_another_sender_is_no_shrunken_one(home: Home, landing: Path) -> None:
    head, *rows = GOOD.decode("utf-8-sig").splitlines()
    nemuro = [row for row in rows if ",1223," in row]
    kamaishi = [row for row in rows if ",3211," in row][:-1]
    (landing / "city2021.csv").write_text("\n".join([head, *nemuro]) + "\n", "utf-8-sig")
    assert not night(home, landing).refused
    (landing / "kamaishi.csv").write_text("\n".join([head, *kamaishi]) + "\n", "utf-8-sig")
    assert not night(home, landing, NIGHT + dt.timedelta(days=1)).refused
    (landing / "again.csv").write_text("\n".join([head, *nemuro[:-1]]) + "\n", "utf-8-sig")
    result = night(home, landing, NIGHT + dt.timedelta(days=2))
    assert result.problems.select("file_name", "problem_id").rows() == [("again.csv", "shrunken_delivery")]


def test_another_table_of_our_own_form_is_no_shrunken_one(home: Home, landing: Path) -> None:
    for day, name in enumerate(("vital_statistics.csv", "migration.csv", "tfr_bayes.csv")):
        (landing / name).write_bytes((SAMPLES / "reference_series" / name).read_bytes())
        assert night(home, landing, NIGHT + dt.timedelta(days=day)).problems.is_empty()


@pytest.mark.promise("B3")
def test_order_of_arrival_does_not_matter(home: Home, landing: Path, tmp_path: Path) -> None:
    files = sorted((SAMPLES / "tourism").glob("city2024*.csv"))[:5]
    seen = []
    for order in (files, files[::-1]):
        own = Home(tmp_path / f"home-{len(seen)}")
        folder = tmp_path / f"landing-{len(seen)}"
        folder.mkdir()
        for day, path in enumerate(order):
            (folder / path.name).write_bytes(path.read_bytes())
            result = night(own, folder, NIGHT + dt.timedelta(days=day))
        rows = pl.concat([pl.read_parquet(path) for path in result.files["tourism_visitors"]])
        seen.append(rows.sort(rows.columns))
    assert seen[0].equals(seen[1])


def test_a_refused_file_that_was_taken_away_stops_nothing_any_more(home: Home, landing: Path) -> None:
    (landing / "bad.csv").write_bytes(GOOD.replace(b",2221\n", b",-5\n"))
    assert night(home, landing).refused
    (landing / "bad.csv").unlink()
    later = night(home, landing, NIGHT + dt.timedelta(days=1))
    assert not later.refused
    assert later.problems["severity"].to_list() == ["review"]


def test_figures_after_the_as_of_date_are_left_out(home: Home, landing: Path) -> None:
    result = raw.read(home, intake.take(home, landing, NIGHT, "test"), dt.date(2020, 12, 31))
    assert result.deliveries["verdict"].to_list() == ["refused"]
    assert result.problems.select("problem_id", "severity").rows() == [("after_as_of", "warn")]
    assert result.files == {}


def test_one_month_after_the_as_of_date_leaves_the_file_out(home: Home, landing: Path) -> None:
    result = raw.read(home, intake.take(home, landing, NIGHT, "test"), dt.date(2021, 11, 30))
    assert result.problems.select("problem_id", "severity", "found").rows() == [("after_as_of", "warn", "2021-12-01")]
    assert result.files == {}


def two_sheets(change: Callable[[object], object], hidden: bool) -> bytes:
    """The sample by age with a second sheet like the first, its figures changed. Synthetic."""
    book = openpyxl.load_workbook(io.BytesIO(BOOK))
    other = book.copy_worksheet(book.worksheets[0])
    other.title, other.sheet_state = "旧", "hidden" if hidden else "visible"
    for row in other.iter_rows(min_row=4, min_col=5):
        for cell in row:
            cell.value = change(cell.value)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_hidden_table_is_told_and_not_read() -> None:
    found = reading.read(two_sheets(lambda cell: cell * 2 if isinstance(cell, int) else cell, True), "2304ssnen.xlsx")
    (table,) = found.tables.values()
    assert found.taken and table.equals(reading.read(BOOK, "2304ssnen.xlsx").tables["registry_population"])
    assert [(p["problem_id"], p["sheet"]) for p in found.problems] == [("hidden_table", "2枚目のシート")]


def test_a_workbook_with_hidden_tables_only_is_refused() -> None:
    book = openpyxl.load_workbook(io.BytesIO(BOOK))
    book.create_sheet("表紙")
    book.worksheets[0].sheet_state = "hidden"
    book.active = 1
    file = io.BytesIO()
    book.save(file)
    found = reading.read(file.getvalue(), "2304ssnen.xlsx")
    assert not found.taken and "hidden_table" in {p["problem_id"] for p in found.problems}


@pytest.mark.promise("C9")
def test_the_same_key_on_two_sheets() -> None:
    """With other figures the file is refused; with the same ones they count once."""
    other = reading.read(two_sheets(lambda cell: cell * 2 if isinstance(cell, int) else cell, False), "2304ssnen.xlsx")
    assert not other.taken and "key_twice" in {p["problem_id"] for p in other.problems}
    same = reading.read(two_sheets(lambda cell: cell, False), "2304ssnen.xlsx")
    assert same.taken and {p["problem_id"] for p in same.problems} == {"row_twice"}
    (table,) = same.tables.values()
    assert table.height == reading.read(BOOK, "2304ssnen.xlsx").tables["registry_population"].height


def test_a_fault_of_the_reader_costs_one_file(home: Home, landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (landing / "city2022.csv").write_bytes((SAMPLES / "tourism" / "city2022.csv").read_bytes())
    real = reading.read_contents

    def fail(contents: Contents, file_name: str, contracts: object, *lines: object) -> reading.Reading:
        if file_name == "city2021.csv":
            raise ValueError("架空花子")
        return real(contents, file_name, contracts, *lines)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "read_contents", fail)
    monkeypatch.setattr(reading, "fault", fault)  # the other tests run without the guard (conftest.py)
    result = night(home, landing)
    assert dict(result.deliveries.select("file_name", "verdict").iter_rows()) == {
        "city2021.csv": "refused",
        "city2022.csv": "taken",
    }
    assert result.refused and result.problems["problem_id"].to_list() == ["reader_failed"]
    assert "架空花子" not in json.dumps(result.problems.rows(), ensure_ascii=False)
    (landing / "city2021.csv").unlink()
    assert not night(home, landing, NIGHT + dt.timedelta(days=1)).refused, "once out of landing it stops nothing"


def test_a_fault_at_the_door_costs_one_file(home: Home, landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(grid: object) -> list[object]:
        raise KeyError("架空花子")

    monkeypatch.setattr(intake, "find_personal", fail)
    monkeypatch.setattr(intake, "fault", fault)
    result = night(home, landing)
    assert result.problems["problem_id"].to_list() == ["reader_failed"] and result.refused
    assert not list(home.snapshots.glob("*/bytes")), "what was not looked through is not stored"
    assert "架空花子" not in json.dumps(result.problems.rows(), ensure_ascii=False)


def _write_slowly(path: Path, seconds: float) -> None:
    with path.open("wb") as file:
        for start in range(0, len(GOOD), 200):
            file.write(GOOD[start : start + 200])
            file.flush()
            time.sleep(seconds)


@pytest.mark.promise("A4")
def test_a_file_that_is_being_written_waits(home: Home, landing: Path) -> None:
    path = landing / "slow.csv"
    writer = multiprocessing.get_context("spawn").Process(target=_write_slowly, args=(path, 0.2))
    writer.start()
    try:
        while not (path.exists() and path.stat().st_size):
            time.sleep(0.02)
        result = night(home, landing)
    finally:
        writer.kill()
        writer.join()
    waiting = result.problems.filter(pl.col("file_name") == "slow.csv")
    assert waiting.select("problem_id", "severity").rows() == [("still_being_written", "review")]
    assert len(list(home.snapshots.glob("*/bytes"))) == 1
    path.write_bytes(GOOD + b"2021,12,\xe5\xb8\x82\xe5\x8c\xba\xe7\x94\xba\xe6\x9d\x91,x\n")
    night(home, landing)
    assert len(list(home.snapshots.glob("*/bytes"))) == 2


@pytest.mark.promise("A4")
def test_unfinished_and_hidden_names_are_left_alone(home: Home, landing: Path) -> None:
    for name in (".city.csv.swp", "~$book.xlsx", "x.csv.part", "x.csv.tmp", "x.crdownload"):
        (landing / name).write_bytes(GOOD + b"\n")
    result = night(home, landing)
    assert result.deliveries.height == 1


NAMES = [
    "釜石市.csv".encode("cp932"),
    ("市" * 125 + ".csv").encode("cp932"),  # 254 bytes
    b"CON.csv",
    b"a;rm -rf.csv",
    b"'; drop table raw.delivery; --.csv",
    b"=cmd()|'x'!A1.csv",
    "\u202efdp.csv".encode(),
    b"new\nline.csv",
    b"x" * 251 + b".csv",
]


@pytest.mark.promise("D3", "D4")
@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_names_do_no_harm(home: Home, landing: Path, name: bytes) -> None:
    (landing / "city2021.csv").unlink()
    Path(os.fsdecode(os.fsencode(landing) + b"/" + name)).write_bytes(GOOD)
    result = night(home, landing)
    assert result.deliveries["verdict"].to_list() == ["taken"]
    shown = result.deliveries["file_name"].item()
    assert shown.isprintable()
    if name == "釜石市.csv".encode("cp932"):
        assert shown == "釜石市.csv"


@pytest.mark.promise("D2", "D3")
def test_links_fifos_devices_and_giants_are_refused_and_nothing_is_stored(home: Home, landing: Path) -> None:
    (landing / "link.csv").symlink_to("/etc/hostname")
    (landing / "hard.csv").hardlink_to(landing / "city2021.csv")
    os.mkfifo(landing / "fifo.csv")
    (landing / "loop").symlink_to(landing)
    with (landing / "giant.csv").open("wb") as giant:
        giant.truncate(10 << 30)  # a sparse line of 10 GB
    started = time.monotonic()
    result = night(home, landing)
    assert time.monotonic() - started < 5
    found = dict(result.problems.select("file_name", "problem_id").iter_rows())
    assert found == {
        "link.csv": "symbolic_link",
        "loop": "symbolic_link",
        "hard.csv": "hard_link",
        "city2021.csv": "hard_link",
        "fifo.csv": "not_regular",
        "giant.csv": "file_too_large",
    }
    assert not result.refused
    assert list(home.snapshots.glob("*")) == []


@pytest.mark.promise("A2")
def test_a_kill_at_any_write_leaves_nothing_half(home: Home, landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Nth rename fails, for every N; after a plain re-run everything is as if nothing had happened."""
    for path in sorted((SAMPLES / "tourism").glob("city2022*.csv")):
        (landing / path.name).write_bytes(path.read_bytes())
    rename = Path.replace
    for n in range(12):
        own = Home(home.root / str(n))
        count = iter(range(10_000))

        def fail(self: Path, target: Path, count=count, n=n) -> Path:
            if next(count) == n:
                raise KeyboardInterrupt
            return rename(self, target)

        with monkeypatch.context() as patched, contextlib.suppress(KeyboardInterrupt):
            patched.setattr(Path, "replace", fail)
            night(own, landing)
        result = night(own, landing)
        assert result.deliveries["verdict"].to_list() == ["taken"] * result.deliveries.height
        assert result.deliveries.height == 2
        assert not list(own.root.rglob("*.tmp"))
        for path in result.files["tourism_visitors"]:
            assert pl.read_parquet(path).height == 24


def _nights(home: Path, landing: Path) -> None:
    night(Home(home), landing)


@pytest.mark.exhaustive
@pytest.mark.promise("A2")
def test_kill_9_at_any_time_is_survived(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    for path in [
        *sorted((SAMPLES / "tourism").glob("city202[1-4].csv")),
        SAMPLES / "census" / "census_2020_sex_age.csv",
    ]:
        (landing / path.name).write_bytes(path.read_bytes())
    whole = night(Home(tmp_path / "whole"), landing)
    spawn = multiprocessing.get_context("spawn")
    for n in range(8):
        home = Home(tmp_path / f"home-{n}")
        victim = spawn.Process(target=_nights, args=(home.root, landing))
        victim.start()
        time.sleep(0.4 + 0.12 * n)
        victim.kill()
        victim.join()
        after = night(home, landing)
        assert (
            after.deliveries.drop("received_at")
            .sort("sha256")
            .equals(whole.deliveries.drop("received_at").sort("sha256"))
        )
        for table, paths in whole.files.items():
            again = {path.name: path.read_bytes() for path in after.files[table]}
            assert again == {path.name: path.read_bytes() for path in paths}
        assert not list(home.root.rglob("*.tmp"))


@pytest.mark.promise("D6")
def test_no_cell_of_an_unknown_file_is_told(home: Home, landing: Path) -> None:
    (landing / "list.csv").write_text("山田太郎,1980-01-01,根室市\n鈴木花子,1990-02-02,釜石市\n", "utf-8")
    result = night(home, landing)
    assert result.problems["problem_id"].to_list() == ["not_recognised"]
    told = json.dumps(result.problems.rows(), ensure_ascii=False) + json.dumps(
        result.deliveries.rows(), ensure_ascii=False, default=str
    )
    assert not any(word in told for word in ("山田", "鈴木", "1980", "1990-02"))


@pytest.mark.parametrize("kind", ["fifo", "folder", "link", "personal", "good"])
def test_describe_says_the_same_and_stores_nothing(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.csv"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("/etc/hostname")
    else:
        path.write_bytes(GOOD if kind == "good" else "個人番号,値\n1,2\n".encode())
    said = describe(path)
    assert said["would_be_taken"] is (kind == "good")
    assert bool(said["problems"]) is (kind != "good")
    assert sorted(tmp_path.rglob("*")) == [path]


@pytest.mark.promise("C6")
@pytest.mark.parametrize("unit", ["（単位：千人）", "（単位：百人）"])
def test_a_registry_table_in_thousands_is_refused(unit: str) -> None:
    found = reading.read(
        parts(
            lambda held: held.update(
                {
                    name: data.replace("（総計）".encode(), f"（総計）{unit}".encode())
                    for name, data in held.items()
                    if name.endswith(".xml")
                }
            )
        ),
        "x.xlsx",
    )
    assert set(ids(found.problems)) == {"unit_mismatch"}


# --- personal data ---------------------------------------------------------------------------------------------------


def number(first: int, length: int) -> str:
    body = f"{first:0{length - 1}d}"
    return body + personal._check(body)


@pytest.mark.parametrize("length", [11, 12])
@pytest.mark.parametrize("shape", ["{}", "{0:.4}-{0:.4}-{0:.4}", "full"])
def test_numbers_with_valid_check_digits_are_found(length: int, shape: str) -> None:
    values = [number(10_000_000 + 7919 * n, length) for n in range(10)]
    if shape == "full":
        values = [value.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)}) for value in values]
    elif shape != "{}":
        values = ["-".join([value[:4], value[4:8], value[8:]]) for value in values]
    text = "年,管理番号\n" + "\n".join(f"2021,{value}" for value in values)
    found = personal.find_personal(of_csv(text))
    assert ids(found) == ["personal_data"]
    assert all(value not in json.dumps(found, ensure_ascii=False) for value in values)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(10**10, 10**12 - 1), min_size=1, max_size=300, unique=True))
def test_random_long_numbers_are_not_taken_for_personal_ones(values: list[int]) -> None:
    text = "年,金額\n" + "\n".join(f"2021,{value}" for value in values)
    assert personal.find_personal(of_csv(text)) == []


@pytest.mark.parametrize(
    "header",
    [
        "個人番号",
        "マイナンバー",
        "住民票コード",
        "基礎年金番号",
        "個人番号（12桁）",
        "世帯主の個人番号",
        "氏名,生年月日",
        "氏名,続柄",
    ],
)
def test_columns_about_persons_are_refused_by_name(header: str) -> None:
    text = f"番号,{header}\n" + "\n".join("1,x,y"[: 3 + 2 * header.count(",")] for _ in range(5))
    assert ids(personal.find_personal(of_csv(text))) == ["personal_data"]


@pytest.mark.parametrize(
    "header", ["マイナンバーカード交付枚数", "個人番号カード保有枚数率", "市長氏名", "氏名公表の有無"]
)
def test_statistics_that_only_mention_them_are_not(header: str) -> None:
    assert personal.find_personal(of_csv(f"団体コード,{header}\n012238,1\n")) == []


@pytest.mark.promise("D6")
def test_personal_rows_in_a_workbook_are_never_stored(home: Home, landing: Path) -> None:
    values = [number(123_450_000 + n, 12) for n in range(30)]
    book = xlsxwriter.Workbook(str(landing / "list.xlsx"))
    sheet = book.add_worksheet("名簿")
    sheet.write_row(0, 0, ["番号", "区分"])
    for row, value in enumerate(values, start=1):
        sheet.write_number(row, 0, int(value))
        sheet.write_string(row, 1, "a")
    book.close()
    result = night(home, landing)
    assert result.problems["problem_id"].to_list() == ["personal_data"]
    assert len(list(home.snapshots.glob("*/bytes"))) == 1
    for path in home.root.rglob("*"):
        if path.is_file():
            assert not any(value.encode() in path.read_bytes() for value in values)


# --- e-Stat API ------------------------------------------------------------------------------------------------------


def answer(values: list[dict], total: int | None = None, note: object = None, **info: object) -> dict:
    return {
        "GET_STATS_DATA": {
            "RESULT": {"STATUS": 0},
            "STATISTICAL_DATA": {
                "RESULT_INF": {
                    "TOTAL_NUMBER": total or len(values),
                    "FROM_NUMBER": 1,
                    "TO_NUMBER": len(values),
                    **info,
                },
                "TABLE_INF": {
                    "@id": "0000020201",
                    "STAT_NAME": {"@code": "1", "$": "社会・人口統計体系"},
                    "TITLE": "Ａ",
                },
                "CLASS_INF": {
                    "CLASS_OBJ": [
                        {"@id": "tab", "@name": "観測値", "CLASS": {"@code": "00001", "@name": "観測値"}},
                        {
                            "@id": "cat01",
                            "@name": "Ａ",
                            "CLASS": [{"@code": "A1101", "@name": "総人口", "@unit": "人"}],
                        },
                        {"@id": "area", "@name": "地域", "CLASS": {"@code": "01223", "@name": "北海道 根室市"}},
                        {"@id": "time", "@name": "調査年", "CLASS": {"@code": "2020100000", "@name": "2020年度"}},
                    ]
                },
                "DATA_INF": {"NOTE": note, "VALUE": values if len(values) > 1 else values[0]},
            },
        }
    }


def cell(text: str) -> dict:
    return {"@tab": "00001", "@cat01": "A1101", "@area": "01223", "@time": "2020100000", "@unit": "人", "$": text}


def read_json(document: dict) -> reading.Reading:
    return reading.read(json.dumps(document, ensure_ascii=False).encode(), "a.json")


def test_a_single_value_and_single_classes_are_read() -> None:
    found = read_json(answer([cell("24636")]))
    assert found.taken, found.problems
    row = found.tables["estat_value"].row(0, named=True)
    assert (row["area_code"], row["indicator_ja"], row["time_ja"], row["unit"]) == (
        "01223", "観測値 / 総人口", "2020年度", "人",
    )  # fmt: skip
    assert int(row["value"]) == 24636


def test_signs_come_from_the_answers_own_note() -> None:
    note = [{"@char": "***", "$": "調査していないもの"}, {"@char": "X", "$": "数値が秘匿されているもの"}]
    found = read_json(answer([cell("1"), cell("***"), cell("X")], note=note))
    assert found.taken
    rows = found.tables["estat_value"].select("value", "value_status").rows()
    assert [(None if v is None else int(v), s) for v, s in rows] == [
        (1, "final"), (None, "not_reported"), (None, "suppressed"),
    ]  # fmt: skip
    undeclared = read_json(answer([cell("1"), cell("X")], note=note[0]))
    assert ids(undeclared.problems) == ["unreadable_value"]
    assert not undeclared.taken


@pytest.mark.parametrize("info", [{"NEXT_KEY": 3}, {"TOTAL_NUMBER": 9}, {"FROM_NUMBER": 2}, {"TO_NUMBER": 5}])
def test_an_incomplete_answer_is_refused(info: dict) -> None:
    document = answer([cell("1"), cell("2")])
    document["GET_STATS_DATA"]["STATISTICAL_DATA"]["RESULT_INF"] |= info
    assert ids(read_json(document).problems) == ["estat_incomplete"]


@pytest.mark.parametrize("status", [1, 100])
def test_an_answer_without_data_or_with_an_error_is_refused(status: int) -> None:
    found = read_json({"GET_STATS_DATA": {"RESULT": {"STATUS": status}}})
    assert ids(found.problems) == ["estat_status"] and not found.taken
