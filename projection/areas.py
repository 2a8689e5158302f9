"""Which row of a table of areas is a municipality's, and the code that it has today.

Holds: the levels that the projection reads, codes that changed without the area changing. Does not hold: the register
of areas (ingest), or what a level means.
"""

from __future__ import annotations

from datetime import date

import polars as pl

AREA_LEVELS = ("municipality", "designated_city")
FIRST_EDITION = date(2018, 3, 1)
"""The areas of the 2018 edition are those of this day."""


def successors(changes: pl.DataFrame, since: date) -> dict[str, str]:
    """The code of today by the code before, of municipalities that became another one alone and whole after `since`
    (a town raised to a city): 40305 -> 40231.

    changes: change_date, old_code, new_code (the register of changes). Mergers are left out: a table of before a merger
    has several rows for the one area of today.
    """
    later = changes.filter(
        (pl.col("change_date").cast(pl.String).str.to_date() > since) & (pl.col("old_code") != pl.col("new_code"))
    ).sort("change_date")
    alone = later.filter(
        ~pl.col("new_code").is_duplicated() & ~pl.col("old_code").is_duplicated(),
    )
    found: dict[str, str] = dict(alone.select("old_code", "new_code").rows())
    return {old: found.get(new, new) for old, new in found.items()}
