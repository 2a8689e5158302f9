"""What is late, missing or due next of each source, by the calendar in its contract.

Holds: the contracts' editions set against the deliveries of the current release. Does not hold: the calendar itself
(ingest.contract.editions), or whether the home is well (health): a publisher's delay is no fault of the machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sousei.ingest.contract.editions import EVERY_JA, Standing, standing
from sousei.ingest.contract.loading import all_contracts


def standings(deliveries: Iterable[Mapping[str, Any]], on: date) -> list[Standing]:
    """How each edition of each source stands on a day, in the order of the contracts.

    deliveries: `inputs` of a release's manifest.
    """
    used = [one for one in deliveries if one.get("verdict") == "taken"]
    found: list[Standing] = []
    for contract in all_contracts():
        named = {edition.edition: edition for edition in contract.editions}
        for edition in contract.editions:
            replacing = named.get(edition.replaced_by or "")
            found.append(standing(contract.source, contract.publisher_ja, edition, used, on, replacing))
    return found


def late(found: Iterable[Standing]) -> list[str]:
    """The editions that are late, by name: `tourism/visitors 2026-07`."""
    return [f"{one.source}/{one.edition} {period}" for one in found for period in one.late]


def line(one: Standing) -> tuple[str, str] | None:
    """One edition for people, Japanese and English; None where there is nothing to say."""
    if one.newest is None and one.every == "occasion":
        return None
    ja = [f"{one.name_ja}（{one.source}、{EVERY_JA[one.every]}）"]
    en = [f"{one.source}/{one.edition} ({one.every.replace('_', ' ')})"]
    if one.newest is None:
        ja.append("まだ使っていません")
        en.append("not used yet")
    elif one.every != "occasion":
        ja.append(f"最新 {one.newest}")
        en.append(f"newest {one.newest}")
    if one.late:
        ja.append(f"遅れ {'、'.join(one.late)}（取得先 {one.page}）")
        en.append(f"late {', '.join(one.late)} (from {one.page})")
    if one.gaps:
        ja.append(f"途中の欠け {'、'.join(one.gaps)}")
        en.append(f"missing between {', '.join(one.gaps)}")
    if one.next_due is not None:
        ja.append(f"次は {one.next_period}（公表の目安 {one.next_due}）")
        en.append(f"next {one.next_period} (about {one.next_due})")
    return (" ".join(ja), "; ".join(en)) if len(ja) > 1 else None
