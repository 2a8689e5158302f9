"""`sousei lake`: the second shelf, made equal to the current release.

Holds: printing. Does not hold: what is written there (publication.lake).
"""

from __future__ import annotations

import argparse

from sousei.foundation import retention
from sousei.foundation.home import Home
from sousei.orchestration.command.words import MISUSE, OK, REFUSED, complain, emit, locked, say


def lake_call(arguments: argparse.Namespace) -> int:
    """Make the lake equal to the current release, and say where it stands."""
    from sousei.orchestration.lock import RefreshInProgressError, refresh_lock
    from sousei.publication import lake, shelf

    home, keep = Home.from_environment(), retention.from_environment().releases
    place = lake.from_environment()
    if place is None:
        complain(
            arguments,
            f"lake_not_set_up: 環境変数 {lake.CATALOGUE} と {lake.DATA} がありません（docs/prefecture.ja.md）。",
            f"lake_not_set_up: {lake.CATALOGUE} and {lake.DATA} are not set.",
        )
        return MISUSE
    try:
        with refresh_lock(home.lock):
            release = shelf.find(home)
            stands = lake.publish(place, release, keep)
    except RefreshInProgressError:
        return locked(arguments)
    except lake.LakeError as error:
        complain(arguments, *str(error).split(" / ", 1))
        return REFUSED
    if arguments.json:
        emit({"release_id": release.release_id, **stands._asdict()})
        return OK
    say(
        arguments,
        f"DuckLake は公表版 {release.release_id} と同じです（{stands.tables}表、スナップショット {stands.snapshot}、"
        f"今回書いた表 {len(stands.replaced)}）。",
        f"DuckLake equals release {release.release_id} ({stands.tables} tables, snapshot {stands.snapshot}, "
        f"{len(stands.replaced)} written now).",
    )
    return OK


def follow(arguments: argparse.Namespace, home: Home) -> None:
    """After the pointer was moved: the lake follows it, or says why not."""
    from sousei.publication import lake

    if told := lake.follow(home, retention.from_environment().releases):
        complain(arguments, *told.split(" / ", 1))
