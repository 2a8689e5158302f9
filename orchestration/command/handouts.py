"""`sousei pull` and `sousei meeting`: a municipality's papers and tables, and the papers of one meeting, as a folder.

Holds: arguments, and printing what was written or why not. Does not hold: what belongs to a set (publication.pull).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sousei.foundation.home import Home
from sousei.orchestration.command.desk import code
from sousei.orchestration.command.words import MISUSE, OK, REFUSED, complain, emit, say

if TYPE_CHECKING:
    from sousei.publication.pull import PulledSet

_TAKEN = {
    "target_not_empty": (
        "{to} は空ではありません。別の名前にするか、前に書き出したものを置き換えるなら --force を付けてください。",
        "{to} is not empty; take another name, or --force to replace what was written before.",
    ),
    "not_a_folder_of_ours": (
        "{to} には、この命令が書き出していないものがあるため、置き換えません。別の名前にしてください。",
        "{to} holds things that this command did not write, so it is not replaced; take another name.",
    ),
}


def add_pull(call: argparse.ArgumentParser) -> None:
    """The arguments of `sousei pull`."""
    call.add_argument("--municipality", required=True, type=code, metavar="CODE", help="5桁の団体コード / five digits")
    call.add_argument("--plan", metavar="ID", help="この計画の資料だけ / papers of this plan alone")
    _shared(call, "staff")


def add_meeting(call: argparse.ArgumentParser, day: Callable[[str], date]) -> None:
    """The arguments of `sousei meeting`."""
    call.add_argument("--municipality", required=True, type=code, metavar="CODE", help="5桁の団体コード / five digits")
    call.add_argument("--plan", required=True, metavar="ID", help="計画ID / plan")
    call.add_argument("--date", required=True, type=day, metavar="YYYY-MM-DD", help="開催日 / day of the meeting")
    call.add_argument("--name", default="会議", metavar="TEXT", help="会議の名前。表紙に載る / name of the meeting")
    _shared(call, "council")


def _shared(call: argparse.ArgumentParser, edition: str) -> None:
    call.add_argument(
        "--edition",
        choices=("staff", "council", "public"),
        default=edition,
        help=f"staff 庁内版、council 会議版、public 公表版（既定 {edition}）",
    )
    call.add_argument("--to", required=True, type=Path, metavar="DIR", help="書き出すフォルダ / folder to write")
    call.add_argument("--release", default="current", metavar="RELEASE", help="公表版（既定は最新） / release")
    call.add_argument(
        "--force", action="store_true", help="前に書き出したフォルダを置き換える / replace an earlier one"
    )


def pull_call(arguments: argparse.Namespace) -> int:
    """Write the set; 0 written, 1 something is in its place or could not be read, 2 it cannot be asked so."""
    from sousei.publication.pull import pull

    return _written(
        arguments,
        lambda home: pull(home, arguments.municipality, arguments.edition, arguments.plan, arguments.release),
    )


def meeting_call(arguments: argparse.Namespace) -> int:
    """Write the papers of a meeting; exit codes as `pull_call`."""
    from sousei.publication.book.write import Meeting
    from sousei.publication.pull import for_meeting

    meeting = Meeting(" ".join(arguments.name.split()), arguments.date)
    return _written(
        arguments,
        lambda home: for_meeting(
            home, arguments.municipality, arguments.plan, arguments.edition, meeting, arguments.release
        ),
    )


def _written(arguments: argparse.Namespace, made: Callable[[Home], PulledSet]) -> int:
    from sousei.publication import bundle
    from sousei.publication.pull import MovedError
    from sousei.publication.query import QueryError
    from sousei.publication.told.read import NotThereError

    to, where = Path(os.path.abspath(arguments.to)), arguments.municipality  # noqa: PTH100 - resolve follows links
    try:
        bundle.check_place(to, force=arguments.force)
        found = made(Home.from_environment())
        bundle.put(to, found.files, force=arguments.force)
    except bundle.PlaceTakenError as taken:
        ja, en = _TAKEN[taken.name]
        return _no(arguments, REFUSED, taken.name, ja.format(to=to), en.format(to=to))
    except NotThereError as missing:
        there = "、".join(missing.plans)
        return _no(
            arguments,
            MISUSE,
            "no_plan",
            f"公表版に団体 {where} の計画{f' {arguments.plan} ' if arguments.plan else ''}はありません。"
            + (f"ある計画: {there}" if there else "計画台帳を landing に置き、更新してから実行してください。"),
            f"the release has no plan {arguments.plan or ''} of {where}; "
            + (f"there are: {', '.join(missing.plans)}" if there else "deliver its plan register and refresh first."),
        )
    except MovedError:
        return _no(
            arguments,
            REFUSED,
            "release_moved",
            "読んでいる間に公表版が続けて入れ替わりました。もう一度実行してください。",
            "releases were removed while they were read; run again.",
        )
    except QueryError as older:
        first = str(older).splitlines()[0]
        return _no(
            arguments,
            MISUSE,
            "release_not_readable",
            f"公表版に要る表がありません。更新してください（{first}）。",
            f"the release lacks a table; refresh first ({first}).",
        )
    except OSError as error:
        return _no(
            arguments,
            MISUSE,
            "place_not_usable",
            f"{to} に書き込めません（{error.strerror}）。",
            f"cannot write to {to}: {error.strerror}.",
        )
    size = sum(map(len, found.files.values()))
    if arguments.json:
        emit(
            {
                "folder": str(to),
                "release_id": found.release_id,
                "edition": arguments.edition,
                "files": [*found.files, bundle.SUMS],
                "size_bytes": size,
            }
        )
        return OK
    count = len(found.files) + 1
    say(
        arguments,
        f"{arguments.to}: {count}ファイル（公表版 {found.release_id}、{size:,}バイト）",
        f"{arguments.to}: {count} files (release {found.release_id}, {size:,} bytes)",
    )
    return OK


def _no(arguments: argparse.Namespace, exit_code: int, name: str, ja: str, en: str) -> int:
    complain(arguments, f"{name}: {ja}", f"{name}: {en}")
    return exit_code
