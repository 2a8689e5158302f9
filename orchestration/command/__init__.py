"""The `sousei` command: arguments, words for people, exit codes.

Holds: parsing and printing, by subject. Does not hold: what the calls do (nightly, publication, ingest). Heavy modules
are imported by the call that needs them, so that the light calls answer at once.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

from sousei.orchestration.command.parser import parser
from sousei.orchestration.command.words import LOCKED, MISUSE, OK, REFUSED

__all__ = ["LOCKED", "MISUSE", "OK", "REFUSED", "main"]


def main(argv: list[str] | None = None) -> int:
    """Run one call; the exit code is the contract's (0 done, 1 refused, 2 misuse, 3 locked)."""
    for stream in (sys.stdout, sys.stderr):
        _speaks_japanese(stream)
    arguments = parser().parse_args(argv)
    try:
        code = arguments.run(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # who reads the pipe has read enough, such as head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return REFUSED
    except (FileNotFoundError, LookupError) as error:
        print(f"not_found: {error.args[-1]}", file=sys.stderr)
        return MISUSE
    except (PermissionError, NotADirectoryError, FileExistsError) as error:
        print(
            f"place_not_usable: {error.filename} を使えません（{error.strerror}）。SOUSEI_HOME と権限を"
            f"確かめてください。 / cannot use {error.filename}: {error.strerror}; check SOUSEI_HOME",
            file=sys.stderr,
        )
        return MISUSE


def _speaks_japanese(stream: TextIO) -> None:
    """Text goes out whatever encoding the terminal was given: as UTF-8 where that encoding has no Japanese at all, else
    a character that it lacks as its number."""
    if not isinstance(stream, io.TextIOWrapper):
        return
    try:
        "創生".encode(stream.encoding)
    except UnicodeEncodeError:
        stream.reconfigure(encoding="utf-8")
    stream.reconfigure(errors="backslashreplace")
