"""One delivery among the others that came: what stops it there, though its file by itself is sound.

Holds: which deliveries are versions of one publication, values of another period, fewer rows than before, figures after
the as-of date, withdrawals. Does not hold: reading or storing deliveries (raw.py), or which version of a figure counts
(in_force.py).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sousei.ingest.decided.decisions import HOW_TO_PASTE, Decisions, line_to_paste
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.receive.intake import Snapshot
from sousei.ingest.tables import FILLED_IN


def publication(one: dict[str, Any]) -> tuple[str, ...]:
    """Deliveries with the same key are versions of one publication: the period by its first day, since a year's file
    and the series of all years grow."""
    return one["source"], one["layout"], one["period"].split("..")[0], one["subject"]


class Related:
    """Of many deliveries those that one has to be held against: of the same values, or versions of the same publication
    about an area of its own. Looking through all for each would grow with the square of their number."""

    def __init__(self, deliveries: list[tuple[Snapshot, dict[str, Any]]]) -> None:
        self._all = deliveries
        self._places: dict[tuple[str, ...], list[int]] = {}
        for place, (_, one) in enumerate(deliveries):
            for key in {("values", one["fingerprint"]), publication(one), *self._with_areas(one)}:
                self._places.setdefault(key, []).append(place)

    def to(self, one: dict[str, Any]) -> list[tuple[Snapshot, dict[str, Any]]]:
        """In the order in which they were given."""
        keys: list[tuple[str, ...]] = [("values", one["fingerprint"])] if one["fingerprint"] else []
        keys += self._with_areas(one) if one["areas"] else [publication(one)]
        return [self._all[place] for place in sorted({place for key in keys for place in self._places.get(key, ())})]

    @staticmethod
    def _with_areas(one: dict[str, Any]) -> list[tuple[str, ...]]:
        return [(*publication(one), "area", area) for area in one["areas"]]


def withdrawn(line: dict[str, str]) -> Problem:
    """line: of the withdrawals."""
    return problem(
        "withdrawn",
        day=line["decided_at"][:10],
        by=line["decided_by"],
        reason_ja=line["reason_ja"],
        source_id=line["source_id"],
    )


def against_others(
    snapshot: Snapshot,
    one: dict[str, Any],
    all_of_them: list[tuple[Snapshot, dict[str, Any]]],
    decided: Decisions,
) -> Problem | None:
    """A delivery that repeats the values of another period, or has fewer rows than an earlier version of itself."""
    rows = sum(one["rows"].values())
    taken = [(other, result) for other, result in all_of_them if result["verdict"] == "taken"]
    for other, result in taken:
        alike = one["fingerprint"] and result["fingerprint"] == one["fingerprint"]
        if (
            alike
            and not decided.lets_pass("same_values_other_period", one["source_id"])
            and result["source"] == one["source"]
            and (result["observed_from"] or "") < (one["observed_from"] or "")
        ):
            return problem(
                "same_values_other_period",
                period=one["period"],
                other_period=result["period"],
                other_file=other.file_name,
                paste_ja=f"{HOW_TO_PASTE} {line_to_paste('same_values_other_period', one['source_id'])}",
            )
    if set(FILLED_IN).intersection(one["rows"]):  # a later register may have fewer rows; a later report has its own
        return None
    earlier = [result for other, result in taken if other.received_at < snapshot.received_at]
    versions = [result for result in earlier if publication(result) == publication(one) and not _of_others(result, one)]
    before = max((sum(result["rows"].values()) for result in versions), default=0)
    if rows + one.get("rows_aside", 0) < before and not decided.lets_pass("shrunken_delivery", one["source_id"]):
        return problem(
            "shrunken_delivery",
            before=before,
            rows=rows,
            paste_ja=f"{HOW_TO_PASTE} {line_to_paste('shrunken_delivery', one['source_id'])}",
        )
    return None


def _of_others(earlier: dict[str, Any], later: dict[str, Any]) -> bool:
    """Whether two deliveries are about different municipalities, as when each sends its own part of one table, or the
    later one is an extract of a table of the country: what it does not name stays in force."""
    if later["areas"] and not earlier["areas"]:
        return True
    return bool(earlier["areas"] and later["areas"]) and not set(earlier["areas"]) & set(later["areas"])


def after(day: str, as_of: dt.date) -> Problem:
    """Figures about a day after the as-of date."""
    return problem("after_as_of", as_of=as_of, day=day)
