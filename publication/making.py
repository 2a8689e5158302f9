"""One paper of a release -> its bytes, whichever process makes it.

Holds: which papers there are of a plan and of a municipality, what each is made of, reading that once for all of them.
Does not hold: what stands in a paper (`book`, `report`, `whatif`), where it is written and what one that fails costs
(`papers`), the process beside (`beside`).

The bytes follow from the release alone, so that it does not matter who makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from sousei.publication.book import write as write_book
from sousei.publication.moved import Moved, moved, of_town
from sousei.publication.query import queries
from sousei.publication.report import page
from sousei.publication.report.page import Change
from sousei.publication.shelf import DATABASE
from sousei.publication.told.read import EDITIONS, Reading, Told, all_told_of, told_of
from sousei.publication.whatif.release import Sittings


@dataclass(frozen=True)
class Unsealed:
    """A release's directory before it is sealed: what reads a release's database can read it."""

    path: Path

    @property
    def database(self) -> Path:
        return self.path / DATABASE


class Asked(NamedTuple):
    """One paper to make: of a plan, or of a municipality (plan_id None); the same in each of its editions."""

    kind: str
    municipality_code: str
    plan_id: str | None
    editions: tuple[str, ...]


Maker = Callable[[Sequence[Told], Sequence[Change] | None], bytes]
"""What was read of the plans, and what moved since the last release -> the paper."""


def _book(plans: Sequence[Told], changes: Sequence[Change] | None) -> bytes:
    return write_book.written(plans[0])


def _report(plans: Sequence[Told], changes: Sequence[Change] | None) -> bytes:
    return page.rendered(list(plans), changes)


OF_A_PLAN: dict[str, Maker] = {"xlsx": _book}
OF_A_MUNICIPALITY: dict[str, Maker] = {"html": _report}
"""Suffix -> what makes the paper."""
WHATIF = "whatif"
"""Kind of the page with sliders, which no plan and no edition changes."""


class Making:
    """What the papers of a release are made of, read when the first one needs it.

    Raises QueryError or duckdb.Error where the release lacks a table.
    """

    def __init__(self, release: Unsealed) -> None:
        self._release = release

    @cached_property
    def _read(self) -> Reading:
        return Reading(self._release)

    @cached_property
    def _moved(self) -> Moved | None:
        return moved(self._release.database)

    @cached_property
    def _sittings(self) -> tuple[Sittings, str]:
        release_id = queries(["select release_id from meta_release"], self._release)[0].item()
        return Sittings(self._release), release_id

    def papers(self) -> list[Asked]:
        """Workbooks and reports, by municipality, edition and plan. Reads what they are made of."""
        towns: dict[str, list[str]] = {}
        for one in self._read.plans():
            towns.setdefault(one["municipality_code"], []).append(one["plan_id"])
        _ = self._moved
        return [
            one
            for code, plans in towns.items()
            for edition in EDITIONS
            for one in (
                *(Asked(kind, code, plan_id, (edition,)) for plan_id in plans for kind in OF_A_PLAN),
                *(Asked(kind, code, None, (edition,)) for kind in OF_A_MUNICIPALITY),
            )
        ]

    def whatifs(self, papers: Sequence[Asked]) -> list[Asked]:
        """The page with sliders of every municipality that has papers. Reads what they are made of."""
        _ = self._sittings
        codes = dict.fromkeys(one.municipality_code for one in papers)
        return [Asked(WHATIF, code, None, tuple(EDITIONS)) for code in codes]

    def made(self, asked: Asked) -> bytes | None:
        """The paper; None for the page with sliders of a municipality without a table to run. Raises what its maker
        raises."""
        kind, code, plan_id, (edition, *_) = asked
        if kind == WHATIF:
            sittings, release_id = self._sittings
            return sittings.page(code, release_id)
        changes = of_town(self._moved, code)
        if plan_id is None:
            return OF_A_MUNICIPALITY[kind](all_told_of(self._read, code, edition), changes)
        return OF_A_PLAN[kind]([told_of(self._read, code, plan_id, edition)], changes)
