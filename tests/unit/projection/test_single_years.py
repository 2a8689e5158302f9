"""Single ages and single years: sums, polynomials, hand-made cohorts, small places, the five-year run come back."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from sousei.projection.counted import ages_of_counts
from sousei.projection.engine import ProjectionError
from sousei.projection.integers import whole_ages
from sousei.projection.single_years import (
    BANDS,
    FIRST,
    METHODS,
    MIDDLE,
    SECOND,
    band_figures,
    calendar_births,
    every_year,
    single_ages,
    sprague,
)


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


def both_sexes(ages: np.ndarray) -> np.ndarray:
    """The groups (2, 19, 1) of ages 0 ... 89, 90+ that half men and half women have."""
    groups = np.append(grouped(ages[:90]), ages[90])
    return np.stack([groups, groups])[..., None] / 2


def test_a_town_that_does_not_change_has_the_same_bands_and_births_in_every_year() -> None:
    """Born 10 a year for ever, nobody dies before 90: every band is 10 times its width."""
    town = both_sexes(np.append(np.full(90, 10.0), 7))
    found = every_year(np.stack([town] * 3), np.full((2, 1), 50.0))
    assert found.births[:, 0] == pytest.approx([10.0] * 10)
    for band, (persons, _) in band_figures(found).items():
        first, last = BANDS[band]
        expected = (90 - first) * 10 + 7 if last is None else (last - first + 1) * 10
        assert persons[:, 0] / 1e6 == pytest.approx([expected] * 11), band


def test_a_large_cohort_passes_through_the_school_years() -> None:
    """Each cohort is eight larger than the one before it and nobody dies: 6-11 are those who were younger before."""
    start = np.append(1000 - 8.0 * np.arange(90), 100.0)
    women = [sum(start[max(15 - year, 0) : 50 - year]) for year in range(1, 6)]
    births = 5000 * np.array(women) / sum(women)
    end = np.concatenate([births[::-1], start[:85], [start[85:].sum()]])
    found = every_year(np.stack([both_sexes(start), both_sexes(end)]), np.array([[5000.0]]))
    assert found.births[:, 0] == pytest.approx(births), "as the women aged 15-49 are, none dies and none moves"
    bands = {name: persons[:, 0] / 1e6 for name, (persons, _) in band_figures(found).items()}
    for gone in range(6):
        now = np.concatenate([births[:gone][::-1], start])
        assert bands["6-11"][gone] == pytest.approx(now[6:12].sum(), rel=1e-7)
        assert bands["0-2"][gone] == pytest.approx(now[:3].sum(), rel=1e-7)
        assert bands["75+"][gone] == pytest.approx(now[75:].sum(), rel=1e-7)


def test_every_group_of_the_five_year_run_comes_back_at_the_end_of_its_step() -> None:
    """Growth, decline, an age that nobody has, one that everybody leaves, a town without women: within 1e-9."""
    random = np.random.default_rng(5)
    run = random.uniform(0, 400, (5, 2, 19, 60))
    run[:, :, 3, 0] = 0  # nobody at 15-19, in any year
    run[2, :, 5, 1] = 0  # a cohort that leaves and one that is filled from elsewhere
    run[:, 1, 3:10, 2] = 0  # children without mothers
    births = random.uniform(0, 500, (4, 60))
    found = every_year(run, births)
    ages = found.population[::5]
    five = np.concatenate([ages[:, :, :90].reshape(5, 2, 18, 5, 60).sum(axis=3), ages[:, :, 90:]], axis=2)
    assert np.abs(five - run).max() < 1e-9
    assert found.births.reshape(4, 5, 60).sum(axis=1) == pytest.approx(births, rel=1e-12)
    assert found.population.min() >= 0 and np.isfinite(found.population).all()


def test_deaths_and_moves_are_spread_evenly_over_the_years_of_a_step() -> None:
    """A fifth root would let the old die off in the first year of every step: the total falls by the same number."""
    start = both_sexes(np.append(np.full(90, 10.0), 100))
    end = start * np.append(np.ones(17), [0.5, 0.4])[:, None]
    total = band_figures(every_year(np.stack([start, end]), np.array([[50.0]])))["total"][0][:, 0] / 1e6
    assert np.diff(total) == pytest.approx([np.diff(total).mean()] * 5)


def test_bands_are_everybody_in_whole_millionths() -> None:
    run = np.random.default_rng(6).uniform(0, 90, (3, 2, 19, 20))
    bands = {name: persons for name, (persons, _) in band_figures(every_year(run, np.ones((2, 20)))).items()}
    apart = sum(persons for name, persons in bands.items() if name not in ("total", "0-5"))
    assert (apart == bands["total"]).all()
    assert (bands["0-2"] + bands["3-5"] == bands["0-5"]).all()


def test_delivered_single_ages_divide_their_group_and_are_carried_on() -> None:
    """The small cohort of 1966 stays small: nothing is divided anew after the base."""
    groups = both_sexes(np.append(np.full(90, 20.0), 5))
    register = np.full((2, 91, 1), 7.0)
    register[:, 59] = 3.5
    register[:, 0] = np.nan  # born since: their group has the multipliers
    ages, method = single_ages(groups, register)
    assert ages[0, 55:60, 0] == pytest.approx(np.array([7, 7, 7, 7, 3.5]) * 50 / 31.5)
    assert method[:, 0].tolist() == [METHODS.index("sprague")] + [METHODS.index("single_ages")] * 17
    carried = every_year(np.stack([groups, groups]), np.array([[100.0]]), register).population[3, 0, :, 0]
    assert carried[62] == pytest.approx(carried[61] / 2)


def test_a_band_says_how_the_groups_that_it_cuts_were_divided() -> None:
    groups = both_sexes(np.append(np.full(90, 20.0), 5))
    groups[:, [4, 5, 6], 0] = [0, 300, 0]  # 20-34: too uneven for the multipliers
    assert [METHODS[one] for one in single_ages(groups)[1][4:7, 0]] == ["even", "sprague", "even"]
    found = band_figures(every_year(np.stack([groups] * 9), np.ones((8, 1))))
    told = {name: method[:, 0] for name, (_, method) in found.items()}
    assert [METHODS[one] for one in told["6-11"][[0, 5, 6, 12]]] == ["sprague", "sprague", "sprague", "none"]
    assert [METHODS[one] for one in told["18-64"][[0, 31, 36]]] == ["sprague", "even", "sprague"]
    assert not told["total"].any()


def test_births_of_a_calendar_year_are_nine_months_of_one_and_three_of_the_next() -> None:
    assert calendar_births(np.array([[100.0], [60.0], [40.0]]))[:, 0].tolist() == [90.0, 55.0]


def test_whole_ages_add_up_to_the_groups_that_are_published() -> None:
    ages = np.random.default_rng(7).uniform(0, 9, (2, 91))
    whole = whole_ages(ages)
    assert (np.abs(whole - ages) < 1).all()
    assert whole.sum() == np.floor(ages.sum() + 0.5)
    assert (np.abs(whole[:, :90].reshape(2, 18, 5).sum(axis=2) - ages[:, :90].reshape(2, 18, 5).sum(axis=2)) < 1).all()


def counts(**changed: object) -> pl.DataFrame:
    """Counts by single age as `sousei aggregate --years 1` writes them: two residents of each age and sex."""
    rows = {
        "municipality_code": "99999",
        "as_of_date": "2026-04-01",
        "event": "",
        "sex": ["male", "female", "male"],
        "age": ["0", "30", "95"],
        "persons": "2",
    }
    return pl.DataFrame(rows | changed)


def test_counts_of_a_register_are_read_at_the_age_of_the_base() -> None:
    found = ages_of_counts(counts(), "99999", 2025)
    assert found[0, 0, 0] == 2 and found[1, 30, 0] == 2 and np.nansum(found) == 4, "half a year is nearest to none"
    later = ages_of_counts(counts(), "99999", 2029)
    assert later[1, 34, 0] == 2 and np.isnan(later[:, :4]).all() and not np.isnan(later[:, 4:90]).any()
    gone = ages_of_counts(counts(event=["転入", "転出", "死亡"]), "99999", 2025)
    assert np.nansum(gone) == 2, "who has left or died is no resident"


@pytest.mark.parametrize(
    ("changed", "base_year", "said"),
    [
        ({}, 2015, r"5年を超えて"),
        ({"municipality_code": "01223"}, 2025, r"団体 99999"),
        ({"as_of_date": ["2026-04-01", "2026-04-01", "2025-04-01"]}, 2025, r"一つの日"),
        ({"persons": ["2", None, "3"]}, 2025, r"秘匿"),
        ({"persons": ["2", "-1", "3"]}, 2025, r"秘匿された欄か人数でない"),
    ],
)
def test_counts_that_cannot_divide_the_base_are_refused_in_words(changed, base_year: int, said: str) -> None:
    with pytest.raises(ProjectionError, match=said):
        ages_of_counts(counts(**changed), "99999", base_year)


def test_counts_without_ages_are_refused_by_the_name_of_the_column() -> None:
    with pytest.raises(ProjectionError, match=r"age。sousei aggregate"):
        ages_of_counts(counts().drop("age"), "99999", 2025)
