"""The child-woman form on plain frames: the same arithmetic as the batch, whichever way fertility is given."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from sousei.projection import national, vision
from sousei.projection.engine import SEXES, ProjectionError
from sousei.projection.recover import cohort_change_ratios
from sousei.projection.worksheet import project_child_woman
from tests.unit.projection import frames

AGES = list(range(0, 95, 5))
YEARS = [2015, 2020, 2025]


def town(scale: float = 1.0) -> dict[str, pl.DataFrame]:
    random = np.random.default_rng(3)
    cells = [(s, a) for s in SEXES for a in AGES]
    moving = [(s, a) for s in SEXES for a in AGES[:-1]]
    return {
        "base": pl.DataFrame(
            [(s, a, scale * v) for (s, a), v in zip(cells, random.uniform(100, 900, len(cells)), strict=True)],
            schema=["sex", "age_from", "population_persons"],
            orient="row",
        ),
        "survival": pl.DataFrame(
            [(s, a, v) for (s, a), v in zip(moving, random.uniform(0.5, 1, len(moving)), strict=True)],
            schema=["sex", "age_from", "survival_ratio"],
            orient="row",
        ),
        "migration": pl.DataFrame(
            [(s, a, v) for (s, a), v in zip(moving, random.uniform(-0.2, 0.2, len(moving)), strict=True)],
            schema=["sex", "age_from", "net_migration_ratio"],
            orient="row",
        ),
        "fertility": pl.DataFrame({"year": [2020, 2025], "child_woman_ratio": [0.2, 0.21]}),
    }


def total(run) -> pl.Series:
    return run.population.group_by("year").agg(pl.col("population_persons").sum()).sort("year")["population_persons"]


def test_change_is_natural_plus_social_and_children_follow_the_ratio():
    run = project_child_woman(**town(), years=YEARS)
    change = run.change["natural_change"] + run.change["social_change"]
    assert np.allclose(total(run).diff().drop_nulls(), change, atol=1e-7)
    then = run.population.filter(pl.col("year") == 2025)
    women = then.filter((pl.col("sex") == "female") & pl.col("age_from").is_between(15, 45))["population_persons"].sum()
    assert then.filter(pl.col("age_from") == 0)["population_persons"].sum() == pytest.approx(0.21 * women)


def test_child_woman_ratio_k_and_tfr_say_the_same_thing():
    given = town()
    rates = national.rates(YEARS)
    direct = given["fertility"]["child_woman_ratio"].to_numpy()
    k = pl.DataFrame({"year": [2020, 2025], "k": direct / rates.child_woman_ratio[1:]})
    tfr = pl.DataFrame({"year": [2020, 2025], "tfr": national.tfr_of(direct, rates, first=1)})
    expected = project_child_woman(**given, years=YEARS)
    for other in (k, tfr):
        found = project_child_woman(**given | {"fertility": other}, years=YEARS)
        assert np.allclose(found.population["population_persons"], expected.population["population_persons"])
    assert expected.change["implied_tfr"].to_list() == pytest.approx(tfr["tfr"].to_list())


def test_year_from_and_year_name_the_same_step():
    given = town()
    by_start = given["fertility"].select((pl.col("year") - 5).alias("year_from"), "child_woman_ratio")
    first = project_child_woman(**given, years=YEARS)
    assert project_child_woman(**given | {"fertility": by_start}, years=YEARS).population.equals(first.population)


def test_migration_per_survivor_is_migration_times_survival():
    given = town()
    both = given["migration"].join(given["survival"], on=["sex", "age_from"])
    per_survivor = both.select("sex", "age_from", pl.col("net_migration_ratio") / pl.col("survival_ratio"))
    found = project_child_woman(**given | {"migration": per_survivor}, years=YEARS, migration_of="survivors")
    assert np.allclose(total(found), total(project_child_woman(**given, years=YEARS)))


def test_no_migration_is_a_closed_population():
    run = project_child_woman(**town() | {"migration": None}, years=YEARS)
    assert (run.change["social_change"] == 0).all()


def test_arrivals_at_the_end_add_themselves_and_no_children_yet():
    arrivals = pl.DataFrame({"year": [2020], "sex": ["female"], "age_from": [20], "timing": ["end"], "persons": [10.0]})
    found = project_child_woman(**town(), years=YEARS, arrivals=arrivals)
    plain = project_child_woman(**town(), years=YEARS)
    assert total(found)[1] - total(plain)[1] == pytest.approx(10)
    assert found.change["social_change"][0] - plain.change["social_change"][0] == pytest.approx(10)


def test_years_without_a_national_reference_need_the_sex_ratio_and_leave_births_out():
    given = town()
    old = given | {"fertility": pl.DataFrame({"child_woman_ratio": [0.3]})}
    with pytest.raises(ProjectionError, match="sex_ratio is needed"):
        project_child_woman(**old, years=[1980, 1985])
    run = project_child_woman(**old, years=[1980, 1985], sex_ratio=1.05)
    assert run.change["births"].null_count() == run.change["implied_tfr"].null_count() == 1
    assert run.change["natural_change"][0] + run.change["social_change"][0] == pytest.approx(total(run).diff()[1])


@pytest.mark.parametrize("given_as", ["tfr", "k"])
def test_a_run_from_2010_takes_a_tfr_since_its_first_ratio_is_that_of_2015(given_as):
    ends = [2015, 2020]
    nation = national.ratios(ends)
    assert nation is not None
    per_unit = nation.child_woman_ratio if given_as == "k" else nation.child_woman_ratio / nation.tfr
    given = town() | {"fertility": pl.DataFrame({"year": ends, given_as: [1.4, 1.6]})}
    direct = town() | {"fertility": pl.DataFrame({"year": ends, "child_woman_ratio": per_unit * [1.4, 1.6]})}
    run, expected = (project_child_woman(**one, years=[2010, *ends]) for one in (given, direct))
    assert np.allclose(run.population["population_persons"], expected.population["population_persons"])
    assert run.change["births"].is_null().to_list() == [True, False], "no life table of 2010-2015 is in hand"
    assert run.change["natural_change"].null_count() == run.change["implied_tfr"].null_count() == 0
    if given_as == "tfr":
        assert run.change["implied_tfr"].to_list() == pytest.approx([1.4, 1.6])


def test_a_tfr_of_a_step_that_ends_before_the_reference_is_refused_in_words():
    given = town() | {"fertility": pl.DataFrame({"year": [2010, 2015], "tfr": [1.4, 1.4]})}
    with pytest.raises(ProjectionError, match=r"2015〜2070年.*child_woman_ratio.*no national reference"):
        project_child_woman(**given, years=[2005, 2010, 2015])


def test_two_kinds_of_fertility_at_once_are_refused():
    given = town()
    doubled = given["fertility"].with_columns(pl.lit(1.5).alias("tfr"))
    with pytest.raises(ProjectionError, match="exactly one column"):
        project_child_woman(**given | {"fertility": doubled}, years=YEARS)


@pytest.mark.shared
@pytest.mark.skipif(not frames.SHARED.exists(), reason="../shared is missing: the published table lives there")
def test_recovered_rates_of_the_two_cities_return_their_table():
    table = frames.all_municipalities_2018().filter(pl.col("municipality_code").is_in(["01223", "03211"]))
    base = vision.baseline(table)
    survival = national.tables()[1].select("year", "sex", "age_from", "survival_ratio").filter(pl.col("age_from") >= 0)
    rates = cohort_change_ratios(table, survival)
    assert rates["split_basis"].str.starts_with("ours").all()
    fertility = pl.DataFrame(
        [
            (c, y, base.child_woman_ratio[t + 1, i])
            for i, c in enumerate(base.codes)
            for t, y in enumerate(range(2020, 2050, 5))
        ],
        schema=["municipality_code", "year", "child_woman_ratio"],
        orient="row",
    )
    ratio = pl.DataFrame(
        [
            (c, y, base.male_share[t, i] / (1 - base.male_share[t, i]))
            for i, c in enumerate(base.codes)
            for t, y in enumerate(range(2020, 2050, 5))
        ],
        schema=["municipality_code", "year", "sex_ratio"],
        orient="row",
    )
    run = project_child_woman(
        table.filter(pl.col("year") == 2015).drop("year"),
        rates.select("municipality_code", "year", "sex", "age_from", "survival_ratio"),
        rates.select("municipality_code", "year", "sex", "age_from", "net_migration_ratio"),
        fertility,
        years=range(2015, 2050, 5),
        keys=["municipality_code"],
        sex_ratio=ratio,
    )
    both = run.population.join(table, on=["municipality_code", "year", "sex", "age_from"], suffix="_published")
    assert both.height == 2 * 7 * 38
    assert (both["population_persons"] - both["population_persons_published"]).abs().max() < 1e-8
