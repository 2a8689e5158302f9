"""Bytes of a workbook -> cells, without letting the file near this process.

Holds: the check of the zip directory before anything is unpacked, and the child process that parses under limits of
memory and time (workbook_worker.py; kept for the next workbook until its parser is closed). Does not hold: what the
cells mean.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

import numpy as np
import orjson

from sousei.foundation.child import Worker
from sousei.ingest.problems.record import Refusal, problem

MAX_BYTES = 64 << 20
"""Largest workbook taken. The largest real delivery is 2 MB."""
MAX_ENTRIES = 2_000
MAX_UNPACKED = 400 << 20
MAX_RATIO = 120
"""Largest ratio of unpacked to packed for an entry above 10 MB; real sheets lie between 5 and 30, bombs above 300."""
MEMORY = 2 << 30
SECONDS = 30.0
_ZIP, _OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
_SCRIPT = Path(__file__).with_name("workbook_worker.py")


def is_workbook(head: bytes) -> bool:
    """True where the first bytes are those of a zip (.xlsx) or an OLE file (.xls, or an encrypted .xlsx)."""
    return head.startswith((_ZIP, _OLE))


def inspect(data: bytes) -> None:
    """Look at a workbook's container only.

    Links to other workbooks are let pass: the parser reads only the values stored in the sheet, and a file that the
    ministry itself published (R1_gain.xlsx) has them. Raises Refusal: too large, not a whole zip, too much inside,
    entry names that leave the folder, macros, encryption, binary parts (.xlsb).
    """
    if len(data) > MAX_BYTES:
        raise Refusal(problem("workbook_too_large", limit=MAX_BYTES, size=len(data)))
    if data.startswith(_OLE):
        # an encrypted .xlsx is an OLE file with a stream of this name
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Refusal(problem("workbook_encrypted"))
        if "_VBA_PROJECT".encode("utf-16-le") in data:
            raise Refusal(problem("workbook_macro"))
        return
    try:
        container = zipfile.ZipFile(io.BytesIO(data))
        entries = container.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, RuntimeError, EOFError):
        raise Refusal(problem("workbook_truncated.whole")) from None
    if len(entries) > MAX_ENTRIES:
        raise Refusal(problem("workbook_too_many_parts", limit=MAX_ENTRIES, parts=len(entries)))
    names = set()
    unpacked = 0
    for entry in entries:
        name = entry.filename
        unpacked += entry.file_size
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or "\0" in name or ":" in name:
            raise Refusal(problem("workbook_path"))
        if name in names:
            raise Refusal(problem("workbook_duplicate_part"))
        names.add(name)
        if entry.flag_bits & 1:
            raise Refusal(problem("workbook_encrypted"))
        low = name.lower()
        if low.endswith("vbaproject.bin") or "/macrosheets/" in low:
            raise Refusal(problem("workbook_macro"))
        if low.endswith("workbook.bin"):
            # its cells of an error cannot be told from blank ones
            raise Refusal(problem("workbook_binary"))
        if entry.file_size > 10 << 20 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise Refusal(
                problem("workbook_bomb.part", limit=MAX_RATIO, ratio=entry.file_size // max(entry.compress_size, 1))
            )
    if unpacked > MAX_UNPACKED:
        raise Refusal(problem("workbook_bomb.whole", limit=MAX_UNPACKED, size=unpacked))
    _no_document_type(container, entries)
    if "[Content_Types].xml" not in names:
        raise Refusal(problem("workbook_not_ooxml"))


def _no_document_type(container: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Parts of a workbook declare no document type; one that does is out to expand entities."""
    for entry in entries:
        if not entry.filename.endswith((".xml", ".rels")):
            continue
        try:
            with container.open(entry) as part:
                start = part.read(4096).replace(b"\0", b"")
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError, EOFError):
            raise Refusal(problem("workbook_truncated.part")) from None
        if b"<!DOCTYPE" in start or b"<!ENTITY" in start:
            raise Refusal(problem("workbook_document_type"))


class Sheet:
    """Cells of one worksheet: `numbers[column]` (float64, NaN where not a number), `texts[column]` (row -> text).

    Rows and columns count from the sheet's first cell, A1. Dates are texts in ISO form, truth values TRUE and FALSE,
    errors their sign (#N/A): an error is no blank.
    """

    def __init__(self, name: str, visible: bool, height: int, numbers: list[np.ndarray], texts: list[dict]) -> None:
        self.name, self.visible, self.height, self.numbers, self.texts = name, visible, height, numbers, texts


class Parser:
    """Parses one workbook after another; leaving the block ends its child."""

    def __init__(self, script: Path = _SCRIPT, memory: int = MEMORY, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._worker = Worker(script, str(memory), seconds=seconds)

    def __enter__(self) -> Parser:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """The child's process; None where there is none now."""
        return self._worker.pid

    def parse(self, data: bytes) -> list[Sheet]:
        """Worksheets of a workbook, hidden ones too.

        Raises Refusal: what `inspect` refuses; the parser fails, or needs more than its memory or time.
        """
        inspect(data)
        try:
            answer, body = self._worker.ask(data)
        except TimeoutError:
            raise Refusal(problem("workbook_timeout", seconds=self._seconds)) from None
        except EOFError:
            raise Refusal(problem("workbook_unreadable.died")) from None
        return _sheets(orjson.loads(answer), body)

    def close(self) -> None:
        """End the child, if there is one."""
        self._worker.close()


def _sheets(head: dict, body: memoryview) -> list[Sheet]:
    if "error" in head:
        encrypted = "password" in str(head.get("detail", "")).lower()
        if encrypted:
            raise Refusal(problem("workbook_encrypted"))
        raise Refusal(problem("workbook_unreadable.error", error=head["error"]))
    numbers = np.frombuffer(body.tobytes(), dtype="<f8")
    sheets, at = [], 0
    for sheet in head["sheets"]:
        height, columns = sheet["height"], []
        for _ in range(sheet["width"]):
            columns.append(numbers[at : at + height])
            at += height
        texts = [dict(zip(rows, cells, strict=True)) for rows, cells in sheet["texts"]]
        sheets.append(Sheet(sheet["name"], sheet["visible"], height, columns, texts))
    return sheets
