"""The `sousei` command: arguments, words for people, exit codes.

Holds: parsing and printing. Does not hold: what the calls do (nightly, publication, ingest). Heavy modules are
imported by the call that needs them, so that the light calls answer at once.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from ingest.home import Home
from orchestration import clock

OK, REFUSED, MISUSE, LOCKED = 0, 1, 2, 3


def _say(arguments: argparse.Namespace, ja: str, en: str) -> None:
    print(en if arguments.lang == "en" else ja)


def _complain(arguments: argparse.Namespace, ja: str, en: str) -> None:
    print(en if arguments.lang == "en" else ja, file=sys.stderr)


def _emit(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def _refresh(arguments: argparse.Namespace) -> int:
    from orchestration.lock import RefreshInProgressError
    from orchestration.refresh import refresh

    home, now = Home.from_environment(), clock.now()
    if arguments.landing is not None and not arguments.landing.is_dir():
        _complain(
            arguments,
            f"landing_not_found: フォルダー {arguments.landing} がありません。受領ファイルの置き場を指定してください。",
            f"landing_not_found: {arguments.landing} is not a folder; name the folder that holds the deliveries.",
        )
        return MISUSE
    try:
        outcome = refresh(home, arguments.landing, arguments.as_of or now.date(), now)
    except RefreshInProgressError:
        _complain(
            arguments,
            "refresh_in_progress: 別の更新が実行中です。終わってから実行してください。",
            "refresh_in_progress: another refresh holds the lock; run again when it has ended.",
        )
        return LOCKED
    if arguments.json:
        _emit({"state": outcome.state, "release": outcome.release, "reasons": outcome.reasons})
    elif outcome.state == "nothing_new":
        _say(
            arguments,
            f"新しい受領ファイルはありません。公表版 {outcome.release} をそのまま維持します。",
            f"Nothing new. The release stays {outcome.release}",
        )
    elif outcome.state == "published":
        _print_release(arguments, outcome.release)
    else:
        _complain(
            arguments,
            "公表を見送りました（refused）。前回の公表版はそのままです。理由:"
            if outcome.state == "refused"
            else "更新が途中で失敗しました（failed）。前回の公表版はそのままです。理由:",
            f"Not published ({outcome.state}); the last release stays. Reasons:",
        )
        for reason in outcome.reasons:
            print(f"- {reason}", file=sys.stderr)
    return OK if outcome.state in ("published", "nothing_new") else REFUSED


def _print_release(arguments: argparse.Namespace, release: Path) -> None:
    from publication import releases

    _say(arguments, f"公表しました: {release}", f"Published: {release}")
    _say(arguments, f"  データベース {release / 'sousei.duckdb'}", f"  database {release / 'sousei.duckdb'}")
    for line in releases.verdict_table(release, arguments.lang):
        print(line)


def _status(arguments: argparse.Namespace) -> int:
    from publication import releases

    facts = releases.status(Home.from_environment(), clock.now())
    if arguments.json:
        _emit(facts)
    else:
        for line in facts["lines_en" if arguments.lang == "en" else "lines_ja"]:
            print(line)
    return OK if facts["healthy"] else REFUSED


def _check(arguments: argparse.Namespace) -> int:
    from ingest.check import describe

    reports = [describe(path) for path in arguments.files]
    if arguments.json:
        _emit(reports)
    else:
        for report in reports:
            for line in report["lines_en" if arguments.lang == "en" else "lines_ja"]:
                print(line)
    return OK if all(report["taken"] for report in reports) else REFUSED


def _releases(arguments: argparse.Namespace) -> int:
    from publication import releases

    listed = releases.listing(Home.from_environment())
    if arguments.json:
        _emit(listed)
    else:
        for one in listed:
            print(f"{one['release_id']}  {one['created_at']}  {one['n_inputs']:>4}  {' '.join(one['pointers'])}")
    return OK


def _verify(arguments: argparse.Namespace) -> int:
    from publication import releases

    report = releases.verify(releases.resolve(Home.from_environment(), arguments.release))
    if arguments.json:
        _emit(report)
    else:
        for finding in report["findings"]:
            print(finding)
        _say(
            arguments,
            f"公表版 {report['release_id']}: {'健全です' if report['sound'] else '問題があります'}",
            f"Release {report['release_id']}: {'sound' if report['sound'] else 'NOT sound'}",
        )
    return OK if report["sound"] else REFUSED


def _diff(arguments: argparse.Namespace) -> int:
    from publication import releases

    home = Home.from_environment()
    frame = releases.diff(releases.resolve(home, arguments.a), releases.resolve(home, arguments.b))
    if arguments.json:
        _emit(frame.to_dicts())
    else:
        print(releases.as_table(frame))
    return OK


def _query(arguments: argparse.Namespace) -> int:
    from publication import releases

    release = releases.resolve(Home.from_environment(), arguments.release)
    try:
        releases.query(arguments.sql, release, arguments.format, sys.stdout.buffer)
    except releases.QueryRefused as refusal:
        print(str(refusal), file=sys.stderr)
        return MISUSE
    return OK


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"bad_date: {text!r} は YYYY-MM-DD の日付ではありません / not a YYYY-MM-DD date"
        ) from error


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--lang", choices=("ja", "en"), default="ja", help="表示の言語 / language of the output")
    common.add_argument("--json", action="store_true", help="機械向けの JSON / JSON for programs")
    parser = argparse.ArgumentParser(
        prog="sousei", description="創生: 地方創生の指標倉庫 / the indicator warehouse of municipal revitalization"
    )
    calls = parser.add_subparsers(dest="call", required=True, metavar="CALL")

    def add(name: str, run: Callable[[argparse.Namespace], int], about: str, example: str) -> argparse.ArgumentParser:
        one = calls.add_parser(
            name,
            parents=[common],
            help=about,
            description=about,
            epilog=f"例 / example:  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        one.set_defaults(run=run)
        return one

    call = add(
        "refresh",
        _refresh,
        "毎晩の更新を今一度だけ行う / run the nightly job once, now",
        "sousei refresh --as-of 2026-04-01 --landing /data/landing",
    )
    call.add_argument("--as-of", type=_day, metavar="YYYY-MM-DD", help="基準日（既定は日本時間の今日） / as-of date")
    call.add_argument("--landing", type=Path, metavar="DIR", help="受領ファイルの置き場 / folder with the deliveries")
    add("status", _status, "現在の公表版と受領の状況 / the current release and what lies in landing", "sousei status")
    call = add(
        "check",
        _check,
        "受領ファイルを試しに読む（何も変えない） / what would happen to a delivery; touches nothing",
        "sousei check 2103ssjin.xlsx",
    )
    call.add_argument("files", nargs="+", type=Path, metavar="FILE")
    add("releases", _releases, "公表版の一覧 / list the releases", "sousei releases")
    call = add("verify", _verify, "公表版を読み直して検証する / re-read and verify a release", "sousei verify")
    call.add_argument("release", nargs="?", default="current", metavar="RELEASE")
    call = add(
        "diff",
        _diff,
        "二つの公表版の間で動いた数値と理由 / which published figures moved, and why",
        "sousei diff 2026-11-21.1 current",
    )
    call.add_argument("a", metavar="A")
    call.add_argument("b", metavar="B")
    call = add(
        "query",
        _query,
        "公表版に対する読み取り専用の問い合わせ / one read-only query on a release",
        "sousei query \"select * from mart_kpi_scorecard where grade is not null\" --format csv",
    )
    call.add_argument("sql", metavar="SQL")
    call.add_argument("--format", choices=("table", "csv", "json", "parquet"), default="table")
    call.add_argument("--release", default="current", metavar="RELEASE")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one call; the exit code is the contract's (0 done, 1 refused, 2 misuse, 3 locked)."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except FileNotFoundError as error:
        print(f"not_found: {error}", file=sys.stderr)
        return MISUSE


if __name__ == "__main__":
    sys.exit(main())
