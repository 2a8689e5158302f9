"""`sousei fetch` and `sousei alert`: what goes outside, asked for by a person or a timer, never by a night.

Holds: their arguments, the appId from its environment variable or file, and what they print. Does not hold: requests
and sending (sousei.outside), or faults (orchestration.alarms).
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sousei.foundation import clock
from sousei.foundation.home import Home
from sousei.foundation.told import ToldError
from sousei.orchestration.command import desk
from sousei.orchestration.command.words import OK, REFUSED, complain, emit, say

if TYPE_CHECKING:
    from sousei.outside.carry import Fetched

APP_ID = "ESTAT_APP_ID"
"""Environment variable with the user's own application id of e-Stat."""


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text}: 0〜3600 の秒数で書いてください / seconds from 0 to 3600")
    return seconds


def add_fetch(call: argparse.ArgumentParser, day: Callable[[str], date]) -> None:
    call.add_argument("--to", required=True, type=Path, metavar="DIR", help="運ぶフォルダ / the folder to carry over")
    call.add_argument(
        "--register", type=Path, action="append", default=[], metavar="FILE",
        help="計画台帳など。書かれた estat:表:項目 を取得する / workbooks whose estat:<table>:<item> are fetched",
    )  # fmt: skip
    call.add_argument(
        "--requests", type=Path, metavar="CSV",
        help="取得する表の一覧（stats_data_id,conditions,what_ja。既定は国勢調査） / the tables (default: census)",
    )  # fmt: skip
    call.add_argument(
        "--municipality", type=desk.code, action="append", default=[], metavar="CODE",
        help="この団体だけに絞る（既定は全国） / only these areas (default: the country, for the peers)",
    )  # fmt: skip
    call.add_argument(
        "--list-only", action="store_true", help="接続せず、取得先の一覧だけを書く / only the list; no request"
    )
    call.add_argument(
        "--app-id-file",
        type=Path,
        metavar="FILE",
        help=f"appId のファイル（既定は環境変数 {APP_ID}） / file with the appId",
    )
    call.add_argument(
        "--as-of", type=day, metavar="YYYY-MM-DD", help="一覧の基準日（既定は今日） / the day of the list"
    )
    call.add_argument(
        "--pause", type=_seconds, default=1.0, metavar="SECONDS", help="要求の間隔（既定1秒） / between requests"
    )
    call.add_argument("--api", metavar="URL", help=argparse.SUPPRESS)


def fetch_call(arguments: argparse.Namespace) -> int:
    """Fetch deliveries into a folder, with their hashes and the list of what is fetched by hand."""
    from sousei.outside import asked, carry
    from sousei.outside.estat import API, Estat, EstatError
    from sousei.outside.http import Asker

    now = clock.now()
    on = arguments.as_of or now.date()
    carry.prepare(arguments.to)
    done: list[Fetched] = []
    faults: list[EstatError] = []
    if not arguments.list_only:
        questions = asked.listed(arguments.requests or asked.REQUESTS)
        items = asked.named_items(arguments.register)
        api = Estat(_app_id(arguments.app_id_file), Asker(pause=arguments.pause), arguments.api or API)
        try:
            more, faults = asked.of_items(items, api.classes)
            wanted = asked.narrowed([*questions, *more], arguments.municipality)
            carry.fetch(api, wanted, arguments.to, lambda one: _tell(arguments, one, done))
        except EstatError as error:
            faults.append(error)
    carry.write(arguments.to, done, faults, now, on)
    for fault in faults:
        complain(arguments, f"{fault.what}: {fault.ja}", f"{fault.what}: {fault.en}")
    failed = [one for one in done if one.file is None]
    if arguments.json:
        emit({
            "folder": str(arguments.to),
            "fetched": [one.file for one in done if one.file],
            "failed": [one.problem_ja for one in failed] + [f"{one.what}: {one.ja}" for one in faults],
        })  # fmt: skip
    else:
        say(
            arguments,
            f"{arguments.to} に {len(done) - len(failed)}件を書きました。運び方は README.txt、手で取る資料は "
            "to_fetch.csv にあります。",
            f"{len(done) - len(failed)} deliveries in {arguments.to}; README.txt says how to carry them over.",
        )
    return REFUSED if failed or faults else OK


def _tell(arguments: argparse.Namespace, one: Fetched, done: list[Fetched]) -> None:
    done.append(one)
    if arguments.json:
        return
    name = f"{one.question.stats_data_id} {one.question.what_ja}".strip()
    if one.file is None:
        complain(arguments, f"取得できません: {name}: {one.problem_ja}", f"not fetched: {name}: {one.problem_en}")
    else:
        said = f"{one.title_ja} {one.period}"
        say(arguments, f"取得: {name}: {said} {one.values:,}件", f"fetched: {name}: {said}, {one.values:,} values")


def _app_id(file: Path | None) -> str:
    """The appId. Raises ToldError where there is none; it is never shown."""
    try:
        text = file.read_text(encoding="utf-8").strip() if file else os.environ.get(APP_ID, "").strip()
    except (OSError, UnicodeDecodeError):
        raise ToldError(f"app_id_not_readable: {file} を読めません。 / {file} cannot be read") from None
    if not text or not text.isascii() or not text.isalnum():
        raise ToldError(
            f"no_app_id: e-Stat の appId がありません。環境変数 {APP_ID} か --app-id-file で渡してください"
            "（英数字だけ）。接続せずに一覧だけを作るときは --list-only を付けます。 / "
            f"no_app_id: set {APP_ID} or --app-id-file"
        )
    return text


def add_alert(call: argparse.ArgumentParser, day: Callable[[str], date], hours: Callable[[str], float]) -> None:
    call.add_argument("--as-of", type=day, metavar="YYYY-MM-DD", help="資料の遅れを見る日 / the day for what is late")
    call.add_argument("--max-age-hours", type=hours, default=30.0, metavar="N", help="status と同じ / as of status")
    call.add_argument(
        "--no-send", action="store_true", help="ファイルだけを書き、送らない / write the file, send nothing"
    )


def alert_call(arguments: argparse.Namespace) -> int:
    """Write the alert file, and tell what is new to whom the operator has named."""
    from sousei.orchestration import alarms
    from sousei.orchestration.health import health

    home, now = Home.from_environment(), clock.now()
    found = health(home, now, arguments.max_age_hours, arguments.as_of)
    message = alarms.record(home, found, now)
    problems: list[str] = []
    if not arguments.no_send and (home.alerts / "settings.yaml").is_file():
        from sousei.outside import alerting

        said = alerting.settings(home.alerts)
        problems = alerting.send(said, message) if said else []
        if problems:
            alarms.not_told(home)
    for problem in problems:
        complain(arguments, *problem.split(" / ", 1))
    if arguments.json:
        emit(message | {"not_sent": problems})
    else:
        new, known = len(message["new_faults"]), len(message["known_faults"])
        say(
            arguments,
            f"{home.alert}: 新しい異常 {new}件、続いている異常 {known}件、遅れている資料 {len(message['late'])}件",
            f"{home.alert}: {new} new faults, {known} known, {len(message['late'])} editions late",
        )
    return OK if found.healthy and not problems else REFUSED
