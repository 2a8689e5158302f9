"""Whether a home is well: what `sousei status` answers, and what a monitor asks.

Holds: the facts and everything that is wrong, each in a line. Does not hold: printing, or reading a whole release again
(`sousei verify`).
"""

from __future__ import annotations

import shutil
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sousei.foundation.home import Home
from sousei.ingest.contract.editions import Standing
from sousei.orchestration import calendar, inputs
from sousei.orchestration import run as runs
from sousei.orchestration.lock import is_held

GOOD_ENDS = ("published", "nothing_new")
"""Ends of a refresh after which nobody has to act."""
MAX_AGE_HOURS = 30.0
"""Without a refresh that ended for so long a home is unhealthy: a night is due every 24 hours and may take some."""
LEAST_BYTES = 1 << 30
"""Room that a night may need for its candidate, the release and what the engine spills: a release of two cities takes
0.04 GB, one of the whole country 0.3 GB; three times the current release is asked for where that is more."""


class Disk(NamedTuple):
    """Bytes on the file system of a home: all of them, those that its user may still write, and those a night asks."""

    total_bytes: int
    free_bytes: int
    asked_bytes: int


@dataclass(frozen=True)
class Health:
    """release: facts about the current release (publication.shelf.Status as a dict, None where it cannot be read).
    last: how the last refresh ended (run.last), its state `interrupted` where it runs no more. waiting: names of files
    in landing that are not published. disk: None where it cannot be told. standings: how each source stands by its
    calendar; what is late is no fault. faults: what is wrong, each Japanese / English; empty in a healthy home."""

    release: dict[str, Any] | None
    last: dict[str, Any] | None
    waiting: list[str]
    is_trial: bool
    disk: Disk | None = None
    standings: list[Standing] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        return not self.faults


def health(home: Home, now: datetime, max_age_hours: float = MAX_AGE_HOURS, on: date | None = None) -> Health:
    """How a home is at an aware time `now`. Never raises for what is broken in it.

    on: the day by which sources are late (None: that of `now`).
    """
    from sousei.ingest.receive.personal import PERSONAL

    faults: list[str] = []
    release, manifest = _release(home, now, faults)
    disk = _disk(home, manifest, faults)
    last = runs.last(home)
    if last is not None:
        last |= {"state": "interrupted"} if last["state"] == "running" and not is_held(home.lock) else {}
    faults += _of_the_last_refresh(last, now, max_age_hours)
    if any(one["problem_id"] == PERSONAL for one in (last or {}).get("not_used", [])):
        faults.append(
            "personal_data_in_landing: 個人情報を含むファイルが landing にあります。すぐに取り除いてください。 / "
            "personal_data_in_landing: a file in landing holds personal data; remove it at once."
        )
    standings = calendar.standings((manifest or {}).get("inputs", []), on or now.date())
    return Health(release, last, inputs.waiting(home), inputs.is_trial(manifest), disk, standings, faults)


def _disk(home: Home, manifest: dict[str, Any] | None, faults: list[str]) -> Disk | None:
    there = next((place for place in (home.root, *home.root.parents) if place.is_dir()), None)
    try:
        assert there is not None, "the root folder is there"
        found = shutil.disk_usage(there)
        size = sum(int(one["size_bytes"]) for one in (manifest or {}).get("files", {}).values())
    except (OSError, ValueError, TypeError, KeyError):
        return None
    disk = Disk(found.total, found.free, max(LEAST_BYTES, 3 * size))
    if disk.free_bytes < disk.asked_bytes:
        free, asked = (f"{one / (1 << 30):.1f}" for one in (disk.free_bytes, disk.asked_bytes))
        faults.append(
            f"disk_low: 保存先の空きが {free} GiB です（夜間処理の目安 {asked} GiB）。不要なファイルを移すか、"
            "ディスクを増やしてください。 / "
            f"disk_low: {free} GiB are free below SOUSEI_HOME; a night asks for {asked} GiB."
        )
    return disk


def _release(home: Home, now: datetime, faults: list[str]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """(facts about the current release, its manifest); None for what cannot be read."""
    from sousei.publication import shelf
    from sousei.publication.verify import glance

    try:
        manifest = runs.last_release(home)
        if manifest is None:
            ja, en = "", ""
            if not home.root.is_dir():  # a disk that is not there must not look like a new home
                ja = f"置き場 {home.root} がありません。SOUSEI_HOME と装置の接続を確かめてください。初めてなら、"
                en = f"there is no {home.root}: see SOUSEI_HOME and whether its disk is there; "
            faults.append(
                f"no_release: 公表版はまだありません。{ja}sousei refresh を実行してください。 / "
                f"no_release: {en}no release yet; run sousei refresh."
            )
            return None, None
        if behind := runs.clock_behind(manifest, now):
            faults.append(behind)
        release = shelf.read(home.current)
        faults += [
            f"{problem}sousei verify で確かめ、sousei release use で前の版に戻してください。 / "
            f"{problem.split(':')[0]}: the release is not as it was published; run sousei verify, then release use."
            for problem in glance(release)
        ]
        return asdict(shelf.status(home, now)), manifest
    except runs.PointerLostError as error:
        faults.append(str(error))
    except (OSError, ValueError) as error:
        told = next(iter(str(error).splitlines()), type(error).__name__)
        faults.append(
            f"release_unreadable: 公表版を読めません（{told}）。sousei verify で確かめてください。 / "
            f"release_unreadable: the release cannot be read ({told}); run sousei verify."
        )
    return None, None


def _of_the_last_refresh(last: dict[str, Any] | None, now: datetime, max_age_hours: float) -> list[str]:
    if last is None:
        return []
    state = last["state"]
    if state == "unknown":
        return list(last["reasons"])
    if state == "interrupted":
        return [
            f"refresh_interrupted: {last['ended_at']} に始まった更新は途中で止まりました（電源断など）。公表版は前の"
            "ままです。sousei refresh をもう一度実行してください。 / refresh_interrupted: the refresh that began at "
            f"{last['ended_at']} was cut short; the release is the one before. Run sousei refresh again."
        ]
    hours = (now - datetime.fromisoformat(last["ended_at"])).total_seconds() / 3600
    faults = list(last["reasons"]) if state in GOOD_ENDS else []  # what did not work beside the release
    if state == "nothing_delivered":
        named = ", ".join(f"{one['file_name']} ({one['problem_id']})" for one in last["not_used"]) or "landing: -"
        faults.append(
            f"last_refresh_nothing_delivered: 前回の更新には、使える資料が一つもありませんでした（{named}）。 / "
            f"last_refresh_nothing_delivered: the last refresh found nothing that can be used ({named})."
        )
    elif state not in (*GOOD_ENDS, "running"):
        faults.append(
            f"last_refresh_{state}: 前回の更新は公表に至りませんでした。 / last_refresh_{state}: nothing was published."
        )
    if hours > max_age_hours:
        begun = "始まったまま終わっていません" if state == "running" else "終わった更新がありません"
        faults.append(
            f"no_recent_refresh: {hours:.0f}時間、{begun}（許容 {max_age_hours:g}時間）。夜間の実行を確かめてください。"
            f" / no_recent_refresh: no refresh ended for {hours:.0f} hours (allowed: {max_age_hours:g})."
        )
    return faults
