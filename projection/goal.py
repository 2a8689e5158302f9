"""Goal seek: how many arrivals a year reach a target, and what one arrival is worth by age and sex.

Holds: the closed form: a projection is linear in arrivals, so one backward pass answers for every profile. Does not
hold: what an answer presumes (conventions), where the rates come from (vision), printing (desk).

The answer is a what-if: the same target asks for 4.7 or for 6.6 families a year by convention alone. So every answer
names its conventions, with the lowest and the highest answer of all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, NotRequired, TypedDict, Unpack

import numpy as np
import polars as pl

from sousei.projection.components import START_SHARE
from sousei.projection.conventions import (
    ALL_CONVENTIONS,
    CABINET,
    PROFILES,
    Conventions,
    Profile,
    checked,
    conventions,
)
from sousei.projection.engine import CHILDBEARING, SEXES, STEP_YEARS, Array, ProjectionError, step_matrix
from sousei.projection.vision import Baseline, Run, multiplied

WEIGHTS = {  # measure -> (sexes, ages) of the cells that count
    "total": (slice(0, 2), slice(0, None)),
    "young": (slice(0, 2), slice(0, 3)),
    "working_age": (slice(0, 2), slice(3, 13)),
    "old": (slice(0, 2), slice(13, None)),
    "women_20_39": (slice(1, 2), slice(4, 8)),
}
ROW = pl.Schema(
    {
        "municipality_code": pl.String,
        "scenario_id": pl.String,
        "measure": pl.String,
        "target_year": pl.Int64,
        "target_persons": pl.Float64,
        "without_persons": pl.Float64,
        "gap_persons": pl.Float64,
        "profile": pl.String,
        "timing": pl.String,
        "leaving": pl.String,
        "end_mothers": pl.Boolean,
        "from_year": pl.Int64,
        "to_year": pl.Int64,
        "effect_per_unit_a_year": pl.Float64,
        "units_a_year": pl.Float64,
        "persons_a_year": pl.Float64,
        "persons_in_all": pl.Float64,
        "low_units_a_year": pl.Float64,
        "low_conventions": pl.String,
        "high_units_a_year": pl.Float64,
        "high_conventions": pl.String,
    }
)
"""An answer of `seek`."""
NOTHING = 1e-12
"""Persons at the target below which an arrival has no effect."""


class Question(TypedDict):
    """What is asked: persons of a measure in a year, by arrivals from one year to another (default: the target's)."""

    measure: str
    target_persons: float
    target_year: int
    from_year: int
    to_year: NotRequired[int | None]


class CannotMoveError(ProjectionError):
    """These arrivals do not change the measure at the target year, however many come."""


def value_of_arrival(ratio: Array, child_woman_ratio: Array, male_share: Array, measure: str, steps: int) -> Array:
    """What one person in a cell adds to `measure` after `steps` steps: (steps + 1, 2, A), entry t = present at time t.

    ratio (T, 2, A - 1), child_woman_ratio (T,), male_share (T,) of one key. Entry `steps` is 1 in the cells that count
    and 0 elsewhere; each earlier one is the transposed step of the next.
    """
    if measure not in WEIGHTS:
        raise ProjectionError(f"指標は {list(WEIGHTS)} のどれかです: {measure} / unknown measure {measure}")
    ages = ratio.shape[2] + 1
    values = np.zeros((steps + 1, 2, ages))
    values[steps][WEIGHTS[measure]] = 1.0
    for t in range(steps - 1, -1, -1):
        matrix = step_matrix(ratio[t], float(child_woman_ratio[t]), float(male_share[t]))
        values[t] = (matrix.T @ values[t + 1].reshape(-1)).reshape(2, ages)
    return values


def rates_of(base: Baseline, run: Run, municipality_code: str, scenario_id: str) -> tuple[Array, Array, Array, Array]:
    """Ratio, child-woman ratio, male share and population of one scenario of a run, without the key axis."""
    here = run.keys.with_row_index("_i").filter(
        (pl.col("municipality_code") == municipality_code) & (pl.col("scenario_id") == scenario_id)
    )
    if here.height != 1:
        raise ProjectionError(
            f"{municipality_code} に scenario {scenario_id} はありません。ある組: {run.keys.rows()[:20]} / "
            "no such scenario"
        )
    i = here.get_column("_i")[0]
    m = base.codes.index(municipality_code)
    migration = multiplied(base.migration[..., m], run.multipliers[run.which[i]], base.survival)
    return base.survival + migration, run.child_woman_ratio[1:, i], base.male_share[:, m], run.population[..., i]


class Aim(NamedTuple):
    """What is aimed at, and what a person present at each time is worth for it: values (T + 1, 2, A) of one who leaves
    like residents, staying of one who never leaves, with the rates of the T steps up to the target year."""

    values: Array
    staying: Array
    ratio: Array
    survival: Array
    child_woman_ratio: Array
    male_share: Array

    def effect(self, persons: Profile, steps: range, told: Conventions) -> float:
        """Persons at the target for one unit in every year of `steps`."""
        return sum(
            STEP_YEARS * n * float(worth[SEXES.index(sex), age // STEP_YEARS])
            for worth in (self._worth(t, told) for t in steps)
            for (sex, age), n in persons.items()
        )

    def _worth(self, t: int, told: Conventions) -> Array:
        """What one person is worth who comes in step t, (2, A)."""
        values = self.staying if told.leaving == "never" else self.values
        first = self.ratio[t] if told.leaving == "residents" else self.survival[t]
        share, then = START_SHARE[told.timing], values[t + 1]
        cwr, boys = float(self.child_woman_ratio[t]), float(self.male_share[t])
        early = (step_matrix(first, cwr, boys).T @ then.reshape(-1)).reshape(then.shape)
        late = then.copy()
        if told.end_mothers:
            late[1, CHILDBEARING] += cwr * (boys * then[0, 0] + (1.0 - boys) * then[1, 0])
        return share * early + (1.0 - share) * late


def aim(base: Baseline, run: Run, municipality_code: str, scenario_id: str, measure: str, target_year: int) -> Aim:
    """The backward passes of one scenario from a measure of one year."""
    on_grid(run, target_year)
    steps = run.years.index(target_year)
    ratio, cwr, male_share, _ = rates_of(base, run, municipality_code, scenario_id)
    survival = base.survival
    return Aim(
        value_of_arrival(ratio, cwr, male_share, measure, steps),
        value_of_arrival(survival, cwr, male_share, measure, steps),
        ratio,
        survival,
        cwr,
        male_share,
    )


def on_grid(run: Run, *years: int) -> None:
    """Raises ProjectionError where a year is not the end of a step of the run."""
    for year in years:
        if year not in run.years:
            raise ProjectionError(
                f"{year}年は5年ごとの期の境にありません。使える年: {'、'.join(map(str, run.years))} / "
                f"{year} is not the end of a step; years: {', '.join(map(str, run.years))}"
            )


def seek(
    base: Baseline,
    run: Run,
    municipality_code: str,
    scenario_id: str,
    *,
    profile: str | Profile,
    timing: str = CABINET.timing,
    leaving: str = CABINET.leaving,
    end_mothers: bool = CABINET.end_mothers,
    **asked: Unpack[Question],
) -> pl.DataFrame:
    """How many units of `profile` a year, from from_year to to_year, reach the target.

    asked: as Question. profile: a name of PROFILES or persons per unit by (sex, first age of a five-year group).
    timing, leaving, end_mothers: as Conventions. Years must be ends of steps. One row: municipality_code, scenario_id,
    measure, target_year, target_persons, without_persons (the scenario as it is), gap_persons, profile, timing,
    leaving, end_mothers, from_year, to_year, effect_per_unit_a_year (persons at the target year for one unit every
    year), units_a_year, persons_a_year, persons_in_all, and the lowest and highest units_a_year of ALL_CONVENTIONS,
    each with its conventions: low_units_a_year, low_conventions, high_units_a_year, high_conventions. A negative figure
    means the scenario passes the target without arrivals. Raises CannotMoveError where arrivals cannot move the
    measure, ProjectionError where it cannot be asked so.
    """
    persons = checked(PROFILES.get(profile) if isinstance(profile, str) else profile, profile)
    told = conventions(timing, leaving, end_mothers)
    row = question(base, run, municipality_code, scenario_id, told, **asked)
    found = aim(base, run, municipality_code, scenario_id, row["measure"], row["target_year"])
    steps = range(run.years.index(row["from_year"]), run.years.index(row["to_year"]))
    effect = found.effect(persons, steps, told)
    if abs(effect) < NOTHING:
        raise CannotMoveError(
            f"この転入の型では {row['target_year']}年の {row['measure']} は変わりません / "
            "these arrivals cannot move the measure"
        )
    units, size = row["gap_persons"] / effect, sum(persons.values())
    each = {one: found.effect(persons, steps, one) for one in ALL_CONVENTIONS}
    answers = {one: row["gap_persons"] / value for one, value in each.items() if abs(value) >= NOTHING}
    low, high = min(answers, key=lambda one: answers[one]), max(answers, key=lambda one: answers[one])
    return pl.DataFrame(
        [
            row
            | {
                "profile": profile if isinstance(profile, str) else "custom",
                "effect_per_unit_a_year": effect,
                "units_a_year": units,
                "persons_a_year": units * size,
                "persons_in_all": units * size * (row["to_year"] - row["from_year"]),
                "low_units_a_year": answers[low],
                "low_conventions": low.told(),
                "high_units_a_year": answers[high],
                "high_conventions": high.told(),
            }
        ],
        schema=ROW,
    )


def question(
    base: Baseline,
    run: Run,
    municipality_code: str,
    scenario_id: str,
    told: Conventions,
    **asked: Unpack[Question],
) -> dict[str, Any]:
    """The columns of an answer that stand before it is found; the others empty. Raises ProjectionError where it cannot
    be asked so."""
    measure, target, target_year, from_year = (
        asked["measure"],
        asked["target_persons"],
        asked["target_year"],
        asked["from_year"],
    )
    given = asked.get("to_year")
    to_year = target_year if given is None else given
    if measure not in WEIGHTS:
        raise ProjectionError(f"指標は {list(WEIGHTS)} のどれかです: {measure} / unknown measure {measure}")
    if not math.isfinite(target) or target < 0:
        raise ProjectionError(
            f"目標 {target} は人数ではありません。0以上の数で書いてください / the target is no number of persons"
        )
    on_grid(run, target_year, from_year, to_year)
    if not from_year < to_year <= target_year:
        raise ProjectionError(
            f"始める年 {from_year} < 終える年 {to_year} ≦ 目標の年 {target_year} の順に要ります / years out of order"
        )
    population = rates_of(base, run, municipality_code, scenario_id)[3]
    without = float(population[run.years.index(target_year)][WEIGHTS[measure]].sum())
    return dict.fromkeys(ROW) | {
        "municipality_code": municipality_code,
        "scenario_id": scenario_id,
        **asked,
        "target_persons": float(target),
        "without_persons": without,
        "gap_persons": target - without,
        "to_year": to_year,
        **told._asdict(),
    }


def arrivals_of(profile: str | Profile, units_a_year: float, ages: int) -> Array:
    """The arrivals of one step, (2, A) persons: what `seek` found, to be run forward again."""
    out = np.zeros((2, ages))
    for (sex, age), n in (PROFILES[profile] if isinstance(profile, str) else profile).items():
        out[SEXES.index(sex), age // STEP_YEARS] += n * units_a_year * STEP_YEARS
    return out


def arrival_values(
    base: Baseline,
    run: Run,
    municipality_code: str,
    scenario_id: str,
    *,
    measures: Sequence[str] = ("total",),
    target_year: int,
    from_year: int,
) -> pl.DataFrame:
    """What one arrival at the start of `from_year` is worth at the target year: measure, sex, age_from, value_persons.

    Who is present at the start of `from_year` ages, leaves and has children like a resident. More than 1 means
    descendants outweigh deaths and departures.
    """
    on_grid(run, target_year, from_year)
    if not from_year < target_year:
        raise ProjectionError(f"始める年 {from_year} は目標の年 {target_year} より前に要ります / years out of order")
    ratio, child_woman_ratio, male_share, _ = rates_of(base, run, municipality_code, scenario_id)
    end, start = run.years.index(target_year), run.years.index(from_year)
    rows = []
    for measure in measures:
        values = value_of_arrival(ratio, child_woman_ratio, male_share, measure, end)[start]
        rows += [
            (measure, sex, x * STEP_YEARS, float(values[s, x]))
            for s, sex in enumerate(SEXES)
            for x in range(values.shape[1])
        ]
    return pl.DataFrame(rows, schema=["measure", "sex", "age_from", "value_persons"], orient="row")
