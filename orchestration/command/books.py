"""`sousei book`: the finished workbook of one plan from a release.

Holds: arguments, and printing where it was written or why not. Does not hold: the sheets (publication.book).
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from sousei.foundation.home import Home
from sousei.orchestration.command.desk import code
from sousei.orchestration.command.words import MISUSE, OK, REFUSED, complain, emit, say

_NAME = re.compile(r"[A-Za-z0-9._-]+\.xlsx", re.IGNORECASE)


def add(call: argparse.ArgumentParser) -> None:
    """The arguments of the call."""
    call.add_argument(
        "--municipality", required=True, type=code, metavar="CODE", help="5桁の団体コード / five-digit code"
    )
    call.add_argument("--plan", required=True, metavar="ID", help="計画ID / plan")
    call.add_argument(
        "--edition",
        required=True,
        choices=("staff", "council", "public"),
        help="staff 庁内版、council 会議版、public 公表版（要確認・未報告の一覧と備考を含まない） / "
        "the public one holds no open questions and remarks",
    )
    call.add_argument("--to", required=True, type=Path, metavar="FILE", help="書き出す .xlsx / workbook to write")
    call.add_argument("--paper-no", default="", metavar="TEXT", help="資料番号。例：資料２ / number of the paper")
    call.add_argument("--release", default="current", metavar="RELEASE", help="公表版（既定は最新） / release")
    call.add_argument("--force", action="store_true", help="既にあるファイルを置き換える / replace what is there")


def book_call(arguments: argparse.Namespace) -> int:
    """Write the workbook; 0 written, 1 something is in its place, 2 it cannot be asked so."""
    from sousei.foundation.files import write_bytes
    from sousei.publication import shelf
    from sousei.publication.book.write import workbook
    from sousei.publication.query import QueryError
    from sousei.publication.told.read import EDITIONS, NotThereError

    if refusal := _place(arguments):
        return refusal
    where = arguments.municipality
    if refusal := unknown(arguments):
        return refusal
    release = shelf.find(Home.from_environment(), arguments.release)
    try:
        book = workbook(release, where, arguments.plan, arguments.edition, arguments.paper_no)
    except NotThereError as missing:
        there = "、".join(missing.plans)
        return wrong(
            arguments,
            f"no_plan: 団体 {where} の計画 {arguments.plan} は公表版 {release.release_id} にありません。"
            + (f"ある計画: {there}" if there else "計画台帳を landing に置き、更新してから実行してください。"),
            f"no_plan: release {release.release_id} has no plan {arguments.plan} of {where}; "
            + (f"there are: {', '.join(missing.plans)}" if there else "deliver its plan register and refresh first."),
        )
    except QueryError as older:
        return not_readable(arguments, release.release_id, older)
    try:
        write_bytes(arguments.to, book)
    except OSError as error:
        return not_usable(arguments, error)
    if arguments.json:
        emit(
            {
                "file": arguments.to,
                "municipality_code": where,
                "plan_id": arguments.plan,
                "edition": arguments.edition,
                "release_id": release.release_id,
                "size_bytes": len(book),
            }
        )
        return OK
    say(
        arguments,
        f"{arguments.to}: 計画 {arguments.plan} の{EDITIONS[arguments.edition]}"
        f"（公表版 {release.release_id}、{len(book):,}バイト）",
        f"{arguments.to}: {arguments.edition} edition of {arguments.plan} "
        f"(release {release.release_id}, {len(book):,} bytes)",
    )
    return OK


def _place(arguments: argparse.Namespace) -> int:
    """The exit code where the file cannot be written so, else 0."""
    to = arguments.to
    if not _NAME.fullmatch(to.name):
        return wrong(
            arguments,
            f"not_a_workbook_name: --to {to} は半角英数字と . _ - だけの、.xlsx で終わる名前にしてください。",
            f"not_a_workbook_name: --to {to} must be of ASCII letters, digits and . _ - and end in .xlsx.",
        )
    return taken(arguments)


def taken(arguments: argparse.Namespace) -> int:
    """The exit code where something stands in the place of the file, else 0."""
    to = arguments.to
    if (to.exists() or to.is_symlink()) and not arguments.force:
        complain(
            arguments,
            f"file_exists: {to} が既にあります。名前を変えるか、置き換えるなら --force を付けてください。",
            f"file_exists: {to} is there already; take another name, or --force to replace it.",
        )
        return REFUSED
    return OK


def unknown(arguments: argparse.Namespace) -> int:
    """The exit code where there is no such municipality, else 0."""
    from sousei.ingest.areas.register import register

    where = arguments.municipality
    if where in register().names_of and not where.endswith("000"):
        return OK
    return wrong(
        arguments,
        f"municipality_unknown: {where} という市区町村はありません。",
        f"municipality_unknown: there is no municipality {where}.",
    )


def not_readable(arguments: argparse.Namespace, release_id: str, error: Exception) -> int:
    """Say that a release lacks a table; the exit code for that."""
    first = str(error).splitlines()[0]
    return wrong(
        arguments,
        f"release_not_readable: 公表版 {release_id} に要る表がありません。更新してください（{first}）。",
        f"release_not_readable: release {release_id} lacks a table; refresh first ({first}).",
    )


def not_usable(arguments: argparse.Namespace, error: OSError) -> int:
    """Say that the file cannot be written; the exit code for that."""
    return wrong(
        arguments,
        f"place_not_usable: {arguments.to} に書き込めません（{error.strerror}）。",
        f"place_not_usable: cannot write to {arguments.to}: {error.strerror}.",
    )


def wrong(arguments: argparse.Namespace, ja: str, en: str) -> int:
    """Complain; the exit code of a call that cannot be asked so."""
    complain(arguments, ja, en)
    return MISUSE
