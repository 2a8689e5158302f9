"""A text file of any size, decoded strictly in parts that end where a record ends.

Holds: opening, decoding and cutting, with no more than a few parts in memory. Does not hold: what a record means, or
any file of the nightly path (intake.py bounds those and takes them whole).
"""

from __future__ import annotations

import codecs
import os
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from sousei.ingest.cells import csvtext
from sousei.ingest.problems.record import Refusal, problem
from sousei.ingest.receive.intake import MAX_BYTES, content, open_safely, refuse_changed

PART_BYTES = 16 << 20
LONGEST_RECORD = 64 << 20
"""Bytes without the end of a record after which the quotes of a text are taken for wrong."""
_PIECE = 1 << 18
"""Bytes decoded at a time: Python's codec holds the interpreter, and another thread counts meanwhile."""
Item = TypeVar("Item")


class Part(NamedTuple):
    """text: whole records. line: number of the first line (first = 1)."""

    text: str
    line: int


class NotUtf8Error(Exception):
    """A text of which parts were given is no UTF-8 after all: to be read again as CP932."""


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """Descriptor of a regular file of any size. Raises FileNotFoundError, and Refusal as open_safely finds."""
    if not path.exists():
        raise FileNotFoundError(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        handle = open_safely(folder, path.name, limit=None)
    finally:
        os.close(folder)
    if isinstance(handle, Refusal):
        raise handle
    try:
        yield handle
    finally:
        os.close(handle)


def parts(handle: int, encoding: str) -> Generator[Part, None, None]:
    """The text of a file from its beginning. encoding: utf-8 or cp932, for a file without a byte order mark.

    A file with the mark of UTF-16 is one part, and bounded as a delivery is (intake.content).
    Raises NotUtf8Error, and Refusal where the bytes are no text, or changed meanwhile.
    """
    before = os.fstat(handle)
    start = os.pread(handle, 3, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if before.st_size > MAX_BYTES:
            raise Refusal(problem("file_too_large", limit=MAX_BYTES >> 20))
        yield Part(csvtext.decode(content(handle))[0], 1)
        return
    marked = start == codecs.BOM_UTF8
    at, line = len(os.read(handle, 3)) if marked else 0, 1
    encoding = "utf-8" if marked else encoding
    for data in _whole_records(handle):
        if (nul := data.find(b"\0")) >= 0:
            raise Refusal(problem("nul_byte", offset=at + nul))
        try:
            text = _decoded(data, encoding)
        except UnicodeDecodeError as error:
            if encoding == "utf-8" and not marked:
                raise NotUtf8Error from None
            raise Refusal(csvtext.not_decodable(data, encoding, error.start, at, line)) from None
        yield Part(text, line)
        at += len(data)
        line += data.count(b"\n")
    refuse_changed(handle, before, at)


def _decoded(data: bytes, encoding: str) -> str:
    """Raises UnicodeDecodeError where the bytes are not of the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    pieces = []
    try:
        for at in range(0, len(data), _PIECE):
            pieces.append(decoder.decode(data[at : at + _PIECE], at + _PIECE >= len(data)))
    except UnicodeDecodeError:
        return data.decode(encoding)  # says where in the whole
    text = "".join(pieces)
    csvtext.refuse_odd(text, encoding)
    return text


def _whole_records(handle: int) -> Iterator[bytes]:
    """The bytes of a file cut at ends of lines outside quotes.

    Neither a line feed nor a quote is a byte of a longer character of CP932 or UTF-8.
    """
    rest = b""
    while True:
        piece = os.read(handle, PART_BYTES)
        if not piece:
            break
        rest += piece
        cut = _last_end(rest)
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
        elif len(rest) > LONGEST_RECORD:
            raise Refusal(problem("not_rfc4180", row=None, where="quotes"))
    if rest:
        yield rest


def _last_end(data: bytes) -> int:
    """Bytes up to the last line feed before which the quotes are even in number; 0 where there is none."""
    if b'"' not in data:
        return data.rfind(b"\n") + 1
    symbols = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(symbols == ord("\n"))
    before = np.searchsorted(np.flatnonzero(symbols == ord('"')), ends)
    outside = ends[before % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def ahead(source: Iterator[Item]) -> Generator[Item, None, None]:
    """The same items; the next is made by another thread while one is worked on. Closing it waits for that one."""
    with ThreadPoolExecutor(max_workers=1) as worker:
        coming = worker.submit(next, source, None)
        while (item := coming.result()) is not None:
            coming = worker.submit(next, source, None)
            yield item
