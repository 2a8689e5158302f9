"""Bytes of a CSV -> records, strictly.

Holds decoding (UTF-8 with or without BOM, UTF-16 with BOM, CP932, all strict) and RFC 4180. Does not hold which record
is the header or how wide a record should be (headers.py, keys.py): metadata blocks of official CSVs are narrower than
their tables.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.ingest.problems.record import Problem, Refusal, problem

_FIELD = r'(?:"(?:[^"]|"")*"|[^",\r\n]*)'
_RECORDS = rf"^(?:{_FIELD}(?:,{_FIELD})*\r?\n)*(?:{_FIELD}(?:,{_FIELD})*)?$"
_MAX_FIELD = 1_000_000
_COMMA, _QUOTE, _LINE_FEED = b',"\n'
MAX_LINE = 200_000
"""Characters of a line; the longest real one has 800."""
MAX_FIELDS = 2_000
"""Fields of a record; the widest real one has 100."""
_NO_CP932 = "\x80\uf8f0\uf8f1\uf8f2\uf8f3"
NUL, NOT_DECODABLE, NOT_CSV = "nul_byte", "not_decodable", "not_rfc4180"
"""Identifiers of the problems that a text can have."""


def decode(data: bytes) -> tuple[str, str]:
    """(text, encoding name).

    Raises Refusal naming the byte offset where the bytes are none of the encodings, or hold NUL.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _strict(data, "utf-16")
    if (nul := data.find(b"\0")) >= 0:
        raise Refusal(problem("nul_byte", offset=nul))
    if data.startswith(codecs.BOM_UTF8):
        return _strict(data, "utf-8-sig")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _strict(data, "cp932")


def _strict(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        text = data.decode(encoding)
        refuse_odd(text, encoding)
    except UnicodeDecodeError as error:
        raise Refusal(not_decodable(data, encoding, error.start)) from None
    return text, encoding


def refuse_odd(text: str, encoding: str) -> None:
    """Raises UnicodeDecodeError with the place in the bytes where Python's codec let bytes pass that are no characters
    of CP932 (0x80, 0xA0, 0xFD to 0xFF)."""
    if encoding == "cp932" and (odd := [text.index(sign) for sign in _NO_CP932 if sign in text]):
        at = len(text[: min(odd)].encode("cp932"))
        raise UnicodeDecodeError(encoding, b"", at, at + 1, "no character")


def not_decodable(data: bytes, encoding: str, at: int, offset: int = 0, line: int = 1) -> Problem:
    """The problem of a byte. data: a part of a file, which begins at `offset` in `line`; at: place in it."""
    row = data[:at].count(b"\n") + line
    return problem("not_decodable", row=row, offset=offset + at, encoding=encoding)


class Table(NamedTuple):
    """Fields of a CSV by column (short records are filled with ''), and for each record the line on which it begins
    (first = 1) and its number of fields (0 for an empty line)."""

    columns: list[pl.Series]
    lines: Sequence[int]
    widths: np.ndarray


def table(text: str, line: int = 1) -> Table:
    """The records of a text by column. line: number of its first line, for what is said of it.

    The plain forms are split whole, all others record by record; both give the same table.
    Raises Refusal as `records` does.
    """
    if (split := split_whole(text, line)) is not None:
        return split
    rows, starts = records(text, line)
    widths = np.array([len(row) for row in rows], dtype=np.int64)
    width = _bounded(widths, starts)
    for row in rows:
        if len(row) < width:
            row.extend([""] * (width - len(row)))
    return Table([pl.Series(column, dtype=pl.String) for column in zip(*rows, strict=True)], starts, widths)


def split_whole(text: str, line: int = 1) -> Table | None:
    """The table of a text whose structure can be proved in one pass over its bytes, else None. line: as in `table`.

    Proved: no carriage return but before a line feed; every quote opens a field right after a separator or closes one
    right before a separator, so none stands inside a field and none is doubled; no line end inside quotes; no line
    longer than MAX_LINE. What is left are separators between fields, and nothing else.
    """
    data = text.encode()
    if b"\r" in data:
        if data.count(b"\r") != data.count(b"\r\n"):
            return None
        data = data.replace(b"\r\n", b"\n")
    if data and not data.endswith(b"\n"):
        data += b"\n"
    symbols = np.frombuffer(data, dtype=np.uint8)
    separators = np.flatnonzero((symbols == _COMMA) | (symbols == _LINE_FEED) | (symbols == _QUOTE))
    signs = symbols[separators]
    last = np.flatnonzero(signs == _LINE_FEED)
    ends, fields = separators[last], last + 1  # of each record: place of its line feed, fields up to its end
    quoted = b'"' in data
    if quoted:
        quotes = np.flatnonzero(symbols == _QUOTE)
        opening, closing = quotes[0::2], quotes[1::2]
        before = symbols[opening[opening > 0] - 1]
        if len(opening) != len(closing) or not (_parts(before) and _parts(symbols[closing + 1])):
            return None
        inside = np.cumsum(signs == _QUOTE, dtype=np.uint8) & 1
        if inside[last].any():
            return None
        fields = np.cumsum((signs != _QUOTE) & (inside == 0))[last]
    lengths = np.diff(ends, prepend=-1) - 1
    if lengths.max(initial=0) >= MAX_LINE:
        return None
    widths = np.diff(fields, prepend=0)
    widths[lengths == 0] = 0
    lines = range(line, line + len(widths))
    return Table(_columns(data, ends, widths, quoted, lines), lines, widths)


def _bounded(widths: np.ndarray, lines: Sequence[int]) -> int:
    """Fields of the widest record. lines: on which each begins. Raises Refusal where no table has so many."""
    width = int(widths.max(initial=0))
    if width > MAX_FIELDS:
        raise Refusal(problem("too_many_columns", row=lines[int(widths.argmax())], width=width, limit=MAX_FIELDS))
    return width


def _parts(symbols: np.ndarray) -> bool:
    return bool(((symbols == _COMMA) | (symbols == _LINE_FEED)).all())


def _columns(data: bytes, ends: np.ndarray, widths: np.ndarray, quoted: bool, lines: Sequence[int]) -> list[pl.Series]:
    """Columns of text from bytes of proved structure. ends: place of each record's line feed. lines: of the records.

    The longest run of equally wide records is the table, and a library's reader splits it; what stands above and below
    is short.
    """
    width = _bounded(widths, lines)
    if not width:
        return []
    edges = np.flatnonzero(np.diff(widths, prepend=-1, append=-1))
    run = int(np.diff(edges).argmax())
    start, stop = int(edges[run]), int(edges[run + 1])
    from_byte, to_byte = (int(ends[at - 1]) + 1 if at else 0 for at in (start, stop))
    above, body, below = data[:from_byte], data[from_byte:to_byte], data[to_byte:]
    # the library has rules of its own for empty lines and for the mark
    if widths[start] < 2 or body.startswith(codecs.BOM_UTF8):
        above, body = above + body, b""
    pieces = [_few(above, width)] if above else []
    if body:
        names = [str(place) for place in range(widths[start])]
        table = pl.read_csv(
            body,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            quote_char='"' if quoted else None,
            empty_string_is_null=False,
        )
        pieces.append(table.with_columns(pl.lit("").alias(str(place)) for place in range(len(names), width)))
    if below:
        pieces.append(_few(below, width))
    return pl.concat(pieces).rechunk().get_columns()


def _few(data: bytes, width: int) -> pl.DataFrame:
    """Records of proved structure one by one, filled with '' to a width."""
    csv.field_size_limit(_MAX_FIELD)
    rows = [row + [""] * (width - len(row)) for row in csv.reader(io.StringIO(data.decode(), newline=""), strict=True)]
    return pl.DataFrame(rows, schema={str(place): pl.String for place in range(width)}, orient="row")


def records(text: str, first: int = 1) -> tuple[list[list[str]], list[int]]:
    """(records, line number on which each begins). first: number of the first line.

    Raises Refusal where the text is not RFC 4180: a quote inside an unquoted field, text after a closing quote, an
    unclosed quote, a lone carriage return; or where a line is longer than MAX_LINE.
    """
    longest = max(map(len, text.split("\n")))
    if longest > MAX_LINE:
        raise Refusal(problem("line_too_long", length=longest, limit=MAX_LINE))
    if '"' not in text and "\r" not in text.replace("\r\n", ""):
        lines = text.replace("\r\n", "\n").split("\n")
        if lines and not lines[-1]:
            lines.pop()
        return [line.split(",") if line else [] for line in lines], list(range(first, first + len(lines)))
    if not pl.Series([text]).str.contains(_RECORDS).item():
        raise Refusal(_not_csv(text, first))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    csv.field_size_limit(_MAX_FIELD)
    rows: list[list[str]] = []
    starts: list[int] = []
    line = first
    try:
        for row in reader:
            rows.append(row)
            starts.append(line)
            line = reader.line_num + first
    except csv.Error as error:
        raise Refusal(_not_csv(text, first, f"line {line}: {error}")) from None
    return rows, starts


def _not_csv(text: str, first: int, where: str = "") -> Problem:
    row = next((number for number, line in enumerate(text.split("\n"), start=first) if line.count('"') % 2), None)
    where = where or (f"line {row}" if row else "quotes")
    return problem("not_rfc4180", row=row, where=where)
