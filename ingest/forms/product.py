"""What the product's seeds say to the forms: kinds whose values add up, and the indicators with their units.

Holds: reading the seeds that decide how a row of a form is taken. Does not hold: the seeds (dbt_project/seeds), or the
rules that ask them (the sources' readers, ingest.reported).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import polars as pl

from sousei.foundation.home import PROJECT_ROOT

SEED_FILES = ("dbt_project/seeds/kpi_kinds.csv", "dbt_project/seeds/indicators.csv")
"""What this module reads: another seed is another reading of a form."""
_KINDS, _INDICATORS = SEED_FILES


@cache
def summed_kinds() -> frozenset[str]:
    """Kinds of KPI whose values add up over the term."""
    kinds = pl.read_csv(PROJECT_ROOT / _KINDS, infer_schema=False)
    return frozenset(kinds.filter(pl.col("is_summed") == "true")["kind"])


@cache
def units() -> Mapping[str, tuple[str, ...]]:
    """indicator_id -> its unit, then other units that a KPI may write for it."""
    rows = pl.read_csv(PROJECT_ROOT / _INDICATORS, infer_schema=False).select("indicator_id", "unit", "kpi_units_ja")
    return {name: (unit, *(others or "").split()) for name, unit, others in rows.iter_rows()}
