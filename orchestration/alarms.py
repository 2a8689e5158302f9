"""What a monitor reads: the state of a home with stable keys, and the alert file that tells new faults from known ones.

Holds: `sousei status --json` as a record; `alerts/alert.json`, what it held before, and the message for outside, which
names faults and sources by their identifiers and nothing else: no file name, no cell, no text of a delivery. Does not
hold: finding faults (health), or sending (sousei.outside).
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sousei.foundation.files import write_json
from sousei.foundation.home import Home
from sousei.orchestration import calendar
from sousei.orchestration.health import Health


def id_of(fault: str) -> str:
    """The identifier with which a fault begins."""
    return fault.split(":")[0].strip()


def known(home: Home) -> dict[str, str]:
    """Identifier -> since when, of the faults that an alert has told; empty where none can be read."""
    return {one["id"]: one["since"] for one in _before(home) if one["is_told"]}


def _before(home: Home) -> list[dict[str, Any]]:
    try:
        said = json.loads(home.alert.read_text(encoding="utf-8"))
        return [{"id": str(one["id"]), "since": str(one["since"]), "is_told": one["is_told"]} for one in said["faults"]]
    except (OSError, ValueError, TypeError, KeyError):
        return []


def not_told(home: Home) -> None:
    """What is new could not be sent: it is new again the next time."""
    said = json.loads(home.alert.read_text(encoding="utf-8"))
    faults = [one | {"is_told": one["is_told"] and not one["is_new"]} for one in said["faults"]]
    write_json(home.alert, said | {"faults": faults})


def told(found: Health, before: dict[str, str]) -> dict[str, Any]:
    """The state of a home for programs; docs/contract.md lists the keys."""
    ids = [id_of(fault) for fault in found.faults]
    return {
        **(found.release or {"release_id": None}),
        "last_refresh": found.last,
        "waiting_in_landing": found.waiting,
        "disk": found.disk._asdict() if found.disk else None,
        "sources": [asdict(one) for one in found.standings],
        "late": calendar.late(found.standings),
        "healthy": found.healthy,
        "faults": found.faults,
        "new_faults": [one for one in ids if one not in before],
        "known_faults": [one for one in ids if one in before],
    }


def record(home: Home, found: Health, now: datetime) -> dict[str, Any]:
    """Write `alerts/alert.json` and give the message for outside.

    A fault that was there the last time keeps the time since when it is there.
    """
    before, since = known(home), {one["id"]: one["since"] for one in _before(home)}
    at = now.isoformat(timespec="seconds")
    faults = [
        {
            "id": id_of(fault),
            "since": since.get(id_of(fault), at),
            "is_new": id_of(fault) not in before,
            "is_told": True,
            "text": fault,
        }
        for fault in found.faults
    ]
    ended = sorted(set(before) - {id_of(fault) for fault in found.faults})
    message = {
        "at": at,
        "healthy": found.healthy,
        "new_faults": [one["id"] for one in faults if one["is_new"]],
        "known_faults": [one["id"] for one in faults if not one["is_new"]],
        "ended_faults": ended,
        "late": calendar.late(found.standings),
        "release_id": (found.release or {}).get("release_id"),
    }
    write_json(home.alert, message | {"faults": faults})
    return message
