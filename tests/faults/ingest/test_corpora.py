"""Public collections of broken and odd CSV files and workbooks, and what they taught.

Every file below the folder that SOUSEI_CORPORA names (test data of other programs; none of it is kept here) goes
through both doors in a bounded child: what `sousei check` says with the page for its maker, and the cells themselves,
against second readers: one pass over the characters and Python's csv for texts, openpyxl for .xlsx and, where it is
installed, xlrd for .xls. Then all of them lie in landing at once beside the samples. The faults that were found are
here again as small synthetic files, made in the test. Run as a program it is that child.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import json
import math
import os
import re
import resource
import selectors
import shutil
import signal
import struct
import subprocess
import sys
import time
import tracemalloc
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from sousei.feedback import examine as readability
from sousei.feedback.checks.seen import Sheet
from sousei.feedback.checks.workbook import formulas
from sousei.feedback.findings import Examination
from sousei.feedback.pages import forms_of, page_of
from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest import raw
from sousei.ingest.cells import csvtext, grid, workbook
from sousei.ingest.cells.contents import Opener
from sousei.ingest.dry_run import describe
from sousei.ingest.problems.record import Refusal
from sousei.ingest.reading import delivery as reading
from sousei.ingest.receive import intake

SAMPLES = PROJECT_ROOT / "samples" / "landing"
CORPORA = os.environ.get("SOUSEI_CORPORA", "")
collections = pytest.mark.skipif(not CORPORA, reason="SOUSEI_CORPORA names no folder of public collections")
MEMORY = 4 << 30
SECONDS = 60.0
"""Longest that one file may take at one door on a busy machine; a workbook's child is ended after 30 s anyhow."""
SECOND_READER = 60
"""Seconds after which the second reader is given up; it is slower than ours."""
Cells = dict[tuple[int, int], Any]


# --- second readers --------------------------------------------------------------------------------------------------


def second_records(text: str) -> tuple[list[list[str]], list[int]] | str:
    """(records, line on which each begins) by one pass over the characters, or why the text is not RFC 4180."""
    rows: list[list[str]] = []
    starts: list[int] = []
    row: list[str] = []
    field: list[str] = []
    line = start = 1
    state = "begin"
    for at, sign in enumerate(text):
        if state == "quoted":
            if sign == '"':
                state = "closed"
            else:
                field.append(sign)
                line += sign == "\n"
        elif sign == '"':
            if state == "plain":
                return f"line {line}: a quote inside a field"
            if state == "closed":
                field.append(sign)
            state = "quoted"
        elif sign == ",":
            row.append("".join(field))
            field, state = [], "begin"
        elif sign == "\n":
            if row or field or state == "closed":
                row.append("".join(field))
            rows.append(row)
            starts.append(start)
            row, field, state = [], [], "begin"
            line += 1
            start = line
        elif sign == "\r":
            if text[at + 1 : at + 2] != "\n":
                return f"line {line}: a lone carriage return"
        elif state == "closed":
            return f"line {line}: text after a closing quote"
        else:
            field.append(sign)
            state = "plain"
    if state == "quoted":
        return f"line {start}: a quote that is never closed"
    if row or field or state == "closed":
        row.append("".join(field))
        rows.append(row)
        starts.append(start)
    return rows, starts


def of_openpyxl(data: bytes) -> list[tuple[str, bool, Cells]]:
    """(name, visible, cells) of every sheet of an .xlsx."""
    import openpyxl

    sheets = []
    for sheet in openpyxl.load_workbook(io.BytesIO(data), data_only=True)._sheets:
        cells = {(row - 1, column - 1): cell.value for (row, column), cell in getattr(sheet, "_cells", {}).items()}
        sheets.append((sheet.title, sheet.sheet_state == "visible", cells))
    return sheets


def of_xlrd(data: bytes) -> list[tuple[str, bool, Cells]]:
    """The same of an .xls; a chart's sheet is left out."""
    import xlrd

    book = xlrd.open_workbook(file_contents=data, logfile=io.StringIO())
    sheets = []
    for sheet in book.sheets():
        cells: Cells = {}
        for row in range(sheet.nrows):
            for column in range(sheet.row_len(row)):
                kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
                if kind == xlrd.XL_CELL_BOOLEAN:
                    value = bool(value)
                elif kind == xlrd.XL_CELL_ERROR:
                    value = xlrd.error_text_from_code.get(value, "#N/A")
                elif kind == xlrd.XL_CELL_DATE:
                    with contextlib.suppress(ValueError, OverflowError):  # no day has that number
                        value = xlrd.xldate_as_datetime(value, book.datemode)
                cells[row, column] = value
        sheets.append((sheet.name, sheet.visibility == 0, cells))
    return sheets


def ours(sheet: workbook.Sheet) -> Cells:
    """Cells of one of our sheets."""
    cells: Cells = {}
    for column, numbers in enumerate(sheet.numbers):
        cells |= {(row, column): value for row, value in enumerate(numbers.tolist()) if not math.isnan(value)}
        cells |= {(row, column): text for row, text in sheet.texts[column].items()}
    return cells


_MOMENT = re.compile(r"(\d{4,}-\d\d-\d\d)?T?(\d\d:\d\d:\d\d(\.\d+)?)?|-?\d+ days?, .*|\d+:\d\d:\d\d(\.\d+)?")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


def alike(mine: Any, other: Any) -> bool:
    """The same cell, or one that the two define otherwise and that no figure can come of.

    Those are: a formula without a stored result (ours '='), white space that XML drops, control characters in texts,
    and a number in the format of a date (ours a text, so it is refused where a figure should be).
    """
    if isinstance(other, bool):
        return mine == ("TRUE" if other else "FALSE")
    if isinstance(other, int | float):
        if isinstance(mine, float):
            return math.isclose(mine, other, rel_tol=1e-12, abs_tol=0)
        return mine == "NaN" if math.isnan(other) else bool(mine and _MOMENT.fullmatch(mine))
    if isinstance(other, dt.datetime | dt.date | dt.time | dt.timedelta):
        return isinstance(mine, str) and _same_moment(mine, other)
    if isinstance(mine, float):
        return False
    return bool(_spellings(mine) & _spellings(other)) or (mine == "=" and other is None)


def _spellings(text: Any) -> set[str]:
    """A text without white space and control characters; _x000D_ is how XML writes one, and not all readers know."""
    plain = str(text or "")
    decoded = _ESCAPE.sub(lambda code: chr(int(code[1], 16)), plain)
    return {re.sub(r"[\x00-\x20]+", "", one) for one in (plain, decoded)}


def _same_moment(mine: str, other: Any) -> bool:
    if not _MOMENT.fullmatch(mine):
        return False
    if isinstance(other, dt.datetime) and other.year >= 1900 and "-" in mine:
        return abs(dt.datetime.fromisoformat(mine) - other) < dt.timedelta(seconds=1)
    return True


# --- one file, in the child ------------------------------------------------------------------------------------------


def judge(path: Path) -> dict[str, Any]:
    """What became of one file at both doors. Keys: door, cells (what our reader said), seconds, faults."""
    data = path.read_bytes()
    faults: list[str] = []
    found: dict[str, Any] = {"faults": faults, "seconds": []}
    started = time.monotonic()
    said = describe(path)
    found["door"] = "taken" if said["would_be_taken"] else said["problems"][0]["problem_id"] if said["problems"] else ""
    found["source"] = said["source"]
    if not found["door"]:
        faults.append("refused without a reason")
    found["seconds"].append(time.monotonic() - started)
    started = time.monotonic()
    report = page_of(path)
    forms = forms_of(report)
    if not forms["html"] or not zipfile.is_zipfile(io.BytesIO(forms["xlsx"])):
        faults.append("no page")
    faults += [note for note in report.notes_ja if "途中で止まりました" in note]
    found["seconds"].append(time.monotonic() - started)
    look = judge_workbook if workbook.is_workbook(data[:8]) else judge_text
    started = time.monotonic()
    found["cells"] = look(data, faults, lambda: found["seconds"].append(time.monotonic() - started))
    if max(found["seconds"]) > SECONDS:
        faults.append(f"slow: {found['seconds']}")
    return found


def judge_text(data: bytes, faults: list[str], done: Callable[[], None]) -> str:
    """Compare one text's fields, widths and lines with the second readers, and the reasons of a refusal."""
    try:
        text, encoding = csvtext.decode(data)
    except Refusal as refusal:
        done()
        kind = refusal.problems[0]["problem_id"]
        if kind == csvtext.NUL and b"\0" not in data:
            faults.append("no NUL in it")
        if kind == csvtext.NOT_DECODABLE and _is_utf8(data):
            faults.append("it is UTF-8")
        return kind
    body = data.removeprefix(b"\xef\xbb\xbf") if encoding == "utf-8-sig" else data
    if text.encode("utf-8") != body if encoding.startswith("utf-8") else text != data.decode(encoding):
        faults.append(f"decoded otherwise than {encoding}")
    if encoding == "cp932" and _is_utf8(data):
        faults.append("UTF-8 read as CP932")
    want = second_records(text)
    try:
        table = csvtext.table(text)
    except Refusal as refusal:
        done()
        large = max(map(len, text.split("\n"))) > csvtext.MAX_LINE or (
            not isinstance(want, str) and max(map(len, want[0]), default=0) > csvtext.MAX_FIELDS
        )
        if not isinstance(want, str) and not large:
            faults.append("refused, but it is RFC 4180")
        return refusal.problems[0]["problem_id"]
    done()
    if isinstance(want, str):
        faults.append(f"accepted, but {want}")
        return "accepted"
    rows, starts = want
    width = max(map(len, rows), default=0)
    columns = [list(column) for column in zip(*(row + [""] * (width - len(row)) for row in rows), strict=True)]
    if table.widths.tolist() != [len(row) for row in rows]:
        faults.append("other widths")
    if [column.to_list() for column in table.columns] != columns:
        faults.append("other fields")
    if "\r" not in text.replace("\r\n", "") and list(table.lines) != starts:
        faults.append("other lines")
    csv.field_size_limit(1 << 30)
    if list(csv.reader(io.StringIO(text, newline=""), strict=True)) != rows:
        faults.append("other fields than Python's csv")
    return "accepted"


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def parsed(data: bytes) -> list[workbook.Sheet]:
    with workbook.Parser() as parser:
        return parser.parse(data)


def judge_workbook(data: bytes, faults: list[str], done: Callable[[], None]) -> str:
    """Compare every cell of a workbook with the second reader."""
    try:
        sheets = parsed(data)
    except Refusal as refusal:
        done()
        return refusal.problems[0]["problem_id"]
    done()
    signal.alarm(SECOND_READER)
    try:
        others = of_openpyxl(data) if data.startswith(b"PK") else of_xlrd(data)
        cells = [ours(sheet) for sheet in sheets]
    except Exception as error:  # whatever the second reader stumbles over
        return f"accepted, second reader: {type(error).__name__}"
    finally:
        signal.alarm(0)
    if not others:
        return "accepted, second reader: no sheet"
    names = [name for name, *_ in others]
    both = zip(sheets, cells, strict=True)
    mine = [(sheet, have) for sheet, have in both if data.startswith(b"PK") or sheet.name in names]
    if [sheet.name for sheet, _ in mine] != names:
        faults.append(f"{len(sheets)} sheets where there are {len(names)}, or in another order")
        return "accepted"
    for (sheet, have), (_, visible, want) in zip(mine, others, strict=True):
        if have and sheet.visible != visible:
            faults.append("hidden sheet taken for a visible one, or the reverse")
        wrong = [spot for spot in have.keys() | want.keys() if not alike(have.get(spot), want.get(spot))]
        if wrong:
            row, column = min(wrong)
            kinds = f"{type(have.get(min(wrong))).__name__} for {type(want.get(min(wrong))).__name__}"
            faults.append(f"{len(wrong)} cells differ, first row {row + 1} column {column + 1}: {kinds}")
    return "accepted"


def landing(folder: Path, scratch: Path) -> dict[str, Any]:
    """A night over all files at once, beside the samples."""
    place, home = scratch / "landing", Home(scratch / "home")
    place.mkdir(parents=True)
    names = []
    for number, path in enumerate([*_files(folder), *_files(SAMPLES)]):
        names.append(f"{number:05d}{path.suffix}")
        shutil.copyfile(path, place / names[-1])
    night = dt.datetime(2026, 11, 22, 2, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    started = time.monotonic()
    snapshots = intake.take(home, place, night, "test")
    taken_in = time.monotonic() - started
    result = raw.read(home, snapshots, night.date())
    told = {json.loads(path.read_text("utf-8"))["file_name"] for path in home.snapshots.glob("*/receipt.json")}
    for path in home.snapshots.glob("*/receipts.jsonl"):
        told |= {json.loads(line)["file_name"] for line in path.read_text("utf-8").splitlines()}
    told |= set(result.problems["file_name"])
    refused = result.deliveries.filter(result.deliveries["verdict"] != "taken")
    silent = refused.filter(~refused["file_name"].is_in(result.problems["file_name"].implode()))
    return {
        "files": len(names),
        "seconds": [round(taken_in, 1), round(time.monotonic() - started, 1)],
        "lost": [name for name in names if name not in told],
        "silent": silent["file_name"].to_list(),
        "taken": sorted(result.deliveries.filter(result.deliveries["verdict"] == "taken")["sha256"]),
        "reasons": Counter(result.problems["problem_id"].to_list()),
        "stopped": result.problems.filter(result.problems["severity"] == "gate")["file_name"].to_list(),
    }


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _late(*_: object) -> None:
    raise TimeoutError


def main() -> None:
    """Serve: a path a line, or `landing<TAB>folder<TAB>scratch`; a line of JSON back for each."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGALRM, _late)
    sink = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        words = line.rstrip("\n").split("\t")
        try:
            found = landing(Path(words[1]), Path(words[2])) if words[0] == "landing" else judge(Path(words[0]))
        except Exception as error:
            found = {"faults": [f"raised {type(error).__name__}: {error}"], "seconds": [], "cells": "", "door": ""}
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        sink.write(json.dumps({**found, "megabytes": used}) + "\n")
        sink.flush()


class Child:
    """The bounded child, started again after a death."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, line: str, seconds: float) -> dict[str, Any]:
        """Its answer; one with a fault where it dies or is late."""
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.ingest.test_corpora"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=PROJECT_ROOT,
            )
        process = self.process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(f"{line}\n".encode())
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            answer = process.stdout.readline() if selector.select(seconds) else b""
        if answer:
            return json.loads(answer)
        died = process.poll() is not None
        self.close()
        return {"faults": ["the child died" if died else "the child hung"], "seconds": [], "cells": "", "door": ""}

    def close(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child()
    yield made
    made.close()


@pytest.mark.promise("C3")
@collections
@pytest.mark.slow
def test_every_file_of_the_collections_is_read_right_or_refused(child: Child) -> None:
    files = _files(Path(CORPORA))
    wrong: dict[str, list[str]] = {}
    outcomes: Counter[str] = Counter()
    memory = 0
    slowest = 0.0
    own = {path.read_bytes() for path in _files(SAMPLES)}
    for path in files:
        found = child.ask(str(path), 3 * SECONDS + SECOND_READER)
        if found["faults"]:
            wrong[str(path.relative_to(CORPORA))] = found["faults"]
        if found["door"] == "taken" and path.read_bytes() not in own:
            wrong.setdefault(str(path.relative_to(CORPORA)), []).append(f"taken as {found['source']}")
        outcomes[found["cells"]] += 1
        memory = max(memory, found.get("megabytes", 0))
        slowest = max([slowest, *found["seconds"]])
    print(f"{len(files)} files, slowest {slowest:.1f} s, {memory} MB with the second readers")
    print(dict(outcomes.most_common()))
    assert files and not wrong, "\n".join(f"{name}: {faults}" for name, faults in wrong.items())


@collections
@pytest.mark.slow
def test_the_collections_in_landing_cost_the_samples_nothing(child: Child, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    alone = child.ask(f"landing\t{empty}\t{tmp_path / 'alone'}", 600)
    beside = child.ask(f"landing\t{CORPORA}\t{tmp_path / 'beside'}", 3 * 3600)
    print({key: value for key, value in beside.items() if key != "taken"})
    assert alone["taken"] and alone["lost"] == []
    assert (beside["taken"], beside["lost"], beside["silent"], beside["stopped"]) == (alone["taken"], [], [], [])


# --- the faults that were found, as small synthetic files ------------------------------------------------------------


def xlsx(write: Callable[[Any, Any], None]) -> bytes:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as book:
        write(book, book.add_worksheet("表"))
    return sink.getvalue()


def edited(data: bytes, change: Callable[[bytes], bytes], part: str = "xl/worksheets/sheet1.xml") -> bytes:
    """The workbook with one part changed; the change must change it."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as book, zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as out:
        for name in book.namelist():
            held = book.read(name)
            if name == part:
                assert change(held) != held
                held = change(held)
            out.writestr(name, held)
    return sink.getvalue()


def cells_of(data: bytes) -> list[Cells]:
    return [ours(sheet) for sheet in parsed(data)]


def ids(problems: list[Any]) -> list[str]:
    return [one["problem_id"] for one in problems]


ERRORS = ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"]


def errors_at_c5(book: Any, sheet: Any) -> None:
    for row, error in enumerate(ERRORS, start=4):
        sheet.write_formula(row, 2, "=1/0", None, error)
        sheet.write_number(row, 3, row)
    book.add_worksheet("空")
    last = book.add_worksheet("裏")
    last.hide()
    last.write_formula("XFD2", "=NA()", None, "#N/A")


NO_REFERENCE = b'<sheetData><row r="1"><c t="e"><v>#REF!</v></c></row>'
WRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "as Excel writes": lambda part: part.replace(b"<sheetData>", b"<sheetData >"),
    "single quotes": lambda part: part.replace(b'"', b"'"),
    "prefix": lambda part: re.sub(rb"<(/?)(\w+)", rb"<\1x:\2", part).replace(b"xmlns=", b"xmlns:x="),
    "no references": lambda part: part.replace(b"<sheetData>", NO_REFERENCE),
    "line ends in tags": lambda part: part.replace(b"<c r=", b"<c\n  r="),
}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("how", WRITTEN)
def test_an_error_is_no_blank(how: str) -> None:
    first, empty, last = cells_of(edited(xlsx(errors_at_c5), WRITTEN[how]))
    want: Cells = {(row, 2): error for row, error in enumerate(ERRORS, start=4)}
    want |= {(row, 3): float(row) for row in range(4, 11)}
    want |= {(0, 0): "#REF!"} if how == "no references" else {}
    assert first == want
    assert (empty, last) == ({}, {(1, 16383): "#N/A"})


def test_a_formula_that_was_never_calculated_and_nan_are_no_blanks() -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, [1, 2, 3, 4, 5])

    def change(part: bytes) -> bytes:
        part = part.replace(b'<c r="A1"><v>1</v>', b'<c r="A1"><f>1+1</f>')
        part = part.replace(b'<c r="B1"><v>2</v>', b'<c r="B1"><f t="shared" si="0"/>')
        part = part.replace(b"<v>3</v>", b"<v>NaN</v>")
        return part.replace(b'<c r="D1"><v>4</v>', b'<c r="D1" t="str"><f>""</f><v></v>')

    assert cells_of(edited(xlsx(write), change)) == [{(0, 0): "=", (0, 1): "=", (0, 2): "NaN", (0, 4): 5.0}]


@pytest.mark.parametrize("result", [b"<v/>", b"<v />", b"<v></v>"])
@pytest.mark.parametrize("formula", [b"<f>1+1</f>", b'<f t="shared" si="0"/>'])
def test_a_formula_with_an_empty_result_is_no_blank(formula: bytes, result: bytes) -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, [1, 2, 3, 4])

    def change(part: bytes) -> bytes:
        part = part.replace(b'<c r="A1"><v>1</v>', b'<c r="A1"><f>0+1</f><v>1</v>')
        part = part.replace(b'<c r="B1"><v>2</v>', b'<c r="B1">' + formula + result)
        return part.replace(b'<c r="D1"><v>4</v>', b'<c r="D1">' + formula + result)

    assert cells_of(edited(xlsx(write), change)) == [{(0, 0): 1.0, (0, 1): "=", (0, 2): 3.0}], "none beyond the cells"


@pytest.mark.parametrize("error", ["#REF!", "#N/A"])
@pytest.mark.parametrize(
    "name", ["resident_registry/2103ssjin.xlsx", "resident_registry/2112gsnen.xlsx", "furusato_nozei/H28_gain.xlsx"]
)
def test_a_figure_that_is_an_error_refuses_the_delivery(name: str, error: str) -> None:
    data = (SAMPLES / name).read_bytes()
    whole = reading.read(data, Path(name).name)
    assert whole.taken
    (rows,) = whole.tables.values()
    sheets = parsed(data)
    sheet = next(one for one in sheets if one.name == rows["sheet"][0])
    row = int(rows["row"].max())  # type: ignore[arg-type]
    column = max(place for place, numbers in enumerate(sheet.numbers) if not math.isnan(numbers[row - 1]))
    spot = f"{xlsxwriter.utility.xl_col_to_name(column)}{row}"
    number = [one.name for one in sheets].index(sheet.name) + 1

    def change(part: bytes) -> bytes:
        pattern = rb'<c r="%b"([^<>]*)><v>[^<]*</v>' % spot.encode()
        return re.sub(pattern, rb'<c r="%b"\1 t="e"><v>%b</v>' % (spot.encode(), error.encode()), part)

    found = reading.read(edited(data, change, f"xl/worksheets/sheet{number}.xml"), Path(name).name)
    assert not found.taken
    assert any(one["row"] == row for one in found.problems), found.problems


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def cell(row: int, column: int, body: bytes) -> bytes:
    return struct.pack("<HHH", row, column, 0) + body


def xls(*sheets: bytes, padding: int = 4096, first: bytes = b"") -> bytes:
    """A synthetic .xls of BIFF8: the sheets' records in a stream of an OLE file; small streams lie in small sectors.
    first: records before those that name the sheets."""
    begin = struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)
    bodies = [
        record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + body + record(10, b"") for body in sheets
    ]
    head = record(0x0809, begin) + first
    at = len(head) + sum(4 + 8 + 2 for _ in sheets) + 4
    for number, body in enumerate(bodies):
        head += record(0x0085, struct.pack("<IBBBB", at, 0, 0, 2, 0) + f"S{number}".encode())
        at += len(body)
    stream = head + record(10, b"") + b"".join(bodies)
    stream += b"\0" * max(0, padding - len(stream))
    small = len(stream) < 4096
    unit = 64 if small else 512
    held = stream + b"\0" * (-len(stream) % unit)
    count = len(held) // unit
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    links = [*range(1, count), end]
    container = held + b"\0" * (-len(held) % 512)
    sectors = len(container) // 512
    # sectors: 0 FAT, 1 folder, 2 table of small sectors (unused for large streams), then the stream
    fat = [table, end, end, *range(4, 3 + sectors), end]

    def words(numbers: list[int]) -> bytes:
        return struct.pack("<128I", *numbers, *[free] * (128 - len(numbers)))

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        text = name.encode("utf-16-le")
        return (
            text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text) + 2, kind, 1, free, free, child)
            + b"\0" * 36 + struct.pack("<IQ", start, size)
        )  # fmt: skip

    root = entry("Root Entry", 5, 1, 3 if small else end, len(held) if small else 0)
    folder = root + entry("Workbook", 2, free, 0 if small else 3, len(stream))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, 2 if small else end, int(small), end, 0, 0)
    return (
        header.ljust(512, b"\xff") + words(fat) + folder.ljust(512, b"\0") + words(links if small else []) + container
    )


CODES = dict(zip((0, 7, 15, 23, 29, 36, 42), ERRORS, strict=True))


@pytest.mark.parametrize("padding", [0, 4096])
def test_an_error_in_an_old_workbook_is_no_blank(padding: int) -> None:
    dimensions = record(0x0200, struct.pack("<IIHHH", 0, 30, 0, 3, 0))
    stored = b"".join(record(0x0205, cell(row, 0, bytes([code, 1]))) for row, code in enumerate(CODES))
    computed = b"".join(
        record(0x0006, cell(row, 1, bytes([2, 0, code, 0, 0, 0, 255, 255]) + b"\0" * 8))
        for row, code in enumerate(CODES)
    )
    plain = record(0x0203, cell(8, 0, struct.pack("<d", 5.0))) + record(0x0205, cell(8, 1, bytes([1, 0])))
    nan = record(0x0203, cell(9, 0, struct.pack("<d", math.nan)))
    # a chart within the sheet keeps its own cells, an error among them
    chart = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0020, 0, 0, 0, 0)) + record(0x0205, cell(8, 0, b"\x2a\1"))
    first, second = cells_of(
        xls(dimensions + plain + chart + record(10, b""), dimensions + stored + computed + plain + nan, padding=padding)
    )
    assert first == {(8, 0): 5.0, (8, 1): "TRUE"}
    want: Cells = {(row, column): text for column in (0, 1) for row, text in enumerate(CODES.values())}
    assert second == want | {(8, 0): 5.0, (8, 1): "TRUE", (9, 0): "NaN"}


@pytest.mark.parametrize("kind", [0x0206, 0x0406])
def test_formulas_in_records_that_the_library_leaves_out_refuse_the_workbook(kind: int) -> None:
    body = record(0x0203, cell(0, 0, struct.pack("<d", 1.0))) + record(
        kind, cell(1, 0, struct.pack("<d", 2.0) + b"\0" * 8)
    )
    found = reading.read(xls(body), "x.xls")
    assert ids(found.problems) == ["workbook_unreadable"]


@pytest.mark.parametrize("scheme", [0, 1])
def test_an_old_workbook_with_a_password_is_refused_as_such(scheme: int) -> None:
    body = record(0x0203, cell(0, 0, struct.pack("<d", 1.0)))
    locked = record(0x002F, struct.pack("<HHHH", scheme, 0, 0x1234, 0x5678))
    found = [ids(reading.read(xls(body, first=first), "x.xls").problems) for first in (b"", locked)]
    assert found == [["not_recognised"], ["workbook_encrypted"]]


def test_a_binary_workbook_is_refused_as_such() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.bin", b"\0" * 100)
    assert ids(reading.read(sink.getvalue(), "x.xlsb").problems) == ["workbook_binary"]


def test_a_cell_at_the_far_corner_is_refused_at_once() -> None:
    data = xlsx(lambda book, sheet: sheet.write_number("XFD1048576", 1))
    started = time.monotonic()
    with workbook.Parser() as parser:
        found = reading.read(data, "x.xlsx", opener=Opener(parser))
        alive = parser.pid is not None
    assert ids(found.problems) == ["workbook_unreadable"] and found.problems[0]["found"] == "too_many_cells"
    assert alive and time.monotonic() - started < 10


def test_two_sheets_of_one_name_refuse_the_workbook() -> None:
    def write(book: Any, sheet: Any) -> None:
        sheet.write_number(0, 0, 1)
        book.add_worksheet("別").write_number(0, 0, 2)

    data = edited(xlsx(write), lambda part: part.replace("別".encode(), "表".encode()), "xl/workbook.xml")
    found = reading.read(data, "x.xlsx")
    assert ids(found.problems) == ["workbook_unreadable"] and found.problems[0]["found"] == "sheets_of_one_name"


def with_formula(book: Any, sheet: Any) -> None:
    sheet.write_number(0, 0, 1)
    sheet.write_formula(0, 1, "=A1", None, 1)


def far(part: bytes) -> bytes:
    return part.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><f>A1</f><v></v></c></row></sheetData>')


def sparkline(book: Any, sheet: Any) -> None:
    with_formula(book, sheet)
    sheet.add_sparkline(2, 2, {"range": "A1:B1"})
    sheet.set_row(5, 30)  # a last row without cells


@pytest.mark.parametrize(
    ("data", "count"), [(edited(xlsx(with_formula), far), 2), (xlsx(sparkline), 1)], ids=["far", "sparkline"]
)
def test_formulas_beyond_the_cells_are_counted_and_cost_nothing(data: bytes, count: int) -> None:
    try:
        with readability.Lookers() as lookers:
            sheet = lookers.structure(data)["sheets"][0]
        tracemalloc.start()
        (found,) = formulas(Sheet(sheet, grid.of_sheets(parsed(data))[0] if count == 1 else None, None))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.total == count
    assert peak < 10 << 20


def test_a_look_that_fails_leaves_a_page_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(data: bytes, lookers: object) -> Examination:
        raise IndexError("index -1")

    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    monkeypatch.setattr(readability, "examine", fails)
    report = page_of(tmp_path / "x.csv")
    assert report.notes_ja == ["検査が途中で止まりました(IndexError)。"]
    assert "IndexError" in forms_of(report)["html"].decode()


if __name__ == "__main__":
    main()
