"""The projection on the embedded samples, as the nightly run sees them: no figure from elsewhere."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from ingest import intake
from ingest import raw as ingest_raw
from ingest.home import Home
from ingest.tables import schema_of
from projection import nightly, reconcile, scenarios

ROOT = Path(__file__).resolve().parents[2]
INPUTS = ("ipss_population", "census_population", "registry_population", "registry_dynamics", "reference_series")


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> dict[str, pl.DataFrame]:
    home = Home(tmp_path_factory.mktemp("home"))
    received = datetime(2026, 4, 1, tzinfo=ZoneInfo("Asia/Tokyo"))
    taken = intake.take(home, ROOT / "samples" / "landing", received, "samples")
    files = ingest_raw.read(home, taken, date(2026, 4, 1)).files
    frames = [
        pl.concat([pl.read_parquet(f) for f in files[name]])
        if files.get(name)
        else pl.DataFrame(schema=schema_of(name))
        for name in INPUTS
    ]
    seeds = ROOT / "dbt_project" / "seeds"
    return nightly.build(*frames, scenarios.read(seeds / "scenarios.csv"), reconcile.read(seeds / "plan_figures.csv"))


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
