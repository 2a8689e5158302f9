"""A text file of any size in parts that end where a record ends, and the records of a part by column.

Holds: opening, cutting, decoding strictly and splitting, with no more than a few parts in memory. Does not hold: what a
record means, or any file of the nightly path (intake.py bounds those and takes them whole).
"""

from __future__ import annotations

import codecs
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from sousei.ingest.cells import csvtext, csvwords
from sousei.ingest.problems.record import Refusal, problem
from sousei.ingest.receive.intake import MAX_BYTES, content, open_safely, refuse_changed

PART_BYTES = 16 << 20
LONGEST_RECORD = 64 << 20
"""Bytes without the end of a record after which the quotes of a text are taken for wrong."""
_FIRST_LINES = 1 << 16
_AT_ONCE = 2
"""Parts that are split at once, while another is counted."""
Item = TypeVar("Item")
Made = TypeVar("Made")


class Part(NamedTuple):
    """data: whole records, in `encoding` (utf-8, cp932). at: offset of the first byte, after the mark if any. line:
    number of the first line (first = 1). surely: the file says that it is of this encoding."""

    data: bytes
    encoding: str
    at: int = 0
    line: int = 1
    surely: bool = True


class Records(NamedTuple):
    """The cells of a part by column, and the number of fields of each record (0 for an empty line)."""

    columns: list[csvwords.Column]
    widths: np.ndarray


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


def likely(handle: int) -> str:
    """utf-8, or cp932 where the first lines are no UTF-8. Of a file with a byte order mark it says nothing."""
    lines = os.pread(handle, _FIRST_LINES, 0)
    try:
        lines[: lines.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        return "cp932"
    return "utf-8"


def parts(handle: int, encoding: str) -> Generator[Part, None, None]:
    """The bytes of a file from its beginning. encoding: utf-8 or cp932, for a file without a byte order mark.

    A file with the mark of UTF-16 is one part, and bounded as a delivery is (intake.content).
    Raises Refusal where there is a NUL, no record ends, or the file changed meanwhile.
    """
    before = os.fstat(handle)
    start = os.pread(handle, 3, 0)
    os.lseek(handle, 0, os.SEEK_SET)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if before.st_size > MAX_BYTES:
            raise Refusal(problem("file_too_large", limit=MAX_BYTES >> 20))
        yield Part(csvtext.decode(content(handle))[0].encode(), "utf-8")
        return
    marked = start == codecs.BOM_UTF8
    at, line = len(os.read(handle, 3)) if marked else 0, 1
    encoding = "utf-8" if marked else encoding
    for data in _whole_records(handle):
        if (nul := data.find(b"\0")) >= 0:
            raise Refusal(problem("nul_byte", offset=at + nul))
        yield Part(data, encoding, at, line, marked or encoding != "utf-8")
        at += len(data)
        line += int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")))
    refuse_changed(handle, before, at)


def split(part: Part) -> Records:
    """The records of a part. Raises NotUtf8Error, and Refusal where the bytes are no text or the text is no CSV."""
    columns = csvwords.plain(part.data, part.encoding)
    if columns is not None:
        return Records(columns, np.full(len(columns[0].numbers), len(columns)))
    table = csvtext.table(_decoded(part), part.line)
    return Records([csvwords.of_cells(cells) for cells in table.columns], table.widths)


def _decoded(part: Part) -> str:
    try:
        text = part.data.decode(part.encoding)
        csvtext.refuse_odd(text, part.encoding)
    except UnicodeDecodeError as error:
        if not part.surely:
            raise NotUtf8Error from None
        found = csvtext.not_decodable(part.data, part.encoding, error.start, part.at, part.line)
        raise Refusal(found) from None
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
    end = data.rfind(b"\n")
    if b'"' not in data:
        return end + 1
    quotes = np.frombuffer(data, dtype=np.uint8) == ord('"')
    while end >= 0 and np.count_nonzero(quotes[:end]) % 2:
        end = data.rfind(b"\n", 0, data.rfind(b'"', 0, end))
    return end + 1


def ahead(source: Iterator[Item], work: Callable[[Item], Made]) -> Generator[Made, None, None]:
    """What is made of each item, in order; of the next ones it is made by other threads while one is worked on.

    Raises what source and work raise, in the order of the items. Closing it waits for those that are being made.
    """
    coming: deque[Future[Made]] = deque()
    more = True
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        while more or coming:
            if not more or len(coming) > _AT_ONCE:
                yield coming.popleft().result()
                continue
            try:
                coming.append(workers.submit(work, next(source)))
            except StopIteration:
                more = False
            except Exception as error:
                more = False
                coming.append(Future())
                coming[-1].set_exception(error)
