"""What municipalities' plans add to the standard scenarios, each plan alone.

Holds: the product's scenarios with those of the plans, and the printed figures, without the plans that cannot be
projected. Does not hold: the rules themselves (scenarios, reconcile). One plan's mistake costs that plan.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from sousei.projection import scenarios
from sousei.projection.engine import ProjectionError
from sousei.projection.night import reconcile

FAULTS = pl.Schema({"municipality_code": pl.String, "plan_id": pl.String, "message": pl.String})


class Plans(NamedTuple):
    """scenarios, figures: as scenarios.tidy and reconcile.tidy give them. faults: FAULTS, one row per plan left out."""

    scenarios: pl.DataFrame
    figures: pl.DataFrame
    faults: pl.DataFrame


def of_night(standard: pl.DataFrame, own: pl.DataFrame, figures: pl.DataFrame) -> Plans:
    """standard: the product's scenarios (scenarios.read). own, figures: in_force.plan_register_scenario and _figure.

    A plan whose scenarios or figures break a rule is left out with both. Raises ProjectionError where the product's own
    scenarios do.
    """
    assumed, printed, faults = _text(standard), [], []
    scenarios.tidy(assumed)
    plans = pl.concat([own.select(_PLAN), figures.select(_PLAN)]).unique().sort(_PLAN)
    for code, plan in plans.iter_rows():
        mine = (pl.col("municipality_code") == code) & (pl.col("plan_id") == plan)
        try:
            more = pl.concat([assumed, _text(own.filter(mine))])
            scenarios.tidy(more)
            of_plan = reconcile.tidy(figures.filter(mine))
        except ProjectionError as error:
            faults.append((code, plan, str(error)))
            continue
        assumed = more
        printed.append(of_plan)
    return Plans(
        scenarios.tidy(assumed),
        pl.concat(printed) if printed else pl.DataFrame(schema=reconcile.COLUMNS),
        pl.DataFrame(faults, schema=FAULTS, orient="row"),
    )


def _text(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(
        pl.col(name).cast(pl.String) if name in frame.columns else pl.lit(None, pl.String).alias(name)
        for name in scenarios.COLUMNS
    )


_PLAN = ["municipality_code", "plan_id"]
