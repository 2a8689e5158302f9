"""The comparison of two releases names each movement and its reason."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from sousei.foundation.home import Home
from sousei.publication.diff import diff
from sousei.publication.publish import publish
from sousei.publication.shelf import Release
from tests.gate_candidate import NOW, SHA_A, SHA_B, Run, judged, plant


def changed(base: Path, folder: Path, *statements: str, **facts: object) -> Release:
    folder.mkdir()
    candidate = plant(Path(shutil.copyfile(base, folder / "candidate.duckdb")), *statements)
    run_id = str(facts.get("run_id", "2026-11-22-next"))
    assert judged(candidate, run_id=run_id).passed
    return publish(Home(folder / "home"), candidate, Run(**{"run_id": run_id} | facts), NOW)  # type: ignore[arg-type]


NEW_INPUT = [{"sha256": SHA_A}, {"sha256": SHA_B}, {"sha256": "c" * 64}]
NEW_SOURCE = (
    "insert into main.meta_source by name select 'furusato-cccccccccccccccc' as source_id, '{source}' as source, "
    "'new.xlsx' as file_name, repeat('c', 64) as sha256, '{period}' as period, '試験庁' as publisher_ja, "
    "'規約' as licence, 1 as rows_read, 0 as rows_quarantined"
)
MOVED = (
    "update main.fct_furusato_donation set donation_jpy = 123456789, source_id = 'furusato-cccccccccccccccc' "
    "where municipality_code = '99001' and fiscal_year = 2023"
)


def test_equal_releases_have_no_difference(published: Release) -> None:
    found = diff(published, published)
    assert found.changes.height == 0 and found.sources.height == 0 and found.columns.height == 0
    assert found.summary.select("added", "removed", "changed").sum().row(0) == (0, 0, 0)


def test_new_delivery_is_new_data(published: Release, base: Path, tmp_path: Path) -> None:
    added = (
        "insert into main.fct_furusato_donation by name select '99001' as municipality_code, 2025 as fiscal_year, "
        "200000000 as donation_jpy, 10000 as donation_count, 'furusato-cccccccccccccccc' as source_id"
    )
    next_release = changed(
        base, tmp_path / "n", NEW_SOURCE.format(source="furusato", period="2023"), added, inputs=NEW_INPUT
    )
    found = diff(published, next_release)
    (row,) = found.changes.filter(pl.col("table_name") == "fct_furusato_donation").to_dicts()
    assert (row["change"], row["reason"], row["evidence"]) == ("added", "new_data", "new.xlsx")
    assert json.loads(row["key"]) == {"municipality_code": "99001", "fiscal_year": 2025}
    assert found.sources["source_id"].to_list() == ["furusato-cccccccccccccccc"]


@pytest.mark.parametrize(("period", "reason"), [("2022", "correction"), ("2023", "revised_source")])
def test_figure_from_another_delivery(published: Release, base: Path, tmp_path: Path, period: str, reason: str) -> None:
    next_release = changed(
        base, tmp_path / "n", NEW_SOURCE.format(source="furusato", period=period), MOVED, inputs=NEW_INPUT
    )
    (row,) = diff(published, next_release).changes.filter(pl.col("table_name") == "fct_furusato_donation").to_dicts()
    assert (row["column_name"], row["value_a"], row["value_b"]) == ("donation_jpy", "200002023", "123456789")
    assert (row["reason"], row["evidence"]) == (reason, "donations.xlsx -> new.xlsx")
    assert row["municipality_code"] == "99001"


def test_same_delivery_other_code(published: Release, base: Path, tmp_path: Path) -> None:
    moved = "update main.mart_kpi_scorecard set grade = '1' where kpi_id = 'k1'"
    found = diff(published, changed(base, tmp_path / "n", moved, code_version="0.2.0+test"))
    (row,) = found.changes.to_dicts()
    assert (row["table_name"], row["column_name"], row["reason"]) == (
        "mart_kpi_scorecard",
        "grade",
        "code_or_rule_change",
    )
    assert found.code_changed and not found.inputs_changed


def test_declared_correction_is_the_reason_where_it_came(published: Release, base: Path, tmp_path: Path) -> None:
    source_id = "(select source_id from main.fct_furusato_donation where municipality_code = '99001' limit 1)"
    declared = (
        f"create table main.meta_correction as select {source_id} as source_id, '99001' as municipality_code, "
        "'furusato_donation' as raw_table, 'fiscal_year=2023' as row_key, 5.0 as corrected_value"
    )
    moved = (
        "update main.fct_furusato_donation set donation_count = 5 where fiscal_year = 2023 "
        "and municipality_code in ('99001', '99002')"
    )
    found = diff(published, changed(base, tmp_path / "n", declared, moved, code_version="0.2.0+test")).changes
    rows = found.filter(pl.col("table_name") == "fct_furusato_donation")
    reasons = dict(rows.select("municipality_code", "reason").iter_rows())
    assert reasons == {"99001": "correction", "99002": "code_or_rule_change"}


def test_derived_figure_after_new_inputs(published: Release, base: Path, tmp_path: Path) -> None:
    moved = "update main.mart_population_vision set implied_tfr = 1.41 where year = 2040"
    found = diff(
        published,
        changed(base, tmp_path / "n", NEW_SOURCE.format(source="ipss", period="2023"), moved, inputs=NEW_INPUT),
    )
    reasons = found.changes.filter(pl.col("table_name") == "mart_population_vision")["reason"].to_list()
    assert reasons == ["new_data", "new_data"]


def test_movement_without_a_cause_is_called_unexplained(published: Release, base: Path, tmp_path: Path) -> None:
    moved = (
        "update main.mart_population_vision set implied_tfr = 1.41 where year = 2040 and municipality_code = '99001'"
    )
    found = diff(published, changed(base, tmp_path / "n", moved))
    assert found.changes["reason"].to_list() == ["unexplained"]
    assert found.summary.filter(pl.col("table_name") == "mart_population_vision")["unexplained"].item() == 1


def test_merger_is_the_reason_where_a_municipality_was_merged(published: Release, base: Path, tmp_path: Path) -> None:
    merged = "update main.dim_municipality set successor_code = '99001' where municipality_code = '99002'"
    gone = "delete from main.fct_tourism_visitors where municipality_code = '99002' and month = date '2022-12-01'"
    found = diff(published, changed(base, tmp_path / "n", merged, gone, code_version="0.2.0+test"))
    (row,) = found.changes.filter(pl.col("table_name") == "fct_tourism_visitors").to_dicts()
    assert (row["change"], row["reason"]) == ("removed", "merger")


OLDER = "drop table main.meta_grain"


def test_a_release_older_than_the_list_of_keys_is_compared_by_the_keys_of_the_other(
    published: Release, base: Path, tmp_path: Path
) -> None:
    older = changed(base, tmp_path / "older", OLDER)
    moved = changed(base, tmp_path / "n", "update main.fct_tourism_visitors set visitors = 7 where source_row = 4")
    for found in (diff(older, moved), diff(moved, older)):
        assert found.changes.group_by("table_name", "change", "column_name").len().rows() == [
            ("fct_tourism_visitors", "changed", "visitors", 2)
        ]


def test_releases_without_a_list_of_keys_are_compared_by_whole_rows(base: Path, tmp_path: Path) -> None:
    older = changed(base, tmp_path / "older", OLDER)
    moved = "update main.fct_tourism_visitors set visitors = 7 where source_row = 4"
    found = diff(older, changed(base, tmp_path / "n", OLDER, moved))
    counts = dict(found.changes.group_by("change").len().iter_rows())
    assert counts == {"added": 2, "removed": 2}


def test_changed_columns_are_listed(published: Release, base: Path, tmp_path: Path) -> None:
    found = diff(published, changed(base, tmp_path / "n", "alter table main.dim_kpi add column extra integer"))
    assert found.columns.to_dicts() == [
        {"table_name": "dim_kpi", "column_name": "extra", "type_a": None, "type_b": "INTEGER"}
    ]
