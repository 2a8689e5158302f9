"""Polluted copies of our own tables: each is read as the clean one, or refused. Never read as something else.

The kinds are those of the Pollock benchmark of CSV readers (file: encoding, size, names; table: delimiters, quotes,
escapes, preambles, footnotes, headers of several rows, second tables; row and column: fields too few or too many,
another delimiter, a stray quote, other formats), applied here to every row and column of the samples; and what a
workbook can suffer on its way. All variants are made without chance, or from a fixed seed.
"""

from __future__ import annotations

import cProfile
import io
import random
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.cells import csvtext
from sousei.ingest.reading import delivery as reading
from sousei.ingest.tables import PROVENANCE
from tests.alike import alike

SAMPLES = PROJECT_ROOT / "samples" / "landing"
MOST_CALLS = 1_500
"""Calls of functions that one column may cost: some 700 are made, and 4,600 where the contract is read again for each
column."""
MANY = 9
"""Columns that are polluted one by one; a wide table repeats itself."""
Rows = list[list[str]]
Figures = dict[str, list[tuple[Any, ...]]]


class Table(NamedTuple):
    """A clean sample: records, the row of the header, the column of a figure, the encoding it came in; signed: its
    figures may be negative or fractions, so that these are other figures and no pollution."""

    name: str
    rows: Rows
    header: int
    figure: int
    encoding: str
    signed: bool


class Variant(NamedTuple):
    """kind, bytes, and the records of the clean table that it may lack (a blank line where a record was, an end cut
    off at a line's end)."""

    kind: str
    data: bytes
    lost: tuple[int, ...] = ()


def _table(path: str, header: int, figure: int, encoding: str, keep: int = 40, signed: bool = False) -> Table:
    text, _ = csvtext.decode((SAMPLES / path).read_bytes())
    return Table(
        Path(path).name, csvtext.records(text.removeprefix("\ufeff"))[0][:keep], header, figure, encoding, signed
    )


TABLES = [
    _table("tourism/city2024.csv", 0, 8, "cp932", 7),
    _table("census/census_2015_population_final_cp932.csv", 9, 3, "cp932"),
    _table("census/census_2015_sex_age_cp932.csv", 10, 12, "utf-8-sig", 13),
    _table("ipss_projection/ipss_2018_age_sex_wide.csv", 0, 7, "cp932", 4),
    _table("reference_series/vital_statistics.csv", 0, 7, "utf-8", 6, signed=True),
]


def cell(text: str, quote: str = '"', every: bool = False, comma: str = ",", escape: str = '""') -> str:
    if every or any(sign in text for sign in (quote, comma, "\n", "\r") if sign):
        return quote + text.replace('"', escape) + quote
    return text


def line(row: list[str], comma: str = ",", quote: str = '"', every: bool = False) -> str:
    return comma.join(cell(text, quote, every, comma) for text in row)


def text_of(rows: Rows, end: str = "\n", **how: Any) -> str:
    return "".join(line(row, **how) + end for row in rows)


def figures(found: reading.Reading) -> Figures:
    """What was read, without where it stood."""
    out: Figures = {}
    for name, rows in found.tables.items():
        # `form` says whether a file holds one month or several; the source of a figure is a sentence of its own
        beside = {*PROVENANCE, "form", "primary_source_ja"} - {"value_status"}
        kept = [column for column in rows.columns if column not in beside]
        # a name may be written with its prefecture
        plain = pl.col("^area_name$").str.replace(r"^(北海道|岩手県)(.+)", "$2")
        out[name] = sorted(rows.select(kept).with_columns(plain).rows(), key=repr)
    return out


# --- the polluters ---------------------------------------------------------------------------------------------------


def whole_file(table: Table) -> Iterator[Variant]:
    rows, text = table.rows, text_of(table.rows)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp932", "utf-16-le", "utf-16-be", "euc_jp", "iso2022_jp",
                     "shift_jis_2004", "utf-7", "utf-32"):  # fmt: skip
        yield Variant(f"encoding {encoding}", text.encode(encoding, "replace"))
    half = len(text) // 2
    yield Variant("two encodings", text[:half].encode("cp932", "replace") + text[half:].encode("utf-8"))
    yield Variant("two encodings", text[:half].encode("utf-8") + text[half:].encode("cp932", "replace"))
    yield Variant("BOM twice", b"\xef\xbb\xbf\xef\xbb\xbf" + text.encode())
    yield Variant("BOM of UTF-16 on UTF-8", b"\xff\xfe" + text.encode())
    for name, end in (("LF", "\n"), ("CRLF", "\r\n"), ("CR", "\r"), ("LFCR", "\n\r"), ("VT", "\x0b"), ("NEL", "\x85"),
                      ("LS", "\u2028"), ("FF", "\x0c"), ("literal", "\\n"), ("none", ""), ("two", "\n\n")):  # fmt: skip
        yield Variant(f"record delimiter {name}", text_of(rows, end).encode())
    for comma in (";", "|", " ", "\t", "\t\t", ":", ", ", " ,", "\\t", "，", "、", "&", "\x1f"):
        yield Variant(f"field delimiter {comma!r}", text_of(rows, comma=comma).encode())
        yield Variant(f"field delimiter {comma!r} quoted", text_of(rows, comma=comma, every=True).encode())
    for quote in ('"', "'", '" ', "“", "`", '""', ' "'):
        yield Variant(f"quotation {quote!r}", text_of(rows, quote=quote, every=True).encode())
    for escape in ("\\", '""', "\\\\", "'", ""):
        marked = [[*row] for row in rows]
        marked[-1][2] = marked[-1][2] + '"x"'
        body = "".join(",".join(cell(text, every=True, escape=f'{escape}"') for text in row) + "\n" for row in marked)
        yield Variant(f"escape {escape!r}", body.encode())
    yield Variant("empty", b"")
    yield Variant("only line ends", b"\n\r\n\n")
    for cut in range(1, len(text), max(1, len(text) // 40)):
        yield Variant("truncated", text[:cut].encode(), tuple(range(table.header + 1, len(rows))))


def layout(table: Table) -> Iterator[Variant]:
    rows, head, width = table.rows, table.header, len(table.rows[table.header])
    empty, note = [""] * width, ["注：速報値を含む。", *[""] * (width - 1)]
    for blank in ([], [[""]], [empty]):
        for words in (["資料 一覧"], ["資料", "一覧"], note, ["1", "2", "3"]):
            yield Variant("preamble", text_of([words] * 3 + blank + rows).encode())
            yield Variant("footnote", text_of([*rows, *blank, *[words] * 3]).encode())
    yield Variant("no header", text_of(rows[head + 1 :]).encode())
    yield Variant("header only", text_of(rows[: head + 1]).encode())
    yield Variant("one record", text_of(rows[: head + 2]).encode(), tuple(range(head + 2, len(rows))))
    yield Variant("header twice", text_of([*rows[: head + 1], *rows[head:]]).encode())
    yield Variant("header in the middle", text_of([*rows[:-2], rows[head], *rows[-2:]]).encode())
    for gap in ([], [[]], [empty]):
        for other in (rows[head:], [["A", "B"], ["1", "2"]], [row[:4] for row in rows[head:]]):
            yield Variant("second table below", text_of([*rows, *gap, *other]).encode())
    for beside in (1, 3):
        wide = [row + ["x", "1", "2"][:beside] for row in rows]
        yield Variant("second table beside", text_of(wide).encode())
        yield Variant("second table beside", text_of([row + ["", "1", "2"][:beside] for row in rows]).encode())
    for columns in (1, 2, 5):
        yield Variant("columns cut off", text_of([row[:columns] for row in rows]).encode())
    yield Variant("1,024 columns", text_of([row + ["1"] * (1024 - len(row)) for row in rows]).encode())
    yield Variant("17,000 columns", text_of([row + [""] * (17_000 - len(row)) for row in rows]).encode())
    for place in [*range(width)][: 2 * MANY // 3] + [*range(width)][2 * MANY // 3 :][-2:]:
        yield Variant("column missing", text_of([row[:place] + row[place + 1 :] for row in rows]).encode())
        yield Variant("column twice", text_of([row[: place + 1] + row[place:] for row in rows]).encode())
        moved = [row[1:place] + row[:1] + row[place:] for row in rows]
        yield Variant("column moved", text_of(moved).encode())
        for words in ("", "HEADER", "HEAD/%R", "人口", "見出し" * 30_000, rows[head][0], " ", '"'):
            named = [[*row] for row in rows]
            named[head] = [*named[head][:place], words, *named[head][place + 1 :]]
            yield Variant("header changed", text_of(named).encode())
        two = [*rows[: head + 1], [*empty[:place], "(再掲)", *empty[place + 1 :]], *rows[head + 1 :]]
        yield Variant("header in two rows", text_of(two).encode())


def row_by_row(table: Table) -> Iterator[Variant]:
    lines = [line(row) for row in table.rows]
    text = text_of(table.rows)
    for place in range(len(lines)):
        row, width = table.rows[place], len(table.rows[place])

        def put(kind: str, words: str, *lost: int, place: int = place, end: str = "\n") -> Variant:
            body = [one + "\n" for one in lines]
            body[place] = words + end
            return Variant(kind, "".join(body).encode(table.encoding, "replace"), lost)

        yield put("row empty", "", place)
        yield put("row of separators", "," * (width - 1), place)
        yield put("row of quotes", ",".join(['""'] * width), place)
        for count in (1, 5, width - 1, width + 1, 15, 49):
            if count != width:
                yield put("row of other width", line((row + ["1"] * count)[:count]))
                yield put("row of other width", line((row + [""] * count)[:count]))
        yield put("row twice", lines[place] + "\n" + lines[place])
        yield put("row glued to the next", lines[place], end="")
        for end in ("\r", "\r\n", "\n\n", "\x0b", ",\n", " \n"):
            yield put(f"row delimiter {end!r}", lines[place], end=end)
        for comma in (";", "\t", "|", " ", ", ", "，"):
            yield put(f"row field delimiter {comma!r}", line(row, comma=comma))
        for quote in ("'", '"', '" ', "“"):
            yield put(f"row quotation {quote!r}", line(row, quote=quote, every=True))
        yield put("row backslash", lines[place].replace('"', '\\"') if '"' in lines[place] else lines[place] + "\\")
        for column in range(min(width, MANY)):
            before, now, after = row[:column], row[column], row[column + 1 :]
            yield put("extra separator", line([*before, now, "", *after]))
            yield put("extra separator", line([*before, "", now, *after]))
            if after:
                yield put("separator missing", line([*before, now + after[0], *after[1:]]))
                yield put("separator moved", line([*before, "", now + after[0], *after[1:]]))
                yield put("cells shifted", line([*before, "", now, *after][:width]))
                yield put("cells shifted", line([*before, *after, ""]))
            yield put("cell missing", line([*before, "", *after]))
            for stray in ('"', '""', "'", '"x'):
                joined = ",".join([*map(cell, before), now + stray, *map(cell, after)])
                yield put(f"stray {stray!r}", joined)
                yield put(f"stray {stray!r}", ",".join([*map(cell, before), stray + now, *map(cell, after)]))
            yield put("line end in a cell", line([*before, now[:1] + "\n" + now[1:], *after]))
            yield put("NUL in a cell", line([*before, now[:1] + "\0" + now[1:], *after]))
    for place in range(0, len(text), max(1, len(text) // 60)):
        for stray in ('"', ",", "\n", "\r", "\x1a", "\ufeff", "\u200b", "\ufffd"):
            changed = text[:place] + stray + text[place:]
            yield Variant(f"stray {stray!r} anywhere", changed.encode(table.encoding, "replace"), _after(text, place))


def _after(text: str, place: int) -> tuple[int, ...]:
    """A line end more may set one record apart, which then may be lost."""
    return (text[:place].count("\n"),)


def formats(table: Table) -> Iterator[Variant]:
    """The figure's column written otherwise. What is no plain way to write the same number must be refused."""
    column, head = table.figure, table.header

    def written(number: str) -> Iterator[tuple[str, str]]:
        yield "grouped", f"{int(number):,}"
        yield "point", f"{int(number):,}".replace(",", ".")
        yield "space", f"{int(number):,}".replace(",", " ")
        yield "thin space", f"{int(number):,}".replace(",", "\u2009")
        yield "apostrophe", f"{int(number):,}".replace(",", "'")
        yield "four digits", re.sub(r"(?<=\d)(?=(\d{4})+$)", ",", number)
        yield "decimal", f"{number}.0"
        if not table.signed:
            yield "fraction", f"{number}.5"
            yield "minus", f"-{number}"
            yield "triangle", f"△{number}"
            yield "brackets", f"({number})"
        yield "science", f"{int(number):e}"
        yield "short science", f"{int(number):.1e}"
        yield "full width", number.translate({ord(str(d)): chr(0xFF10 + d) for d in range(10)})
        yield "full width grouped", f"{int(number):,}".replace(",", "，")
        yield "kanji", number.translate({ord(str(d)): "〇一二三四五六七八九"[d] for d in range(10)})
        yield "unit", f"{number}人"
        yield "thousands", f"{int(number) // 1000}千人"
        yield "yen", f"¥{number}"
        yield "letters", number.replace("0", "O").replace("1", "l")
        yield "hex", hex(int(number))
        yield "padded", f"  {number} "
        yield "zeros", f"00{number}"
        yield "underscore", f"{int(number):_}"
        yield "quoted text", f"'{number}"
        yield "formula", f"={number}"
        yield "percent", f"{number}%"
        yield "date", "2024/1/1"
        yield "null", "NULL"
        yield "nan", "NaN"
        yield "infinite", "inf"
        yield "true", "TRUE"
        yield "stars", "****"
        yield "blank", "   "
        yield "none", "－－"

    plain = [
        place for place in range(head + 1, len(table.rows)) if table.rows[place][column].replace(",", "").isdigit()
    ]
    for chosen in (plain, plain[:1], plain[-1:], plain[::2]):
        made: dict[str, Rows] = {}
        for place in chosen:
            for kind, words in written(table.rows[place][column].replace(",", "")):
                rows = made.setdefault(kind, [[*row] for row in table.rows])
                rows[place][column] = words
        for kind, rows in made.items():
            yield Variant(f"format {kind}", text_of(rows).encode("utf-8"))


def variants(table: Table) -> Iterator[Variant]:
    """Every variant once."""
    seen: set[bytes] = set()
    for polluter in (whole_file, layout, row_by_row, formats):
        for variant in polluter(table):
            if variant.data not in seen:
                seen.add(variant.data)
                yield variant


# --- the tests -------------------------------------------------------------------------------------------------------


def allowed(clean: Figures, found: Figures, table: Table, lost: tuple[int, ...], by_row: dict[int, Figures]) -> bool:
    """The figures are the clean ones, or lack exactly records that the variant does not hold any more."""
    if found == clean:
        return True
    for name, values in found.items():
        extra = Counter(values) - Counter(clean.get(name, []))
        missing = Counter(clean.get(name, [])) - Counter(values)
        droppable = Counter(value for place in lost for value in by_row.get(place, {}).get(name, []))
        if extra or missing - droppable:
            return False
    return bool(lost)


@pytest.mark.promise("C3")
@pytest.mark.parametrize(
    ("table", "step"),
    [
        pytest.param(TABLES[0], 7, id=f"each seventh of {TABLES[0].name}"),
        pytest.param(TABLES[0], 1, id=TABLES[0].name, marks=pytest.mark.exhaustive),
        *(pytest.param(one, 2, id=f"each second of {one.name}", marks=pytest.mark.exhaustive) for one in TABLES[1:]),
    ],
)
def test_a_polluted_table_is_read_right_or_refused(table: Table, step: int) -> None:
    whole = reading.read(text_of(table.rows).encode(table.encoding), "clean.csv")
    assert whole.taken, whole.problems
    clean = figures(whole)
    by_row: dict[int, Figures] = {}
    for name, rows in whole.tables.items():
        for (row,), part in rows.group_by("row"):
            one = figures(whole._replace(tables={name: part}))
            by_row[int(str(row)) - 1] = one
    wrong: list[str] = []
    outcomes: Counter[str] = Counter()
    for number, variant in islice(enumerate(variants(table)), 0, None, step):
        found = reading.read(variant.data, "polluted.csv")
        told = any(problem["problem_id"] == "no_final_line_end" for problem in found.problems)
        if found.taken and not told and not allowed(clean, figures(found), table, variant.lost, by_row):
            wrong.append(f"{number} {variant.kind}: misread")
        if not found.taken:
            assert found.problems, variant.kind
        outcomes["taken" if found.taken else "refused"] += 1
    assert not wrong, wrong[:20]
    assert outcomes["taken"] > 20 / step and outcomes["refused"] > 200 / step, outcomes


def calls(table: Table, width: int) -> int:
    """Calls of functions, which no busy machine changes, for reading a table that is filled up to `width` columns."""
    data = text_of([row + ["1"] * (width - len(row)) for row in table.rows]).encode()
    with cProfile.Profile() as profile:
        found = reading.read(data, "wide.csv")
    assert not found.taken
    return sum(entry.callcount for entry in profile.getstats())


@pytest.mark.sampled(2)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_wide_table_costs_by_its_columns(table: Table) -> None:
    calls(table, 256)  # what is made once is made here
    half, whole = calls(table, 512), calls(table, 1024)
    assert whole < 2.2 * half
    assert whole < 1024 * MOST_CALLS


def broken_workbooks(data: bytes) -> Iterator[tuple[str, bytes]]:
    dice = random.Random(20261122)
    for _ in range(220):
        changed = bytearray(data)
        for _ in range(dice.choice([1, 1, 2, 8])):
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        yield "bits", bytes(changed)
    for _ in range(40):
        at = dice.randrange(len(data))
        yield "zeros", data[:at] + bytes(64) + data[at + 64 :]
        yield "piece missing", data[:at] + data[at + dice.choice([1, 16, 512]) :]
        yield "truncated", data[:at]
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        held = {name: book.read(name) for name in book.namelist()}
    for name in held:
        yield f"without {name}", _zip({other: part for other, part in held.items() if other != name})
        yield f"empty {name}", _zip(held | {name: b""})
        for share in (0.3, 0.7, 0.99):
            yield f"cut {name}", _zip(held | {name: held[name][: int(len(held[name]) * share)]})
        yield f"not XML {name}", _zip(held | {name: b"\x00\x01\x02" * 50})
        yield f"deep {name}", _zip(held | {name: b"<a>" * 20_000})
    sheet = next(name for name in held if name.startswith("xl/worksheets/"))
    text = held[sheet].decode()
    for kind, pattern, new in (
        ("no references", r' r="[A-Z]+\d+"', ""),
        ("references far away", r'<c r="B', '<c r="XFD'),
        ("a row number of a million", r'<row r="(\d)"', r'<row r="1048576"'),
        ("shared strings out of range", r"<v>(\d+)</v>", r"<v>9\g<1>99</v>"),
        ("numbers as errors", r"<v>(\d+)</v>", "<v>#REF!</v>"),
        ("no dimension", r"<dimension[^>]*/>", ""),
        ("huge dimension", r"<dimension[^>]*/>", '<dimension ref="A1:XFD1048576"/>'),
    ):
        yield kind, _zip(held | {sheet: re.sub(pattern, new, text).encode()})


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            book.writestr(name, data)
    return out.getvalue()


HARMLESS = ("no references", "no dimension", "huge dimension", "without", "empty", "cut", "not XML", "deep")
"""Changes of parts that hold no figures may leave the figures as they were; they may never change them."""


@pytest.mark.parametrize("name", alike(["furusato_nozei/R1_gain.xlsx", "resident_registry/2304ssnen.xlsx"]))
def test_a_broken_workbook_is_read_right_or_refused(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    clean = figures(reading.read(data, Path(name).name))
    assert clean
    wrong: list[str] = []
    outcomes: Counter[str] = Counter()
    for kind, broken in broken_workbooks(data):
        found = reading.read(broken, Path(name).name)
        if found.taken and figures(found) != clean:
            wrong.append(kind)
        outcomes["taken" if found.taken else "refused"] += 1
    assert not wrong, Counter(wrong)
    assert outcomes["taken"] > 5 and outcomes["refused"] > 100, outcomes
