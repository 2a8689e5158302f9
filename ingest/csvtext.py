"""Bytes of a CSV -> records, strictly.

Holds decoding (UTF-8 with or without BOM, UTF-16 with BOM, CP932, all strict) and RFC 4180. Does not hold which record
is the header or how wide a record should be (headers.py, melt.py): metadata blocks of official CSVs are narrower than
their tables.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from operator import methodcaller

import polars as pl

from ingest.problems import Problem, Refusal, problem

_FIELD = r'(?:"(?:[^"]|"")*"|[^",\r\n]*)'
_RECORDS = rf"^(?:{_FIELD}(?:,{_FIELD})*\r?\n)*(?:{_FIELD}(?:,{_FIELD})*)?$"
_MAX_FIELD = 1_000_000
_COMMAS = methodcaller("count", ",")
MAX_LINE = 200_000
"""Characters of a line; the longest real one has 800."""
_NO_CP932 = re.compile("[\x80\uf8f0-\uf8f3]")
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
    if encoding == "cp932" and (odd := _NO_CP932.search(text)):
        # Python's codec lets four bytes pass that are no characters of CP932 (0x80, 0xA0, 0xFD to 0xFF)
        raise Refusal(_not_decodable(data, encoding, len(text[: odd.start()].encode("cp932"))))
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


def columns(text: str) -> tuple[list[list[str]], list[int], list[int]]:
    """(columns, line number of each record, fields of each record); short records are filled with ''.

    Raises Refusal as `records` does.
    """
    if '"' not in text and "\r" not in text and text:
        lines = text.removesuffix("\n").split("\n")
        commas = set(map(_COMMAS, lines))
        if len(commas) == 1 and max(map(len, lines)) <= MAX_LINE:  # the plain file: every line alike
            width = commas.pop() + 1
            fields = ",".join(lines).split(",")
            return (
                [fields[place::width] for place in range(width)],
                list(range(1, len(lines) + 1)),
                [width] * len(lines),
            )
    rows, starts = records(text)
    widths = [len(row) for row in rows]
    width = max(widths, default=0)
    for row in rows:
        if len(row) < width:
            row.extend([""] * (width - len(row)))
    return [list(column) for column in zip(*rows, strict=True)], starts, widths


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
