"""`sousei refresh` and `sousei status`: the night, once, now; and how the last one ended.

Holds: printing how a night ended and what it left. Does not hold: what a night does (orchestration.refresh).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sousei.foundation import clock
from sousei.foundation.home import Home
from sousei.orchestration.command.words import MISUSE, OK, REFUSED, STATES_JA, complain, emit, locked, say

HEALTHY = ("published", "nothing_new")
"""Ends of a refresh after which nobody has to act."""


def refresh_call(arguments: argparse.Namespace) -> int:
    """The night, once, now."""
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
    try:
        outcome = refresh(home, arguments.landing, arguments.as_of or now.date(), now, arguments.samples)
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
    return OK if outcome.state in HEALTHY else REFUSED


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
    for paper in papers.listed(path):
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
    """How the last night ended, and what waits."""
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
        emit({**facts, "last_refresh": last, "waiting_in_landing": waiting, "healthy": healthy})
        return OK if healthy else REFUSED
    if lost is not None:
        complain(arguments, *lost.split(" / ", 1))
    elif facts["release_id"] is None:
        say(
            arguments,
            "公表版はまだありません。sousei refresh を実行してください。",
            "No release yet; run sousei refresh.",
        )
    else:
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
    if inputs.is_trial(runs.current_manifest(home)):
        say(arguments, "見本を含む試行です。", "This is a trial: samples are among the inputs.")
    if last is not None:
        say(
            arguments,
            f"前回の更新: {STATES_JA[last['state']]}（{last['ended_at']}）",
            f"Last refresh: {last['state'].replace('_', ' ')} ({last['ended_at']})",
        )
        for reason in last["reasons"]:
            print(f"- {reason}")
    if personal:
        say(
            arguments,
            "個人情報を含むファイルが landing にあります。すぐに取り除いてください。",
            "A file in landing holds personal data; remove it at once.",
        )
    _print_not_used(arguments, not_used)
    say(
        arguments,
        "landing に未公表のファイル: " + ("、".join(waiting) or "なし"),
        "In landing, not yet published: " + (", ".join(waiting) or "none"),
    )
    return OK if healthy else REFUSED
