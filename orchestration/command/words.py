"""What every call of the command shares: exit codes, words for states, printing.

Holds: how something is said to a person or a program. Does not hold: what is said (the modules beside it).
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
from typing import Any

OK, REFUSED, MISUSE, LOCKED = 0, 1, 2, 3
STATES_JA = {
    "published": "公表",
    "nothing_new": "新しい資料なし",
    "nothing_delivered": "使える資料なし",
    "refused": "公表見送り",
    "failed": "失敗",
    "running": "実行中",
    "interrupted": "中断",
}
"""Ends of a refresh."""
SEVERITIES_JA = {"gate": "必須", "warn": "注意", "review": "要確認"}


def say(arguments: argparse.Namespace, ja: str, en: str) -> None:
    """Print in the language that was asked for."""
    print(en if arguments.lang == "en" else ja)


def complain(arguments: argparse.Namespace, ja: str, en: str) -> None:
    """The same on stderr."""
    print(en if arguments.lang == "en" else ja, file=sys.stderr)


def emit(value: Any) -> None:
    """Print for a program."""
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def print_frame(arguments: argparse.Namespace, frame: Any, form: str = "table") -> None:
    """Print a table in the form that was asked for."""
    from sousei.publication import formats

    sys.stdout.buffer.write(formats.formatted(frame, "json" if arguments.json else form))


def locked(arguments: argparse.Namespace) -> int:
    """Say that a refresh is running; the exit code for that."""
    complain(
        arguments,
        "refresh_in_progress: 別の更新が実行中です。終わってから実行してください。",
        "refresh_in_progress: another refresh holds the lock; run again when it has ended.",
    )
    return LOCKED


LEAST_BYTES = 2 << 30
"""Address space below which the libraries of long work end without a word (jemalloc and polars, at 1 GB)."""


def too_little_memory(arguments: argparse.Namespace) -> bool:
    """Whether this process may have too little address space for long work; then that is told."""
    limit = address_space()
    if limit is None or limit >= LEAST_BYTES:
        return False
    complain(
        arguments,
        f"too_little_memory: 使えるメモリー（アドレス空間）が {limit >> 20} MB に制限されています。"
        f"{LEAST_BYTES >> 20} MB 以上が要ります。ulimit -v か systemd の LimitAS を外してください。"
        "何も変えていません。",
        f"too_little_memory: the address space is limited to {limit >> 20} MB; {LEAST_BYTES >> 20} MB are needed at "
        "least. Lift ulimit -v or systemd's LimitAS. Nothing was changed.",
    )
    return True


def address_space() -> int | None:
    """Bytes of address space that this process may have; None without a limit."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft
