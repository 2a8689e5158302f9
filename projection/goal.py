"""Goal seek: how many arrivals a year reach a target, and what one arrival is worth by age and sex.

Holds: the closed form (a projection is linear in arrivals, so one backward pass answers for every profile). Does not
hold: where the rates come from (vision), printing (desk).

Timing, always stated: `start` = everyone of a five-year step comes at its first day (ages, moves and has children like
a resident); `end` = at its last day (no children in that step yet); `mid` = half and half, the reading of "evenly
through the years".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from sousei.projection.components import START_SHARE
from sousei.projection.engine import SEXES, STEP_YEARS, Array, ProjectionError, step_matrix
from sousei.projection.vision import Baseline, Run

WEIGHTS = {  # measure -> (sexes, ages) of the cells that count
    "total": (slice(0, 2), slice(0, None)),
    "young": (slice(0, 2), slice(0, 3)),
    "working_age": (slice(0, 2), slice(3, 13)),
    "old": (slice(0, 2), slice(13, None)),
    "women_20_39": (slice(1, 2), slice(4, 8)),
}
PROFILES: dict[str, dict[tuple[str, int], float]] = {  # persons per unit by (sex, first age)
    "family_30_34_one_child": {("male", 30): 1.0, ("female", 30): 1.0, ("male", 0): 0.5, ("female", 0): 0.5},
    "women_20_24": {("female", 20): 1.0},
    "persons_20_39": {(sex, age): 0.125 for sex in SEXES for age in (20, 25, 30, 35)},
}
PROFILE_LABELS = {
    "family_30_34_one_child": "夫婦（30〜34歳）と0〜4歳の子1人の世帯",
    "women_20_24": "20〜24歳の女性1人",
    "persons_20_39": "20〜39歳の人1人（男女・4階級均等）",
}


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
    migration = base.migration[..., m] * run.multipliers[run.which[i]]
    return base.survival + migration, run.child_woman_ratio[1:, i], base.male_share[:, m], run.population[..., i]


def seek(
    base: Baseline,
    run: Run,
    municipality_code: str,
    scenario_id: str,
    *,
    measure: str,
    target_persons: float,
    target_year: int,
    from_year: int,
    profile: str | Mapping[tuple[str, int], float],
    timing: str = "mid",
    to_year: int | None = None,
) -> pl.DataFrame:
    """How many units of `profile` a year, from from_year to to_year (default: target_year), reach the target.

    profile: a name of PROFILES or persons per unit by (sex, first age of a five-year group). Years must be ends of
    steps. One row: municipality_code, scenario_id, measure, target_year, target_persons, without_persons (the
    scenario as it is), gap_persons, profile, timing, from_year, to_year, effect_per_unit_a_year (persons at the
    target year for one unit every year), units_a_year, persons_a_year, persons_in_all. A negative figure means the
    scenario passes the target without arrivals. Raises ProjectionError where arrivals cannot move the measure.
    """
    to_year = target_year if to_year is None else to_year
    persons = PROFILES[profile] if isinstance(profile, str) else dict(profile)
    for year in (target_year, from_year, to_year):
        if year not in run.years:
            raise ProjectionError(f"{year}年は期の境 {run.years} にありません / not the end of a step")
    if not run.years[0] <= from_year < to_year <= target_year:
        raise ProjectionError("from_year < to_year <= target_year が要ります / years out of order")
    ratio, child_woman_ratio, male_share, population = rates_of(base, run, municipality_code, scenario_id)
    end = run.years.index(target_year)
    values = value_of_arrival(ratio, child_woman_ratio, male_share, measure, end)
    share = START_SHARE[timing]
    effect = 0.0
    for t in range(run.years.index(from_year), run.years.index(to_year)):
        worth = share * values[t] + (1.0 - share) * values[t + 1]
        effect += STEP_YEARS * sum(n * worth[SEXES.index(s), age // STEP_YEARS] for (s, age), n in persons.items())
    if abs(effect) < 1e-12:
        raise ProjectionError(
            f"この転入の型では {target_year}年の {measure} は変わりません / these arrivals cannot move the measure"
        )
    without = float(population[end][WEIGHTS[measure]].sum())
    units = (target_persons - without) / effect
    size = sum(persons.values())
    return pl.DataFrame(
        {
            "municipality_code": [municipality_code],
            "scenario_id": [scenario_id],
            "measure": [measure],
            "target_year": [target_year],
            "target_persons": [float(target_persons)],
            "without_persons": [without],
            "gap_persons": [target_persons - without],
            "profile": [profile if isinstance(profile, str) else "custom"],
            "timing": [timing],
            "from_year": [from_year],
            "to_year": [to_year],
            "effect_per_unit_a_year": [effect],
            "units_a_year": [units],
            "persons_a_year": [units * size],
            "persons_in_all": [units * size * (to_year - from_year)],
        }
    )


def arrivals_of(profile: str | Mapping[tuple[str, int], float], units_a_year: float, ages: int) -> Array:
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

    More than 1 means descendants outweigh deaths and departures.
    """
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
