"""`sousei refresh` and `sousei status`: the night, once, now; and how the last one ended.

Holds: printing how a night ended and what it left. Does not hold: what a night does (orchestration.refresh).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sousei.foundation import clock
from sousei.foundation.home import Home
from sousei.orchestration.command.words import (
    MISUSE,
    OK,
    REFUSED,
    STATES_JA,
    complain,
    emit,
    locked,
    say,
    too_little_memory,
)

if TYPE_CHECKING:
    from sousei.orchestration.health import Health


_NEW, _KNOWN = ("［新規］", "[new] "), ("［継続］", "[known] ")
"""Marks of a fault beside the last alert."""


def refresh_call(arguments: argparse.Namespace) -> int:
    """The night, once, now."""
    from sousei.orchestration.health import GOOD_ENDS
    from sousei.orchestration.inputs import WrongUseError
    from sousei.orchestration.lock import RefreshInProgressError
    from sousei.orchestration.refresh import refresh

    home, now = Home.from_environment(), clock.now()
    if arguments.landing is not None and not arguments.landing.is_dir():
        complain(
            arguments,
            f"landing_not_found: フォルダー {arguments.landing} がありません。受領ファイルの置き場を指定してください。",
            f"landing_not_found: {arguments.landing} is not a folder; name the folder that holds the deliveries.",
        )
        return MISUSE
    if too_little_memory(arguments):
        return REFUSED
    as_of = arguments.as_of or now.date()
    if as_of > now.date() and not arguments.force:
        complain(
            arguments,
            f"as_of_in_the_future: 基準日 {as_of} は今日（{now.date()}）より後です。終わっていない年度が終わったことに"
            "なります。それでも作るときは --force を付けてください。",
            f"as_of_in_the_future: {as_of} is after today ({now.date()}); add --force if it is meant.",
        )
        return MISUSE
    tell, ahead = _progress(arguments), None
    if arguments.by_prefecture:
        from sousei.orchestration.prefecture import coordinator

        coordinator.is_set_up()
        ahead = coordinator.Coordinator(home, tell)
    try:
        outcome = refresh(home, arguments.landing, as_of, now, arguments.samples, tell, ahead)
    except RefreshInProgressError:
        return locked(arguments)
    except WrongUseError as error:
        complain(arguments, *str(error).split(" / ", 1))
        return MISUSE
    if arguments.json:
        emit(
            {
                "state": outcome.state,
                "release": outcome.release,
                "reasons": outcome.reasons,
                "not_used": outcome.not_used,
                "samples_left_behind": outcome.left_behind,
                "is_trial": outcome.is_trial,
                "warnings": outcome.warnings,
            }
        )
    else:
        _print_outcome(arguments, outcome)
        if outcome.state in ("published", "refused") and home.building.exists():
            _print_pages(arguments, home.building.resolve())
    return OK if outcome.state in GOOD_ENDS else REFUSED


def _progress(arguments: argparse.Namespace) -> Callable[[str, str], None] | None:
    """How long work tells where it is: on a terminal, never in a pipe."""
    if arguments.json or not sys.stderr.isatty():
        return None
    started = time.monotonic()
    return lambda ja, en: complain(arguments, *(f"[{time.monotonic() - started:4.0f} s] {one}" for one in (ja, en)))


def _print_outcome(arguments: argparse.Namespace, outcome: Any) -> None:
    if outcome.left_behind:
        say(
            arguments,
            f"自前の資料での公表に移るため、見本 {outcome.left_behind}件を入力から外しました。",
            f"Going live: {outcome.left_behind} samples were left behind.",
        )
    if outcome.state == "nothing_new":
        say(
            arguments,
            f"新しい受領ファイルはありません。公表版 {outcome.release} をそのまま維持します。",
            f"Nothing new. The release stays {outcome.release}",
        )
    elif outcome.state == "nothing_delivered":
        complain(
            arguments,
            "nothing_delivered: 使える受領ファイルが landing にありません。資料を置いてから実行してください。"
            "見本で試すときは sousei refresh --samples を実行してください。",
            "nothing_delivered: landing holds no delivery that can be used; "
            "run sousei refresh --samples for a trial with the samples.",
        )
    elif outcome.state == "published":
        _print_release(arguments, outcome.release)
    else:
        complain(
            arguments,
            "公表を見送りました。理由:" if outcome.state == "refused" else "更新が途中で失敗しました。理由:",
            f"Not published ({outcome.state}). Reasons:",
        )
        for reason in outcome.reasons:
            print(f"- {reason}", file=sys.stderr)
        if outcome.release is not None:
            complain(
                arguments,
                f"前回の公表版 {outcome.release.name} はそのままです。",
                f"The last release {outcome.release.name} stays.",
            )
    if outcome.is_trial:
        say(arguments, "見本を含む試行です。", "This is a trial: samples are among the inputs.")
    _print_not_used(arguments, outcome.not_used)
    for warning in outcome.warnings:
        complain(arguments, *warning.split(" / ", 1))


def _print_not_used(arguments: argparse.Namespace, files: list[dict[str, str]]) -> None:
    """One line per delivery that gave no figure, with its reason."""
    for one in files:
        say(
            arguments,
            f"使わなかったファイル {one['file_name']}: {one['problem_id']}: {one['reason_ja']}",
            f"Not used: {one['file_name']}: {one['reason_en']}",
        )


def _print_pages(arguments: argparse.Namespace, run: Path) -> None:
    """Where the pages for the makers of tonight's deliveries lie, or why there are none."""
    page, log = run / "pages" / "index.html", run / "pages.log"
    if page.is_file():
        say(arguments, f"作成者向けのページ: {page}", f"Pages for the makers of the files: {page}")
    elif log.is_file():
        complain(
            arguments,
            f"作成者向けのページを書けませんでした（公表には影響しません）。理由: {log}",
            f"The pages for the makers could not be written (the release is not affected); see {log}",
        )


def _print_release(arguments: argparse.Namespace, path: Path | None) -> None:
    from sousei.publication import papers, shelf, summary

    assert path is not None, "a published refresh names its release"
    say(arguments, f"公表しました: {path}", f"Published: {path}")
    say(arguments, f"  目次: {path / 'site' / 'index.html'}", f"  site: {path / 'site' / 'index.html'}")
    for line in summary.lines(shelf.read(path), arguments.lang):
        print(line)
    written, problems = papers.listed(path)
    for problem in problems:
        complain(
            arguments, problem, f"{problem.partition(':')[0]}: papers/papers.json says why; the tables are published"
        )
    for paper in written:
        if paper.problem_ja:
            which = " ".join(
                part for part in (paper.municipality_code, paper.plan_id, paper.edition, paper.kind) if part
            )
            complain(
                arguments,
                f"資料 {which}: {paper.problem_ja}",
                f"paper {which}: could not be written (papers/papers.json says why); the tables are published",
            )


def status_call(arguments: argparse.Namespace) -> int:
    """How the home is: what is published, how the last night ended, what waits, and what is wrong."""
    from sousei.orchestration import alarms
    from sousei.orchestration.health import health

    home, now = Home.from_environment(), clock.now()
    found = health(home, now, arguments.max_age_hours, arguments.as_of)
    known = alarms.known(home)
    if arguments.json:
        emit(alarms.told(found, known))
        return OK if found.healthy else REFUSED
    if found.healthy:
        say(arguments, "健全です。", "Healthy.")
    for fault in found.faults:
        ja, _, en = fault.partition(" / ")
        mark = ("", "") if not home.alert.is_file() else _KNOWN if alarms.id_of(fault) in known else _NEW
        say(arguments, f"{mark[0]}{ja}", f"{mark[1]}{en}")
    if found.release is not None:
        _print_current(arguments, found.release)
    if found.is_trial:
        say(arguments, "見本を含む試行です。", "This is a trial: samples are among the inputs.")
    if found.last is not None and found.last["state"] != "unknown":
        say(
            arguments,
            f"前回の更新: {STATES_JA[found.last['state']]}（{found.last['ended_at']}）",
            f"Last refresh: {found.last['state'].replace('_', ' ')} ({found.last['ended_at']})",
        )
        for reason in (one for one in found.last["reasons"] if one not in found.faults):
            print(f"- {reason}")
        _print_not_used(arguments, found.last["not_used"])
    say(
        arguments,
        "landing に未公表のファイル: " + ("、".join(found.waiting) or "なし"),
        "In landing, not yet published: " + (", ".join(found.waiting) or "none"),
    )
    _print_calendar(arguments, found)
    return OK if found.healthy else REFUSED


def _print_calendar(arguments: argparse.Namespace, found: Health) -> None:
    from sousei.orchestration import calendar

    if found.disk is not None:
        free, total = (f"{size / (1 << 30):.1f}" for size in (found.disk.free_bytes, found.disk.total_bytes))
        say(arguments, f"保存先の空き {free} GiB（全体 {total} GiB）", f"disk: {free} GiB free of {total} GiB")
    lines = [line for line in map(calendar.line, found.standings) if line]
    if lines:
        say(arguments, "資料の時期:", "Sources by their calendar:")
    for ja, en in lines:
        say(arguments, f"- {ja}", f"- {en}")


def _print_current(arguments: argparse.Namespace, facts: dict[str, Any]) -> None:
    verdict = facts["verdict"]
    say(
        arguments,
        f"公表版 {facts['release_id']}（作成 {facts['created_at']:%Y-%m-%d %H:%M}、{facts['age_days']:.1f}日前、"
        f"全{facts['releases']}版）\n検査 必須 合格{verdict['gate_passed']}・不合格{verdict['gate_failed']}"
        f"、注意 {verdict['warn_failed']}、要確認 {verdict['review_failed']}",
        f"Release {facts['release_id']} (made {facts['created_at']:%Y-%m-%d %H:%M}, {facts['age_days']:.1f} days "
        f"ago, {facts['releases']} in all)\nchecks: gate {verdict['gate_passed']} passed, "
        f"{verdict['gate_failed']} failed; warnings {verdict['warn_failed']}; to review {verdict['review_failed']}",
    )
