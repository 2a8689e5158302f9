"""Goal seek: linear in arrivals, so it hits its target to a person when run forward."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sousei.projection import goal, vision
from sousei.projection.components import START_SHARE
from sousei.projection.engine import ProjectionError, project
from sousei.projection.scenarios import tidy

CODE = "99999"


def made_up(seed: int) -> tuple[vision.Baseline, vision.Run]:
    """A town that does not exist: a smooth table of 2015-2045, so that the test needs no delivery."""
    random = np.random.default_rng(seed)
    ages = np.arange(19)
    base = np.repeat((600 * np.exp(-ages / 30)[None, :] * random.uniform(0.8, 1.2, (2, 19)))[None], 7, axis=0)
    base *= np.power(random.uniform(0.85, 0.97), np.arange(7))[:, None, None]
    rows = [
        (CODE, 2015 + 5 * t, sex, int(5 * x), round(float(base[t, s, x])))
        for t in range(7)
        for s, sex in enumerate(("male", "female"))
        for x in range(19)
    ]
    frame = pl.DataFrame(
        rows, schema=["municipality_code", "year", "sex", "age_from", "population_persons"], orient="row"
    )
    start = vision.baseline(frame)
    return start, vision.run(start, scenarios())


def scenarios(**extra) -> pl.DataFrame:
    row = dict.fromkeys(
        ["sex", "age_from", "age_to", "value", "shape", "timing", "assumption_of", "label_ja", "label_en", "note_ja"]
    ) | {
        "scenario_id": "ipss_2018_extended",
        "municipality_code": "*",
        "item": "scenario",
        "basis": "ipss_2018",
        "year_from": 2015,
        "year_to": 2065,
    }
    half = row | {"scenario_id": "half", "basis": "ipss_2018_extended"}
    cut = half | {"item": "migration_multiplier", "basis": None, "value": 0.5}
    return tidy(pl.DataFrame([row, half, cut], infer_schema_length=None))


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["total", "young", "women_20_39"]),
    st.sampled_from(sorted(START_SHARE)),
    st.sampled_from(["family_30_34_one_child", "women_20_24", "persons_20_39"]),
    st.sampled_from(["ipss_2018_extended", "half"]),
    st.floats(0.5, 2.0),
)
def test_goal_seek_hits_its_target_to_a_person(seed, measure, timing, profile, scenario, factor):
    base, run = made_up(seed)
    ratio, cwr, share, population = goal.rates_of(base, run, CODE, scenario)
    target = float(population[9][goal.WEIGHTS[measure]].sum()) * factor + 10
    found = goal.seek(
        base,
        run,
        CODE,
        scenario,
        measure=measure,
        target_persons=target,
        target_year=2060,
        from_year=2020,
        profile=profile,
        timing=timing,
    )
    units = found["units_a_year"][0]
    arrivals = np.zeros((9, 2, 19))
    arrivals[1:] = goal.arrivals_of(profile, units, 19)
    early = START_SHARE[timing]
    forward = project(
        base.base[..., 0],
        ratio[:9],
        cwr[:9],
        share[:9],
        arrivals_start=arrivals * early,
        arrivals_end=arrivals * (1 - early),
    )
    assert float(forward[9][goal.WEIGHTS[measure]].sum()) == pytest.approx(target, abs=0.5)


def test_the_value_of_an_arrival_is_what_one_more_person_adds():
    base, run = made_up(1)
    ratio, cwr, share, population = goal.rates_of(base, run, CODE, "ipss_2018_extended")
    values = goal.arrival_values(base, run, CODE, "ipss_2018_extended", target_year=2060, from_year=2020)
    for sex, age in ((0, 0), (1, 4), (1, 9), (0, 18)):
        more = population[1].copy()
        more[sex, age] += 1
        effect = project(more, ratio[1:9], cwr[1:9], share[1:9])[-1].sum() - population[9].sum()
        shown = values.filter((pl.col("sex") == ("male", "female")[sex]) & (pl.col("age_from") == 5 * age))[
            "value_persons"
        ][0]
        assert shown == pytest.approx(effect, abs=1e-8)


def test_arrivals_that_cannot_move_the_measure_are_refused():
    base, run = made_up(2)
    with pytest.raises(ProjectionError, match="cannot move"):
        goal.seek(
            base,
            run,
            CODE,
            "ipss_2018_extended",
            measure="young",
            target_persons=5000,
            target_year=2060,
            from_year=2020,
            profile={("male", 60): 1.0},
        )


def test_a_year_off_the_steps_is_refused():
    base, run = made_up(2)
    with pytest.raises(ProjectionError, match="2058"):
        goal.seek(
            base,
            run,
            CODE,
            "ipss_2018_extended",
            measure="total",
            target_persons=5000,
            target_year=2058,
            from_year=2020,
            profile="women_20_24",
        )
