"""The projection on the embedded samples, as the nightly run sees them: no figure from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest import in_force
from sousei.ingest import raw as ingest_raw
from sousei.ingest.decided import corrections
from sousei.ingest.receive import intake
from sousei.projection.night import build as nightly
from sousei.projection.night.tables import INPUTS
from tests import registers


@pytest.fixture(scope="module")
def candidate(tmp_path_factory) -> Iterator[duckdb.DuckDBPyConnection]:
    home = Home(tmp_path_factory.mktemp("home"))
    received = datetime(2026, 4, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
    taken = intake.take(home, PROJECT_ROOT / "samples" / "landing", received, "samples")
    with duckdb.connect() as connection:
        result = ingest_raw.read(home, taken, date(2026, 4, 1))
        ingest_raw.expose(connection, result.files, result.frames())
        yield connection


def projected(candidate: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    inputs = {name: candidate.sql(f"from in_force.{name}").pl() for name in INPUTS}
    return nightly.build(inputs, registers.night().scenarios, registers.night().figures)


@pytest.fixture(scope="module")
def built(candidate: duckdb.DuckDBPyConnection) -> dict[str, pl.DataFrame]:
    return projected(candidate)


def total(built, scenario: str, year: int, code: str = "01223", group: str = "total") -> float:
    row = built["population"].filter(
        (pl.col("municipality_code") == code)
        & (pl.col("scenario_id") == scenario)
        & (pl.col("year") == year)
        & (pl.col("sex") == "total")
        & (pl.col("age_group") == group)
    )
    return float(row["population_persons"].item())


def test_nemuro_2060_from_the_samples_is_within_five_of_the_plan(built):
    assert abs(total(built, "ipss_2018_extended", 2060) - 8358) <= 5


def test_published_totals_come_back(built):
    assert total(built, "ipss_2018", 2045) == 13210
    assert total(built, "ipss_2018", 2045, "03211") == 20909
    assert total(built, "ipss_2023", 2050) == 12344
    assert total(built, "ipss_2023", 2050, group="65+") == 5913


def test_every_scenario_of_the_contract_is_there_for_nemuro(built):
    found = set(built["population"].filter(pl.col("municipality_code") == "01223")["scenario_id"])
    contract = "ipss_2018 ipss_2018_extended ipss_2023 plan fertility_only migration_only closed sim1 sim2"
    assert set(contract.split()) <= found


def test_what_was_counted_in_2025_stands_beside_the_plan(built):
    rows = {r["figure_id"]: r for r in built["reconciliation"].iter_rows(named=True)}
    assert int(rows["plan_2025_total_persons"]["actual_value"]) == 21201
    assert int(rows["plan_2025_total_persons"]["revised_official_value"]) == 22317


def test_a_declared_correction_reaches_the_projection(built, candidate, tmp_path):
    """A hundred women more among those aged 20-24 in 2045: the extension to 2060 starts from them."""
    key = "area_code=01223 vintage=ipss_2018 year=2045 sex=female age_group=20-24"
    (women,) = candidate.execute(
        "select population_persons from in_force.ipss_population where area_code = '01223' and year = 2045 "
        "and vintage = 'ipss_2018' and sex = 'female' and age_group = '20-24'"
    ).fetchone()
    (tmp_path / "ipss_projection").mkdir()
    line = f"ipss_population,{key},{women},{women + 100},試験,試験課,declared,2026-04-01,試験資料"
    (tmp_path / "ipss_projection" / "corrections.csv").write_text(f"{','.join(corrections.LINE)}\n{line}\n", "utf-8")
    corrections.expose(candidate, corrections.declared(tmp_path))
    in_force.expose(candidate)
    after = projected(candidate)
    corrections.expose(candidate, corrections.declared())
    in_force.expose(candidate)
    assert total(after, "ipss_2018_extended", 2060) != total(built, "ipss_2018_extended", 2060)
