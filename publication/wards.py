"""Wards of designated cities: their published table, from the tables of the night that made a release.

Holds: finding a ward there. Does not hold: the marts of a release, which have municipalities only, or any projection.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sousei.foundation.duck import quoted
from sousei.foundation.home import Home
from sousei.publication.query import query

CANDIDATE = "candidate.duckdb"


@dataclass(frozen=True)
class _Night:
    database: Path


def published_of_ward(home: Home, run_id: str, code: str) -> pl.DataFrame:
    """The published projections of a ward as the desk takes a municipality's; empty where there is no such ward.

    home: whose nights. run_id: the run that made the release. Rows of in_force.ipss_population under the level of a
    municipality. Empty too where the run has been cleared away.
    """
    database = home.runs / run_id / CANDIDATE
    if not database.is_file():
        return pl.DataFrame()
    asked = f"from in_force.ipss_population where area_level = 'ward' and area_code = {quoted(code)}"
    return query(asked, _Night(database)).with_columns(pl.lit("municipality").alias("area_level"))
