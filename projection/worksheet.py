"""The child-woman form on plain frames: what a planner has when the rates themselves were published.

Holds: one call from base population, survival, net migration and fertility (as child-woman ratio, as k, or as TFR) to
population and accounts: the national institute's recursion and the government worksheet's. Does not hold: recovery of
rates from a table (recover), scenarios of the warehouse (vision).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.projection import national as nation
from sousei.projection.components import by_start, to_cube, to_long
from sousei.projection.engine import SEXES, STEP_YEARS, ProjectionError, accounts, project

MIGRATION_OF = ("start", "survivors")


class WorksheetRun(NamedTuple):
    """population: keys, year, sex, age_from, population_persons. change: keys, year (end of the step), births, deaths,
    natural_change, social_change, child_woman_ratio, implied_tfr (null outside the national reference's years)."""

    population: pl.DataFrame
    change: pl.DataFrame


def project_child_woman(
    base: pl.DataFrame,
    survival: pl.DataFrame,
    migration: pl.DataFrame | None,
    fertility: pl.DataFrame,
    *,
    years: Sequence[int],
    keys: Sequence[str] = (),
    sex_ratio: float | pl.DataFrame | None = None,
    migration_of: str = "start",
    childbearing: tuple[int, int] = (15, 49),
    birth_survival: float | None = None,
    arrivals: pl.DataFrame | None = None,
) -> WorksheetRun:
    """Project `base` from years[0] through the later years, five apart.

    base: keys, sex (male, female), age_from (0, 5 ... open group, 90 or any other), population_persons.
    survival: keys, year (END of the step) or year_from (its start), sex, age_from (at the START; the last row, open
        group - 5, holds for the two oldest groups together), survival_ratio.
    migration: same with net_migration_ratio; None = closed. migration_of `start`: net migrants per person at the start
        (the institute's definition); `survivors`: per survivor at the end (M / S).
    fertility: keys, year (END of the step) or year_from, and ONE of child_woman_ratio (persons 0-4 per woman of
        `childbearing` ages, both at the end), k (times the national ratio of that year), tfr (times national ratio /
        national TFR). k and tfr use our national reference at the ENDS of the steps (2015-2070, projection of 2017):
        a run from 2010 has its first in 2015.
    sex_ratio: males per female at 0-4, a number or keys, year, sex_ratio; default the national projection's.
    birth_survival: survivors at 0-4 per birth, both sexes; default national life tables, from the step 2015-2020 on.
        Needed only for births and deaths, which are null in steps without it, not for the population.
    arrivals: keys, year or year_from, sex, age_from, timing (start / end), persons in the step.

    Columns that are missing (year, keys) hold for all. float64, nothing is rounded. Raises ProjectionError for a
    missing or doubled cell.
    """
    years = list(years)
    ages = base.get_column("age_from").unique().sort().to_list()
    if ages != list(range(0, ages[-1] + 1, STEP_YEARS)) or any(b - a != STEP_YEARS for a, b in pairwise(years)):
        raise ProjectionError(
            f"5歳階級と5年間隔が要ります: 年齢 {ages}、年 {years} / five-year ages and steps are needed"
        )
    if migration_of not in MIGRATION_OF:
        raise ProjectionError(f"migration_of は {MIGRATION_OF} のどちらかです / unknown word {migration_of}")
    areas = base.select(keys).unique().sort(keys) if keys else pl.DataFrame({"_area": [0]})
    starts, ends, sexes = years[:-1], years[1:], list(SEXES)
    named = list(keys)
    moving: dict[str, list] = {"year_from": starts, "sex": sexes, "age_from": ages[:-1]}
    start = to_cube(base, "population_persons", {"sex": sexes, "age_from": ages}, areas, named, None)
    lived = to_cube(by_start(survival, STEP_YEARS), "survival_ratio", moving, areas, named, None)
    moved = np.zeros_like(lived)
    if migration is not None:
        moved = to_cube(by_start(migration, STEP_YEARS), "net_migration_ratio", moving, areas, named, None)
        if migration_of == "survivors":
            moved = moved * lived
    known = nation.ratios(ends)
    given = [c for c in ("child_woman_ratio", "k", "tfr") if c in fertility.columns]
    if len(given) != 1:
        raise ProjectionError(
            f"fertility には child_woman_ratio, k, tfr のうち一つの列が要ります。実際: {fertility.columns} / "
            "exactly one column"
        )
    if given != ["child_woman_ratio"] and known is None:
        raise ProjectionError(
            f"k と tfr は、期末がどれも全国の参照値のある年（2015〜2070年）のときだけ使えます。期末: {ends}。"
            "ほかの年は child_woman_ratio で渡してください / no national reference for the ends of these steps"
        )
    ratio = to_cube(by_start(fertility, STEP_YEARS), given[0], {"year_from": starts}, areas, named, None)
    if given == ["k"] and known is not None:
        ratio = ratio * known.child_woman_ratio[:, None]
    elif given == ["tfr"] and known is not None:
        ratio = nation.child_woman_ratio_of(ratio, known)
    if sex_ratio is None and known is None:
        raise ProjectionError(f"{years}: 0〜4歳の性比 sex_ratio が要ります / sex_ratio is needed for these years")
    if isinstance(sex_ratio, pl.DataFrame):
        males = to_cube(by_start(sex_ratio, STEP_YEARS), "sex_ratio", {"year_from": starts}, areas, named, None)
        share = males / (1 + males)
    elif sex_ratio is not None:
        share = np.full((len(starts), areas.height), sex_ratio / (1 + sex_ratio))
    else:
        share = np.repeat(known.male_share[:, None], areas.height, axis=1)  # type: ignore[union-attr]
    came = {}
    for timing in ("start", "end"):
        mine = None if arrivals is None else arrivals.filter(pl.col("timing") == timing)
        if mine is not None and mine.height:
            axes: dict[str, list] = {"year_from": starts, "sex": sexes, "age_from": ages}
            came[timing] = to_cube(by_start(mine, STEP_YEARS), "persons", axes, areas, named, 0.0)
    fertile = slice(childbearing[0] // STEP_YEARS, (childbearing[1] + 1) // STEP_YEARS)
    population = project(
        start,
        lived + moved,
        ratio,
        share,
        arrivals_start=came.get("start"),
        arrivals_end=came.get("end"),
        childbearing=fertile,
    )
    if birth_survival is not None:
        born = np.full((len(starts), 2, 1), birth_survival)
    elif known is not None:
        born = known.birth_survival[..., None]
    else:
        born = np.full((len(starts), 2, 1), np.nan)
    flows = accounts(population, lived, moved, born, arrivals_start=came.get("start"), arrivals_end=came.get("end"))
    # Without birth survival births and deaths are not known, their difference is.
    natural = np.diff(population.sum(axis=(1, 2)), axis=0) - flows.social
    here = areas if keys else None
    tfr = None if known is None else nation.tfr_of(ratio, known).reshape(-1)
    change = to_long({"year": ends}, flows.births, "births", here).with_columns(
        pl.Series("deaths", flows.deaths.reshape(-1)).fill_nan(None),
        pl.col("births").fill_nan(None),
        pl.Series("natural_change", natural.reshape(-1)),
        pl.Series("social_change", flows.social.reshape(-1)),
        pl.Series("child_woman_ratio", ratio.reshape(-1)),
        pl.lit(None, pl.Float64).alias("implied_tfr") if tfr is None else pl.Series("implied_tfr", tfr),
    )
    frame = to_long({"year": years, "sex": sexes, "age_from": ages}, population, "population_persons", here)
    return WorksheetRun(frame, change)
