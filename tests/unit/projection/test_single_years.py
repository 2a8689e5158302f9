"""Single ages and single years: sums, polynomials, a hand-made cohort, places too small for the multipliers."""

from __future__ import annotations

import numpy as np
import pytest

from sousei.projection.engine import ProjectionError
from sousei.projection.single_years import BANDS, FIRST, MIDDLE, SECOND, sprague, yearly


def grouped(ages: np.ndarray) -> np.ndarray:
    return ages.reshape(-1, 5, *ages.shape[1:]).sum(axis=1)


def test_multipliers_give_a_group_its_own_sum_and_take_nothing_from_its_neighbours() -> None:
    for weights, own in ((FIRST, 0), (SECOND, 1), (MIDDLE, 2)):
        assert weights.sum(axis=0) == pytest.approx(np.eye(weights.shape[1])[own], abs=1e-12)


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_ages_that_follow_a_cubic_come_back_to_the_person(degree: int) -> None:
    """Third differences are what the end panels take (Sprague 1880): a cubic is exact at every age."""
    ages = 1000 + 3.0 * (np.arange(60) / 10) ** degree
    single, even = sprague(grouped(ages))
    assert single == pytest.approx(ages, rel=1e-9)
    assert not even.any()


def test_the_middle_panel_mirrors_itself() -> None:
    assert MIDDLE[::-1, ::-1] == pytest.approx(MIDDLE)


def test_groups_are_kept_also_where_an_age_would_be_negative() -> None:
    groups = np.array([[40.0, 40], [0, 42], [0, 44], [35, 40], [30, 30], [25, 20], [3, 10]])
    single, even = sprague(groups)
    assert (single >= 0).all()
    assert grouped(single) == pytest.approx(groups)
    assert even[1, 0]
    assert not even[:, 1].any()
    assert single[5:10, 0] == pytest.approx([0] * 5)


def test_fewer_than_five_groups_are_refused_in_words() -> None:
    with pytest.raises(ProjectionError, match="各歳に分けられません"):
        sprague(np.ones(4))


def test_years_of_a_step_are_the_step_and_cohorts_lie_on_a_line_between() -> None:
    """Born 10 a year for ever, nobody dies before 90: every band is 10 times its width in every year."""
    population = np.full((3, 19), 50.0)
    population[:, -1] = 7
    for band, (persons, even) in yearly(population).items():
        first, last = BANDS[band]
        expected = (90 - first) * 10 + 7 if last is None else (last - first + 1) * 10
        assert persons == pytest.approx([expected] * 11), band
        assert not even.any()


def test_a_large_cohort_passes_through_the_school_years() -> None:
    """Each cohort is eight larger than the one before it and nobody dies: 6-11 are those who were younger before."""
    start = np.concatenate([1000 - 8.0 * np.arange(90), [100.0]])
    births = 1000 + 8.0 * np.arange(1, 6)
    end = np.concatenate([births[::-1], start[:85], [start[85:].sum()]])
    population = np.stack([np.append(grouped(one[:90]), one[90]) for one in (start, end)])
    found = yearly(population)
    for gone in range(6):
        now = np.concatenate([births[:gone][::-1], start])
        assert found["6-11"][0][gone] == pytest.approx(now[6:12].sum(), rel=1e-9)
        assert found["0-5"][0][gone] == pytest.approx(now[:6].sum(), rel=1e-9)
        assert found["75+"][0][gone] == pytest.approx(now[75:].sum(), rel=1e-9)
