"""Whether a home is well: what `sousei status` answers, and what a monitor asks.

Holds: the facts and everything that is wrong, each in a line. Does not hold: printing, or reading a whole release again
(`sousei verify`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sousei.foundation.home import Home
from sousei.orchestration import inputs
from sousei.orchestration import run as runs
from sousei.orchestration.lock import is_held

GOOD_ENDS = ("published", "nothing_new")
"""Ends of a refresh after which nobody has to act."""
MAX_AGE_HOURS = 30.0
"""Without a refresh that ended for so long a home is unhealthy: a night is due every 24 hours and may take some."""


@dataclass(frozen=True)
class Health:
    """release: facts about the current release (publication.shelf.Status as a dict, None where it cannot be read).
    last: how the last refresh ended (run.last), its state `interrupted` where it runs no more. waiting: names of files
    in landing that are not published. faults: what is wrong, each Japanese / English; empty in a healthy home."""

    release: dict[str, Any] | None
    last: dict[str, Any] | None
    waiting: list[str]
    is_trial: bool
    faults: list[str] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        return not self.faults


def health(home: Home, now: datetime, max_age_hours: float = MAX_AGE_HOURS) -> Health:
    """How a home is at an aware time `now`. Never raises for what is broken in it."""
    from sousei.ingest.receive.personal import PERSONAL

    faults: list[str] = []
    release, trial = _release(home, now, faults)
    last = runs.last(home)
    if last is not None:
        last |= {"state": "interrupted"} if last["state"] == "running" and not is_held(home.lock) else {}
    faults += _of_the_last_refresh(last, now, max_age_hours)
    if any(one["problem_id"] == PERSONAL for one in (last or {}).get("not_used", [])):
        faults.append(
            "personal_data_in_landing: 個人情報を含むファイルが landing にあります。すぐに取り除いてください。 / "
            "personal_data_in_landing: a file in landing holds personal data; remove it at once."
        )
    return Health(release, last, inputs.waiting(home), trial, faults)


def _release(home: Home, now: datetime, faults: list[str]) -> tuple[dict[str, Any] | None, bool]:
    from sousei.publication import shelf
    from sousei.publication.verify import glance

    try:
        manifest = runs.last_release(home)
        if manifest is None:
            faults.append(
                "no_release: 公表版はまだありません。sousei refresh を実行してください。 / "
                "no_release: no release yet; run sousei refresh."
            )
            return None, False
        release = shelf.read(home.current)
        faults += [
            f"{problem}sousei verify で確かめ、sousei release use で前の版に戻してください。 / "
            f"{problem.split(':')[0]}: the release is not as it was published; run sousei verify, then release use."
            for problem in glance(release)
        ]
        return asdict(shelf.status(home, now)), inputs.is_trial(manifest)
    except runs.PointerLostError as error:
        faults.append(str(error))
    except (OSError, ValueError) as error:
        told = next(iter(str(error).splitlines()), type(error).__name__)
        faults.append(
            f"release_unreadable: 公表版を読めません（{told}）。sousei verify で確かめてください。 / "
            f"release_unreadable: the release cannot be read ({told}); run sousei verify."
        )
    return None, False


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
    faults = []
    if state not in (*GOOD_ENDS, "running"):
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
