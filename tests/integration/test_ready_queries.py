"""Ready queries on the samples: a figure of each from a second path, the grain that it states, types that travel."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.publication import shelf
from sousei.publication.formats import formatted
from sousei.publication.query import query
from sousei.publication.ready import OF_PLANS, Ready, ready
from sousei.publication.shelf import Release
from tests.integration.conftest import run_sousei

pytestmark = pytest.mark.slow

FIGURES = PROJECT_ROOT.parent / "shared" / "data" / "figures"
NEMURO = {"municipality_code": "01223"}
BY_NAME = {one.name: one for one in ready()}
PLAN = ["municipality_code", "plan_id"]
RUN = ["municipality_code", "scenario_id", "vintage", "year"]
KEYS = {
    "population_by_age": ["municipality_code", "series", "as_of_date"],
    "registry_beside_census": ["municipality_code", "census_date"],
    "natural_and_social_change": ["municipality_code", "period_start", "period_end"],
    "share_of_65_and_over": ["municipality_code", "series", "as_of_date"],
    "households": ["municipality_code", "as_of_date"],
    "tfr_trend": ["municipality_code", "period_start", "period_end"],
    "others_of_the_prefecture": ["municipality_code"],
    "projection_actual_plan": ["municipality_code", "as_of_date", "series"],
    "women_20_39_by_scenario": RUN,
    "projection_bands": RUN,
    "kpi_with_goal_and_grade": [*PLAN, "kpi_no", "fiscal_year"],
    "unreported_by_section": [*PLAN, "section_ja"],
    "revision_history": [*PLAN, "kpi_no", "fiscal_year", "revision"],
    "provenance": [*PLAN, "kpi_id", "fiscal_year", "input_no"],
    "donations_per_head_and_rank": ["municipality_code", "fiscal_year"],
    "tourism_year_on_year": ["municipality_code", "month"],
    "fiscal_year_totals": ["municipality_code", "fiscal_year"],
    "failed_checks": ["check_id"],
    "what_came_last": ["source_id"],
    "units_of_columns": ["table_name", "column_name"],
    "five_year_ages_over_years": ["municipality_code", "series", "as_of_date", "age_group"],
    "grade_thresholds": [*PLAN, "grade_rule_id", "applies_to_ja", "band_order"],
    "what_changed": ["change_no"],
    "similar_municipalities": ["municipality_code"],
    "marriages_and_births": ["municipality_code", "calendar_year"],
    "figures_per_resident": ["municipality_code", "fiscal_year"],
    "rows_of_failed_checks": ["check_id", "finding_no"],
    "words_of_codes": ["table_name", "column_name", "code"],
}
"""The columns that name a row of each answer."""
PINNED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # census 2020 by age (e-Stat): 677 + 811 + 908; 832 ... 1,715; 2,039 ... 20; 222 of unknown age
    "population_by_age": (
        {"series": "census", "as_of_date": "2020-10-01"},
        {"total_persons": 24636, "young_persons": 2396, "working_age_persons": 13370, "old_persons": 8648,
         "unknown_age_persons": 222, "year_ja": "令和2年"},
    ),
    # registry of 1 January 2021 (24,858) less census 2020 (24,636)
    "registry_beside_census": ({"census_date": "2020-10-01"}, {"registry_less_census_persons": 222}),
    # registry, calendar year 2021: 115 births, 416 deaths, 802 in, 1,118 out
    "natural_and_social_change": (
        {"period_start": "2021-01-01"}, {"natural_change_persons": -301, "net_migration_persons": -316}
    ),
    # registry of 1 January 2021 by age: 2,031 + 2,096 + ... + 20 = 8,638 of 24,858
    "share_of_65_and_over": (
        {"series": "resident_registry", "as_of_date": "2021-01-01"},
        {"old_persons": 8638, "old_share_pct": Decimal("34.75")},
    ),
    "households": (
        {"as_of_date": "2021-01-01"}, {"households": 12469, "persons_per_household": Decimal("1.99")}
    ),
    "tfr_trend": ({"period_end": "2022-12-31"}, {"total_fertility_rate": Decimal("1.36")}),
    # preliminary count of the census 2025
    "others_of_the_prefecture": ({}, {"population_persons": 21201, "prefecture_name_ja": "北海道", "has_plan": True}),
    # 21,201 counted, 22,453 in the plan, 22,005 in the projection of 2018
    "projection_actual_plan": (
        {"as_of_date": "2025-10-01"}, {"plan_gap_persons": -1252, "ipss_2018_persons": 22005}
    ),
    # table of the plan: 534 women of 20 to 39 in 2060
    "women_20_39_by_scenario": ({"scenario_id": "plan", "year": 2060}, {"women_20_39_persons": 534}),
    "projection_bands": (
        {"scenario_id": "ipss_2018", "year": 2025}, {"total_persons": 22005, "band_coverage_pct": 80}
    ),
    # receipts of FY2021 to FY2024, 59,462,373,021 yen, against 50 billion
    "kpi_with_goal_and_grade": (
        {"kpi_no": "3-イ-1-1", "fiscal_year": 2024},
        {"actual_value": Decimal("594.62373021"), "target_value": Decimal(500), "unit": "億円",
         "grade_or_reason_ja": "S"},
    ),
    # working age of 2020: as counted 13,370; with unknown ages allotted 13,533
    "revision_history": (
        {"kpi_no": "人口P2"}, {"value_before": Decimal(13370), "value_after": Decimal(13533), "fiscal_year": 2020}
    ),
    # 14,690,953,403 yen and 672,865 donations in FY2024
    "donations_per_head_and_rank": (
        {"fiscal_year": 2024},
        {"donation_jpy": 14690953403, "jpy_per_donation": 21833, "fiscal_year_label_ja": "令和6年度",
         "rank_in_prefecture": 1},
    ),
    # 14,604,567,132 yen and 101,619 visitors of FY2021 over 24,231 residents on 1 January 2022
    "figures_per_resident": (
        {"fiscal_year": 2021},
        {"donation_jpy_per_resident": 602722, "visitors_per_resident": Decimal("4.19"), "residents_persons": 24231,
         "residents_file_name": "2204ssnen.xlsx"},
    ),
    # census 2020: 329 men and 348 women under five
    "five_year_ages_over_years": (
        {"series": "census", "as_of_date": "2020-10-01", "age_group": "0-4"},
        {"age_ja": "0～4歳", "total_persons": 677},
    ),
    # vital statistics 2022: 73 marriages, 109 births, 443 deaths
    "marriages_and_births": (
        {"calendar_year": 2022}, {"marriages": 73, "natural_change_persons": -334, "year_ja": "令和4年"}
    ),
    # 21,201 in Nemuro, 28,012 in Kamaishi
    "similar_municipalities": ({}, {"rank_of_persons": 2, "size_class_ja": "1万人以上3万人未満", "n_in_class": 2}),
    # 36,713 visitors in June 2026, 35,408 in June 2025
    "tourism_year_on_year": ({"month": "2026-06-01"}, {"of_a_year_before_pct": Decimal("103.7")}),
    "fiscal_year_totals": (
        {"fiscal_year": 2025},
        {"visitors": 291948, "donation_jpy": 12262930968, "fiscal_year_ja": "令和7年度（2025年度）"},
    ),
}  # fmt: skip
"""Query -> the row that is meant (of Nemuro) and what stands in it, by the publishers' own figures."""
SOUND = (pl.String, pl.Boolean, pl.Int16, pl.Int32, pl.Int64, pl.Date, pl.Decimal, pl.Datetime)


@pytest.fixture(scope="module")
def release(published: Path) -> Release:
    return shelf.find(Home(published))


@pytest.fixture(scope="module")
def answers(release: Release) -> dict[str, pl.DataFrame]:
    return {one.name: query(one.sql, release) for one in ready()}


def test_there_are_more_than_twenty_five_and_each_says_what_it_answers() -> None:
    assert len(ready()) == 28 == len(BY_NAME) and BY_NAME.keys() == KEYS.keys()
    assert [one.file_name for one in ready()] == [f"{n:02d}_{one.name}.sql" for n, one in enumerate(ready(), 1)]
    assert all(one.question_ja and one.answer_ja and one.grain_ja for one in ready())


@pytest.mark.parametrize("name", PINNED)
def test_a_figure_of_each_answer_is_the_publishers_own(answers: dict[str, pl.DataFrame], name: str) -> None:
    where, expected = PINNED[name]
    rows = answers[name].filter(
        *[pl.col(column).cast(pl.String) == str(value) for column, value in (NEMURO | where).items()]
    )
    assert rows.height == 1, rows
    assert {column: rows[column][0] for column in expected} == expected


def test_visitors_are_not_compared_across_a_break_of_level(answers: dict[str, pl.DataFrame]) -> None:
    found = answers["tourism_year_on_year"].filter(
        pl.col("municipality_code") == "03211", pl.col("month").dt.strftime("%Y-%m") == "2024-01"
    )
    assert found["visitors"].to_list() == [22359] and found["visitors_a_year_before"][0] is not None
    assert found["of_a_year_before_pct"].to_list() == [None]


def test_a_fiscal_year_is_summed_from_twelve_months_of_one_way_of_counting(
    answers: dict[str, pl.DataFrame], release: Release
) -> None:
    path = release.path / "csv" / "fct_tourism_visitors.csv"
    rows = list(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    for row in answers["fiscal_year_totals"].rows(named=True):
        year = row["fiscal_year"]
        months = [
            one
            for one in rows
            if one["municipality_code"] == row["municipality_code"]
            and f"{year}-04" <= one["month"][:7] <= f"{year + 1}-03"
        ]
        whole = len(months) == 12 and len({one["comparable_from"] for one in months}) == 1
        assert row["visitors"] == (sum(int(one["visitors"]) for one in months) if whole else None)


def test_a_value_is_found_in_the_file_and_row_that_provenance_names(answers: dict[str, pl.DataFrame]) -> None:
    row = answers["provenance"].filter(pl.col("kpi_id") == "n2-3a3-1", pl.col("fiscal_year") == 2024).row(0, named=True)
    (path,) = (PROJECT_ROOT / "samples" / "landing").rglob(row["file_name"])
    sheet = openpyxl.load_workbook(path, read_only=True)[row["source_sheet"]]
    (cells,) = sheet.iter_rows(row["source_row"], row["source_row"], values_only=True)
    assert 672865 in cells and row["actual_value"] == row["cell_value"] == 672865
    assert row["source_column"] == "令和6年度 / 件数"


def test_what_is_unreported_is_counted_from_the_csv(answers: dict[str, pl.DataFrame], release: Release) -> None:
    path = release.path / "csv" / "mart_kpi_missing.csv"
    rows = [one for one in csv.DictReader(path.read_text("utf-8-sig").splitlines()) if one["reason"] == "unreported"]
    found = answers["unreported_by_section"]
    assert found["n_missing"].sum() == len(rows) > 0
    farming = found.filter(pl.col("section_ja") == "農林課")
    assert farming["n_kpi"].sum() == len({one["kpi_id"] for one in rows if one["section_ja"] == "農林課"}) == 2


def test_checks_deliveries_and_columns_are_those_of_the_manifest(
    answers: dict[str, pl.DataFrame], release: Release
) -> None:
    manifest = json.loads((release.path / "manifest.json").read_text("utf-8"))
    verdict = manifest["verdict"]
    assert answers["failed_checks"].height == verdict["warn_failed"] + verdict["review_failed"] > 0
    assert set(answers["what_came_last"]["source_id"]) == {one["source_id"] for one in manifest["inputs"]}
    columns = {(table, one["name"]) for table, told in manifest["tables"].items() for one in told["columns"]}
    assert set(answers["units_of_columns"].select("table_name", "column_name").rows()) == columns


def test_every_row_of_a_failed_check_is_told(answers: dict[str, pl.DataFrame]) -> None:
    rows = answers["rows_of_failed_checks"]
    counted = (
        rows.filter(pl.col("finding_no").is_not_null())
        .group_by("check_id")
        .agg(pl.len().cast(pl.Int64).alias("n_rows"), pl.col("n_failing").first())
    )
    assert counted.height > 0 and counted["n_rows"].to_list() == counted["n_failing"].to_list()
    assert set(rows["check_id"]) == set(answers["failed_checks"]["check_id"])
    assert rows["finding_ja"].null_count() == 0


def test_a_row_of_a_failed_check_has_the_place_that_it_came_from_or_none(
    answers: dict[str, pl.DataFrame], release: Release
) -> None:
    """Never that of another row of its check: a row of a CSV has no sheet, a computed one no file."""
    place = ["check_id", "finding_no", "file_name", "sheet", "row_number"]
    rows = answers["rows_of_failed_checks"].filter(pl.col("finding_no").is_not_null()).select(place).sort(place[:2])
    found = query(f"select {', '.join(place)} from meta_check_finding order by 1, 2", release)
    assert rows.equals(found) and 0 < rows["file_name"].null_count() < rows["sheet"].null_count() < rows.height


def test_a_first_release_says_why_nothing_is_compared(answers: dict[str, pl.DataFrame]) -> None:
    row = answers["what_changed"].row(0, named=True)
    assert answers["what_changed"].height == 1 and row["change_no"] is None
    assert "最初の公表版" in row["not_compared_ja"]


def test_thresholds_are_those_of_the_rule_that_each_plan_names(answers: dict[str, pl.DataFrame]) -> None:
    found = answers["grade_thresholds"].filter(
        pl.col("plan_id") == "nemuro_strategy_2", pl.col("applies_to_ja") == "その他"
    )
    assert found["grade"].to_list() == ["S", "A", "B", "C", "D"]
    assert [int(one) for one in found["threshold"]] == [1, 100, 80, 60, 60]
    assert found["measure_ja"].to_list() == ["最終目標に達したか", *["目安値に対する率"] * 4]
    assert found["comparison_ja"].to_list() == ["以上", "以上", "以上", "以上", "未満"]


def test_a_unit_stands_beside_its_column(answers: dict[str, pl.DataFrame], release: Release) -> None:
    """As the catalogue of the release reads it, which also tells years and places."""
    known = {(table, one.name): one.unit for table, told in release.manifest.tables.items() for one in told.columns}
    units = {(table, name): unit for table, name, _, unit, *_ in answers["units_of_columns"].iter_rows() if unit}
    assert units["fct_furusato_donation", "donation_jpy"] == "円"
    assert units["mart_per_resident", "donation_jpy_per_resident"] == "円／人"
    differing = {key: unit for key, unit in units.items() if known[key] not in (unit, f"列 {unit} による")}
    assert differing == {}


@pytest.mark.parametrize("name", KEYS)
def test_an_answer_has_rows_of_the_grain_that_it_states(answers: dict[str, pl.DataFrame], name: str) -> None:
    frame = answers[name]
    assert frame.height > 0 and frame.select(KEYS[name]).is_unique().all()


@pytest.mark.parametrize("name", KEYS)
def test_types_travel_to_polars_and_pandas(answers: dict[str, pl.DataFrame], name: str) -> None:
    frame = answers[name]
    assert all(kind.base_type() in SOUND for kind in frame.schema.values()), frame.schema
    back = frame.to_pandas()
    for column, kind in frame.schema.items():
        if kind.is_integer() and not frame[column].null_count():
            assert back[column].dtype.kind == "i", column


R = """
for (name in commandArgs(trailingOnly = TRUE)) {
  told <- read.csv(paste0(name, ".schema"), colClasses = "character")
  frame <- read.csv(paste0(name, ".csv"), na.strings = "", colClasses = setNames(told$r, told$column),
                    check.names = FALSE, encoding = "UTF-8")
  for (column in names(frame)) {
    value <- frame[[column]]
    first <- if (all(is.na(value))) "" else as.character(value[!is.na(value)][1])
    cat(name, column, class(value)[1], nrow(frame), sum(is.na(value)), first, sep = "\\u001f")
    cat("\\n")
  }
}
"""


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="needs R")
def test_types_travel_to_r(answers: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    """R takes 01223 for a number, unless it is told the types of the answer."""
    for name, frame in answers.items():
        for form in ("csv", "schema"):
            (tmp_path / f"{name}.{form}").write_bytes(formatted(frame, form))
    (tmp_path / "read.R").write_text(R, "utf-8")
    done = subprocess.run(
        ["Rscript", "--vanilla", "read.R", *answers],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    read = {tuple(line.split("\x1f")[:2]): line.split("\x1f")[2:] for line in done.stdout.split("\n") if "\x1f" in line}
    assert set(read) == {(name, column) for name, frame in answers.items() for column in frame.columns}
    for (name, column), (kind, rows, _, first) in read.items():
        values = answers[name][column]
        assert int(rows) == len(values), name
        if values.dtype in (pl.Date, pl.String) and first:
            assert kind == ("Date" if values.dtype == pl.Date else "character"), (name, column)
            assert first.lstrip("'") == str(values.drop_nulls().filter(values.drop_nulls().cast(pl.String) != "")[0])
        elif values.dtype.is_numeric():
            assert kind in ("integer", "numeric"), (name, column)


@pytest.mark.parametrize("one", ready(), ids=lambda one: one.name)
def test_an_answer_stands_on_the_site_with_its_sql(
    one: Ready, answers: dict[str, pl.DataFrame], release: Release
) -> None:
    page = (release.path / "site" / "queries.html").read_text("utf-8")
    part = page.partition(f'<h2 id="{one.name}">')[2].partition("<h2")[0]
    assert one.question_ja in part and f"答え {answers[one.name].height} 行" in part
    assert (release.path / "queries" / one.file_name).read_text("utf-8") == one.text


def test_a_ready_query_is_asked_by_its_name(published: Path, answers: dict[str, pl.DataFrame]) -> None:
    listed = run_sousei(published, "query", "--list")
    assert [line.partition(": ")[0] for line in listed.stdout.splitlines()] == list(BY_NAME)
    said = run_sousei(published, "query", "--name", "tfr_trend", "--format", "csv")
    assert said.returncode == 0 and len(said.stdout.splitlines()) == answers["tfr_trend"].height + 1
    told = run_sousei(published, "query", "--name", "tfr_trend", "--format", "schema").stdout.splitlines()
    assert told[:2] == ["column,type,pandas,polars,r", "municipality_code,string,string,String,character"]
    asked_wrong = (
        (["--name", "nope"], "query_unknown"),
        ([], "query_unclear"),
        (["select 1", "--list"], "query_unclear"),
    )
    for wrong, word in asked_wrong:
        refused = run_sousei(published, "query", *wrong)
        assert refused.returncode == 2 and word in refused.stderr and "Traceback" not in refused.stderr


@pytest.mark.exhaustive
def test_a_ready_query_is_asked_about_one_municipality(
    published: Path, answers: dict[str, pl.DataFrame], release: Release
) -> None:
    """Those of the prefecture and of its size stand beside it; the others are of it alone, as among all with a plan."""
    of_none = {"failed_checks", "what_came_last", "units_of_columns", "what_changed", "words_of_codes"}
    assert {one.name for one in ready() if one.of("01223") is None} == of_none
    for one in ready():
        if sql := one.of("01223"):
            frame, whole = query(sql, release), answers[one.name]
            if one.name not in ("others_of_the_prefecture", "similar_municipalities"):
                whole = whole.filter(municipality_code="01223")
                assert frame.height == whole.height > 0 and frame.equals(whole), one.name
            assert query(one.of("01100"), release).height == 0 or OF_PLANS in one.sql
    refused = run_sousei(published, "query", "--name", "words_of_codes", "--municipality", "01223")
    assert refused.returncode == 2 and "query_unclear" in refused.stderr


@pytest.mark.shared
@pytest.mark.skipif(not FIGURES.exists(), reason="needs ../shared/data")
def test_donations_of_all_years_are_those_of_the_figures(answers: dict[str, pl.DataFrame]) -> None:
    known = list(csv.DictReader((FIGURES / "furusato_receipts_fy2008_2025.csv").read_text("utf-8-sig").splitlines()))
    found = {
        (row["municipality_code"], row["fiscal_year_label_ja"]): (row["donation_jpy"], row["donation_count"])
        for row in answers["donations_per_head_and_rank"].rows(named=True)
    }
    labels = {"令和1年度": "令和元年度"}
    for one in known:
        label = labels.get(one["fiscal_year_label"], one["fiscal_year_label"])
        jpy, count = found[one["code6"][:5], label]
        assert count == int(one["count"]) and abs(jpy - int(one["amount_yen"])) < 1000
