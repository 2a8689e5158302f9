"""Ready queries against the figures of the two cities: each expected answer is computed again with polars."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.publication import shelf
from sousei.publication.query import query
from sousei.publication.ready import ready

FIGURES = PROJECT_ROOT.parent / "shared" / "data" / "figures"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.shared,
    pytest.mark.skipif(not FIGURES.is_dir(), reason="needs the figures of ../shared/data"),
]
CODE = "municipality_code"


@pytest.fixture(scope="module")
def answers(published: Path) -> dict[str, pl.DataFrame]:
    release = shelf.find(Home(published))
    return {one.name: query(one.sql, release) for one in ready()}


def figures(name: str, code: str) -> pl.DataFrame:
    """A table of figures with the five-digit code of the municipality as text."""
    read = pl.read_csv(FIGURES / name, comment_prefix="#", schema_overrides={code: pl.String}, infer_schema_length=None)
    return read.with_columns(pl.col(code).str.slice(0, 5).str.zfill(5).alias(CODE))


def ages(column: str) -> pl.Expr:
    """0～4歳, 5歳～9歳, 10～14 -> 0-4, 5-9, 10-14; 90歳以上 -> 90+; 総数 -> total; 年齢不詳 -> unknown."""
    plain = (
        pl.col(column)
        .str.replace_all("歳", "")
        .str.replace("～", "-")
        .str.replace("以上", "+")
        .str.replace("85-89+", "85-89", literal=True)
    )
    return (
        pl.when(plain == "総数")
        .then(pl.lit("total"))
        .when(plain.str.contains("不詳"))
        .then(pl.lit("unknown"))
        .otherwise(plain)
    )


def census() -> pl.DataFrame:
    """Persons of the census by year, sex (columns) and age group."""
    return (
        figures("census_age_sex_1980_2020.csv", "code5")
        .with_columns(ages("age").alias("age_group"))
        .pivot(on="sex", index=[CODE, "year", "age_group"], values="population")
    )


def registry() -> pl.DataFrame:
    """All residents of the registry by year, sex (columns) and age group."""
    return (
        figures("registry_age_1995_2023.csv", "code6")
        .filter(pl.col("kind") == "s")
        .with_columns(
            ages("age").alias("age_group"), pl.col("sex").replace({"計": "total", "男": "male", "女": "female"})
        )
        .pivot(on="sex", index=[CODE, "asof_year", "age_group"], values="value")
        .rename({"asof_year": "year"})
        .cast({"total": pl.Int64, "male": pl.Int64, "female": pl.Int64})
    )


def same(left: pl.DataFrame, right: pl.DataFrame, on: list[str]) -> int:
    """How many rows both have by one key, all with the same values. Raises AssertionError where a value differs."""
    columns = [one for one in left.columns if one in right.columns]
    both = left.select(on).join(right.select(on), on=on)
    mine, known = (one.select(columns).join(both, on=on, how="semi").sort(on) for one in (left, right))
    assert_frame_equal(mine, known, check_dtypes=False)
    return mine.height


@pytest.mark.parametrize(("series", "known", "at_least"), [("census", census, 60), ("resident_registry", registry, 80)])
def test_ages_over_years(answers: dict[str, pl.DataFrame], series: str, known, at_least: int) -> None:
    answer = answers["five_year_ages_over_years"].filter(pl.col("series") == series)
    found = answer.select(
        CODE,
        pl.col("as_of_date").dt.year().alias("year"),
        "age_group",
        pl.col("male_persons").alias("male"),
        pl.col("female_persons").alias("female"),
        pl.col("total_persons").alias("total"),
    ).filter(pl.col("male").is_not_null())
    assert same(found, known(), [CODE, "year", "age_group"]) >= at_least


@pytest.mark.parametrize(("series", "known"), [("census", census), ("resident_registry", registry)])
def test_age_groups_and_share_of_65(answers: dict[str, pl.DataFrame], series: str, known) -> None:
    start = pl.col("age_group").str.extract(r"^(\d+)").cast(pl.Int64)
    summed = (
        known()
        .filter(pl.col("age_group") != "total")
        .group_by(CODE, "year")
        .agg(
            pl.col("total").filter(start < 15).sum().alias("young_persons"),
            pl.col("total").filter(start.is_between(15, 64)).sum().alias("working_age_persons"),
            pl.col("total").filter(start >= 65).sum().alias("old_persons"),
        )
    )
    year = pl.col("as_of_date").dt.year().alias("year")
    answer = answers["population_by_age"].filter((pl.col("series") == series) & pl.col("young_persons").is_not_null())
    assert same(answer.with_columns(year).drop("as_of_date"), summed, [CODE, "year"]) >= 4
    known_age = pl.sum_horizontal("young_persons", "working_age_persons", "old_persons")
    shares = summed.with_columns((100 * pl.col("old_persons") / known_age).round(2).alias("old_share_pct"))
    answer = answers["share_of_65_and_over"].filter(pl.col("series") == series).with_columns(year)
    found = answer.select(CODE, "year", "old_persons", pl.col("old_share_pct").cast(pl.Float64))
    assert same(found, shares.select(CODE, "year", "old_persons", "old_share_pct"), [CODE, "year"]) >= 4


def test_registry_beside_census(answers: dict[str, pl.DataFrame]) -> None:
    counted, kept = (
        one.filter(pl.col("age_group") == "total").select(CODE, "year", pl.col("total").alias(name))
        for one, name in ((census(), "census_persons"), (registry(), "registry_persons"))
    )
    expected = counted.join(kept.with_columns(pl.col("year") - 1), on=[CODE, "year"]).with_columns(
        (pl.col("registry_persons") - pl.col("census_persons")).alias("registry_less_census_persons")
    )
    answer = answers["registry_beside_census"].filter(pl.col("registry_persons").is_not_null())
    assert same(answer.with_columns(pl.col("census_date").dt.year().alias("year")), expected, [CODE, "year"]) >= 2


def test_natural_and_social_change_and_households(answers: dict[str, pl.DataFrame]) -> None:
    known = (
        figures("registry_dynamics_1995_2022.csv", "code")
        .filter((pl.col("kind") == "s") & (pl.col("asof_year") > 2013))
        .select(
            CODE,
            pl.col("asof_year").alias("year"),
            pl.col("total").cast(pl.Int64).alias("population_persons"),
            *(
                pl.col(name).cast(pl.Int64).alias(alias)
                for name, alias in (
                    *(("births", "births_persons"), ("deaths", "deaths_persons"), ("households", "households")),
                    *(("inflow", "in_migrants_persons"), ("outflow", "out_migrants_persons")),
                )
            ),
        )
        .with_columns(
            (pl.col("births_persons") - pl.col("deaths_persons")).alias("natural_change_persons"),
            (pl.col("in_migrants_persons") - pl.col("out_migrants_persons")).alias("net_migration_persons"),
            (pl.col("population_persons") / pl.col("households")).round(2).alias("persons_per_household"),
        )
    )
    change = answers["natural_and_social_change"].with_columns((pl.col("period_end").dt.year() + 1).alias("year"))
    assert same(change, known, [CODE, "year"]) >= 4
    houses = answers["households"].with_columns(
        pl.col("as_of_date").dt.year().alias("year"), pl.col("persons_per_household").cast(pl.Float64)
    )
    assert same(houses, known, [CODE, "year"]) >= 4


def test_marriages_and_births(answers: dict[str, pl.DataFrame]) -> None:
    known = figures("vital_and_migration_2010_2023.csv", "municipality_code5").select(
        CODE,
        pl.col("year").alias("calendar_year"),
        "marriages",
        pl.col("births").alias("births_persons"),
        pl.col("deaths").alias("deaths_persons"),
        (pl.col("births") - pl.col("deaths")).alias("natural_change_persons"),
    )
    assert same(answers["marriages_and_births"], known, [CODE, "calendar_year"]) >= 26


def test_tfr(answers: dict[str, pl.DataFrame]) -> None:
    known = figures("tfr_bayes.csv", "municipality_code5").select(
        CODE, pl.col("period").str.slice(5).cast(pl.Int32).alias("year"), pl.col("tfr").alias("total_fertility_rate")
    )
    found = answers["tfr_trend"].select(
        CODE, pl.col("period_end").dt.year().alias("year"), pl.col("total_fertility_rate").cast(pl.Float64)
    )
    assert same(found, known, [CODE, "year"]) >= 4


def donations() -> pl.DataFrame:
    era = pl.col("fiscal_year_label").str
    number = era.replace("元", "1").str.extract(r"(\d+)").cast(pl.Int64)
    return figures("furusato_receipts_fy2008_2025.csv", "code6").select(
        CODE,
        (number + pl.when(era.starts_with("平成")).then(1988).otherwise(2018)).alias("fiscal_year"),
        pl.col("amount_yen").alias("donation_jpy"),
        pl.col("count").alias("donation_count"),
    )


def test_donations_per_head_and_rank(answers: dict[str, pl.DataFrame]) -> None:
    """Amounts of the series stand in thousands of yen, those of a survey in yen: they agree below a thousand."""
    found = answers["donations_per_head_and_rank"].join(donations(), on=[CODE, "fiscal_year"], suffix="_known")
    assert found.height == 36
    assert ((pl.Series(found["donation_jpy"]) - found["donation_jpy_known"]).abs() < 1000).all()
    assert (found["donation_count"] == found["donation_count_known"]).all()
    heads = registry().filter(pl.col("age_group") == "total").select(CODE, "year", "total")
    with_heads = found.with_columns((pl.col("fiscal_year") + 1).cast(pl.Int64).alias("year")).join(
        heads, on=[CODE, "year"]
    )
    assert with_heads.height >= 4
    assert (with_heads["residents_persons"] == with_heads["total"]).all()
    again = (with_heads["donation_jpy"] / with_heads["total"]).round(0).cast(pl.Int64)
    assert (with_heads["jpy_per_resident"] == again).all()
    assert found["rank_in_prefecture"].to_list() == [1] * found.height  # 北海道 and 岩手県 have one city each here


def months() -> pl.DataFrame:
    """Visitors by month: the yearly files win over those of single months, which were revised."""
    return (
        figures("tourism_visitors_monthly_2021_2026.csv", "municipality_code5")
        .with_columns(pl.date("year", "month", 1).alias("month"), pl.col("file").str.len_chars().alias("length"))
        .sort(CODE, "month", "length")
        .unique([CODE, "month"], keep="first", maintain_order=True)
        .select(CODE, "month", "visitors")
    )


def test_visitors_year_on_year(answers: dict[str, pl.DataFrame]) -> None:
    before = months().with_columns(pl.col("month").dt.offset_by("1y")).rename({"visitors": "visitors_a_year_before"})
    known = months().join(before, on=[CODE, "month"], how="left")
    found = answers["tourism_year_on_year"]
    assert same(found.select(CODE, "month", "visitors", "visitors_a_year_before"), known, [CODE, "month"]) >= 120
    told = found.filter(pl.col("of_a_year_before_pct").is_not_null())
    again = (100 * told["visitors"] / told["visitors_a_year_before"]).round(1)
    assert told.height > 40 and ((told["of_a_year_before_pct"].cast(pl.Float64) - again).abs() < 0.051).all()


def test_fiscal_year_totals(answers: dict[str, pl.DataFrame]) -> None:
    fiscal = (pl.col("month").dt.year() - (pl.col("month").dt.month() < 4).cast(pl.Int32)).alias("fiscal_year")
    summed = months().with_columns(fiscal).group_by(CODE, "fiscal_year").agg(pl.col("visitors").sum(), pl.len())
    found = answers["fiscal_year_totals"].filter(pl.col("visitors").is_not_null())
    assert (
        same(found.select(CODE, "fiscal_year", "visitors"), summed.filter(pl.col("len") == 12), [CODE, "fiscal_year"])
        >= 4
    )


def test_projection_actual_plan(answers: dict[str, pl.DataFrame]) -> None:
    totals = (
        figures("ipss_h30_2015_2045.csv", "code5")
        .filter((pl.col("sex") == "total") & (pl.col("age") == "総数"))
        .select(CODE, "year", pl.col("population").alias("ipss_2018_persons"))
    )
    newer = figures("ipss_r5_3groups_2020_2050.csv", "code").select(
        CODE, "year", pl.col("total").alias("ipss_2023_persons")
    )
    counted = (
        figures("population_totals_misc.csv", "municipality_code5")
        .filter(pl.col("series") == "census_preliminary")
        .select(
            CODE,
            pl.col("date").str.slice(0, 4).cast(pl.Int64).alias("year"),
            pl.col("population").alias("actual_persons"),
        )
    )
    known = counted.join(totals, on=[CODE, "year"]).join(newer, on=[CODE, "year"])
    answer = answers["projection_actual_plan"].filter(pl.col("series") == "census")
    found = answer.with_columns(pl.col("as_of_date").dt.year().alias("year"))
    assert same(found.drop("plan_persons", "plan_gap_persons"), known, [CODE, "year"]) >= 2
    plan = figures_of_plan().filter((pl.col("scenario") == "city") & (pl.col("year") == 2025))["total"][0]
    nemuro = found.filter((pl.col(CODE) == "01223") & (pl.col("year") == 2025)).row(0, named=True)
    assert (nemuro["plan_persons"], nemuro["plan_gap_persons"]) == (plan, 21201 - plan)


def figures_of_plan() -> pl.DataFrame:
    return pl.read_csv(FIGURES / "nemuro_strategy_population_targets.csv", comment_prefix="#")


def test_women_by_scenario(answers: dict[str, pl.DataFrame]) -> None:
    """The plan prints 534 and, on the projection of IPSS, 446 for 2060; its page cuts or rounds to whole persons."""
    found = answers["women_20_39_by_scenario"].filter((pl.col(CODE) == "01223") & (pl.col("year") == 2060))
    printed = figures_of_plan().filter(pl.col("year") == 2060)
    for mine, theirs, within in (("plan", "city", 0), ("ipss_2018_extended", "ipss_jyunkyo", 6)):
        own = found.filter(pl.col("scenario_id") == mine)["women_20_39_persons"].to_list()
        known = printed.filter(pl.col("scenario") == theirs)["women2039"][0]
        assert len(own) == 1 and abs(own[0] - known) <= within


def test_bands_stand_around_the_published_projection(answers: dict[str, pl.DataFrame]) -> None:
    published = (
        figures("ipss_h30_2015_2045.csv", "code5")
        .filter((pl.col("sex") == "total") & (pl.col("age") == "総数"))
        .select(CODE, "year", pl.col("population").alias("total_persons"))
    )
    found = answers["projection_bands"].filter(pl.col("scenario_id") == "ipss_2018")
    assert same(found.select(CODE, "year", "total_persons"), published, [CODE, "year"]) >= 10
    assert (found["total_lower_persons"] < found["total_persons"]).all()
    assert (found["total_persons"] < found["total_upper_persons"]).all()


def test_others_and_similar_have_the_latest_census(answers: dict[str, pl.DataFrame]) -> None:
    known = figures("population_totals_misc.csv", "municipality_code5").filter(pl.col("series") == "census_preliminary")
    counted = dict(known.select(CODE, "population").iter_rows())
    others = answers["others_of_the_prefecture"]
    assert dict(others.select(CODE, "population_persons").iter_rows()) == counted
    similar = answers["similar_municipalities"].sort("rank_of_persons")
    assert dict(similar.select(CODE, "census_persons").iter_rows()) == counted
    assert similar["census_persons"].to_list() == sorted(counted.values(), reverse=True)
    assert similar["size_class_ja"].unique().to_list() == ["1万人以上3万人未満"]


def test_kpi_of_donations_is_the_sum_of_the_figures(answers: dict[str, pl.DataFrame]) -> None:
    years = donations().filter((pl.col(CODE) == "01223") & pl.col("fiscal_year").is_between(2021, 2024))
    row = (
        answers["kpi_with_goal_and_grade"]
        .filter((pl.col("kpi_no") == "3-イ-1-1") & (pl.col("fiscal_year") == 2024))
        .row(0, named=True)
    )
    assert row["unit"] == "億円" and int(row["actual_value"] * 10**8) == years["donation_jpy"].sum()
    assert row["target_value"] == 500 and row["grade_rule_text_ja"]
