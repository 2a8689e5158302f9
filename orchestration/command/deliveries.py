"""`sousei check`, `sousei withdraw`, `sousei aggregate`: a delivery before the night, after it, and made in the office.

Holds: printing what is said of a file. Does not hold: reading it (ingest) or the night on trial (rehearsal).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from sousei.foundation import clock
from sousei.foundation.home import Home
from sousei.orchestration.command.words import (
    MISUSE,
    OK,
    REFUSED,
    SEVERITIES_JA,
    complain,
    emit,
    locked,
    say,
    too_little_memory,
)


def check_call(arguments: argparse.Namespace) -> int:
    """What the night would say of files."""
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
    _add_problems([report for report in reports if report["would_be_taken"]], rehearsed)
    if arguments.json:
        told = {"rehearsal": rehearsed and {"state": rehearsed.state, "reasons": rehearsed.reasons}}
        emit([{key: value for key, value in report.items() if key != "samples"} | told for report in reports])
    else:
        for report in reports:
            _print_delivery(arguments, report, rehearsed is not None and rehearsed.state == "refused")
        _print_rehearsal(arguments, rehearsed)
    if arguments.page is not None:
        for path in _write_pages(arguments.files, arguments.page):
            complain(arguments, f"作成者向けのページ: {path}", f"page for its maker: {path}")
    taken = all(report["would_be_taken"] for report in reports)
    return OK if taken and (rehearsed is None or rehearsed.state != "refused") else REFUSED


def _add_problems(reports: list[dict[str, Any]], rehearsed: Any) -> None:
    """To what is wrong in a file itself, what does not go with the other deliveries, such as a KPI that no plan has."""
    cell = ("problem_id", "sheet", "row", "column_label")
    for report, problems in zip(reports, rehearsed.problems if rehearsed else [], strict=False):
        known = {tuple(one[name] for name in cell) for one in report["problems"]}
        report["problems"] += [one for one in problems if tuple(one[name] for name in cell) not in known]


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
        say(
            arguments,
            "今の公表版と合わせると、夜間の更新は公表を見送ります。理由:",
            "Together with the current release, the nightly run would not publish. Reasons:",
        )
        for reason in rehearsed.reasons:
            print(f"- {reason}")
    else:
        say(
            arguments,
            "今の公表版と合わせて夜間の検査を通ります。"
            if rehearsed.state == "publishes"
            else "すでに公表に使っている資料です。",
            "Together with the current release, the checks of the nightly run pass."
            if rehearsed.state == "publishes"
            else "The current release was made from it already.",
        )


def _write_pages(files: list[Path], to: Path) -> list[Path]:
    """The machine-readability page of each file, as HTML and xlsx, below `to`."""
    from sousei.feedback.pages import forms_of, page_of
    from sousei.foundation.files import write_bytes

    to.mkdir(parents=True, exist_ok=True)
    written = []
    for path in files:
        for suffix, data in forms_of(page_of(path)).items():
            written.append(to / f"{path.name}.{suffix}")
            write_bytes(written[-1], data)
    return written


def _print_delivery(arguments: argparse.Namespace, report: dict[str, Any], stops_the_night: bool) -> None:
    taken = report["would_be_taken"]
    rows = ", ".join(f"{table} {count:,}" for table, count in report["rows"].items())
    say(
        arguments,
        f"{report['file_name']}: "
        + ("受け取れません" if not taken else "読めますが、公表を止めます" if stops_the_night else "受け取れます"),
        f"{report['file_name']}: "
        + (
            "would be refused"
            if not taken
            else "is read, but stops the nightly run"
            if stops_the_night
            else "would be taken"
        ),
    )
    if report["source"]:
        say(
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
        say(
            arguments,
            f"  [{SEVERITIES_JA[one['severity']]}] {one['problem_id']} {place}: {one['message_ja']} {one['action_ja']}",
            f"  [{one['severity']}] {one['problem_id']} {one['sheet'] or ''} {one['row'] or ''}: {one['message_en']}",
        )


def withdraw_call(arguments: argparse.Namespace) -> int:
    """A delivery counts no more, or again."""
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
        return locked(arguments)
    except ValueError as error:
        print(str(error), file=sys.stderr)
        return MISUSE
    say(
        arguments,
        f"{arguments.source_id} を{'元に戻しました' if arguments.restore else '取り下げました'}。"
        "次の更新（sousei refresh）から反映されます。",
        f"{arguments.source_id} {'counts again' if arguments.restore else 'is withdrawn'} from the next refresh.",
    )
    return OK


def aggregate_call(arguments: argparse.Namespace) -> int:
    """Counts from an extract of persons."""
    from sousei.foundation.files import write_bytes
    from sousei.ingest.problems.record import Refusal
    from sousei.ingest.receive import disclosure, persons

    if too_little_memory(arguments):
        return REFUSED
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
        emit({"file": arguments.to, "rows": table.height, "dates_not_read": counts.unread, "message_ja": said_ja})
        return OK
    say(arguments, f"{arguments.to}: {table.height}行。{said_ja}", f"{arguments.to}: {table.height} rows. {said_en}")
    return OK
