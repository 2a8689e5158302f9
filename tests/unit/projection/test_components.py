"""The general cohort-component form against two published cases."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from sousei.projection.components import project_components, survival_from_life_table
from sousei.projection.engine import ProjectionError
from tests.unit.projection.frames import SHARED

needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="../shared is missing: the published cases live there")


def sweden() -> pl.DataFrame:
    rows = pl.read_csv(SHARED / "projection_cases" / "phg_sweden_1993_females.csv", comment_prefix="#")
    return rows.with_columns(
        pl.lit("female").alias("sex"), pl.col("age").str.extract(r"^(\d+)").cast(pl.Int64).alias("age_from")
    )


def run_sweden(rows: pl.DataFrame, open_population: bool, **options):
    table = rows.select("sex", "age_from", pl.col("L5").alias("person_years"))
    return project_components(
        rows.select("sex", "age_from", pl.col("N1993").alias("population_persons")),
        survival_from_life_table(table),
        rows.select("age_from", pl.col("ASFR").alias("births_per_woman")),
        rows.select("sex", "age_from", pl.col("net_migrants_5y").alias("net_persons")) if open_population else None,
        years=[1993, 1998],
        **options,
    )


@pytest.mark.shared
@needs_shared
def test_sweden_1993_open_population_returns_every_published_age():
    rows = sweden()
    run = run_sweden(rows, open_population=True)
    found = run.population.filter(pl.col("year") == 1998)["population_persons"]
    assert (found.round(0) - rows["N1998_open_published"]).abs().max() == 0
    assert (run.births["births_persons"].round(0) - rows["births_open_1993_98"]).abs().max() <= 1


@pytest.mark.shared
@needs_shared
def test_sweden_without_end_migrants_in_exposure_is_not_the_box():
    rows = sweden()
    run = run_sweden(rows, open_population=True, end_migrants_in_exposure=False)
    youngest = run.population.filter((pl.col("year") == 1998) & (pl.col("age_from") == 0))["population_persons"][0]
    assert abs(youngest - 302392) > 100


@pytest.mark.shared
@needs_shared
def test_sweden_closed_population_returns_the_unrounded_reference():
    rows = sweden()
    run = run_sweden(rows, open_population=False)
    found = run.population.filter(pl.col("year") == 1998)["population_persons"]
    off = ((found / rows["N1998_closed_reference"]) - 1).abs()
    # The reference's 65-69 cell implies L = 436,155 where its table has 436,153; all others are exact.
    assert off.filter(rows["age_from"] != 65).max() < 1e-9
    assert off.max() < 5e-6
    assert run.change["social_change"][0] == 0


@pytest.mark.shared
@needs_shared
def test_sweden_males_with_female_rates():
    rows = sweden()
    both = pl.concat([rows, rows.with_columns(pl.lit("male").alias("sex"))])
    run = project_components(
        both.select("sex", "age_from", pl.col("N1993").alias("population_persons")),
        survival_from_life_table(both.select("sex", "age_from", pl.col("L5").alias("person_years"))),
        rows.select("age_from", pl.col("ASFR").alias("births_per_woman")),
        both.select("sex", "age_from", pl.col("net_migrants_5y").alias("net_persons")),
        years=[1993, 1998],
    )
    boys = run.population.filter((pl.col("year") == 1998) & (pl.col("sex") == "male") & (pl.col("age_from") == 0))
    assert round(boys["population_persons"][0]) == pytest.approx(317340, abs=1)
    totals = run.population.group_by("year").agg(pl.col("population_persons").sum()).sort("year")["population_persons"]
    assert totals[1] - totals[0] == pytest.approx(
        run.change["natural_change"][0] + run.change["social_change"][0], abs=1e-6
    )


@pytest.mark.shared
@needs_shared
def test_burkina_faso_1960_2005_nine_steps():
    rows = pl.read_csv(SHARED / "projection_cases" / "burkina_faso_females_1960_2005.csv").with_columns(
        pl.col("age").cast(pl.Int64), pl.col("year").cast(pl.Int64), pl.lit("female").alias("sex")
    )

    def quantity(name: str, value: str, year: str = "year_from", shift: int = 0) -> pl.DataFrame:
        part = rows.filter(pl.col("quantity") == name)
        return part.select(
            pl.col("year").alias(year), "sex", (pl.col("age") + shift).alias("age_from"), pl.col("value").alias(value)
        )

    run = project_components(
        quantity("baseline.pop.counts", "population_persons").drop("year_from"),
        quantity("survival.proportions", "survival_ratio", shift=-5),
        quantity("fertility.rates", "births_per_woman").drop("sex"),
        quantity("migration.proportions", "net_share"),
        years=range(1960, 2006, 5),
        open_group="separate",
        end_migrants_in_exposure=False,
    )
    expected = quantity("ccmp_output_popReconstruct", "expected", year="year")
    both = run.population.join(expected, on=["year", "sex", "age_from"], validate="1:1")
    assert both.height == 170
    assert ((both["population_persons"] / both["expected"]) - 1).abs().max() < 1e-10
    totals = both.group_by("year").agg(pl.col("population_persons").sum()).sort("year")["population_persons"].to_numpy()
    change = (run.change["natural_change"] + run.change["social_change"]).to_numpy()
    assert np.allclose(np.diff(totals), change, rtol=0, atol=1e-6)


def small(width: int = 5) -> dict[str, pl.DataFrame]:
    ages = list(range(0, 4 * width, width))
    return {
        "base": pl.DataFrame(
            {"sex": ["female"] * 4, "age_from": ages, "population_persons": [100.0, 90.0, 80.0, 70.0]}
        ),
        "survival": pl.DataFrame(
            {"sex": ["female"] * 4, "age_from": [-width, *ages[:3]], "survival_ratio": [0.9, 0.95, 0.9, 0.5]}
        ),
        "fertility": pl.DataFrame({"age_from": [ages[1]], "births_per_woman": [0.1]}),
    }


def test_a_missing_cell_is_refused():
    frames = small()
    with pytest.raises(ProjectionError, match=r"survival_ratio.*missing cell"):
        project_components(frames["base"], frames["survival"].head(3), frames["fertility"], years=[2000, 2005])


def test_single_year_ages_run_in_single_years():
    frames = small(1)
    run = project_components(**frames, years=[2000, 2001, 2002])
    first = run.population.filter(pl.col("year") == 2001).sort("age_from")["population_persons"].to_list()
    births = 0.1 * (90 + 95) / 2
    assert first == pytest.approx([births / 2.05 * 0.9, 95.0, 81.0, 75.0])


def test_uneven_years_are_refused():
    with pytest.raises(ProjectionError, match="as wide as the steps"):
        project_components(**small(), years=[2000, 2004])


def test_many_areas_at_once_equal_each_alone():
    frames = small()
    twice = pl.concat(
        [
            frames["base"].with_columns(pl.lit("a").alias("area")),
            frames["base"].with_columns(pl.lit("b").alias("area"), pl.col("population_persons") * 3),
        ]
    )
    both = project_components(twice, frames["survival"], frames["fertility"], years=[2000, 2005, 2010], keys=["area"])
    alone = project_components(**frames, years=[2000, 2005, 2010])
    for area, factor in (("a", 1), ("b", 3)):
        found = both.population.filter(pl.col("area") == area).sort("year", "age_from")["population_persons"]
        assert found.to_list() == pytest.approx(
            (alone.population.sort("year", "age_from")["population_persons"] * factor).to_list()
        )
