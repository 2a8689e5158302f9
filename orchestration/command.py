"""The `sousei` command: arguments, words for people, exit codes.

Holds: parsing and printing. Does not hold: what the calls do (nightly, publication, ingest). Heavy modules are
imported by the call that needs them, so that the light calls answer at once.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from sousei.foundation import clock
from sousei.foundation.home import Home
from sousei.orchestration import desk_command

OK, REFUSED, MISUSE, LOCKED = 0, 1, 2, 3
HEALTHY = ("published", "nothing_new")
"""Ends of a refresh after which nobody has to act."""
STATES_JA = {
    "published": "公表",
    "nothing_new": "新しい資料なし",
    "nothing_delivered": "使える資料なし",
    "refused": "公表見送り",
    "failed": "失敗",
    "running": "実行中",
}


def _say(arguments: argparse.Namespace, ja: str, en: str) -> None:
    print(en if arguments.lang == "en" else ja)


def _complain(arguments: argparse.Namespace, ja: str, en: str) -> None:
    print(en if arguments.lang == "en" else ja, file=sys.stderr)


def _emit(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=1, default=str))


def _refresh(arguments: argparse.Namespace) -> int:
    from sousei.orchestration.inputs import WrongUseError
    from sousei.orchestration.lock import RefreshInProgressError
    from sousei.orchestration.refresh import refresh

    home, now = Home.from_environment(), clock.now()
    if arguments.landing is not None and not arguments.landing.is_dir():
        _complain(
            arguments,
            f"landing_not_found: フォルダー {arguments.landing} がありません。受領ファイルの置き場を指定してください。",
            f"landing_not_found: {arguments.landing} is not a folder; name the folder that holds the deliveries.",
        )
        return MISUSE
    try:
        outcome = refresh(home, arguments.landing, arguments.as_of or now.date(), now, arguments.samples)
    except RefreshInProgressError:
        _complain(
            arguments,
            "refresh_in_progress: 別の更新が実行中です。終わってから実行してください。",
            "refresh_in_progress: another refresh holds the lock; run again when it has ended.",
        )
        return LOCKED
    except WrongUseError as error:
        _complain(arguments, *str(error).split(" / ", 1))
        return MISUSE
    if arguments.json:
        _emit(
            {
                "state": outcome.state,
                "release": outcome.release,
                "reasons": outcome.reasons,
                "not_used": outcome.not_used,
                "samples_left_behind": outcome.left_behind,
                "is_trial": outcome.is_trial,
            }
        )
    else:
        _print_outcome(arguments, outcome)
        if outcome.state in ("published", "refused") and home.building.exists():
            _print_pages(arguments, home.building.resolve())
    return OK if outcome.state in HEALTHY else REFUSED


def _print_outcome(arguments: argparse.Namespace, outcome: Any) -> None:
    if outcome.left_behind:
        _say(
            arguments,
            f"自前の資料での公表に移るため、見本 {outcome.left_behind}件を入力から外しました。",
            f"Going live: {outcome.left_behind} samples were left behind.",
        )
    if outcome.state == "nothing_new":
        _say(
            arguments,
            f"新しい受領ファイルはありません。公表版 {outcome.release} をそのまま維持します。",
            f"Nothing new. The release stays {outcome.release}",
        )
    elif outcome.state == "nothing_delivered":
        _complain(
            arguments,
            "nothing_delivered: 使える受領ファイルが landing にありません。資料を置いてから実行してください。"
            "見本で試すときは sousei refresh --samples を実行してください。",
            "nothing_delivered: landing holds no delivery that can be used; "
            "run sousei refresh --samples for a trial with the samples.",
        )
    elif outcome.state == "published":
        _print_release(arguments, outcome.release)
    else:
        _complain(
            arguments,
            "公表を見送りました。理由:" if outcome.state == "refused" else "更新が途中で失敗しました。理由:",
            f"Not published ({outcome.state}). Reasons:",
        )
        for reason in outcome.reasons:
            print(f"- {reason}", file=sys.stderr)
        if outcome.release is not None:
            _complain(
                arguments,
                f"前回の公表版 {outcome.release.name} はそのままです。",
                f"The last release {outcome.release.name} stays.",
            )
    if outcome.is_trial:
        _say(arguments, "見本を含む試行です。", "This is a trial: samples are among the inputs.")
    _print_not_used(arguments, outcome.not_used)


def _print_not_used(arguments: argparse.Namespace, files: list[dict[str, str]]) -> None:
    """One line per delivery that gave no figure, with its reason."""
    for one in files:
        _say(
            arguments,
            f"使わなかったファイル {one['file_name']}: {one['problem_id']}: {one['reason_ja']}",
            f"Not used: {one['file_name']}: {one['reason_en']}",
        )


def _print_pages(arguments: argparse.Namespace, run: Path) -> None:
    """Where the pages for the makers of tonight's deliveries lie, or why there are none."""
    page, log = run / "pages" / "index.html", run / "pages.log"
    if page.is_file():
        _say(arguments, f"作成者向けのページ: {page}", f"Pages for the makers of the files: {page}")
    elif log.is_file():
        _complain(
            arguments,
            f"作成者向けのページを書けませんでした（公表には影響しません）。理由: {log}",
            f"The pages for the makers could not be written (the release is not affected); see {log}",
        )


def _print_release(arguments: argparse.Namespace, path: Path | None) -> None:
    from sousei.publication import shelf, summary

    assert path is not None, "a published refresh names its release"
    _say(arguments, f"公表しました: {path}", f"Published: {path}")
    for line in summary.lines(shelf.read(path), arguments.lang):
        print(line)


def _status(arguments: argparse.Namespace) -> int:
    from sousei.ingest.receive.personal import PERSONAL
    from sousei.orchestration import inputs
    from sousei.orchestration import run as runs
    from sousei.publication import shelf

    home, now = Home.from_environment(), clock.now()
    lost = None
    try:
        runs.last_release(home)
    except runs.PointerLostError as error:
        lost = str(error)
    facts = asdict(shelf.status(home, now)) if lost is None else {"release_id": None, "pointer": lost}
    waiting = inputs.waiting(home)
    last = runs.last(home)
    not_used = (last or {}).get("not_used", [])
    personal = any(one["problem_id"] == PERSONAL for one in not_used)
    healthy = facts["release_id"] is not None and last is not None and last["state"] in HEALTHY and not personal
    if arguments.json:
        _emit({**facts, "last_refresh": last, "waiting_in_landing": waiting, "healthy": healthy})
        return OK if healthy else REFUSED
    if lost is not None:
        _complain(arguments, *lost.split(" / ", 1))
    elif facts["release_id"] is None:
        _say(
            arguments,
            "公表版はまだありません。sousei refresh を実行してください。",
            "No release yet; run sousei refresh.",
        )
    else:
        verdict = facts["verdict"]
        _say(
            arguments,
            f"公表版 {facts['release_id']}（作成 {facts['created_at']:%Y-%m-%d %H:%M}、{facts['age_days']:.1f}日前、"
            f"全{facts['releases']}版）\n検査 必須 合格{verdict['gate_passed']}・不合格{verdict['gate_failed']}"
            f"、注意 {verdict['warn_failed']}、要確認 {verdict['review_failed']}",
            f"Release {facts['release_id']} (made {facts['created_at']:%Y-%m-%d %H:%M}, {facts['age_days']:.1f} days "
            f"ago, {facts['releases']} in all)\nchecks: gate {verdict['gate_passed']} passed, "
            f"{verdict['gate_failed']} failed; warnings {verdict['warn_failed']}; to review {verdict['review_failed']}",
        )
    if inputs.is_trial(runs.current_manifest(home)):
        _say(arguments, "見本を含む試行です。", "This is a trial: samples are among the inputs.")
    if last is not None:
        _say(
            arguments,
            f"前回の更新: {STATES_JA.get(last['state'], last['state'])}（{last['ended_at']}）",
            f"Last refresh: {last['state']} ({last['ended_at']})",
        )
        for reason in last["reasons"]:
            print(f"- {reason}")
    if personal:
        _say(
            arguments,
            "個人情報を含むファイルが landing にあります。すぐに取り除いてください。",
            "A file in landing holds personal data; remove it at once.",
        )
    _print_not_used(arguments, not_used)
    _say(
        arguments,
        "landing に未公表のファイル: " + ("、".join(waiting) or "なし"),
        "In landing, not yet published: " + (", ".join(waiting) or "none"),
    )
    return OK if healthy else REFUSED


def _check(arguments: argparse.Namespace) -> int:
    from sousei.ingest.decided import corrections, named
    from sousei.ingest.decided.registers import RegisterError
    from sousei.ingest.dry_run import describe

    try:
        lines = named.whole(corrections.declared(decisions=Home.from_environment().corrections))
    except RegisterError as error:
        print(error, file=sys.stderr)
        return REFUSED
    reports = [describe(path, lines) for path in arguments.files]
    readable = [path for path, report in zip(arguments.files, reports, strict=True) if report["would_be_taken"]]
    rehearsed = None if arguments.quick or not readable else _rehearse(readable)
    if arguments.json:
        told = {"rehearsal": rehearsed and asdict(rehearsed)}
        _emit([{key: value for key, value in report.items() if key != "samples"} | told for report in reports])
    else:
        for report in reports:
            _print_delivery(arguments, report, rehearsed is not None and rehearsed.state == "refused")
        _print_rehearsal(arguments, rehearsed)
    if arguments.page is not None:
        for path in _write_pages(arguments.files, arguments.page):
            _complain(arguments, f"作成者向けのページ: {path}", f"page for its maker: {path}")
    taken = all(report["would_be_taken"] for report in reports)
    return OK if taken and (rehearsed is None or rehearsed.state != "refused") else REFUSED


def _rehearse(files: list[Path]) -> Any:
    """What the night would say of readable files beside the current release; None where there is no release."""
    from sousei.orchestration import inputs
    from sousei.orchestration import run as runs
    from sousei.orchestration.rehearsal import Rehearsal, rehearse

    now = clock.now()
    try:
        return rehearse(Home.from_environment(), files, now.date(), now)
    except (inputs.CannotStartError, runs.PointerLostError) as refusal:
        return Rehearsal("refused", list(getattr(refusal, "reasons", [str(refusal)])))


def _print_rehearsal(arguments: argparse.Namespace, rehearsed: Any) -> None:
    if rehearsed is None:
        return
    if rehearsed.state == "refused":
        _say(
            arguments,
            "今の公表版と合わせると、夜間の更新は公表を見送ります。理由:",
            "Beside the current release the night would not publish. Reasons:",
        )
        for reason in rehearsed.reasons:
            print(f"- {reason}")
    else:
        _say(
            arguments,
            "今の公表版と合わせて夜間の検査を通ります。"
            if rehearsed.state == "publishes"
            else "すでに公表に使っている資料です。",
            "Beside the current release the checks of the night pass."
            if rehearsed.state == "publishes"
            else "The current release was made from it already.",
        )


def _write_pages(files: list[Path], to: Path) -> list[Path]:
    """The machine-readability page of each file, as HTML and xlsx, below `to`."""
    from sousei.feedback import page as readability_page
    from sousei.foundation.files import write_bytes

    to.mkdir(parents=True, exist_ok=True)
    written = []
    for path in files:
        report = readability_page.page_of(path)
        for suffix, data in (
            ("html", readability_page.html(report).encode()),
            ("xlsx", readability_page.xlsx(report)),
        ):
            written.append(to / f"{path.name}.{suffix}")
            write_bytes(written[-1], data)
    return written


def _print_delivery(arguments: argparse.Namespace, report: dict[str, Any], stops_the_night: bool) -> None:
    taken = report["would_be_taken"]
    rows = ", ".join(f"{table} {count:,}" for table, count in report["rows"].items())
    _say(
        arguments,
        f"{report['file_name']}: "
        + ("受け取れません" if not taken else "読めますが、公表を止めます" if stops_the_night else "受け取れます"),
        f"{report['file_name']}: "
        + (
            "would be refused" if not taken else "is read, but stops the night" if stops_the_night else "would be taken"
        ),
    )
    if report["source"]:
        _say(
            arguments,
            f"  出典 {report['publisher_ja']}「{report['statistic_ja']}」 様式 {', '.join(report['layouts'])}"
            f" 時点 {report['period'] or '不明'} 行数 {rows or '0'}",
            f"  source {report['source']}, layout {', '.join(report['layouts'])}, period {report['period'] or '-'}, "
            f"rows {rows or '0'}",
        )
    for one in report["problems"]:
        place = " ".join(
            part
            for part in (
                one["sheet"] and f"シート「{one['sheet']}」",
                one["row"] and f"{one['row']}行目",
                one["column_label"] and f"列「{one['column_label']}」",
            )
            if part
        )
        _say(
            arguments,
            f"  [{one['severity']}] {one['problem_id']} {place}: {one['message_ja']} {one['action_ja']}",
            f"  [{one['severity']}] {one['problem_id']} {one['sheet'] or ''} {one['row'] or ''}: {one['message_en']}",
        )


_EXTRACT_COLUMNS = """入力: 一行目が見出しの CSV（UTF-8 か Shift_JIS）。次の見出しの列だけを見る（ほかは捨てる）。
  生年月日 または 年齢    2026-04-01、2026/4/1、20260401、令和8年4月1日、R8.4.1、5080401（元号番号）。時刻つきも可
  性別                    男 女 1 2、空欄・不明は性別不詳
  町字 または 町字名      番地のない町字の名前
  異動事由                転入 出生 転居 転出 死亡 など。なければ空欄
  異動日 または 異動年月日  生年月日と同じ書き方。基準日より後の異動は数えない
  住民種別                日本人 外国人
確かに読めない日付（Excel の通し番号、月/日/年の順、2桁の年など）は種類ごとの件数を出し、列の日付の 1% を超えれば
集計しない。個人番号・住民票コードのある抽出は受け付けない。
input: a CSV with these headers; days that are not certain (Excel serials, US order, two-digit years) are counted by
kind and refused above 1% of a column; moves after the as-of day are not counted."""


def _aggregate(arguments: argparse.Namespace) -> int:
    from sousei.foundation.files import write_bytes
    from sousei.ingest.problems import Refusal
    from sousei.ingest.receive import disclosure, persons

    try:
        counts = persons.aggregate(arguments.file, arguments.municipality, arguments.as_of, years=arguments.years)
    except Refusal as refusal:
        for one in refusal.problems:
            print(f"{one['problem_id']}: {one['message_ja']} {one['action_ja']}", file=sys.stderr)
        return REFUSED
    for column, kinds in counts.unread.items():
        print(
            f"dates_not_read: {column} の列に読めない日付があり、年齢不詳・月なしとして数えました: "
            f"{persons.said(kinds)} / dates not read, counted without age or month: "
            f"{', '.join(f'{kind} {count}' for kind, count in sorted(kinds.items()))}",
            file=sys.stderr,
        )
    table, said_ja, said_en = counts.table, "", ""
    if arguments.suppress_below is None:
        said_ja = (
            f"{table['persons'].sum():,}人。少人数の欄も秘匿していません。"
            "外へ出す前に必ず秘匿処理をしてください（--suppress-below 10 など）。"
        )
        said_en = (
            f"{table['persons'].sum():,} persons. Small cells are exact: suppress them before the counts leave the "
            "office (--suppress-below 10)."
        )
    else:
        hidden = disclosure.suppress(table, arguments.suppress_below)
        table = hidden.table
        opened = [" x ".join(names) or "all" for names in hidden.open]
        said_ja = (
            f"{arguments.suppress_below}人未満の {hidden.small} 欄と、差し引きで分かる {hidden.more} 欄を秘匿しました"
            "（value_status = suppressed）。秘匿した欄が差し引きで分かるため、合計は表示しません。"
            + (f"次の合計は公表しないでください: {'、'.join(opened)}。" if opened else "")
        )
        said_en = (
            f"Hidden: {hidden.small} cells below {arguments.suppress_below} and {hidden.more} more that would give "
            "them away (value_status = suppressed). The total is not shown: it would give hidden cells back."
            + (f" Do not publish these totals: {', '.join(opened)}." if opened else "")
        )
    write_bytes(arguments.to, table.write_csv(include_bom=True).encode())
    if arguments.json:
        _emit({"file": arguments.to, "rows": table.height, "dates_not_read": counts.unread, "message_ja": said_ja})
        return OK
    _say(arguments, f"{arguments.to}: {table.height}行。{said_ja}", f"{arguments.to}: {table.height} rows. {said_en}")
    return OK


def _releases(arguments: argparse.Namespace) -> int:
    from sousei.publication import shelf

    listed = shelf.list_releases(Home.from_environment())
    _print_frame(arguments, listed)
    return OK


def _print_frame(arguments: argparse.Namespace, frame: Any, form: str = "table") -> None:
    from sousei.publication import formats

    sys.stdout.buffer.write(formats.formatted(frame, "json" if arguments.json else form))


def _verify(arguments: argparse.Namespace) -> int:
    from sousei.publication import shelf, verify

    home = Home.from_environment()
    release = shelf.find(home, arguments.release)
    found = verify.verify(release)
    problems = [*found.problems, *(verify.verify_inputs(home, release) if arguments.inputs else ())]
    if arguments.json:
        _emit({"release_id": found.release_id, "sound": not problems, "problems": problems})
    else:
        for problem in problems:
            print(problem)
        _say(
            arguments,
            f"公表版 {found.release_id}: {'問題があります' if problems else '健全です'}（{len(found.tables)}表）",
            f"Release {found.release_id}: {'NOT sound' if problems else 'sound'} ({len(found.tables)} tables)",
        )
    return REFUSED if problems else OK


def _withdraw(arguments: argparse.Namespace) -> int:
    from sousei.ingest.decided import decisions
    from sousei.orchestration.lock import RefreshInProgressError, refresh_lock

    home = Home.from_environment()
    try:
        with refresh_lock(home.lock):
            decisions.withdraw(
                home,
                arguments.source_id,
                arguments.by,
                arguments.reason,
                clock.now(),
                restore=arguments.restore,
            )
    except RefreshInProgressError:
        _complain(
            arguments,
            "refresh_in_progress: 更新の実行中です。終わってから実行してください。",
            "refresh_in_progress: a refresh is running; try again when it has ended.",
        )
        return LOCKED
    except ValueError as error:
        print(str(error), file=sys.stderr)
        return MISUSE
    _say(
        arguments,
        f"{arguments.source_id} を{'元に戻しました' if arguments.restore else '取り下げました'}。"
        "次の更新（sousei refresh）から反映されます。",
        f"{arguments.source_id} {'counts again' if arguments.restore else 'is withdrawn'} from the next refresh.",
    )
    return OK


def _release(arguments: argparse.Namespace) -> int:
    from sousei.orchestration.lock import RefreshInProgressError, refresh_lock
    from sousei.publication import publish, shelf
    from sousei.publication.verify import verify

    home = Home.from_environment()
    try:
        with refresh_lock(home.lock):
            chosen = shelf.find(home, arguments.release)
            found = verify(chosen)
            if not found.sound:
                for problem in found.problems:
                    print(problem, file=sys.stderr)
                return REFUSED
            publish.use(home, chosen)
    except RefreshInProgressError:
        _complain(
            arguments,
            "refresh_in_progress: 更新の実行中です。終わってから実行してください。",
            "refresh_in_progress: a refresh is running; try again when it has ended.",
        )
        return LOCKED
    _say(
        arguments,
        f"releases/current は {chosen.release_id} を指しています。次の更新は、この版の入力と landing から作ります。",
        f"releases/current leads to {chosen.release_id}; the next refresh takes its inputs and what lies in landing.",
    )
    return OK


def _diff(arguments: argparse.Namespace) -> int:
    from sousei.publication import shelf
    from sousei.publication.diff import diff

    home = Home.from_environment()
    moved = diff(shelf.find(home, arguments.a), shelf.find(home, arguments.b))
    if arguments.json:
        _emit({name: getattr(moved, name).to_dicts() for name in ("summary", "changes", "sources", "columns")})
        return OK
    if moved.changes.is_empty():
        _say(arguments, "動いた数値はありません。", "No published figure moved.")
    else:
        _print_frame(arguments, moved.changes)
    _print_frame(arguments, moved.summary)
    return OK


def _query(arguments: argparse.Namespace) -> int:
    from sousei.publication import shelf
    from sousei.publication.query import QueryError, query

    try:
        answer = query(arguments.sql, shelf.find(Home.from_environment(), arguments.release))
    except QueryError as refusal:
        print(str(refusal), file=sys.stderr)
        return MISUSE
    _print_frame(arguments, answer, arguments.format)
    return OK


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"bad_date: {text!r} は YYYY-MM-DD の日付ではありません / not a YYYY-MM-DD date"
        ) from error


def _limit(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError(f"bad_limit: {text!r} は2以上の整数ではありません / not a whole number from 2")
    return int(text)


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
    call.add_argument(
        "--samples",
        action="store_true",
        help="見本での試行（自前の資料で公表した環境では使えない） / a trial with samples",
    )
    add("status", _status, "現在の公表版と受領の状況 / the current release and what lies in landing", "sousei status")
    call = add(
        "check",
        _check,
        "受領ファイルを読み、夜間の検査にかけてみる（何も変えない） / what would happen to a delivery; touches nothing",
        "sousei check 2103ssjin.xlsx",
    )
    call.add_argument("files", nargs="+", type=Path, metavar="FILE")
    call.add_argument(
        "--quick", action="store_true", help="ファイルだけを読み、公表版と合わせない / read the file only"
    )
    call.add_argument(
        "--page", type=Path, metavar="DIR", help="作成者向けのページ（HTML・xlsx）を書く / write the maker's pages"
    )
    call = add(
        "aggregate",
        _aggregate,
        "住民記録の抽出を件数だけにする（個人の行は残さない） / counts from a register extract; keeps no person",
        "sousei aggregate extract.csv --municipality 01223 --as-of 2026-10-01 --to counts.csv",
    )
    call.add_argument("file", type=Path, metavar="FILE")
    call.add_argument("--municipality", required=True, type=desk_command.code, metavar="CODE")
    call.add_argument("--as-of", required=True, type=_day, metavar="YYYY-MM-DD", help="年齢の基準日 / ages on this day")
    call.add_argument("--to", required=True, type=Path, metavar="CSV")
    call.add_argument("--years", type=int, choices=(1, 5), default=5, help="年齢の刻み / width of the age groups")
    call.add_argument(
        "--suppress-below",
        type=_limit,
        metavar="N",
        help="N 人未満の欄と、差し引きで分かる欄を秘匿する / hide cells below N and those that would give them away",
    )
    call.description = f"{call.description}\n\n{_EXTRACT_COLUMNS}"
    add("releases", _releases, "公表版の一覧 / list the releases", "sousei releases")
    call = add("verify", _verify, "公表版を読み直して検証する / re-read and verify a release", "sousei verify")
    call.add_argument("release", nargs="?", default="current", metavar="RELEASE")
    call.add_argument(
        "--inputs", action="store_true", help="入力の保管ファイルも照合する / also check the stored bytes of its inputs"
    )
    call = add(
        "withdraw",
        _withdraw,
        "受領ファイルを取り下げる（次の更新から使わない） / a delivery counts no more from the next refresh",
        "sousei withdraw tourism-0123456789abcdef --reason 誤って受領 --by 統計担当課長",
    )
    call.add_argument("source_id", metavar="SOURCE_ID", help="meta_source の source_id / as in meta_source")
    call.add_argument("--reason", required=True, metavar="TEXT", help="理由 / why")
    call.add_argument("--by", required=True, metavar="NAME", help="決めた部署・役職 / office or role that decides")
    call.add_argument("--restore", action="store_true", help="取り下げをやめ、また使う / it counts again")
    call = add(
        "release",
        _release,
        "releases/current を別の公表版に向ける（戻す、失われたときに直す） / move the pointer to a release",
        "sousei release use 2026-11-21.1",
    )
    call.add_argument("action", choices=("use",))
    call.add_argument("release", metavar="RELEASE")
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
        'sousei query "select * from mart_kpi_scorecard where grade is not null" --format csv',
    )
    call.add_argument("sql", metavar="SQL")
    call.add_argument("--format", choices=("table", "csv", "json", "parquet"), default="table")
    call.add_argument("--release", default="current", metavar="RELEASE")
    call = add(
        "project",
        desk_command.run,
        "人口ビジョンを机上で問う / the population vision at the desk",
        "sousei project goal --municipality 01223 --target 9345 --year 2060",
    )
    desk_command.add(call, common)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one call; the exit code is the contract's (0 done, 1 refused, 2 misuse, 3 locked)."""
    arguments = _parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except (FileNotFoundError, LookupError) as error:
        print(f"not_found: {error.args[-1]}", file=sys.stderr)
        return MISUSE


if __name__ == "__main__":
    sys.exit(main())
