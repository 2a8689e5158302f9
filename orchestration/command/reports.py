"""`sousei report`: the report of a municipality from a release, as a page or as PDF.

Holds: arguments, and printing where it was written or why not. Does not hold: the page (publication.report).
"""

from __future__ import annotations

import argparse
import re
from datetime import date
from pathlib import Path

from sousei.foundation.home import Home
from sousei.orchestration.command.books import not_readable, not_usable, taken, unknown, wrong
from sousei.orchestration.command.desk import code
from sousei.orchestration.command.words import OK, emit, say

_NAME = re.compile(r"[A-Za-z0-9._-]+\.(html|pdf)", re.IGNORECASE)


def add(call: argparse.ArgumentParser) -> None:
    """The arguments of the call."""
    call.add_argument(
        "--municipality", required=True, type=code, metavar="CODE", help="5桁か6桁の団体コード / municipality code"
    )
    call.add_argument(
        "--edition",
        choices=("staff", "council", "public"),
        default="public",
        help="staff 庁内版、council 会議版、public 公表版（既定。要確認と公表前の評価を含まない） / "
        "the public one (default) holds no open questions and no evaluation that is not published",
    )
    call.add_argument(
        "--to",
        required=True,
        type=Path,
        metavar="FILE",
        help="書き出す .html か .pdf（PDFにはブラウザーが要る） / page or PDF to write; a PDF needs a browser",
    )
    call.add_argument("--release", default="current", metavar="RELEASE", help="公表版（既定は最新） / release")
    call.add_argument("--force", action="store_true", help="既にあるファイルを置き換える / replace what is there")


def report_call(arguments: argparse.Namespace) -> int:
    """Write the report; 0 written, 1 something is in its place, 2 it cannot be asked so or no browser makes the PDF."""
    from sousei.foundation.files import write_bytes
    from sousei.publication import shelf
    from sousei.publication.query import QueryError
    from sousei.publication.report.page import page
    from sousei.publication.report.pdf import BrowserError, browser, printed_pdf
    from sousei.publication.told.read import EDITIONS, NotThereError

    to, where = arguments.to, arguments.municipality
    if not (match := _NAME.fullmatch(to.name)):
        return wrong(
            arguments,
            f"not_a_report_name: --to {to} は半角英数字と . _ - だけの、.html か .pdf で終わる名前にしてください。",
            f"not_a_report_name: --to {to} must be of ASCII letters, digits and . _ - and end in .html or .pdf.",
        )
    is_pdf, program = match[1].lower() == "pdf", browser()
    if is_pdf and program is None:
        return wrong(
            arguments,
            "no_browser: PDF を作るブラウザー（Chromium・Google Chrome・Microsoft Edge）がこの機械にありません。"
            "--to を .html にして書き出し、ブラウザーのある端末で開いて「印刷」から PDF に保存してください。",
            "no_browser: no Chromium, Chrome or Edge is on this machine; write .html and print it from a browser.",
        )
    if refusal := taken(arguments) or unknown(arguments):
        return refusal
    release = shelf.find(Home.from_environment(), arguments.release)
    try:
        made = page(release, where, arguments.edition)
        if is_pdf and program is not None:
            made = printed_pdf(made, program, date.fromisoformat(release.manifest.as_of_date))
    except NotThereError:
        return wrong(
            arguments,
            f"no_plan: 団体 {where} の計画は公表版 {release.release_id} にありません。"
            "計画台帳を landing に置き、更新してから実行してください。",
            f"no_plan: release {release.release_id} has no plan of {where}; deliver its register and refresh.",
        )
    except QueryError as older:
        return not_readable(arguments, release.release_id, older)
    except BrowserError as failed:
        return wrong(
            arguments,
            f"browser_failed: {program} で PDF を作れませんでした（{failed}）。--to を .html にして書き出し、"
            "ブラウザーで開いて「印刷」から PDF に保存してください。",
            f"browser_failed: {program} made no PDF ({failed}); write .html and print it from a browser.",
        )
    try:
        write_bytes(to, made)
    except OSError as error:
        return not_usable(arguments, error)
    if arguments.json:
        emit(
            {
                "file": to,
                "municipality_code": where,
                "edition": arguments.edition,
                "release_id": release.release_id,
                "size_bytes": len(made),
            }
        )
        return OK
    say(
        arguments,
        f"{to}: 団体 {where} の報告、{EDITIONS[arguments.edition]}（公表版 {release.release_id}、{len(made):,}バイト）",
        f"{to}: report of {where}, {arguments.edition} edition (release {release.release_id}, {len(made):,} bytes)",
    )
    return OK
