"""The desk: tables a planner can print and charts that hold their figures, on a town that does not exist."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date

import numpy as np
import polars as pl
import pytest

from sousei.ingest.tables import schema_of
from sousei.projection.desk import answers, goals, whatif, yearly
from sousei.projection.desk import sitting as sittings
from sousei.projection.desk.charts import png, svg
from sousei.projection.desk.charts.axes import LOOKS
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


def test_every_forecast_stands_beside_its_band_and_every_run_beside_what_it_implies(sitting):
    table = answers.scenario_table(sitting)
    later = table.filter(pl.col("year") > 2015)
    for column in ("implied_tfr", "net_migration_persons", "label_ja", "label_en"):
        assert later[column].null_count() == 0, column
    is_forecast = later["scenario_id"] == "ipss_2018_extended"
    for column in ("low_persons", "high_persons"):
        assert (later[column].is_not_null() == is_forecast).all(), "a goal or a what-if foretells nothing"
    assert {"ipss_2018_extended", "closed", "sim1", "sim2"} <= set(table["scenario_id"])


def test_five_year_sums_of_the_whole_population_stand_once_a_year_so_that_rows_may_be_added(sitting):
    table = answers.scenario_table(sitting)
    for name, of_old in (
        ("births_5y", "births"),
        ("deaths_5y", "deaths"),
        ("net_migration_5y_persons", "net_migration_persons"),
    ):
        total = table.filter((pl.col("measure") == "total") & (pl.col("year") > 2015))
        assert (total[name] == total[of_old]).all() and total.height
        assert table.filter(pl.col("measure") != "total")[name].null_count() == table.height * 4 // 5
    asked = whatif.whatif_table(sitting, whatif.Setting(from_year=2025, tfr=1.6))
    per_year = asked.group_by("year").agg(pl.col("net_migration_5y_persons").count())
    assert per_year.filter(pl.col("year") > 2015)["net_migration_5y_persons"].unique().to_list() == [1]


def test_a_band_says_whose_errors_it_is_made_of(sitting):
    table = answers.scenario_table(sitting).filter(pl.col("low_persons").is_not_null())
    assert table["band_errors_of"].unique().to_list() == ["ipss_2018"]


def test_rows_stand_in_the_order_of_the_scenario_table_years_and_measures(sitting):
    table = answers.scenario_table(sitting, ["sim2", "closed"], years=[2060, 2030])
    assert table["scenario_id"].unique(maintain_order=True).to_list() == ["sim2", "closed"]
    first = table.filter(pl.col("scenario_id") == "sim2")
    assert first["year"].to_list() == [2030] * 5 + [2060] * 5
    assert first["measure"].to_list() == ["total", "young", "working_age", "old", "women_20_39"] * 2


@pytest.mark.parametrize(
    "asked",
    [
        lambda desk: answers.scenario_table(desk, years=[2058]),
        lambda desk: answers.decomposition_table(desk, 2058),
        lambda desk: answers.whole_persons(desk, "closed", [2058]),
        lambda desk: answers.arrival_values(desk, target_year=2058),
        lambda desk: answers.goal_seek(desk, target_persons=1, target_year=2058),
        lambda desk: answers.goal_seek(desk, target_persons=1, target_year=2060, from_year=2058),
    ],
)
def test_a_year_off_the_grid_is_refused_with_those_that_can_be_asked(sitting, asked):
    with pytest.raises(ProjectionError, match=r"2058.*2060"):
        asked(sitting)


def test_an_unknown_scenario_is_refused_with_those_that_exist(sitting):
    with pytest.raises(ProjectionError, match=r"sim9.*sim1"):
        answers.scenario_table(sitting, ["sim9"])


def test_a_municipality_without_a_table_is_refused(published):
    with pytest.raises(ProjectionError, match="01100"):
        sittings.open_desk(published, registers.night().scenarios, "01100")


def test_goal_seek_prints_one_row_per_profile_with_its_conventions_and_their_range(sitting):
    found = answers.goal_seek(sitting, target_persons=19_000, target_year=2060)
    assert found.height == 3
    assert (found["status"] == "reached").all()
    assert (found["from_year"] == 2020).all()
    assert (found["low_units_a_year"] < found["units_a_year"]).all()
    assert (found["units_a_year"] < found["high_units_a_year"]).all()
    assert found["low_persons"].null_count() == 0
    assert found["profile_ja"].str.contains("夫婦|女性|人").all()
    for word in ("半数が期首", "次の期から", "母に数える"):
        assert found["conventions_ja"].str.contains(word).all()
    assert found["tfr_path_ja"].str.contains("2015年").all()


def test_a_target_below_the_line_needs_nothing_and_says_so(sitting):
    found = answers.goal_seek(sitting, target_persons=10, target_year=2060)
    assert found["units_a_year"].to_list() == [0.0] * 3
    assert (found["status"] == "nothing_needed").all()
    assert found["said_ja"].str.contains("転入は要りません").all()


def test_a_profile_that_cannot_reach_it_says_why_and_costs_the_others_nothing(sitting):
    own = {"年金世代": {("male", 65): 1.0}, "若い女性": {("female", 20): 1.0}}
    found = answers.goal_seek(sitting, target_persons=9_000, target_year=2060, measure="young", profiles=own)
    assert found["status"].to_list() == ["no_answer", "reached"]
    assert found["units_a_year"][0] is None and found["units_a_year"][1] > 0
    assert "変わりません" in found["said_ja"][0] and "cannot move" in found["said_en"][0]


def test_a_target_that_more_than_the_town_would_have_to_move_to_every_year_is_out_of_reach(sitting):
    found = answers.goal_seek(sitting, target_persons=5e7, target_year=2060)
    assert (found["status"] == "no_answer").all()
    assert found["said_ja"].str.contains("届きません").all()
    assert found["units_a_year"].null_count() == 3


def test_another_path_of_fertility_changes_the_answer_and_is_printed(sitting):
    other = goals.with_tfr(sitting, "ipss_2018_extended", [(2030, 2.0, "linear")])
    kept = answers.goal_seek(sitting, target_persons=19_000, target_year=2060)
    found = answers.goal_seek(other, target_persons=19_000, target_year=2060)
    assert (found["units_a_year"] < kept["units_a_year"]).all()
    assert found["tfr_path_ja"].str.contains("2030年 2.00").all()
    assert sitting.run.tfr[4, 0] != 2.0, "the sitting itself is as it was"


def test_conventions_are_changed_one_at_a_time(sitting):
    table = goals.conventions_table(sitting, target_persons=19_000, target_year=2060)
    assert table["changed_ja"][0] == "聞かれたとおり"
    assert table.height == table["changed_ja"].n_unique() >= 7
    asked = answers.goal_seek(sitting, target_persons=19_000, target_year=2060)
    assert table.row(0)[1:4] == tuple(asked["units_a_year"])
    assert all(len(set(table[name])) > 4 for name in asked["profile"])


def test_the_arrivals_of_an_answer_reach_the_target_as_a_scenario(sitting):
    found = answers.goal_seek(sitting, target_persons=19_000, target_year=2060)
    for name, units in found.select("profile", "units_a_year").rows():
        table = whatif.whatif_table(sitting, whatif.Setting(2020, arrivals=units, profile=name))
        reached = table.filter((pl.col("year") == 2060) & (pl.col("measure") == "total"))["persons"][0]
        assert reached == pytest.approx(19_000, abs=1e-6), "numbers do what rates do"


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


TOTALS = pl.DataFrame(
    {
        "municipality_code": [CODE] * 4,
        "as_of_date": [date(2015, 10, 1), date(2020, 10, 1), date(2021, 1, 1), date(2025, 10, 1)],
        "series": ["census", "census", "resident_registry", "census_preliminary"],
        "persons": [16_000.0, 9_876.0, 9_800.0, 9_100.0],
    }
)


@pytest.fixture(scope="module")
def drawn(sitting, published) -> dict[str, str]:
    planned = pl.DataFrame({"year": [2025, 2060], "persons": [9_500.0, 7_000.0]})
    other = pl.DataFrame({"vintage": ["ipss_2023"] * 2, "year": [2020, 2050], "persons": [9_876.0, 6_000.0]})
    newest = published.filter((pl.col("year") == 2020) & pl.col("sex").is_in(["male", "female"]))
    return draw(
        sitting,
        name_ja="架空市<&>",
        actual_totals=TOTALS,
        plan_totals=planned,
        edition_totals=other,
        newest_census=newest.select("year", "sex", "age_from", "population_persons"),
    )


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
    ends = [
        e for e in root.iter("{http://www.w3.org/2000/svg}text") if (e.text or "").startswith(("社人研", "封鎖", "シ"))
    ]
    assert len(ends) == 3
    dashes = [e.get("stroke-dasharray") for e in root.iter("{http://www.w3.org/2000/svg}path")]
    lines = [dash for dash in dashes if dash != "1 3"]  # those of the boundaries
    assert len(lines) == 5 and len(set(lines)) == 4, "four lines and the counts, which have the heavy line"


def test_the_fan_says_what_was_counted_where_the_table_ends_and_whose_band_it_is(drawn, sitting):
    fan = drawn["fan"]
    for said in (
        *("実績 国勢調査（2025年は速報）", "実績 住民基本台帳", "← 実績｜推計 →", "公表値は2045年まで、以後は延長"),
        *("80%の幅（社人研推計準拠の線に対する）", "計画の目標 7,000（2060年）", "令和5年推計 6,000（2050年）"),
    ):
        assert said in fan, said
    assert "計画の目標" not in draw(sitting, name_ja="架空市")["fan"]


def test_the_base_stands_in_the_title_of_what_it_changes(drawn):
    for name in ("pyramid", "fan", "natural_social", "stage"):
        assert "基準 2015年国勢調査" in ET.fromstring(drawn[name])[0].text, name


def test_the_pyramid_has_the_newest_census_as_an_outline(drawn, sitting):
    assert "2020年国勢調査（実績）" in drawn["pyramid"]
    assert "国勢調査（実績）" not in draw(sitting, name_ja="架空市")["pyramid"]


def test_a_series_has_one_mark_in_every_chart_and_no_two_have_the_same():
    looks = list(LOOKS.values())
    assert len({(mark, filled) for _, mark, filled in looks}) == len(looks)


def test_a_long_note_breaks_at_a_full_stop_and_stays_in_the_picture():
    note = "あ" * 60 + "。" + "い" * 40 + "。"
    texts = ET.fromstring(svg.picture("題", "説明", [], note)).findall("{http://www.w3.org/2000/svg}text")
    assert [len(one.text) for one in texts[1:]] == [61, 41]
    assert all(float(one.get("y")) < svg.HEIGHT for one in texts)


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


def test_every_year_stands_in_whole_persons_that_add_up(sitting):
    table = yearly.yearly_table(sitting, ["closed"])
    assert table["year"].to_list() == list(range(2015, 2066))
    parts = [name for name in yearly.COLUMN_OF.values() if name != "persons_total"]
    assert (table.select(pl.sum_horizontal(parts)).to_series() == table["persons_total"]).all()
    told = answers.scenario_table(sitting, ["closed"]).filter(pl.col("measure") == "total")
    at = table.filter(pl.col("year").is_in(sitting.run.years))
    assert at["persons_total"].to_list() == [int(x + 0.5) for x in told["persons"]]
    summed = table["births"].to_numpy()[1:].reshape(-1, 5).sum(axis=1)
    assert summed.tolist() == [int(x + 0.5) for x in told["births_5y"][1:]]
    assert table["births_calendar_year"].null_count() == 2, "of the base and of the last year there is none"


def test_single_ages_of_a_step_add_up_to_the_published_groups(sitting):
    ages = yearly.ages_table(sitting, ["closed"], years=[2030])
    groups = answers.whole_persons(sitting, "closed", [2030]).filter(pl.col("age_from").is_not_null())
    for sex in ("male", "female"):
        summed = ages.group_by(pl.col("age_from") // 5 * 5).agg(pl.col(f"{sex}_persons").sum()).sort("age_from")
        assert (
            summed[f"{sex}_persons"].to_list()
            == groups.filter(pl.col("sex") == sex).sort("age_from")["population_persons"].to_list()
        )
    assert ages["age_group"].to_list()[-2:] == ["89", "90+"]


def test_delivered_ages_are_named_and_other_years_and_scenarios_refused(sitting):
    delivered = np.full((2, 91, 1), 3.0)
    table = yearly.yearly_table(sitting, years=[2016], delivered=delivered)
    assert table["division_method"].to_list() == ["single_ages"]
    assert table["scenario_id"].to_list() == ["ipss_2018_extended"], "the line that the desk stands on"
    with pytest.raises(ProjectionError, match="1999"):
        yearly.yearly_table(sitting, years=[1999])
    with pytest.raises(ProjectionError, match="nosuch"):
        yearly.ages_table(sitting, ["nosuch"], years=[2030])


def test_a_table_of_scenarios_without_the_line_that_they_stand_on_is_refused_by_its_name(published):
    table = registers.night().scenarios
    with pytest.raises(ProjectionError, match=r"ipss_2018_extended の行"):
        sittings.open_desk(published, table.filter(pl.col("scenario_id") != "ipss_2018_extended"), CODE)
    alone = sittings.open_desk(published, table.filter(pl.col("scenario_id") == "ipss_2018_extended"), CODE)
    with pytest.raises(ProjectionError, match="ほかにシナリオがない"):
        answers.decomposition_table(alone, 2060)
