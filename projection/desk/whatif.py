"""A planner's what-if: a fertility, migration by age band, arrivals; run by the engine, and its numbers for a page.

Holds: a setting, its rows in a scenario table, its run, what a page needs to run it by itself. Does not hold: the page
(publication.whatif), the method. A what-if says what would follow, not what is to be expected.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from sousei.projection import scenarios, vision
from sousei.projection.conventions import PROFILES, TIMINGS, Profile, checked
from sousei.projection.desk.asked import MEASURE_LABELS, MEASURE_LABELS_EN, known_years
from sousei.projection.desk.sitting import Desk
from sousei.projection.engine import STEP_YEARS, Array, ProjectionError
from sousei.projection.scenarios import SHAPES

WHATIF = "whatif"
"""The scenario of a setting."""
BANDS = {"0-14": (0, 14), "15-24": (15, 24), "25-39": (25, 39), "40-64": (40, 64), "65+": (65, 94)}
"""Ages at the start of a step whose net migration is set together: label -> first and last age."""


class Setting(NamedTuple):
    """tfr: reached in tfr_year, on a straight line from the base year (linear) or from that year on (step); None = the
    path of the line that it stands on. migration: factor on net migration by label of BANDS, 1 where left out.
    arrivals: units of profile a year. from_year: the year from which migration and arrivals hold."""

    from_year: int
    tfr: float | None = None
    tfr_year: int | None = None
    tfr_shape: str = "linear"
    migration: Mapping[str, float] = {}
    arrivals: float = 0.0
    profile: str | Profile = "family_30_34_one_child"
    timing: str = "mid"


def rows(desk: Desk, asked: Setting) -> pl.DataFrame:
    """The setting as rows of a scenario table. Raises ProjectionError naming what cannot be set so."""
    known_years(desk, [asked.from_year])
    last = desk.run.years[-1]
    if asked.from_year >= last:
        raise ProjectionError(
            f"{asked.from_year}年からでは、推計の終わり {last}年までに何も起きません / starts too late"
        )
    first: dict[str, Any] = {
        "item": "scenario",
        "basis": desk.basis,
        "base": desk.base.base_id,
        "year_from": desk.run.years[0],
    }
    made = [first | {"year_to": last, "label_ja": "試算", "label_en": "What-if", "assumption_of": "plan"}]
    if asked.tfr is not None:
        year = asked.tfr_year or asked.from_year
        known_years(desk, [year], after_base=True)
        if asked.tfr_shape not in SHAPES or not (math.isfinite(asked.tfr) and 0 <= asked.tfr <= 8):
            raise ProjectionError(
                f"出生率 {asked.tfr}（{asked.tfr_shape}）は使えません。0〜8、{' / '.join(SHAPES)} のどれかです / "
                "a TFR of 0 to 8, linear or step"
            )
        made.append({"item": "tfr", "year_from": year, "value": asked.tfr, "shape": asked.tfr_shape})
    span = {"year_from": asked.from_year, "year_to": last}
    for band, factor in asked.migration.items():
        if band not in BANDS or not math.isfinite(factor):
            raise ProjectionError(
                f"純移動の {band}={factor} は使えません。年齢は {'、'.join(BANDS)}、倍率は数です / "
                "migration is set by these age bands and a factor"
            )
        low, high = BANDS[band]
        made.append({"item": "migration_multiplier", "age_from": low, "age_to": high, "value": factor} | span)
    if asked.timing not in TIMINGS or not (math.isfinite(asked.arrivals) and asked.arrivals >= 0):
        raise ProjectionError(
            f"転入 {asked.arrivals}（{asked.timing}）は使えません。毎年0以上、{' / '.join(TIMINGS)} のどれかです / "
            "arrivals are 0 or more a year"
        )
    if asked.arrivals:
        named = PROFILES.get(asked.profile) if isinstance(asked.profile, str) else asked.profile
        made += [
            {"item": "arrivals", "sex": sex, "age_from": age, "age_to": age + STEP_YEARS - 1, "timing": asked.timing}
            | {"value": number * asked.arrivals}
            | span
            for (sex, age), number in checked(named, asked.profile).items()
        ]
    return pl.DataFrame(
        [{"scenario_id": WHATIF, "municipality_code": desk.code} | one for one in made],
        schema=dict(scenarios.COLUMNS),
    )


def answered(desk: Desk, asked: Setting) -> vision.Run:
    """The run of a setting: one key, WHATIF."""
    table = scenarios.tidy(rows(desk, asked))
    keys = pl.DataFrame({"municipality_code": [desk.code], "scenario_id": [WHATIF]})
    return vision.run(desk.base, table, keys=keys)


def whatif_table(desk: Desk, asked: Setting) -> pl.DataFrame:
    """One row per year and measure: year, measure, measure_ja, measure_en, line_persons (the line that it stands on),
    persons, difference_persons, implied_tfr, net_migration_5y_persons (five years up to `year`, of all ages: on the row
    of `total` alone); net_migration_persons, the same on every row, is its name of old for one version."""
    mine = answered(desk, asked)
    line = desk.run.keys.get_column("scenario_id").to_list().index(desk.basis)
    before = {name: values[..., line] for name, values in vision.measures(desk.run.population).items()}
    after = {name: values[..., 0] for name, values in vision.measures(mine.population).items()}
    moved = [None, *mine.accounts.social[:, 0].tolist()]
    return pl.DataFrame(
        [
            {
                "year": year,
                "measure": name,
                "measure_ja": MEASURE_LABELS[name],
                "measure_en": MEASURE_LABELS_EN[name],
                "line_persons": float(before[name][t]),
                "persons": float(after[name][t]),
                "difference_persons": float(after[name][t] - before[name][t]),
                "implied_tfr": float(mine.tfr[t, 0]),
                "net_migration_5y_persons": moved[t] if name == "total" else None,
                "net_migration_persons": moved[t],
            }
            for t, year in enumerate(mine.years)
            for name in after
        ]
    )


def of_years(desk: Desk, table: pl.DataFrame, years: Sequence[int]) -> pl.DataFrame:
    """Some years of a table. Raises ProjectionError for one that the run has not."""
    return table.filter(pl.col("year").is_in(known_years(desk, years)))


def numbers(desk: Desk) -> dict[str, Any]:
    """What a page needs to run a setting by itself: the recursion's inputs of the line without any setting.

    years T + 1; base (2, 19); survival, migration (T, 2, 18), steps that repeat the one before left out (null); cwr,
    male_share, cwr_per_tfr (T,), tfr (T + 1,) of the line; residual: (t, sex, age, persons) that no ratio can give;
    bands and profiles by name. Floats in full, so that the page is equal to the engine.
    """
    base, national = desk.base, desk.base.national
    line = desk.run.keys.get_column("scenario_id").to_list().index(desk.basis)
    left = [] if base.residual is None else np.argwhere(base.residual[..., 0] != 0).tolist()
    return {
        "years": base.years,
        "base": base.base[..., 0].tolist(),
        "survival": _once(base.survival),
        "migration": _once(base.migration[..., 0]),
        "cwr": base.child_woman_ratio[1:, 0].tolist(),
        "tfr": base.tfr[:, 0].tolist(),
        "cwr_per_tfr": (national.child_woman_ratio / national.tfr)[1:].tolist(),
        "male_share": base.male_share[:, 0].tolist(),
        "residual": [[t, s, x, float(base.residual[t, s, x, 0])] for t, s, x in left],  # type: ignore[index]
        "bands": {name: [low // STEP_YEARS, (high + 1) // STEP_YEARS] for name, (low, high) in BANDS.items()},
        "profiles": {
            name: [[int(sex == "female"), age // STEP_YEARS, number] for (sex, age), number in cells.items()]
            for name, cells in PROFILES.items()
        },
        "line": desk.run.population[..., line].sum(axis=(1, 2)).tolist(),
    }


def _once(steps: Array) -> list[Any]:
    """The steps as lists; None for one that is the same as the one before."""
    return [None if t and np.array_equal(values, steps[t - 1]) else values.tolist() for t, values in enumerate(steps)]
