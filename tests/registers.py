"""The sample registers and reports as rows, for tests that look at what the two documents say.

Holds: the sample workbooks read by the product's own reader. Does not hold: what must be true of them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.reading.delivery import read
from sousei.ingest.tables import schema_of
from sousei.projection import scenarios
from sousei.projection.night import plans

SAMPLES = PROJECT_ROOT / "samples" / "landing"
SCENARIOS = PROJECT_ROOT / "dbt_project" / "seeds" / "scenarios.csv"


@cache
def table(name: str) -> pl.DataFrame:
    """Rows of a raw table of our own forms, from all sample workbooks; source_id is the name of the workbook."""
    source = "plan_register" if name.startswith("plan_register") else "section_report"
    frames = [schema_of(name).to_frame()]
    for path in sorted((SAMPLES / source).glob("*.xlsx")):
        reading = read(path.read_bytes(), path.name)
        assert reading.taken, reading.problems
        if name in reading.tables:
            rows = reading.tables[name].with_columns(source_id=pl.lit(path.stem))
            frames.append(rows.select(schema_of(name).names()))
    return pl.concat(frames)


def rows(name: str) -> list[dict[str, Any]]:
    """The same as dicts."""
    return table(name).to_dicts()


def night() -> plans.Plans:
    """The scenarios of the product and of the sample plans, and the figures that these print."""
    own, figures = table("plan_register_scenario"), table("plan_register_figure")
    return plans.of_night(scenarios.read(SCENARIOS), own, figures)
