"""What the reading of one delivery gives.

Holds: the record that the reader fills and the way past looks at. Does not hold: how it is filled (delivery.py).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from sousei.ingest.contract.model import Contract
from sousei.ingest.problems.record import Problem


class Proposal(NamedTuple):
    """A line: raw table, row_key without `delivery` where as_published is null, and why, for the column evidence."""

    raw_table: str
    row_key: str
    as_published: Decimal | None
    corrected: Decimal | None
    why_ja: str


class Reading(NamedTuple):
    """What one delivery holds.

    contract: None where no source recognises it. tables: raw table -> rows without source_id. period: text for people.
    subject: which of several tables of one layout and period it is (scope, sex), as its title says.
    observed: first and last day that its observed (not projected) figures are about, or None.
    unused: figures that lines of the corrections put aside; tables hold them as published but for those of `aside`,
    whose rows could not be read.
    proposed: the lines with which a delivery that is refused for single rows may be taken (way_past.py).
    """

    contract: Contract | None
    layouts: list[str]
    tables: dict[str, pl.DataFrame]
    problems: list[Problem]
    title: str
    period: str
    observed: tuple[dt.date, dt.date] | None
    subject: str = ""
    unused: int = 0
    aside: int = 0
    proposed: tuple[Proposal, ...] = ()

    @property
    def taken(self) -> bool:
        """The delivery can be used."""
        broken = any(p["severity"] == "gate" for p in self.problems)
        return self.contract is not None and bool(self.tables) and not broken
