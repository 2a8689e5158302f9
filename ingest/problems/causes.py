"""The problems of a delivery, each cause once.

Holds: rows of raw.problem -> one row for each cause, and one line for a whole delivery. Does not hold the problems
(record.py and the rules) or their printing (orchestration).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from sousei.ingest.problems.record import FileProblem

_GRAVE = {"gate": 0, "warn": 1, "review": 2}
_ANNOUNCED = "source_broken"
"""Said first of a file that is not used: the reason lies in our own settings."""


class Cause(FileProblem):
    """The first problem of a cause, and how many there are."""

    count: int


def causes(problems: Iterable[Mapping[str, Any]]) -> list[Cause]:
    """One row for each cause in a file: the first of those with the same identifier, severity and thing to do, the
    gravest first, and how many there are (`count`)."""
    first: dict[tuple[Any, ...], Cause] = {}
    for one in problems:
        key = (one.get("source_id"), one.get("file_name"), one["problem_id"], one["severity"], one["action_ja"])
        if key in first:
            first[key]["count"] += 1
        else:
            first[key] = cast(Cause, {**one, "count": 1})
    return sorted(first.values(), key=_gravity)


def one_line(problems: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """(Japanese, English) of why a delivery was not used: its gravest cause, where it was met first, how often, and how
    many other causes there are. One line each, without the file's name. problems: rows of raw.problem of one delivery;
    ('', '') where there are none."""
    rows = sorted((dict(one) for one in problems), key=_gravity)
    if not rows:
        return "", ""
    chief = rows[0]
    alike = [one for one in rows if one["problem_id"] == chief["problem_id"]]
    others = len({one["problem_id"] for one in rows}) - 1
    ja = _flat(chief["message_ja"]) + _place_ja(chief, len(alike))
    en = f"{chief['problem_id']}: {_flat(chief['message_en'])}" + _place_en(chief, len(alike))
    if others:
        ja += f" ほかに {others} 種類の理由があります。"
        en += f" {others} other cause{'s' if others > 1 else ''}."
    return ja, en


def _gravity(one: Mapping[str, Any]) -> tuple[bool, int]:
    return one["problem_id"] != _ANNOUNCED, _GRAVE.get(str(one["severity"]), len(_GRAVE))


def _flat(text: object) -> str:
    return " ".join(str(text).split())


def _place_ja(one: Mapping[str, Any], count: int) -> str:
    sheet = f"シート「{one['sheet']}」"
    parts = [sheet] if one["sheet"] and sheet not in one["message_ja"] else []
    parts += [f"{one['row']} 行目"] if one["row"] else []
    parts += [f"列「{_flat(one['column_label'])}」"] if one["column_label"] else []
    where = " ".join(parts)
    if count > 1:
        return f"(同じ理由 {count} 件、最初は {where})" if where else f"(同じ理由 {count} 件)"
    return f"({where})" if where else ""


def _place_en(one: Mapping[str, Any], count: int) -> str:
    parts = [f"sheet {one['sheet']!r}"] if one["sheet"] else []
    parts += [f"row {one['row']}"] if one["row"] else []
    where = ", ".join(parts)
    if count > 1:
        return f" ({count} times, first: {where})" if where else f" ({count} times)"
    return f" ({where})" if where else ""
