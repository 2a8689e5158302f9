"""The projection on the embedded samples, as the nightly run sees them: no figure from elsewhere."""

from __future__ import annotations

import gc
import weakref
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


def test_years_between_come_back_to_the_run_and_to_its_births(built):
    """Within 0.001 persons: bands are sums of up to 182 ages, each rounded to a millionth."""
    yearly = built["yearly"].filter(~pl.col("is_between"))
    key = ["municipality_code", "scenario_id", "vintage", "year"]
    groups = built["population"].filter((pl.col("sex") == "total") & pl.col("age_to").is_null())
    older = pl.col("age_from").is_in([75, 80, 85, 90]) & (pl.col("sex") == "total")
    for band, told in (
        ("total", groups.filter(pl.col("age_group") == "total").select(*key, "population_persons")),
        ("75+", built["population"].filter(older).group_by(key).agg(pl.col("population_persons").sum())),
    ):
        both = yearly.filter(pl.col("age_band") == band).join(told, on=key)
        assert both.height == yearly.filter(pl.col("age_band") == band).height > 100
        off = (both["persons"].cast(pl.Float64) - both["population_persons"].cast(pl.Float64)).abs().max()
        assert off < 0.001, band
    births = built["yearly"].filter(pl.col("age_band") == "births").with_columns((pl.col("year") + 4) // 5 * 5)
    summed = births.group_by(key).agg(pl.col("persons").sum().cast(pl.Float64)).join(built["vision"], on=key)
    assert summed.height == births.height / 5
    assert (summed["persons"] - summed["births"].cast(pl.Float64)).abs().max() < 0.001


def test_the_order_of_the_largest_table_does_not_hang_on_how_many_towns_are_put_in_order_at_once(
    candidate, built, monkeypatch
):
    monkeypatch.setattr(nightly, "BLOCK", 1)
    assert projected(candidate)["population"].equals(built["population"])


def test_the_largest_table_is_made_without_the_inputs(candidate, built):
    inputs = {name: candidate.sql(f"from in_force.{name}").pl() for name in INPUTS}
    kept = [weakref.ref(frame) for frame in inputs.values()]
    made = nightly.run(inputs, registers.night().scenarios, registers.night().figures)
    inputs.clear()
    gc.collect()
    assert [one() for one in kept] == [None] * len(INPUTS), "a night of the whole country has no room for both"
    assert made.population().equals(built["population"])


def test_the_yearly_refresh_of_the_register_is_filled_for_both_cities(built):
    told = built["refresh"].filter((pl.col("measure") == "total") & (pl.col("year") == 2025))
    assert told["municipality_code"].to_list() == ["01223", "03211"]
    for name in ("refreshed_persons", "low_persons", "high_persons", "baseline_persons", "plan_persons"):
        assert told[name].is_not_null().any(), name
