"""The population vision against published figures: the bars of the method."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from sousei.projection import backtest, bands, decompose, engine, scenarios, vision
from sousei.projection.night.tables import PROJECTION_TABLES, schema_of
from sousei.projection.night.whole import whole_codes
from sousei.projection.published import published_cells
from sousei.projection.reference import derive
from tests import registers
from tests.unit.projection import frames

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not frames.SHARED.exists(), reason="../shared is missing: published tables live there"),
]
NEMURO, KAMAISHI = "01223", "03211"
BASELINE = "ipss_2018_extended"


@pytest.fixture(scope="module")
def inputs() -> tuple:
    ipss = pl.concat([frames.two_cities_2018(), frames.totals_2023()[0]])
    return (
        ipss,
        frames.census_two_cities(),
        frames.registry_two_cities(),
        frames.empty("registry_dynamics"),
        frames.reference_two_cities(),
        registers.night().scenarios,
        registers.night().figures,
    )


@pytest.fixture(scope="module")
def built(inputs) -> dict[str, pl.DataFrame]:
    return frames.built(*inputs)


@pytest.fixture(scope="module")
def runs(inputs) -> tuple[vision.Baseline, vision.Run]:
    base = vision.baseline(published_cells(inputs[0], "ipss_2018"))
    return base, vision.run(base, inputs[5])


def figure(built, scenario: str, year: int, measure: str, code: str = NEMURO) -> float:
    """Persons of a run: by the measure of a band where the run has one, else the total of the population."""
    of_run = (pl.col("municipality_code") == code) & (pl.col("scenario_id") == scenario) & (pl.col("year") == year)
    row = built["band"].filter(of_run & (pl.col("measure") == measure))
    if row.is_empty():
        assert measure == "total"
        is_total = (pl.col("sex") == "total") & (pl.col("age_group") == "total")
        row = built["population"].filter(of_run & is_total)
    return float(row["population_persons"][0])


def test_nemuro_2060_is_within_five_of_8358(built):
    assert abs(figure(built, "ipss_2018_extended", 2060, "total") - 8358) <= 5


@pytest.mark.parametrize(
    ("measure", "printed"), [("old", 4030), ("working_age", 3729), ("young", 599), ("women_20_39", 446)]
)
def test_nemuro_2060_groups_are_within_six(built, measure, printed):
    assert abs(figure(built, "ipss_2018_extended", 2060, measure) - printed) <= 6


@pytest.mark.parametrize(
    ("code", "totals"),
    [(NEMURO, {2050: 11424, 2055: 9808, 2060: 8360}), (KAMAISHI, {2050: 18749, 2055: 16717, 2060: 14828})],
)
def test_extension_returns_the_totals_of_the_method_page(built, code, totals):
    for year, printed in totals.items():
        assert figure(built, "ipss_2018_extended", year, "total", code) == pytest.approx(printed, abs=0.6)


def test_holding_the_child_woman_ratio_itself_is_the_wrong_rule(runs):
    base, _ = runs
    i = base.codes.index(NEMURO)
    held = np.concatenate([base.child_woman_ratio[1:7, i], np.repeat(base.child_woman_ratio[6, i], 3)])
    ratio = (base.survival[..., None] + base.migration)[:9, :, :, i]
    wrong = engine.project(base.base[..., i], ratio, held, base.male_share[:9, i])[-1]
    assert wrong.sum() == pytest.approx(8368, abs=1)
    assert wrong[:, :3].sum() == pytest.approx(611, abs=1)


def test_k_is_constant_within_the_published_table(runs):
    base, _ = runs
    for code, low, high in ((NEMURO, 1.022, 1.0241), (KAMAISHI, 1.0892, 1.0911)):
        k = base.k[: base.published, base.codes.index(code)]
        assert low < k.min() < k.max() < high


def test_effect_of_tfr_161_from_2025_is_within_the_bracket(built):
    gain = figure(built, "fertility_only", 2060, "total") - figure(built, "ipss_2018_extended", 2060, "total")
    assert 234 <= gain <= 262


def test_fertility_alone_changes_nothing_before_the_year_that_the_plan_names(built, inputs):
    """The plan: 1.61 from 2025 on. The column 2025 of the worksheet is the five years that end there; the run of before
    is the baseline to the last digit."""
    knots = inputs[5].filter((pl.col("scenario_id") == "fertility_only") & (pl.col("item") == "tfr"))
    assert knots.select("year_from", "value", "shape").rows() == [(2025, 1.61, "step")]
    mine = (
        built["population"]
        .filter(pl.col("municipality_code") == NEMURO)
        .select("scenario_id", "year", "sex", "age_group", "population_persons")
    )
    alone, line = (
        mine.filter(pl.col("scenario_id") == name).drop("scenario_id") for name in ("fertility_only", BASELINE)
    )
    apart = alone.join(line, on=["year", "sex", "age_group"], suffix="_line").filter(
        pl.col("population_persons") != pl.col("population_persons_line")
    )
    assert apart["year"].min() == 2025
    assert set(apart.filter(pl.col("year") == 2025)["age_group"]) == {"total", "0-4"}


def test_impact_degrees_match_the_oracle(runs):
    found = decompose.impact(runs[1]).filter(pl.col("year") == 2045)
    degrees = {r["municipality_code"]: r for r in found.iter_rows(named=True)}
    assert (degrees[NEMURO]["natural_degree"], degrees[NEMURO]["social_degree"]) == (3, 5)
    assert degrees[NEMURO]["natural_ratio_pct"] == pytest.approx(106.7, abs=0.15)
    assert degrees[NEMURO]["social_ratio_pct"] == pytest.approx(154.5, abs=0.5)
    assert degrees[KAMAISHI]["social_degree"] == 4
    assert degrees[KAMAISHI]["natural_ratio_pct"] == pytest.approx(105.0, abs=0.1)
    assert degrees[KAMAISHI]["social_ratio_pct"] == pytest.approx(122.2, abs=0.3)


def test_thresholds_are_settings():
    assert decompose.degree(np.array([99.9, 100.0, 105.0, 115.0]), (100, 105, 110, 115)).tolist() == [1, 2, 3, 5]
    assert decompose.degree(np.array([104.9]), (100, 104, 110, 115)).tolist() == [3]


def test_every_published_cell_of_every_municipality_comes_back():
    table = frames.all_municipalities_2018()
    base = vision.baseline(table)
    keys = pl.DataFrame({"municipality_code": base.codes}).with_columns(
        pl.lit("ipss_2018_extended").alias("scenario_id")
    )
    run = vision.run(base, registers.night().scenarios, keys=keys)
    _, names, published = engine.take(table, ["municipality_code"])
    assert names.height == 1682
    again = run.population[: base.published]
    assert published.size == 447_412
    assert (np.rint(again) == published).all()
    assert np.abs(again - published).max() < 1e-6


def test_all_tables_are_there_in_their_schemas(built):
    assert list(built) == list(PROJECTION_TABLES)
    for name, frame in built.items():
        assert frame.schema == schema_of(name), name
        assert frame.height, name


def test_no_key_is_doubled(built):
    keys = {
        "population": ["municipality_code", "scenario_id", "year", "sex", "age_group"],
        "vision": ["municipality_code", "scenario_id", "year"],
        "band": ["municipality_code", "scenario_id", "year", "measure"],
        "decomposition": ["municipality_code", "scenario_id", "year", "measure", "method"],
        "reconciliation": ["municipality_code", "plan_id", "figure_id"],
        "backtest": ["municipality_code", "method", "base_year", "year", "measure"],
        "refresh": ["municipality_code", "base_date", "year", "measure"],
        "actuals": ["municipality_code", "as_of_date", "series"],
        "stage": ["municipality_code", "scenario_id", "year"],
        "impact": ["municipality_code", "year"],
    }
    for name, key in keys.items():
        assert not built[name].select(key).is_duplicated().any(), name


def test_decimals_add_up_exactly_over_sexes_ages_and_time(built):
    cube = built["population"].filter(~pl.col("scenario_id").is_in(["ipss_2023", "plan"]))
    key = ["municipality_code", "scenario_id", "year"]
    sexes = cube.pivot("sex", index=[*key, "age_group"], values="population_persons")
    assert (sexes["male"] + sexes["female"] == sexes["total"]).all()
    ages = cube.group_by([*key, "sex"]).agg(
        pl.col("population_persons").filter(pl.col("age_group") == "total").sum().alias("total"),
        pl.col("population_persons").filter(pl.col("age_group") != "total").sum().alias("parts"),
    )
    assert (ages["total"] == ages["parts"]).all()
    totals = (
        cube.filter((pl.col("sex") == "total") & (pl.col("age_group") == "total"))
        .sort(key)
        .with_columns(pl.col("population_persons").diff().over("municipality_code", "scenario_id").alias("change"))
    )
    both = built["vision"].join(totals, on=key).drop_nulls("change")
    assert both.height > 100
    assert (both["natural_change"] + both["social_change"] == both["change"]).all()
    assert (both["births"] - both["deaths"] == both["natural_change"]).all()


def test_decomposition_adds_up_exactly_and_shapley_lies_between(built):
    parts = built["decomposition"]
    assert (parts["natural_persons"] + parts["social_persons"] == parts["difference_persons"]).all()
    plan = parts.filter(
        (pl.col("scenario_id") == "plan_recomputed") & (pl.col("year") == 2060) & (pl.col("measure") == "total")
    )
    natural = dict(zip(plan["method"], plan["natural_persons"], strict=True))
    assert natural["fertility_first"] <= natural["shapley"] <= natural["migration_first"]
    at = {s: figure(built, s, 2060, "total") for s in ("plan_recomputed", "migration_only", "fertility_only", BASELINE)}
    assert float(natural["migration_first"]) == pytest.approx(at["plan_recomputed"] - at["migration_only"], abs=1e-5)
    assert float(natural["fertility_first"]) == pytest.approx(at["fertility_only"] - at[BASELINE], abs=1e-5)
    assert float(natural["shapley"]) == pytest.approx((267.205 + 234.281) / 2, abs=0.01)


def test_closed_runs_have_no_social_change(built):
    flows = built["vision"].filter(
        pl.col("scenario_id").is_in(["closed", "sim2"]) & pl.col("social_change").is_not_null()
    )
    assert flows.height
    assert (flows["social_change"] == Decimal(0)).all()


def test_the_plan_is_printed_figures_only(built):
    plan = built["population"].filter(pl.col("scenario_id") == "plan")
    total = plan.filter(pl.col("age_group") == "total")
    assert dict(zip(total["year"], total["population_persons"], strict=True)) == {
        2015: Decimal(26917), 2025: Decimal(22453), 2035: Decimal(18109), 2060: Decimal(9345),
    }  # fmt: skip
    assert plan.filter(pl.col("municipality_code") != NEMURO).is_empty()


def test_our_calibrated_cut_meets_2025_and_2060_and_is_said_to_be_ours(built, inputs):
    assert figure(built, "plan_recomputed", 2025, "total") == pytest.approx(22453, abs=0.01)
    assert figure(built, "plan_recomputed", 2060, "total") == pytest.approx(9345, abs=0.01)
    labels = scenarios.labels(inputs[5]).filter(pl.col("scenario_id").is_in(["plan_recomputed", "migration_only"]))
    assert (labels["assumption_of"] == "ours").all()


def test_reconciliation_states_what_is_reproduced_and_why_not(built):
    rows = {r["figure_id"]: r for r in built["reconciliation"].iter_rows(named=True)}
    assert len(rows) == 61
    for year in (2025, 2030, 2035, 2060):
        assert rows[f"ipss_{year}_total_persons"]["verdict"] == "agrees"
    assert rows["ipss_2025_total_persons"]["official_value"] == Decimal(22005)
    assert rows["plan_2025_total_persons"]["actual_value"] == Decimal(21201)
    assert rows["plan_2025_total_persons"]["actual_series"] == "census_preliminary"
    # what came of the 447: against the projection that the plan prints, not the official table
    assert rows["gain_2025_total_persons"]["actual_value"] == Decimal(21201 - 22006)
    assert rows["plan_2060_total_persons"]["verdict"] == "calibrated"
    assert rows["tfr_held_2060"]["verdict"] == "differs"
    assert float(rows["tfr_held_2060"]["recomputed_value"]) == pytest.approx(1.47, abs=0.005)
    assert float(rows["gain_natural_2060"]["recomputed_value"]) == pytest.approx(267.2, abs=0.05)
    assert float(rows["gain_social_2060"]["recomputed_value"]) == pytest.approx(718.2, abs=0.05)
    unexplained = [n for n, r in rows.items() if r["verdict"] == "differs" and not r["why_ja"]]
    assert not unexplained


def test_a_plan_without_a_projection_still_shows_its_figures(inputs):
    found = frames.built(*frames.nothing(), *inputs[5:])["reconciliation"]
    assert found.height == 61
    assert set(found["verdict"]) == {"not_computable"}


def test_whole_persons_add_up_and_totals_are_the_nearest(built):
    key = ["municipality_code", "scenario_id", "vintage", "year"]
    both = built["integer"].join(built["population"], on=[*key, "sex", "age_group"], suffix="_decimal")
    assert both.height == built["integer"].height > 6_000
    exact = both["population_persons_decimal"].cast(pl.Float64)
    assert ((both["population_persons"] - exact).abs() < 1).all()
    total = both.filter((pl.col("sex") == "total") & (pl.col("age_group") == "total"))
    assert ((total["population_persons"] - total["population_persons_decimal"].cast(pl.Float64)).abs() <= 0.5).all()
    assert total.filter(~pl.col("population_persons").is_between("low_persons", "high_persons")).is_empty()
    cells = both.filter((pl.col("sex") != "total") & (pl.col("age_group") != "total"))
    for over, kept in ((["age_group"], "sex"), (["sex"], "age_group")):
        group = [*key, *over]
        summed = cells.group_by(group).agg(pl.col("population_persons").sum())
        stated = both.filter((pl.col(kept) == "total") & (pl.col(over[0]) != "total"))
        assert summed.join(stated, on=[*group, "population_persons"], how="anti").is_empty()


def test_of_many_municipalities_only_those_with_a_plan_are_rounded_every_night(inputs):
    codes = [f"{i:05d}" for i in range(1000, 1020)] + [NEMURO]
    assert whole_codes(codes, scenarios.tidy(inputs[5]), inputs[6]) == [NEMURO]
    assert whole_codes(codes[1:], scenarios.tidy(inputs[5]), inputs[6]) == codes[1:]


def test_no_projected_figure_leaves_without_its_band(built):
    band = built["band"]
    assert band["low_persons"].null_count() == band["high_persons"].null_count() == 0
    assert (band["low_persons"] <= band["population_persons"]).all()
    assert (band["population_persons"] <= band["high_persons"]).all()
    totals = built["population"].filter(
        (pl.col("sex") == "total") & (pl.col("age_group") == "total") & pl.col("is_projection")
    )
    key = ["municipality_code", "scenario_id", "year"]
    missing = totals.join(band.filter(pl.col("measure") == "total"), on=key, how="anti")
    assert set(missing["scenario_id"]) & set(bands.FORECASTS) == set()
    assert set(band["scenario_id"]) <= set(bands.FORECASTS), "a goal or a what-if foretells nothing"


def test_bands_widen_with_the_horizon(built):
    one = (
        built["band"]
        .filter(
            (pl.col("municipality_code") == NEMURO)
            & (pl.col("scenario_id") == "ipss_2018_extended")
            & (pl.col("measure") == "total")
        )
        .sort("year")
    )
    for end, sign in (("high_persons", 1), ("low_persons", -1)):
        width = (one[end].cast(pl.Float64) / one["population_persons"].cast(pl.Float64)).to_numpy()
        assert (np.diff(width) * sign >= -1e-12).all()


def test_what_happened_stands_beside_every_projection(built):
    nemuro = built["actuals"].filter(pl.col("municipality_code") == NEMURO)
    final = nemuro.filter(pl.col("series") == "census_preliminary").row(0, named=True)
    assert final["actual_persons"] == Decimal(21201)
    assert final["plan_gap_persons"] == Decimal(21201 - 22453)
    census = nemuro.filter(pl.col("series") == "census").row(0, named=True)
    assert float(census["ipss_2018_error_pct"]) == pytest.approx(-0.71, abs=0.01)


def test_the_refresh_stands_on_the_census_base_and_states_its_drift(built):
    latest = (
        built["refresh"]
        .filter((pl.col("municipality_code") == NEMURO) & (pl.col("measure") == "total") & (pl.col("year") == 2025))
        .sort("base_date")
    )
    assert latest["base_date"].to_list()[-1].year == 2023
    row = latest.row(-1, named=True)
    assert 0.97 < float(row["scale_factor"]) < 1.0
    assert abs(float(row["refreshed_persons"]) - 21201) < abs(22453 - 21201)  # nearer to what was counted than the plan
    expected = (float(row["refreshed_persons"]) / 22453 - 1) * 100
    assert float(row["drift_from_plan_pct"]) == pytest.approx(expected, abs=1e-5)


def test_scaled_refresh_returns_the_census_at_the_census(built, inputs):
    """A refresh from the registry around the census must sit on the census, not on the registry."""
    row = (
        built["refresh"]
        .filter(
            (pl.col("municipality_code") == NEMURO)
            & (pl.col("measure") == "total")
            & (pl.col("year") == 2021)
            & (pl.col("base_date") == pl.date(2021, 1, 1))
        )
        .row(0, named=True)
    )
    assert float(row["refreshed_persons"]) == pytest.approx(24636 * (1 - 0.022), rel=0.01)


def test_the_same_input_gives_the_same_tables(inputs, built):
    again = frames.built(
        *[f.sample(fraction=1.0, shuffle=True, seed=7) if f.height else f for f in inputs[:5]], *inputs[5:]
    )
    for name, frame in built.items():
        assert frame.equals(again[name]), name


def test_a_figure_in_two_rows_is_refused(inputs):
    """Versions are resolved before: adding over two deliveries of one table doubled the people of Nemuro."""
    for place in range(5):
        if inputs[place].height:
            doubled = [pl.concat([frame, frame]) if i == place else frame for i, frame in enumerate(inputs)]
            with pytest.raises(engine.ProjectionError, match="figure_twice"):
                frames.built(*doubled)


def test_nothing_delivered_gives_empty_tables_in_their_schemas(inputs):
    found = frames.built(*frames.nothing(), inputs[5])
    assert list(found) == list(PROJECTION_TABLES)
    for name, frame in found.items():
        assert frame.schema == schema_of(name)
    assert found["vision"].is_empty()


def test_reference_tables_are_what_their_sources_give():
    projection, qx = derive.read_published(frames.SHARED / "projection_cases")
    for name, fresh in (
        ("national.csv", derive.national(projection)),
        ("national_survival.csv", derive.survival(projection, qx)),
    ):
        kept = pl.read_csv(derive.Path(derive.__file__).parent / name)
        assert kept.equals(pl.read_csv(fresh.write_csv().encode())), name


def test_national_child_woman_ratio_is_that_of_the_method_page():
    from sousei.projection import national

    rates = national.rates(national.step_years(2015, 2065))
    printed = [0.19176, 0.19303, 0.19255, 0.19871, 0.20299, 0.20326, 0.20166, 0.20044, 0.19803, 0.19773, 0.19957]
    assert rates.child_woman_ratio.round(5).tolist() == printed


@pytest.mark.slow
def test_error_quantiles_are_recomputed_and_agree_with_the_published_back_test():
    fresh = pl.read_csv(derive.error_quantiles(frames.SHARED).write_csv().encode())
    kept = bands.reference_quantiles()
    assert fresh.equals(kept.select(fresh.columns).cast(fresh.schema))  # type: ignore[arg-type]
    theirs = pl.read_csv(frames.SHARED / "projection_cases" / "hp_backtest_error_quantiles.csv", comment_prefix="#")
    until_2015 = bands.quantiles(backtest.backtest(derive.past_census(frames.SHARED)))
    ours = until_2015.filter(pl.col("measure") == "total").with_columns(
        pl.col("size_class").str.extract(r"^(\d+)").cast(pl.Int64).alias("base_pop_min")
    )
    both = theirs.join(ours, on=["horizon_years", "base_pop_min"])
    assert both.height == 20
    large = both.filter(pl.col("base_pop_min") >= 3000)  # villages below 3,000 hold cohorts of nobody; see docs
    assert (large["n"] == large["n_right"]).all()
    for mine, other in (("mape", "MAPE_total"), ("p10", "err_p10"), ("p50", "err_p50"), ("p90", "err_p90")):
        assert (large[mine] - large[other]).abs().max() < 0.2


@pytest.mark.slow
def test_shocks_are_solved_from_the_error_table():
    from sousei.projection.reference import shocks

    kept = derive.Path(derive.__file__).parent
    cells = derive.censuses(frames.SHARED)
    by_age = shocks.loadings(cells)
    assert by_age.equals(pl.read_csv(kept / "shock_loadings.csv"))
    edition = derive.ipss_2018(frames.SHARED).filter(
        pl.col("municipality_code").is_in(cells["municipality_code"].unique().implode())
    )
    fresh = shocks.shocks(edition, bands.reference_quantiles(), backtest.backtest(cells), by_age)
    old = pl.read_csv(kept / "shocks.csv")
    assert fresh.select("size_class", "component").equals(old.select("size_class", "component"))
    for column in ("persistent_sd", "step_sd", "common_share"):
        assert (fresh[column] - old[column]).abs().max() < 2e-4, column  # a solver's last digits


def test_bands_cover_four_in_five_on_bases_that_took_no_part():
    """By size class and measure, mean over horizons and bases; no cell of them is far off."""
    runs = bands.reference_quantiles().filter(pl.col("method") == bands.RUN)
    assert runs["size_class"].n_unique() * runs["measure"].n_unique() == 25
    mean = runs.group_by("size_class", "measure").agg(pl.col("coverage").mean())
    assert mean["coverage"].is_between(75, 85).all(), mean.filter(~pl.col("coverage").is_between(75, 85))
    near = runs.filter(pl.col("horizon_years") <= 20)
    assert near["coverage"].is_between(75, 85).all()
    assert runs["coverage"].is_between(70, 90).all()
    assert (runs["coverage_worst"] < runs["coverage"]).all(), "one base is worse than the mean: it is printed"


def test_the_band_of_an_official_line_is_not_that_of_a_run_that_held_mortality(built):
    """Past runs were too low for the old at every base, the 2018 edition was not: its band stands around its line."""
    old = built["band"].filter(
        (pl.col("municipality_code") == NEMURO)
        & (pl.col("scenario_id") == BASELINE)
        & (pl.col("year") == 2060)
        & (pl.col("measure") == "old")
    )
    low, persons, high = (float(old[c][0]) for c in ("low_persons", "population_persons", "high_persons"))
    assert persons == pytest.approx(4026, abs=1)
    assert 0.6 * persons < low < 0.8 * persons and 1.1 * persons < high < 1.4 * persons
    assert old["basis"][0] == "backtest_extrapolated"


@pytest.mark.slow
def test_ipss_2018_against_the_census_of_2020():
    errors = derive.ipss_2018_errors(frames.SHARED).filter(pl.col("measure") == "total")
    of = {r["municipality_code"]: r["error_pct"] for r in errors.iter_rows(named=True)}
    assert of[NEMURO] == pytest.approx(-0.7, abs=0.05)
    assert of[KAMAISHI] == pytest.approx(7.2, abs=0.05)
    whole = errors.filter(~pl.col("municipality_code").str.ends_with("000"))
    assert whole["error_pct"].abs().mean() == pytest.approx(1.72, abs=0.1)


@pytest.mark.slow
def test_ipss_2013_against_the_censuses_of_2015_and_2020():
    """The sixteen municipalities whose 2013 vintage is at hand."""
    sample = pl.read_csv(
        frames.SHARED / "projection_cases" / "ipss_h25_totals_sample.csv",
        comment_prefix="#",
        schema_overrides={"code": pl.String},
    )
    projected = (
        sample.unpivot(pl.selectors.starts_with("y"), index="code", variable_name="y", value_name="persons")
        .select(
            pl.col("code").alias("municipality_code"),
            pl.col("y").str.tail(4).cast(pl.Int32).alias("year"),
            pl.lit("total").alias("measure"),
            "persons",
        )
    )  # fmt: skip
    census = derive.past_census(frames.SHARED).filter(pl.col("year") == 2015)
    counted = census.group_by("municipality_code", "year").agg(pl.col("population_persons").sum().alias("persons"))
    later = (
        derive.ipss_2018_errors(frames.SHARED)
        .filter(pl.col("measure") == "total")
        .select("municipality_code", "year", pl.col("actual_persons").alias("persons"))
    )
    actual = pl.concat([counted.with_columns(pl.col("persons").cast(pl.Float64)), later]).with_columns(
        pl.lit("total").alias("measure")
    )
    errors = backtest.against(projected, actual, method="ipss_2013", base_year=2010)
    assert errors.height == 32
    means = dict(errors.group_by("year").agg(pl.col("error_pct").abs().mean()).iter_rows())
    assert means[2015] == pytest.approx(1.65, abs=0.01)
    assert means[2020] == pytest.approx(2.98, abs=0.01)
    asked = errors.with_columns(pl.col("projected_persons").alias("population_persons"))
    inside = pl.col("actual_persons").is_between(pl.col("low_persons"), pl.col("high_persons"))
    held = bands.bands(asked, method=bands.OFFICIAL).group_by("horizon_years").agg(inside.sum()).sort("horizon_years")
    assert held.rows() == [(5, 12), (10, 14)], "an edition that took no part in the bands: 26 of 32"
    kamaishi = errors.filter((pl.col("municipality_code") == KAMAISHI) & (pl.col("year") == 2015))
    assert kamaishi["error_pct"][0] == pytest.approx(-4.2, abs=0.05)


def test_tables_to_95_and_over_give_their_rates_too():
    from sousei.projection.recover import cohort_change_ratios

    ages = list(range(0, 100, 5))
    table = pl.DataFrame(
        [("01223", y, s, a, 100 + a) for y in (2020, 2025) for s in ("male", "female") for a in ages],
        schema=["municipality_code", "year", "sex", "age_from", "population_persons"],
        orient="row",
    )
    found = cohort_change_ratios(table, open_age=95)
    assert found.height == 2 * 19
    last = found.filter((pl.col("age_from") == 90) & (pl.col("sex") == "male"))["cohort_change_ratio"][0]
    assert last == pytest.approx(195 / (190 + 195))
