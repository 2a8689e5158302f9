"""Another base, the other edition, probabilities: on a town that does not exist, and on published figures."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from sousei.projection import areas, bases, fitted, probability, scenarios, vision
from sousei.projection.desk import answers, chances, sitting
from sousei.projection.engine import ProjectionError
from sousei.projection.night import build, refresh, stands
from sousei.projection.published import published_2023, published_cells
from tests import registers
from tests.unit.projection import frames

NEMURO, KAMAISHI = "01223", "03211"
shared = pytest.mark.skipif(not frames.SHARED.exists(), reason="../shared is missing: published tables live there")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("census_2025", ("ipss_2018", "census_2025")),
        ("census_2015", ("ipss_2018", None)),
        ("ipss_2023", ("ipss_2023", None)),
        ("ipss_2023@census_2020", ("ipss_2023", None)),
        ("ipss_2023@registry_2023-01-01", ("ipss_2023", "registry_2023-01-01")),
    ],
)
def test_a_base_names_edition_and_start(text, expected):
    assert bases.parsed(text) == expected


@pytest.mark.parametrize(
    "text", ["", "2025", "census_25", "registry_2023-04-01", "ipss_2013", "ipss_2023@", "x@census_2025"]
)
def test_what_is_no_base_is_refused_by_its_name(text):
    with pytest.raises(ProjectionError, match="census_2025"):
        bases.parsed(text)


def test_codes_of_today_follow_the_register_of_changes():
    changes = pl.read_csv(registers.SCENARIOS.parent / "municipality_changes.csv", infer_schema=False)
    assert areas.successors(changes, areas.FIRST_EDITION) == {"40305": "40231"}


@pytest.fixture(scope="module")
def known():
    if not frames.SHARED.exists():
        pytest.skip("../shared is missing: published tables live there")
    ipss = pl.concat([frames.two_cities_2018(), frames.totals_2023()[0]])
    census, registry = frames.census_two_cities(), frames.registry_two_cities()
    totals = refresh.actual_totals(census, registry, frames.empty("registry_dynamics"), frames.reference_two_cities())
    return ipss, census, registry, totals


def desk(known, code: str, base: str | None) -> sitting.Desk:
    ipss, census, registry, totals = known
    return sitting.open_desk(
        ipss,
        registers.night().scenarios,
        code,
        base=base,
        census_population=census,
        registry_population=registry,
        totals=totals,
    )


def total(found: sitting.Desk, year: int, scenario: str | None = None) -> float:
    at = found.run.keys["scenario_id"].to_list().index(scenario or found.basis)
    return float(found.run.population[found.run.years.index(year), ..., at].sum())


def test_a_run_starts_from_what_was_counted(known):
    assert total(desk(known, NEMURO, "census_2020"), 2020) == pytest.approx(24636)
    later = desk(known, NEMURO, "census_2025")
    assert total(later, 2025) == pytest.approx(21201)
    assert later.run.years == list(range(2025, 2066, 5))
    assert later.base_ja == "2025年国勢調査速報（年齢構成は住民基本台帳 2023-01-01）"
    labels = sitting.scenario_labels(later)
    assert labels["label_ja"].str.ends_with(f"（基準 {later.base_ja}）").all()
    assert total(desk(known, NEMURO, None), 2025) - 21201 == pytest.approx(804, abs=0.5)


def test_the_rates_of_the_edition_are_untouched_by_another_base(known):
    own, later = desk(known, NEMURO, None).base, desk(known, NEMURO, "census_2025").base
    assert np.array_equal(later.migration, own.migration[2:])
    assert np.array_equal(later.child_woman_ratio[1:], own.child_woman_ratio[3:])
    children, women = later.base[:, 0].sum(), later.base[1, 3:10].sum()
    assert later.child_woman_ratio[0, 0] == pytest.approx(children / women)


def test_the_edition_s_own_population_as_a_base_gives_the_edition_back(known):
    own = desk(known, NEMURO, None).base
    line = vision.run(own, scenarios.read(frames.SCENARIOS)).population
    begin = bases.Start("census_2025", 2025, own.codes, line[2, ..., :1], ["census"], ["census"])
    table = sitting.stood_on(scenarios.read(frames.SCENARIOS), bases.rebase(own, begin))
    again = vision.run(bases.rebase(own, begin), table)
    assert np.abs(again.population[..., 0] - line[2:, ..., 0]).max() < 1e-9


def test_a_registry_date_is_carried_to_the_grid_and_left_in_its_own_definition(known):
    found = desk(known, NEMURO, "registry_2023-01-01")
    assert found.run.years[0] == 2025
    assert 21201 < total(found, 2025) < 23546  # 23,546 registered on the day; the census counts fewer
    near = desk(known, NEMURO, "registry_2021-01-01")  # three months after 1 October 2020: read between two dates
    assert near.run.years[0] == 2020
    assert 24858 < total(near, 2020) < 25457


def test_a_base_that_is_not_known_is_refused_with_those_that_are(known):
    with pytest.raises(ProjectionError, match="registry_2023-01-01"):
        desk(known, NEMURO, "registry_2035-01-01")
    with pytest.raises(ProjectionError, match="census_1999"):
        desk(known, NEMURO, "census_1999")


@pytest.mark.parametrize(
    ("base", "from_year", "families"),
    [(None, 2020, 6.53), (None, 2025, 7.35), ("census_2020", 2020, 7.42), ("census_2025", 2025, 9.92)],
)
def test_goal_seek_from_another_base_needs_more_families(known, base, from_year, families):
    found = answers.goal_seek(
        desk(known, NEMURO, base),
        target_persons=9345,
        target_year=2060,
        from_year=from_year,
        scenario_ids=("fertility_only",),
        profiles=("family_30_34_one_child",),
        leaving="residents",
        end_mothers=False,
    )
    assert found["units_a_year"][0] == pytest.approx(families, abs=0.01)


def test_our_ages_of_the_2023_edition_meet_its_totals_and_reach_2070(known):
    found = desk(known, NEMURO, "ipss_2023")
    assert found.basis == "ipss_2023_fitted" and found.run.years[-1] == 2070
    for year, persons in ((2020, 24636), (2025, 22317), (2035, 18046), (2050, 12344)):
        assert total(found, year) == pytest.approx(persons)
    label = sitting.scenario_labels(found).filter(pl.col("scenario_id") == found.basis)
    assert label["assumption_of"].to_list() == ["ours"] and "当方の内訳" in label["label_ja"][0]


def test_three_groups_are_met_where_they_are_published(known):
    ipss, census, registry, totals = known
    newer = published_2023(ipss, frames.reference_two_cities())
    counts = stands.Counts(census, registry, totals)
    table = registers.night().scenarios
    found = {s.base.basis: s for s in stands.stands(ipss, newer, table, counts) if s.base.base_id is None}
    ours = found["ipss_2023_fitted"]
    here = vision.measures(vision.run(ours.base, table).population[..., :1])
    assert ours.base.codes[0] == NEMURO
    for measure, persons in (("young", 770), ("working_age", 5661), ("old", 5913)):
        assert here[measure][6, 0] == pytest.approx(persons), measure


def made_up_2023() -> pl.DataFrame:
    """The 2023 edition by sex and age to 95+ of a town that does not exist."""
    groups = [*((f"{a}-{a + 4}", a, a + 4) for a in range(0, 95, 5)), ("95+", 95, None)]
    rows = [
        (
            "99999",
            "ipss_2023",
            2020 + 5 * t,
            sex,
            name,
            first,
            last,
            int(900 - 8 * first * (first > 60) - 30 * t + 7 * s),
        )
        for t in range(7)
        for s, sex in enumerate(("male", "female"))
        for name, first, last in groups
    ]
    names = ["area_code", "vintage", "year", "sex", "age_group", "age_from", "age_to", "population_persons"]
    return frames.raw(pl.DataFrame(rows, schema=names, orient="row"), "ipss_population", "ipss_projection-made-up")


def test_a_delivered_2023_table_comes_back_with_its_oldest_groups_together():
    raw = made_up_2023()
    cells = published_cells(raw, "ipss_2023")
    assert cells.height == 7 * 38
    base = vision.baseline(cells, vision.HORIZON_2023, basis=scenarios.BASIS_2023)
    result = vision.run(base, scenarios.read(frames.SCENARIOS))
    assert result.keys["scenario_id"].to_list() == ["ipss_2023_extended"] and result.years[-1] == 2070
    by_age = raw.group_by("year").agg(pl.col("population_persons").sum()).sort("year")["population_persons"]
    assert result.population[:7].sum(axis=(1, 2, 3)).round(6).tolist() == by_age.to_list()
    oldest = raw.filter((pl.col("age_from") >= 90) & (pl.col("year") == 2050))["population_persons"].sum()
    assert result.population[6, :, 18, 0].sum() == pytest.approx(oldest)
    lacking = raw.filter((pl.col("age_group") != "95+") | (pl.col("year") != 2030))
    assert published_cells(lacking, "ipss_2023").is_empty()


def test_a_town_that_the_2018_edition_has_not_stands_on_the_2023_edition_and_two_censuses():
    """Fukushima's: only totals of 2023, censuses of 2015 and 2020 by sex and age."""
    years = [2020 + 5 * t for t in range(7)]
    totals = {"area_code": "07999", "vintage": "ipss_2023", "sex": "total", "age_group": "total"}
    ipss = frames.raw(
        pl.DataFrame({"year": years, "population_persons": [9000 - 400 * t for t in range(7)]}).with_columns(
            **{name: pl.lit(value) for name, value in totals.items()}
        ),
        "ipss_population",
        "ipss_projection-made-up",
    )
    cells = (
        made_up_2023()
        .filter(pl.col("year").is_in([2020, 2025]))
        .with_columns(
            pl.lit("07999").alias("area_code"),
            pl.lit("total").alias("scope"),
            pl.date(pl.col("year") - 5, 10, 1).alias("as_of_date"),
        )
    )
    census = frames.raw(cells, "census_population", "census-made-up")
    asked = {"census_population": census, "registry_population": frames.empty("registry_population")}
    nobody = refresh.actual_totals(*(frames.empty(name) for name in list(build.INPUTS)[1:]))
    with pytest.raises(ProjectionError, match=r"平成30年推計.*--base ipss_2023"):
        sitting.open_desk(ipss, registers.night().scenarios, "07999")
    found = sitting.open_desk(ipss, registers.night().scenarios, "07999", base="ipss_2023", totals=nobody, **asked)
    assert found.base_ja == "2020年国勢調査（年齢別は当方、2015→2020年国勢調査の率）"
    assert total(found, 2050) == pytest.approx(6600)
    asked["census_population"] = census.filter(pl.col("as_of_date") == date(2020, 10, 1))
    with pytest.raises(ProjectionError, match="2015年も"):
        sitting.open_desk(ipss, registers.night().scenarios, "07999", base="ipss_2023", totals=nobody, **asked)


def test_a_registry_date_that_is_not_there_is_refused_with_those_that_are(known):
    with pytest.raises(
        ProjectionError, match=r"registry_2024-01-01 の人口.*住民基本台帳が届いていません.*registry_2018-01-01"
    ):
        desk(known, NEMURO, "registry_2024-01-01")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"at_most": float("nan")}, "nan は人数ではありません"),
        ({"at_least": -5.0}, "-5.0 は人数ではありません"),
        ({"at_most": 1.0, "scenario_id": "nosuch"}, "scenario nosuch はありません"),
        ({"at_most": 1.0, "measure": "teens"}, "指標 teens はありません"),
        ({"at_most": 1.0, "year": 2015}, "2015年はありません"),
    ],
)
def test_what_has_no_probability_is_refused_by_its_name(known, asked, said):
    with pytest.raises(ProjectionError, match=said):
        chances.chances(desk(known, NEMURO, None), **({"year": 2060, "draws": 10} | asked))


def test_a_town_raised_to_a_city_is_one_municipality():
    raw = made_up_2023()
    old, new = (raw.with_columns(pl.lit(code).alias("area_code")) for code in ("40305", "40231"))
    later = new.filter(pl.col("year") == 2050).with_columns(pl.col("population_persons") + 1)
    found = build.with_codes_of_today(pl.concat([old, later]), "ipss_population", {"40305": "40231"})
    assert found["area_code"].unique().to_list() == ["40231"] and found.height == raw.height
    kept = found.filter(pl.col("year") == 2050)["population_persons"].sum()
    assert kept == later["population_persons"].sum(), "what stands under today's code counts"
    assert build.with_codes_of_today(raw, "ipss_population", {"40305": "40231"}).equals(raw)


def test_a_total_without_ages_has_those_of_the_edition_and_says_so():
    cells = published_cells(made_up_2023().with_columns(pl.lit("ipss_2018").alias("vintage")), "ipss_2018")
    edition = vision.baseline(cells.with_columns(pl.lit("40231").alias("municipality_code"), pl.col("year") - 5))
    totals = pl.DataFrame(
        {"municipality_code": ["40231"], "as_of_date": [date(2025, 10, 1)], "series": ["census"], "persons": [9000.0]}
    )
    none = pl.DataFrame(schema=sitting.COUNTED)
    begin = bases.start("census_2025", edition, none, none, totals)
    assert begin.codes == ["40231"] and begin.age_basis == ["edition"]
    moved = bases.rebase(edition, begin)
    assert moved.base.sum() == pytest.approx(9000) and moved.codes == ["40231"]
    assert "年齢構成は社人研推計" in moved.base_ja[0]


def test_what_a_scenario_says_of_years_before_its_base_is_over(known):
    later = desk(known, NEMURO, "census_2025")
    which = later.run.which[later.run.keys["scenario_id"].to_list().index("migration_only")]
    assert later.run.multipliers[which].min() == pytest.approx(0.87934, abs=1e-5)
    assert later.run.multipliers[which].max() == pytest.approx(0.87934, abs=1e-5)


def test_bringing_to_nothing_leaves_nothing():
    cells = np.zeros((2, 3))
    fitted._bring(cells, 5.0)
    assert not cells.any()


def test_draws_depend_on_seed_and_code_alone_and_stand_around_the_line(known):
    ipss = known[0]
    base = vision.baseline(published_cells(ipss, "ipss_2018"))
    table = scenarios.read(frames.SCENARIOS)
    both = pl.DataFrame({"municipality_code": base.codes, "scenario_id": [base.basis] * 2})
    together = probability.summary(base, table, both, [2060], draws=500, seed=7, block=2)
    alone = probability.summary(base, table, both[1:], [2060], draws=500, seed=7, block=1)
    assert together.filter(pl.col("municipality_code") == base.codes[1]).equals(alone)
    other = probability.summary(base, table, both[1:], [2060], draws=500, seed=8)
    assert not other["p50_persons"].equals(alone["p50_persons"])
    line = total(desk(known, base.codes[1], None), 2060)
    middle = alone.filter(pl.col("measure") == "total")["p50_persons"][0]
    assert middle == pytest.approx(line, rel=0.06)


@pytest.mark.parametrize("year", [2020, 2030, 2045])
def test_the_draws_spread_as_the_tested_band_does(known, year):
    found = desk(known, NEMURO, None)
    for measure in ("total", "young", "working_age", "old"):
        row = chances.chances(found, year=year, measure=measure, at_most=1, draws=4000, seed=1).row(0, named=True)
        band = np.log(row["high_persons"] / row["low_persons"])
        drawn = np.log(row["p90_persons"] / row["p10_persons"])
        assert 0.7 < drawn / band < 1.35, (measure, drawn / band)


def test_probabilities_are_shares_of_draws_and_only_of_forecasts(known):
    found = desk(known, NEMURO, None)
    low = chances.chances(found, year=2060, at_most=8000, at_least=8000, draws=1000, seed=1).row(0, named=True)
    assert low["probability_at_most"] + low["probability_at_least"] == pytest.approx(1.0, abs=0.005)
    assert 0.3 < low["probability_at_most"] < 0.5
    for arguments, named in (
        ({"scenario_id": "closed", "at_most": 1}, "closed"),
        ({"at_most": 1, "measure": "x"}, "x"),
        ({}, "at_most"),
        ({"at_most": 1, "draws": 0}, "0"),
    ):
        with pytest.raises(ProjectionError, match=named):
            chances.chances(found, year=2060, **arguments)
    with pytest.raises(ProjectionError, match="2061"):
        chances.chances(found, year=2061, at_most=1)
