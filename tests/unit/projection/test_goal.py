"""Goal seek: linear in arrivals, so it hits its target to a person when run forward."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sousei.projection import goal, vision
from sousei.projection.components import START_SHARE
from sousei.projection.conventions import ALL_CONVENTIONS
from sousei.projection.engine import ProjectionError, newcomers_at_end, project
from sousei.projection.scenarios import tidy
from tests.unit.projection.towns import CODE, town


def made_up(seed: int) -> tuple[vision.Baseline, vision.Run]:
    start = vision.baseline(town(seed))
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
    cells = goal.arrivals_of(profile, units, 19)
    arrivals = np.zeros((9, 2, 19, 1))
    arrivals[1:, ..., 0] = cells
    early = START_SHARE[timing]
    newcomers = newcomers_at_end(arrivals * early, arrivals * (1 - early), base.survival[:9])
    forward = project(base.base[..., 0], ratio[:9], cwr[:9], share[:9], newcomers=newcomers[..., 0])
    assert float(forward[9][goal.WEIGHTS[measure]].sum()) == pytest.approx(target, abs=0.5)


@pytest.mark.parametrize("timing", sorted(START_SHARE))
def test_arrivals_that_leave_from_the_first_day_and_are_no_mothers_at_the_end_reach_the_target_too(timing):
    base, run = made_up(5)
    ratio, cwr, share, population = goal.rates_of(base, run, CODE, "half")
    target = float(population[9].sum()) * 1.3
    found = goal.seek(
        base, run, CODE, "half", measure="total", target_persons=target, target_year=2060, from_year=2020,
        profile="family_30_34_one_child", timing=timing, leaving="residents", end_mothers=False,
    )  # fmt: skip
    arrivals = np.zeros((9, 2, 19))
    arrivals[1:] = goal.arrivals_of("family_30_34_one_child", found["units_a_year"][0], 19)
    early = START_SHARE[timing]
    forward = project(
        base.base[..., 0],
        ratio[:9],
        cwr[:9],
        share[:9],
        arrivals_start=arrivals * early,
        arrivals_end=arrivals * (1 - early),
    )
    assert float(forward[9].sum()) == pytest.approx(target, abs=1e-6)


def test_arrivals_that_never_leave_reach_the_target_with_a_population_of_their_own():
    base, run = made_up(6)
    _, cwr, share, population = goal.rates_of(base, run, CODE, "half")
    target = float(population[9].sum()) + 500
    found = goal.seek(
        base, run, CODE, "half", measure="total", target_persons=target, target_year=2060, from_year=2020,
        profile="women_20_24", timing="start", leaving="never",
    )  # fmt: skip
    arrivals = np.zeros((9, 2, 19))
    arrivals[1:] = goal.arrivals_of("women_20_24", found["units_a_year"][0], 19)
    alone = project(np.zeros((2, 19)), base.survival[:9], cwr[:9], share[:9], arrivals_start=arrivals)
    assert float(alone[9].sum()) == pytest.approx(500, abs=1e-6)


def test_every_answer_lies_between_the_lowest_and_the_highest_of_all_conventions():
    base, run = made_up(7)
    for told in ALL_CONVENTIONS:
        row = goal.seek(
            base, run, CODE, "half", measure="total", target_persons=30_000, target_year=2060, from_year=2020,
            profile="family_30_34_one_child", **told._asdict(),
        ).row(0, named=True)  # fmt: skip
        assert row["low_units_a_year"] - 1e-9 <= row["units_a_year"] <= row["high_units_a_year"] + 1e-9
        assert told.told() and told.told("en")
    assert row["low_units_a_year"] < row["high_units_a_year"]


@pytest.mark.parametrize("target", [float("nan"), float("inf"), -1.0])
def test_a_target_that_is_no_number_of_persons_is_refused(target):
    base, run = made_up(2)
    with pytest.raises(ProjectionError, match="人数ではありません"):
        goal.seek(
            base, run, CODE, "half", measure="total", target_persons=target, target_year=2060, from_year=2020,
            profile="women_20_24",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"profile": "nobody"}, "nobody"),
        ({"profile": {("female", 22): 1.0}}, "female:22"),
        ({"profile": {("female", 20): -1.0}}, "-1.0"),
        ({"profile": {("female", 20): 0.0}}, "nobody is in"),
        ({"measure": "men"}, "men"),
        ({"timing": "later"}, "later"),
        ({"leaving": "soon"}, "soon"),
        ({"from_year": 2060}, "2060"),
        ({"to_year": 2065}, "2065"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_its_name(changed, named):
    base, run = made_up(2)
    asked = {"measure": "total", "from_year": 2020, "profile": "women_20_24"} | changed
    with pytest.raises(ProjectionError, match=named):
        goal.seek(base, run, CODE, "half", target_persons=5000, target_year=2060, **asked)


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
