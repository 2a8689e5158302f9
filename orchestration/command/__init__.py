"""The `sousei` command: arguments, words for people, exit codes.

Holds: parsing and printing, by subject. Does not hold: what the calls do (nightly, publication, ingest). Heavy modules
are imported by the call that needs them, so that the light calls answer at once.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from typing import TextIO

from sousei.foundation import collector
from sousei.foundation.home import Home
from sousei.foundation.told import ToldError
from sousei.orchestration.command.parser import parser
from sousei.orchestration.command.words import LOCKED, MISUSE, OK, REFUSED

__all__ = ["LOCKED", "MISUSE", "OK", "REFUSED", "main", "process"]


def process() -> int:
    """`main` as a process of its own, which ends with it."""
    with collector.seldom():
        code = main()
        collector.rest()
        return code


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
    except ToldError as error:
        print(error, file=sys.stderr)
        return MISUSE
    except FileNotFoundError as error:
        place = error.filename or error.args[-1]
        print(
            f"not_found: {place} がありません。名前と場所を確かめてください。 / not_found: there is no {place}",
            file=sys.stderr,
        )
        return MISUSE
    except OSError as error:
        place = error.filename or Home.from_environment().root  # a write that fails names no file
        print(
            f"place_not_usable: {place} を使えません（{error.strerror or error}）。SOUSEI_HOME、"
            f"空き容量、権限を確かめてください。 / cannot use {place}: {error.strerror or error}; check SOUSEI_HOME, "
            "free space and rights",
            file=sys.stderr,
        )
        return MISUSE
    except KeyboardInterrupt:
        print("interrupted: 中断しました。公表版は変わっていません。 / interrupted", file=sys.stderr)
        return REFUSED
    except Exception as error:  # a fault of ours: its user can only tell it
        if type(error).__module__ == "_duckdb":  # not imported for this: what raised it has
            first = next(iter(str(error).splitlines()), "")
            print(
                f"release_not_readable: 公表版のデータベースを読めません（{first}）。"
                "sousei verify で確かめてください。 / "
                "release_not_readable: the database of the release cannot be read; run sousei verify",
                file=sys.stderr,
            )
            return MISUSE
        from sousei.orchestration.failures import FAILURE, written

        place = written(traceback.format_exc())
        print(
            f"internal_error: プログラムの誤りで止まりました。公表版は変わっていません。{place or FAILURE} を"
            "添えて開発元に知らせてください。"
            f" / internal_error: a fault of the program; send {place or FAILURE} to its makers.",
            file=sys.stderr,
        )
        return REFUSED


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
