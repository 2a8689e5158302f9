"""`sousei releases`, `verify`, `rebuild`, `release use`, `release seal`, `diff`, `query`: what is done with releases.

Holds: printing. Does not hold: the shelf of releases (publication).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from sousei.foundation.home import Home
from sousei.orchestration.command import lakes
from sousei.orchestration.command.words import MISUSE, OK, REFUSED, complain, emit, locked, print_frame, say

if TYPE_CHECKING:
    from sousei.orchestration.rebuild import Compared

_STATES_JA = {
    "same_values": "値はすべて同じ（列の説明かファイルの形が違う）",
    "differs": "違う",
    "only_released": "作り直した版にない",
    "only_rebuilt": "公表版にない",
}


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


def rebuild_call(arguments: argparse.Namespace) -> int:
    """Make a release again from what is kept, and compare it."""
    from sousei.orchestration.inputs import CannotStartError
    from sousei.orchestration.rebuild import rebuild
    from sousei.publication import shelf

    home = Home.from_environment()
    if arguments.to is not None and arguments.to.exists():
        complain(
            arguments,
            f"folder_in_use: {arguments.to} はもうあります。ないフォルダの名前を指定してください。",
            f"folder_in_use: {arguments.to} is there already; name a folder that is not.",
        )
        return MISUSE
    release = shelf.find(home, arguments.release)
    try:
        found = rebuild(home, release, arguments.to)
    except CannotStartError as refusal:
        for reason in refusal.reasons:
            print(reason, file=sys.stderr)
        return REFUSED
    if arguments.json:
        emit(asdict(found) | {"is_equal": found.is_equal})
        return OK if found.is_equal else REFUSED
    equal = sum(one.state == "equal" for one in found.tables)
    say(
        arguments,
        f"公表版 {found.release_id} を保管した資料から作り直しました。{len(found.tables)}表中 {equal}表が同じです。",
        f"Release {found.release_id} was made again: {equal} of {len(found.tables)} tables are equal.",
    )
    for one in found.tables:
        if one.state != "equal":
            say(arguments, f"- {one.table}: {_STATES_JA[one.state]}{_moved(one, 'ja')}",
                f"- {one.table}: {one.state.replace('_', ' ')}{_moved(one, 'en')}")  # fmt: skip
    for reason in found.reasons:
        ja, _, en = reason.partition(" / ")
        say(arguments, ja, en)
    return OK if found.is_equal else REFUSED


def _moved(one: Compared, lang: str) -> str:
    """How much of a table differs, in words."""
    if one.state != "differs":
        return ""
    said = [(f"消えた行 {one.rows_gone}、新しい行 {one.rows_new}", f"{one.rows_gone} rows gone, {one.rows_new} new")]
    if one.columns_gone:
        said.append((f"消えた列 {'、'.join(one.columns_gone)}", f"columns gone: {', '.join(one.columns_gone)}"))
    if one.columns_new:
        said.append((f"新しい列 {'、'.join(one.columns_new)}", f"columns new: {', '.join(one.columns_new)}"))
    return f"（{'。'.join(ja for ja, _ in said)}）" if lang == "ja" else f" ({'; '.join(en for _, en in said)})"


def release_call(arguments: argparse.Namespace) -> int:
    """Move the pointer to a release that is sound, or make lost seals anew."""
    if (arguments.action == "use") != bool(arguments.release):
        complain(
            arguments,
            "wrong_use: sousei release use 版の番号、または sousei release seal（番号なし）と書いてください。",
            "wrong_use: write sousei release use RELEASE, or sousei release seal without one.",
        )
        return MISUSE
    return _use(arguments) if arguments.release else _seal(arguments)


def _seal(arguments: argparse.Namespace) -> int:
    """Seals from the releases as they are, where there were some and they are lost."""
    from sousei.orchestration.lock import RefreshInProgressError, refresh_lock
    from sousei.publication import seals, shelf
    from sousei.publication.verify import verify

    home = Home.from_environment()
    if not seals.are_lost(home.root):
        complain(
            arguments,
            "seals_not_lost: 封印 seals.csv はなくなっていません。作り直すものはありません。",
            "seals_not_lost: seals.csv is not lost; there is nothing to make.",
        )
        return MISUSE
    try:
        with refresh_lock(home.lock):
            there = shelf.ordered(home)
            found = [(path.name, one) for path in there for one in verify(shelf.read(path)).problems]
            wrong = [f"{name}: {one}" for name, one in found if not one.startswith("seals_lost: ")]
            if not wrong:
                seals.anew(home.root, there)
    except RefreshInProgressError:
        return locked(arguments)
    for one in wrong:
        print(one, file=sys.stderr)
    if wrong:
        return REFUSED
    say(
        arguments,
        f"{len(there)} の公表版の封印を作り直しました。"
        "これより前に公表版が書き換えられていないことは、この封印では分かりません。",
        f"Seals of {len(there)} releases were made; they do not tell whether a release was edited before.",
    )
    return OK


def _use(arguments: argparse.Namespace) -> int:
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
            aside = publish.use(home, chosen)
            lakes.follow(arguments, home)
    except RefreshInProgressError:
        return locked(arguments)
    say(
        arguments,
        f"releases/current は {chosen.release_id} を指しています。次の更新は、この版の入力と landing から作ります。",
        f"releases/current points to {chosen.release_id}; the next refresh takes its inputs and what lies in landing.",
    )
    if aside is not None:
        say(
            arguments,
            f"releases/current はフォルダになっていたので、{aside} に移しました。要らなければ消してください。",
            f"releases/current was a folder; it is now {aside}, to be removed where nobody needs it.",
        )
    return OK


def diff_call(arguments: argparse.Namespace) -> int:
    """What moved between two releases."""
    import duckdb

    from sousei.publication import changes, shelf

    home = Home.from_environment()
    a, b = (shelf.find(home, name) for name in (arguments.a, arguments.b))
    try:
        rows = changes.between(a.database, b.database)
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        complain(
            arguments,
            f"release_not_readable: {a.release_id} と {b.release_id} を比べられません（{first}）。"
            "sousei verify で両方を確かめてください。",
            f"release_not_readable: cannot compare {a.release_id} and {b.release_id} ({first}); run sousei verify.",
        )
        return MISUSE
    if arguments.json:
        emit({"a": a.release_id, "b": b.release_id, "changes": [one._asdict() for one in rows]})
    elif not rows:
        say(arguments, "動いた数値はありません。", "No published figure moved.")
    elif arguments.lang == "en":
        for one in rows:
            place = f"{one.table_name} {one.change} {one.row_key or f'{one.n_rows} rows'}"
            moved = f" {one.column_name}: {one.value_before} -> {one.value_after}" if one.column_name else ""
            print(f"{place}{moved} [{', '.join(one.causes.split())}] {one.source_ids or ''}".rstrip())
    else:
        print(changes.markdown(rows, release_id=b.release_id))
    return OK


def query_call(arguments: argparse.Namespace) -> int:
    """One question to a release: SQL of the user's own, or a ready query by its name."""
    from sousei.publication import shelf
    from sousei.publication.asked import AskedError, asked
    from sousei.publication.ready import OF_PLANS, ready

    if [bool(arguments.sql), bool(arguments.name), arguments.list].count(True) != 1:
        complain(
            arguments,
            "query_unclear: SQL、--name、--list のどれか一つを指定してください。",
            "query_unclear: give SQL, --name or --list, one of them.",
        )
        return MISUSE
    known = {one.name: one for one in ready()}
    if arguments.list:
        if arguments.json:
            emit([one._asdict() for one in known.values()])
        else:
            for one in known.values():
                print(f"{one.name}: {one.question_ja}")
        return OK
    if arguments.name and arguments.name not in known:
        complain(
            arguments,
            f"query_unknown: {arguments.name} という問い合わせはありません。sousei query --list で一覧を見てください。",
            f"query_unknown: no ready query {arguments.name}; see sousei query --list.",
        )
        return MISUSE
    chosen = known.get(arguments.name)
    sql: str = chosen.sql if chosen else arguments.sql
    if arguments.municipality:
        if chosen and (of_it := chosen.of(arguments.municipality)):
            sql = of_it
        else:
            complain(
                arguments,
                "query_unclear: --municipality を付けられるのは、市区町村の行がある --name の問い合わせだけです。",
                "query_unclear: --municipality goes with a ready query (--name) that has rows of municipalities.",
            )
            return MISUSE
    release = shelf.find(Home.from_environment(), arguments.release)
    plans = release.manifest.tables.get("dim_plan")
    if chosen and OF_PLANS in sql and plans is not None and not plans.rows:
        complain(
            arguments,
            "no_plan: この問い合わせは計画のある市区町村が対象で、公表版に計画はありません。--municipality 01223 の"
            "ように市区町村を指定してください。",
            "no_plan: this is about municipalities with a plan, and there is none; name one with --municipality CODE.",
        )
    try:
        answer = asked(sql, release.database, "json" if arguments.json else arguments.format)
    except AskedError as refusal:
        print(str(refusal), file=sys.stderr)
        return MISUSE
    sys.stdout.buffer.write(answer)
    return OK
