"""The form of the file itself: L1-01.

Holds: what is said of a file that is no table, is of an old form or cannot be opened. Does not hold what stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sousei.feedback.checks.records import NOT_RFC4180
from sousei.feedback.checks.seen import File
from sousei.feedback.findings import Found


def readable_form(file: File) -> Iterator[Found]:
    """L1-01: a document, a file that cannot be opened, an old workbook, a text of a single column."""
    if file.is_document:
        ja = "PDF・HTML・XML などの文書で、この検査では表として読めません。"
        yield Found("broken", [], 1, "ファイル", ja, "A document, not a table.")
    elif file.problems:
        yield from (cannot_be_opened(one) for one in file.problems if one["problem_id"] != NOT_RFC4180)
    elif file.form == "xls":
        yield Found("broken", [], 1, "ファイル", "旧形式(.xls)のブックです。", "An old .xls workbook.")
    elif file.columns is not None and file.columns <= 1:
        ja = "一列しかありません。区切りがカンマになっているか確かめてください。"
        yield Found("doubtful", [], 1, "ファイル", ja, "A single column: is it CSV at all?")


def cannot_be_opened(one: Mapping[str, Any]) -> Found:
    """What is said of a file that was not opened, in the words of its problem."""
    return Found("broken", [], 1, "ファイル", one["message_ja"], one["message_en"])


FILE_CHECKS = (("L1-01", readable_form),)
