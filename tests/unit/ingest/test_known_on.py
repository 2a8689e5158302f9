"""What a release that looks back shows of typed figures and of editions of the projection. The rows are synthetic."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import polars as pl
import pytest

from sousei.ingest import raw
from sousei.ingest.tables import schema_of


def rows(table: str, **columns: list[object]) -> pl.DataFrame:
    (height,) = {len(values) for values in columns.values()}
    schema = schema_of(table)
    blank = {name: [None] * height for name in schema}
    return pl.DataFrame({**blank, **columns}, schema=schema)


@pytest.mark.sampled(2)
@pytest.mark.promise("B5")
@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2025, 9, 30), {"2020 census", "2030 ipss_2018", "2030 ipss_2023"}),
        (dt.date(2023, 12, 21), {"2020 census", "2030 ipss_2018"}),
        (dt.date(2023, 12, 22), {"2020 census", "2030 ipss_2018", "2030 ipss_2023"}),
        (dt.date(2018, 3, 29), set()),
        (None, {"2020 census", "2025 census", "2030 ipss_2018", "2030 ipss_2023"}),
    ],
)
def test_typed_figures_of_a_day_that_has_passed(tmp_path: Path, day: dt.date | None, expected: set[str]) -> None:
    days = [dt.date(year, 10, 1) for year in (2020, 2025, 2030, 2030)]
    path = tmp_path / "typed.parquet"
    rows(
        "reference_series",
        series=["census", "census", "ipss_2018", "ipss_2023"],
        period_start=days,
        period_end=days,
        value_status=["final", "preliminary", "projected", "projected"],
        source_id=["reference_series-1"] * 4,
    ).write_parquet(path)
    with duckdb.connect() as connection:
        raw.expose(connection, {"reference_series": [path]}, {}, known_on=day)
        found = connection.execute("select year(period_end) || ' ' || series from raw.reference_series").fetchall()
    assert {text for (text,) in found} == expected


@pytest.mark.sampled
@pytest.mark.promise("B5")
@pytest.mark.parametrize(("day", "n"), [(dt.date(2023, 12, 21), 1), (dt.date(2023, 12, 22), 2), (None, 2)])
def test_editions_that_were_not_out_yet(tmp_path: Path, day: dt.date | None, n: int) -> None:
    path = tmp_path / "ipss.parquet"
    rows("ipss_population", vintage=["ipss_2018", "ipss_2023"], source_id=["a", "b"]).write_parquet(path)
    with duckdb.connect() as connection:
        raw.expose(connection, {"ipss_population": [path]}, {}, known_on=day)
        assert connection.execute("select count(*) from raw.ipss_population").fetchall() == [(n,)]
