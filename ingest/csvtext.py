"""Bytes of a CSV -> records, strictly.

Holds decoding (UTF-8 with or without BOM, UTF-16 with BOM, CP932, all strict) and RFC 4180. Does not hold which record
is the header or how wide a record should be (headers.py, melt.py): metadata blocks of official CSVs are narrower than
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

from ingest.problems import Problem, Refusal, problem

_FIELD = r'(?:"(?:[^"]|"")*"|[^",\r\n]*)'
_RECORDS = rf"^(?:{_FIELD}(?:,{_FIELD})*\r?\n)*(?:{_FIELD}(?:,{_FIELD})*)?$"
_MAX_FIELD = 1_000_000
_COMMA, _QUOTE, _LINE_FEED, _CARRIAGE_RETURN = b',"\n\r'
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
        raise Refusal(
            problem(
                NUL,
                "warn",
                f"{nul} バイト目に NUL があり、文字のファイルとして読めません。",
                f"NUL byte at offset {nul}: not a text file.",
                expected="text",
                found="NUL",
                action_ja="元のファイルを CSV として保存し直してください。",
            )
        )
    if data.startswith(codecs.BOM_UTF8):
        return _strict(data, "utf-8-sig")
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _strict(data, "cp932")


def _strict(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Refusal(_not_decodable(data, encoding, error.start)) from None
    if encoding == "cp932" and (odd := [text.index(sign) for sign in _NO_CP932 if sign in text]):
        # Python's codec lets bytes pass that are no characters of CP932 (0x80, 0xA0, 0xFD to 0xFF)
        raise Refusal(_not_decodable(data, encoding, len(text[: min(odd)].encode("cp932"))))
    return text, encoding


def _not_decodable(data: bytes, encoding: str, at: int) -> Problem:
    line = data[:at].count(b"\n") + 1
    return problem(
        NOT_DECODABLE,
        "warn",
        f"{line} 行目、先頭から {at} バイト目が {encoding} の文字ではありません。",
        f"Byte offset {at} (line {line}) is not {encoding}.",
        row=line,
        expected="UTF-8 / CP932",
        found=f"byte offset {at}",
        action_ja="文字コードを UTF-8 か Shift_JIS(CP932) にそろえて保存し直してください。",
    )


class Table(NamedTuple):
    """Fields of a CSV by column (short records are filled with ''), and for each record the line on which it begins
    (first = 1) and its number of fields (0 for an empty line)."""

    columns: list[pl.Series]
    lines: Sequence[int]
    widths: np.ndarray


def table(text: str) -> Table:
    """The records of a text by column.

    The plain forms are split whole, all others record by record; both give the same table.
    Raises Refusal as `records` does.
    """
    if (split := split_whole(text)) is not None:
        return split
    rows, starts = records(text)
    widths = np.array([len(row) for row in rows], dtype=np.int64)
    width = _bounded(widths)
    for row in rows:
        if len(row) < width:
            row.extend([""] * (width - len(row)))
    return Table([pl.Series(column, dtype=pl.String) for column in zip(*rows, strict=True)], starts, widths)


def split_whole(text: str) -> Table | None:
    """The table of a text whose structure can be proved in one pass over its bytes, else None.

    Proved: no carriage return but before a line feed; every quote opens a field right after a separator or closes one
    right before a separator, so none stands inside a field and none is doubled; no line end inside quotes; no line
    longer than MAX_LINE. What is left are separators between fields, and nothing else.
    """
    if text.count("\r") != text.count("\r\n"):
        return None
    data = text.encode()
    if data and not data.endswith(b"\n"):
        data += b"\n"
    symbols = np.frombuffer(data, dtype=np.uint8)
    separators = np.flatnonzero((symbols == _COMMA) | (symbols == _LINE_FEED) | (symbols == _QUOTE))
    if '"' in text:
        quoted = symbols[separators] == _QUOTE
        inside = np.cumsum(quoted, dtype=np.uint8) & 1
        quotes = separators[quoted]
        opening, closing = quotes[0::2], quotes[1::2]
        before = symbols[opening[1:] - 1] if len(opening) and opening[0] == 0 else symbols[opening - 1]
        after = symbols[closing + 1]
        after = np.where(after == _CARRIAGE_RETURN, _LINE_FEED, after)
        ends = separators[symbols[separators] == _LINE_FEED]
        if len(opening) != len(closing) or not (_parts(before) and _parts(after)):
            return None
        separators = separators[~quoted & (inside == 0)]
        if len(ends) != np.count_nonzero(symbols[separators] == _LINE_FEED):
            return None
    starts, stops = np.empty_like(separators), separators.copy()
    starts[:1], starts[1:] = 0, separators[:-1] + 1
    last = np.flatnonzero(symbols[separators] == _LINE_FEED)
    if len(last) and np.diff(separators[last], prepend=-1).max() > MAX_LINE:
        return None
    if "\r" in text:
        stops[last] -= symbols[separators[last] - 1] == _CARRIAGE_RETURN
    widths = np.diff(last, prepend=-1)
    first = last - widths + 1
    widths[(widths == 1) & (starts[first] == stops[first])] = 0
    if '"' in text:
        bare = symbols[starts] != _QUOTE
        starts += ~bare
        stops -= ~bare
    return Table(_fields(data, starts, stops, first, widths), range(1, len(widths) + 1), widths)


def _bounded(widths: np.ndarray) -> int:
    """Fields of the widest record. Raises Refusal where no table has so many."""
    width = int(widths.max(initial=0))
    if width > MAX_FIELDS:
        raise Refusal(
            problem(
                "too_many_columns",
                "warn",
                f"一行が {width} 項目あります(上限 {MAX_FIELDS})。表ではありません。",
                f"A record of {width} fields: not a table.",
                row=int(widths.argmax()) + 1,
                expected=f"<= {MAX_FIELDS}",
                found=width,
                action_ja="行ごとに改行のある CSV として保存し直してください。",
            )
        )
    return width


def _parts(symbols: np.ndarray) -> bool:
    return bool(((symbols == _COMMA) | (symbols == _LINE_FEED)).all())


def _fields(
    data: bytes, starts: np.ndarray, stops: np.ndarray, first: np.ndarray, widths: np.ndarray
) -> list[pl.Series]:
    """Columns of text over the bytes, without copying them: fields and the gaps between them in turn, gaps left out."""
    import pyarrow as pa  # here, since a night without new files needs none of it

    offsets = np.empty(2 * len(starts) + 1, dtype=np.int32)
    offsets[0:-1:2], offsets[1::2], offsets[-1] = starts, stops, len(data)
    pieces = pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(data))
    texts = pl.Series(pl.from_arrow(pieces))
    width = _bounded(widths)
    if (widths == width).all():
        return [texts.gather_every(2 * width, 2 * place) for place in range(width)]
    texts = texts.append(pl.Series([""], dtype=pl.String))
    none = len(texts) - 1
    return [texts.gather(np.where(place < widths, 2 * (first + place), none)) for place in range(width)]


def records(text: str) -> tuple[list[list[str]], list[int]]:
    """(records, line number on which each begins, first = 1).

    Raises Refusal where the text is not RFC 4180: a quote inside an unquoted field, text after a closing quote, an
    unclosed quote, a lone carriage return; or where a line is longer than MAX_LINE.
    """
    longest = max(map(len, text.split("\n")))
    if longest > MAX_LINE:
        raise Refusal(
            problem(
                "line_too_long",
                "warn",
                f"一行が {longest} 文字あります(上限 {MAX_LINE})。表ではありません。",
                f"A line of {longest} characters: not a table.",
                expected=f"<= {MAX_LINE}",
                found=longest,
                action_ja="行ごとに改行のある CSV として保存し直してください。",
            )
        )
    if '"' not in text and "\r" not in text.replace("\r\n", ""):
        lines = text.replace("\r\n", "\n").split("\n")
        if lines and not lines[-1]:
            lines.pop()
        return [line.split(",") if line else [] for line in lines], list(range(1, len(lines) + 1))
    if not pl.Series([text]).str.contains(_RECORDS).item():
        raise Refusal(_not_csv(text))
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    csv.field_size_limit(_MAX_FIELD)
    rows: list[list[str]] = []
    starts: list[int] = []
    line = 1
    try:
        for row in reader:
            rows.append(row)
            starts.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise Refusal(_not_csv(text, f"line {line}: {error}")) from None
    return rows, starts


def _not_csv(text: str, where: str = "") -> Problem:
    row = next((number for number, line in enumerate(text.split("\n"), start=1) if line.count('"') % 2), None)
    where = where or (f"line {row}" if row else "quotes")
    return problem(
        NOT_CSV,
        "warn",
        f"CSV の引用符か改行が規則(RFC 4180)に合いません({where})。",
        f"Not RFC 4180: {where}.",
        row=row,
        expected='fields plain or in "..." with "" for a quote',
        found=where,
        action_ja="表計算ソフトで開き直し、CSV として保存し直してください。",
    )
