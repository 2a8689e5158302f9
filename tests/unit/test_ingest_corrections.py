"""Declared errors of publishers: which lines are whole, which delivered rows they change, when they are out of date.

The rows are synthetic.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from ingest import corrections, raw
from ingest.tables import RAW_TABLES, schema_of

HEADER = ",".join(corrections.LINE)
KEY = "area_code=01223 fiscal_year=2019 form=detail item=donation_count"
REST = "試験,試験課,declared,2026-04-01,試験資料"


def lines_of(folder: Path, *lines: str, header: str = HEADER) -> pl.DataFrame:
    (folder / "furusato_nozei").mkdir(exist_ok=True)
    (folder / "furusato_nozei" / "corrections.csv").write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return corrections.declared(folder)


def line(
    was: object = 100, now: object = 107, key: str = KEY, table: str = "furusato_donation", rest: str = REST
) -> str:
    return f"{table},{key},{was},{now},{rest}"


def donation(
    value: int | None, source_id: str = "furusato_nozei-1", status: str = "final", row: int = 30
) -> dict[str, Any]:
    return {
        "area_code": "01223", "area_name": "根室市", "area_level": "municipality", "fiscal_year": 2019,
        "item": "donation_count", "value": value, "unit_in_file": "件", "form": "detail", "source_id": source_id,
        "sheet": "表", "row": row, "column_label": "件数", "value_raw": str(value), "value_status": status,
    }  # fmt: skip


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as one:
        yield one


def outcomes(connection: duckdb.DuckDBPyConnection, lines: pl.DataFrame, *rows: dict[str, Any]) -> dict[str, str]:
    """Outcome by delivered file after exposing these rows with these lines; '' for a line without a row."""
    frame = pl.DataFrame(list(rows), schema=schema_of("furusato_donation"))
    raw.expose(connection, {}, {"furusato_donation": frame})
    corrections.expose(connection, lines)
    found = connection.execute("select coalesce(source_id, ''), outcome from raw.correction").fetchall()
    return dict(found)


def test_the_projects_own_files_are_whole() -> None:
    assert corrections.declared().filter(pl.col("fault").is_not_null()).is_empty()
    tables = {path.parent.name for path in corrections.FILES.glob("*/corrections.csv")}
    assert {"census", "resident_registry", "furusato_nozei", "tourism", "ipss_projection", "reference_series"} <= tables


def test_a_declared_error_is_put_right_and_marked(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    lines = lines_of(tmp_path, line(key="item=donation_count form=detail fiscal_year=2019 area_code=01223"))
    other = {**donation(55, row=31), "area_code": "03211"}
    assert outcomes(connection, lines, donation(100), other) == {"furusato_nozei-1": "applied"}
    rows = connection.execute("select area_code, value, value_status from corrected.furusato_donation order by all")
    assert rows.fetchall() == [("01223", 107, "revised"), ("03211", 55, "final")]
    assert connection.execute("select min(value), max(value) from raw.furusato_donation").fetchall() == [(55, 100)]


def test_an_applied_correction_is_undone_when_its_line_goes(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    assert outcomes(connection, lines_of(tmp_path, line()), donation(100)) == {"furusato_nozei-1": "applied"}
    assert outcomes(connection, lines_of(tmp_path), donation(100)) == {}
    assert connection.execute("select value, value_status from corrected.furusato_donation").fetchall() == [
        (100, "final")
    ]


def test_once_the_source_is_right_nothing_is_changed(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert outcomes(connection, lines_of(tmp_path, line()), donation(107)) == {"furusato_nozei-1": "superseded"}
    assert connection.execute("select value_status from corrected.furusato_donation").fetchall() == [("final",)]
    gone = outcomes(connection, lines_of(tmp_path, line()), donation(None))
    assert gone == {"furusato_nozei-1": "superseded"}, "a value that the publisher took back is not filled in"


def test_a_later_delivery_with_the_right_value_beside_the_wrong_one(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    both = donation(100), donation(107, "furusato_nozei-2")
    found = outcomes(connection, lines_of(tmp_path, line()), *both)
    assert found == {"furusato_nozei-1": "applied", "furusato_nozei-2": "superseded"}


def test_the_preliminary_count_beside_the_final_one_is_another_edition(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    both = donation(100), donation(98, "furusato_nozei-0", "preliminary")
    found = outcomes(connection, lines_of(tmp_path, line()), *both)
    assert found == {"furusato_nozei-1": "applied", "furusato_nozei-0": "other_version"}


def test_what_was_not_delivered_changes_nothing(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = outcomes(connection, lines_of(tmp_path, line(key=KEY.replace("01223", "99999"))), donation(100))
    assert found == {"": "not_delivered"}


@pytest.mark.parametrize(
    "bad",
    [
        [line(table="municipality")],
        [line(key="area_code=01223")],
        [line(key=KEY.replace("item", "thing"))],
        [line(was="many")],
        [line(now="many")],
        [line(rest=",試験課,declared,2026-04-01,試験資料")],
        [line(rest="試験,試験課,perhaps,2026-04-01,試験資料")],
        [line(rest="試験,試験課,declared,someday,試験資料")],
        [line(), line(now=108)],
    ],
)
def test_a_line_that_is_not_whole_changes_nothing(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, bad: list[str]
) -> None:
    lines = lines_of(tmp_path, *bad)
    assert lines["fault"].null_count() == 0
    outcome = outcomes(connection, lines, donation(100))
    assert set(outcome.values()) == {"faulty"}
    assert connection.execute("select value from corrected.furusato_donation").fetchall() == [(100,)]


def test_other_columns_are_refused_with_the_files_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"corrections_columns: furusato_nozei/corrections\.csv"):
        lines_of(tmp_path, header=HEADER.replace("evidence", "proof"))


def test_every_correctable_table_can_be_corrected(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """One line per raw table, made from its one row, changes exactly that figure."""
    values = {pl.String: "x", pl.Date: dt.date(2020, 10, 1), pl.Int16: 1, pl.Int32: 2020, pl.Int64: 5, pl.Decimal: 5}
    frames, texts = {}, []
    for table, (keys, figure) in corrections.CORRECTABLE.items():
        row = {name: values[dtype.base_type()] for name, dtype in schema_of(table).items()}
        frames[table] = pl.DataFrame([row], schema=schema_of(table))
        texts.append(line(5, 6, " ".join(f"{name}={row[name]}" for name in keys), table))
        assert figure in RAW_TABLES[table]
    raw.expose(connection, {}, frames)
    corrections.expose(connection, lines_of(tmp_path, *texts))
    for table, (_, figure) in corrections.CORRECTABLE.items():
        shown = connection.execute(f"from corrected.{table}").pl()
        assert shown["published_status"].to_list() == ["x"], table
        (after,) = shown.drop("published_status").to_dicts()
        (before,) = frames[table].to_dicts()
        assert after == {**before, figure: 6, "value_status": "revised"}, table
        assert shown.drop("published_status").schema == schema_of(table), table
