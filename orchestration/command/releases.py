"""`sousei releases`, `verify`, `release use`, `diff`, `query`: what is done with releases.

Holds: printing. Does not hold: the shelf of releases (publication).
"""

from __future__ import annotations

import argparse
import sys

from sousei.foundation.home import Home
from sousei.orchestration.command.words import MISUSE, OK, REFUSED, emit, locked, print_frame, say


def list_call(arguments: argparse.Namespace) -> int:
    """All releases."""
    from sousei.publication import shelf

    listed = shelf.list_releases(Home.from_environment())
    print_frame(arguments, listed)
    return OK


def verify_call(arguments: argparse.Namespace) -> int:
    """Read a release again and compare."""
    from sousei.publication import shelf, verify

    home = Home.from_environment()
    release = shelf.find(home, arguments.release)
    found = verify.verify(release)
    problems = [*found.problems, *(verify.verify_inputs(home, release) if arguments.inputs else ())]
    if arguments.json:
        emit({"release_id": found.release_id, "sound": not problems, "problems": problems})
    else:
        for problem in problems:
            print(problem)
        say(
            arguments,
            f"公表版 {found.release_id}: {'問題があります' if problems else '健全です'}（{len(found.tables)}表）",
            f"Release {found.release_id}: {'NOT sound' if problems else 'sound'} ({len(found.tables)} tables)",
        )
    return REFUSED if problems else OK


def use_call(arguments: argparse.Namespace) -> int:
    """Move the pointer to a release that is sound."""
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
        return locked(arguments)
    say(
        arguments,
        f"releases/current は {chosen.release_id} を指しています。次の更新は、この版の入力と landing から作ります。",
        f"releases/current points to {chosen.release_id}; the next refresh takes its inputs and what lies in landing.",
    )
    return OK


def diff_call(arguments: argparse.Namespace) -> int:
    """What moved between two releases."""
    from sousei.publication import shelf
    from sousei.publication.diff import diff

    home = Home.from_environment()
    moved = diff(shelf.find(home, arguments.a), shelf.find(home, arguments.b))
    if arguments.json:
        emit({name: getattr(moved, name).to_dicts() for name in ("summary", "changes", "sources", "columns")})
        return OK
    if moved.changes.is_empty():
        say(arguments, "動いた数値はありません。", "No published figure moved.")
    else:
        print_frame(arguments, moved.changes)
    print_frame(arguments, moved.summary)
    return OK


def query_call(arguments: argparse.Namespace) -> int:
    """One question to a release."""
    from sousei.publication import shelf
    from sousei.publication.asked import AskedError, asked

    release = shelf.find(Home.from_environment(), arguments.release)
    try:
        answer = asked(arguments.sql, release.database, "json" if arguments.json else arguments.format)
    except AskedError as refusal:
        print(str(refusal), file=sys.stderr)
        return MISUSE
    sys.stdout.buffer.write(answer)
    return OK
