"""The desk: tables a planner can print and charts that hold their figures, on a town that does not exist."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date

import numpy as np
import polars as pl
import pytest

from sousei.ingest.tables import schema_of
from sousei.projection.desk import answers
from sousei.projection.desk import sitting as sittings
from sousei.projection.desk.charts import png, svg
from sousei.projection.desk.drawn import draw
from sousei.projection.engine import ProjectionError, age_groups
from sousei.projection.night import refresh
from tests import registers
from tests.unit.projection.frames import built, empty, nothing, raw

CODE = "99999"


@pytest.fixture(scope="module")
def published() -> pl.DataFrame:
    """raw.ipss_population of the made-up town."""
    ages = np.arange(19)
    first = 900 * np.exp(-((ages - 10) ** 2) / 90)
    rows = [
        (
            2015 + 5 * t,
            sex,
            age_groups()[x],
            5 * x,
            5 * x + 4 if x < 18 else None,
            int(first[x] * (1 - 0.06 * t) + 20 + s),
        )
        for t in range(7)
        for s, sex in enumerate(("male", "female"))
        for x in range(19)
    ]
    names = ["year", "sex", "age_group", "age_from", "age_to", "population_persons"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.lit(CODE).alias("area_code"), pl.lit("ipss_2018").alias("vintage")
    )
    return raw(frame, "ipss_population", "ipss_projection-made-up")


@pytest.fixture(scope="module")
def sitting(published) -> sittings.Desk:
    return sittings.open_desk(published, registers.night().scenarios, CODE)


def test_every_projected_figure_stands_beside_its_band_and_what_it_implies(sitting):
    table = answers.scenario_table(sitting)
    later = table.filter(pl.col("year") > 2015)
    for column in ("implied_tfr", "net_migration_persons", "label_ja"):
        assert later[column].null_count() == 0, column
    forecast = pl.col("scenario_id") == "ipss_2018_extended"
    for column in ("low_persons", "high_persons"):
        assert later.filter(forecast)[column].null_count() == 0, column
        what_if = later.filter(~forecast)
        assert what_if[column].null_count() == what_if.height, "a what-if foretells nothing"
    assert set(table["scenario_id"]) == {"ipss_2018_extended", "closed", "sim1", "sim2"}


def test_an_unknown_scenario_is_refused_with_those_that_exist(sitting):
    with pytest.raises(ProjectionError, match=r"sim9.*sim1"):
        answers.scenario_table(sitting, ["sim9"])


def test_a_municipality_without_a_table_is_refused(published):
    with pytest.raises(ProjectionError, match="01100"):
        sittings.open_desk(published, registers.night().scenarios, "01100")


def test_goal_seek_prints_one_row_per_profile_with_the_band(sitting):
    found = answers.goal_seek(sitting, target_persons=9000, target_year=2060, from_year=2020)
    assert found.height == 3
    assert (found["timing"] == "mid").all()
    assert found["low_persons"].null_count() == 0
    assert found["profile_ja"].str.contains("夫婦|女性|人").all()


def test_own_profiles_can_be_asked_for(sitting):
    mine = {"寮の若者": {("male", 15): 1.0, ("female", 15): 1.0}}
    found = answers.goal_seek(sitting, target_persons=9000, target_year=2060, from_year=2020, profiles=mine)
    assert found["persons_a_year"][0] == pytest.approx(2 * found["units_a_year"][0])


def test_whole_persons_add_up(sitting):
    found = answers.whole_persons(sitting, "ipss_2018_extended", [2045, 2060])
    for year in (2045, 2060):
        part = found.filter(pl.col("year") == year)
        cells = part.filter((pl.col("sex") != "total") & (pl.col("age_group") != "total"))["population_persons"].sum()
        assert (
            part.filter((pl.col("sex") == "total") & (pl.col("age_group") == "total"))["population_persons"][0] == cells
        )


def test_back_test_of_one_municipality_shows_the_errors_of_its_peers(published):
    base = published.filter(pl.col("year") <= 2030).with_columns(
        pl.date(pl.col("year") - 10, 10, 1).alias("as_of_date"), pl.lit("total").alias("scope")
    )
    census = raw(base, "census_population", "census-made-up")
    found = answers.backtest_table(census, published, CODE)
    own = found.filter((pl.col("method") == "hamilton_perry") & (pl.col("measure") == "total"))
    assert own.select("base_year", "year").rows() == [(2010, 2015), (2010, 2020), (2015, 2020)]
    assert own["p10"].null_count() == own["p90"].null_count() == 0
    assert found.filter(pl.col("method") == "ipss_2018").height > 0


def test_no_census_gives_no_back_test(published):
    assert answers.backtest_table(empty("census_population"), published, CODE).is_empty()


@pytest.fixture(scope="module")
def drawn(sitting) -> dict[str, str]:
    totals = pl.DataFrame(
        {"municipality_code": [CODE], "as_of_date": [date(2020, 10, 1)], "series": ["census"], "persons": [9_876.0]}
    )
    planned = pl.DataFrame({"year": [2025, 2060], "persons": [9_500.0, 7_000.0]})
    return draw(sitting, name_ja="架空市<&>", actual_totals=totals, plan_totals=planned)


def test_charts_are_sound_svg_with_title_description_and_japanese_text(drawn):
    assert set(drawn) == {"pyramid", "fan", "natural_social", "age_profile", "stage"}
    for name, text in drawn.items():
        root = ET.fromstring(text)
        space = "{http://www.w3.org/2000/svg}"
        assert root.find(f"{space}title").text.startswith("架空市<&>"), name
        assert root.find(f"{space}desc").text, name
        assert root.get("lang") == "ja"
        assert "Noto Sans CJK JP" in root.get("font-family")
        assert "nan" not in text
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")  # nothing is loaded from elsewhere


def test_nothing_is_drawn_outside_the_picture(drawn):
    for name, text in drawn.items():
        for element in ET.fromstring(text).iter():
            for axis, limit in (
                ("x", svg.WIDTH),
                ("cx", svg.WIDTH),
                ("x2", svg.WIDTH),
                ("y", svg.HEIGHT),
                ("cy", svg.HEIGHT),
            ):
                if element.get(axis) is not None:
                    assert -0.1 <= float(element.get(axis)) <= limit, (name, element.attrib)


def test_lines_of_one_chart_differ_without_colour(drawn):
    root = ET.fromstring(drawn["fan"])
    colours = {e.get("stroke") for e in root.iter() if e.get("stroke")} | {
        e.get("fill") for e in root.iter() if e.get("fill")
    }
    greys = {c for c in colours if c not in ("none",)}
    assert all(c[1:3] == c[3:5] == c[5:7] for c in greys), greys
    dashes = [e.get("stroke-dasharray") for e in root.iter("{http://www.w3.org/2000/svg}path")]
    assert len(dashes) == len(set(dashes)) == 3


def test_the_fan_shows_the_actual_figure_at_its_place(drawn, sitting):
    without = draw(sitting, name_ja="架空市")["fan"]
    assert drawn["fan"].count("<circle") == without.count("<circle") + 2  # the figure and its place in the key
    assert "実績 国勢調査" in drawn["fan"]
    assert "計画の目標" in drawn["fan"] and "計画の目標" not in without


def test_png_needs_its_renderer_and_a_japanese_font(drawn, monkeypatch):
    pytest.importorskip("resvg_py", reason="PNG is an extra: pip install 'sousei[png]'")
    monkeypatch.setenv("SOUSEI_FONT", "/nowhere/font.ttf")
    with pytest.raises(ProjectionError, match="SOUSEI_FONT"):
        png.png(drawn["fan"])
    monkeypatch.delenv("SOUSEI_FONT")
    if png.font() is None:
        pytest.skip("no Japanese font here")
    picture = png.png(drawn["fan"], zoom=1.0)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(picture[16:20]) == svg.WIDTH


def test_actual_totals_take_one_figure_per_date_and_series():
    census = pl.DataFrame(
        {"area_code": [CODE] * 2, "as_of_date": [date(2020, 10, 1)] * 2, "scope": ["total"] * 2, "sex": ["total"] * 2,
         "age_group": ["total"] * 2, "population_persons": [100, 100]}
    )  # fmt: skip
    found = refresh.actual_totals(
        raw(census, "census_population", "a"),
        empty("registry_population"),
        empty("registry_dynamics"),
        empty("reference_series"),
    )
    assert found.height == 1
    assert found.schema["persons"] == pl.Float64
    assert schema_of("census_population")["population_persons"] == pl.Int64


def test_the_desk_opens_on_a_release_as_on_raw_data(published, sitting):
    mart = built(published, *nothing()[1:], registers.night().scenarios)["population"]
    again = sittings.open_desk(sittings.published_of_release(mart), registers.night().scenarios, CODE)
    assert np.allclose(again.run.population, sitting.run.population)


def test_counted_figures_of_a_release_fit_the_back_test(published):
    mart = published.filter(pl.col("year") <= 2025).select(
        pl.col("area_code").alias("municipality_code"),
        pl.lit("census").alias("series"),
        pl.lit("total").alias("scope"),
        pl.date(pl.col("year") - 10, 10, 1).alias("as_of_date"),
        "sex",
        "age_group",
        "age_from",
        "age_to",
        "population_persons",
        pl.lit("final").alias("value_status"),
    )
    found = answers.backtest_table(sittings.counted_of_release(mart), published, CODE)
    assert found.filter(pl.col("method") == "hamilton_perry")["base_year"].unique().to_list() == [2010]
