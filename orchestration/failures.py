"""A step that failed, told to people: one sentence with its cause and place; the whole trace in a file.

Holds: the words and that file. Does not hold: what failed, or refusals (those have words of their own).
"""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sousei.foundation import clock
from sousei.foundation.home import Home
from sousei.orchestration import run as runs

if TYPE_CHECKING:
    from dagster._utils.error import SerializableErrorInfo

FAILURE = "failure.txt"
"""What a step that failed said in full, below `runs`, for the developers."""

_FULL = "ディスクの空き容量がありません"
_TECHNICAL = (
    (r"No space left on device|Errno 28|disk full|database or disk is full|Errno 122", _FULL),
    (r"Permission denied|Errno 13|Operation not permitted|Errno 1\b", "書き込む権限がありません"),
    (r"Read-only file system|Errno 30", "書き込めない場所です（読み取り専用）"),
    (r"Too many open files|Errno 24", "開いているファイルが多すぎます"),
    (r"Cannot allocate memory|Out of Memory|MemoryError|Errno 12\b", "メモリーが足りません"),
    (r"Stale file handle|Errno 116|Transport endpoint|Errno 107|Input/output error|Errno 5\b", "保存先に届きません"),
    (r"No such file or directory|Errno 2\b", "あるはずのファイルがありません"),
)
_PATH = re.compile(r"""['"](/[^'"]+)['"]|(?<![:/\w])(/[^\s'":()（）]+)""")


def cause_ja(text: str) -> str:
    """The cause in words, with the path that it names; a full disk that names none is that of the home or of temporary
    files. Else its own first line."""
    first = next(iter(text.strip().splitlines()), "")
    for pattern, ja in _TECHNICAL:
        if re.search(pattern, text, re.IGNORECASE):
            found = _PATH.search(text)
            place = next(filter(None, found.groups()), "") if found else ""
            if not place and ja is _FULL:
                place = f"{Home.from_environment().root} か一時フォルダー {os.environ.get('TMPDIR', '/tmp')}"
            return f"{ja}: {place}" if place else ja
    return first


def one_line(step: str, error: SerializableErrorInfo) -> str:
    """A failed step for people: its first cause without the program's own lines, which FAILURE keeps."""
    while error.cause is not None:
        error = error.cause
    return failed(step, error.message.strip() or str(error.cls_name))


def failed(step: str, cause: str) -> str:
    """One sentence: which step, why, and what to do."""
    return (
        f"step_failed: 手順 {step} が途中で止まりました（{cause_ja(cause)}）。もう一度 sousei refresh を実行し、"
        f"また止まるときは runs/{FAILURE} を添えて開発元に知らせてください。"
    )


def keep(home: Home, in_full: str, reasons: list[str]) -> None:
    """Record that the refresh failed, and what was said in full; where even that cannot be written, nothing more is
    done."""
    try:
        home.runs.mkdir(parents=True, exist_ok=True)
        (home.runs / FAILURE).write_text(in_full, encoding="utf-8")
        runs.record(home, "failed", clock.now(), reasons)
    except OSError:
        return


def written(in_full: str) -> Path | None:
    """Where the trace of a call that failed lies: below the home's `runs`, else in a temporary file."""
    with suppress(OSError):
        runs_folder = Home.from_environment().runs
        if runs_folder.is_dir():
            (runs_folder / FAILURE).write_text(in_full, encoding="utf-8")
            return runs_folder / FAILURE
        with tempfile.NamedTemporaryFile("w", prefix="sousei-", suffix=".txt", delete=False, encoding="utf-8") as file:
            file.write(in_full)
        return Path(file.name)
    return None
