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

from sousei.ingest import raw
from sousei.ingest.decided import corrections, named, registers
from sousei.ingest.tables import FIGURES, figure_of, key_of, schema_of

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


@pytest.mark.sampled(3)
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
    with pytest.raises(registers.RegisterError, match=r"furusato_nozei/corrections\.csv 1行目.*evidence.*proof"):
        lines_of(tmp_path, header=HEADER.replace("evidence", "proof"))


def test_every_correctable_table_can_be_corrected(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """One line per raw table, made from its one row, changes exactly that figure."""
    values = {pl.String: "x", pl.Date: dt.date(2020, 10, 1), pl.Int16: 1, pl.Int32: 2020, pl.Int64: 5, pl.Decimal: 5}
    frames, texts = {}, []
    for table in FIGURES:
        keys, figure = key_of(table), figure_of(table)
        row = {name: values[dtype.base_type()] for name, dtype in schema_of(table).items()}
        frames[table] = pl.DataFrame([row], schema=schema_of(table))
        texts.append(line(5, 6, " ".join(f"{name}={row[name]}" for name in keys), table))
        assert figure in schema_of(table)
    raw.expose(connection, {}, frames)
    corrections.expose(connection, lines_of(tmp_path, *texts))
    for table in FIGURES:
        figure = figure_of(table)
        shown = connection.execute(f"from corrected.{table}").pl()
        assert shown["published_status"].to_list() == ["x"], table
        (after,) = shown.drop("published_status").to_dicts()
        (before,) = frames[table].to_dicts()
        assert after == {**before, figure: 6, "value_status": "revised"}, table
        assert shown.drop("published_status").schema == schema_of(table), table


BOUND = "delivery=0123456789abcdef"
ID, OTHER = "furusato_nozei-0123456789abcdef", "furusato_nozei-fedcba9876543210"


def many(key: str, was: object = "", now: object = "") -> str:
    return line(was, now, f"{BOUND} {key}" if key else BOUND)


def deliveries(*received: tuple[str, int]) -> pl.DataFrame:
    """raw.delivery: (source_id, day of April 2026) of deliveries that were taken."""
    zone = dt.timezone(dt.timedelta(hours=9))
    rows = [
        dict.fromkeys(schema_of("delivery"))
        | {"source_id": one, "verdict": "taken", "received_at": dt.datetime(2026, 4, day, tzinfo=zone)}
        | {"received_order": place}
        for place, (one, day) in enumerate(received, 1)
    ]
    return pl.DataFrame(rows, schema=schema_of("delivery"))


def exposed(
    connection: duckdb.DuckDBPyConnection, lines: pl.DataFrame, delivered: pl.DataFrame, *rows: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """(area, fiscal year, source, value, status) as warehouse and projection see them."""
    frame = pl.DataFrame(list(rows), schema=schema_of("furusato_donation"))
    raw.expose(connection, {}, {"furusato_donation": frame, "delivery": delivered}, lines=lines)
    return connection.execute(
        "select area_code, value, value_status, source_id from corrected.furusato_donation order by all"
    ).fetchall()


@pytest.mark.sampled(2)
@pytest.mark.parametrize(
    ("key", "unused"),
    [
        ("row=30", {"01223"}),
        ("row=30-31", {"01223", "01224"}),
        ("sheet=表一 row=30", {"01223"}),
        ("sheet=表二 row=30", set()),
        ("area_code=012*", {"01223", "01224"}),
        ("area_code=012* item=donation_jpy", set()),
        ("area_code=03211 fiscal_year=2019 item=*", {"03211"}),
        ("fiscal_year=2018", set()),
    ],
)
def test_a_line_over_many_figures_names_them_in_one_delivery(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, key: str, unused: set[str]
) -> None:
    """With the same outcome in SQL and while a delivery is read."""
    areas = {"01223": 30, "01224": 31, "03211": 32}
    rows = [{**donation(5, ID, row=row), "area_code": code, "sheet": "表 一"} for code, row in areas.items()]
    other = {**donation(5, OTHER), "sheet": "表 一"}
    lines = lines_of(tmp_path, many(key))
    assert lines["fault"].null_count() == 1
    found = exposed(connection, lines, deliveries((OTHER, 1), (ID, 1)), *rows, other)
    assert {code for code, value, status, source in found if value is None and status == "not_reported"} == unused
    assert ("01223", 5, "final", OTHER) in found
    assert len(found) == 4
    frame = pl.DataFrame(rows, schema=schema_of("furusato_donation"))
    marked = named.applied(frame, "furusato_donation", named.concerning(named.whole(lines), "0123456789abcdef" * 4))
    assert set(marked.filter(pl.col("value").is_null())["area_code"]) == unused
    assert named.as_published(marked, "furusato_donation").equals(frame)
    outcomes = connection.execute("select distinct outcome from raw.correction").fetchall()
    assert outcomes == [("applied",)], "the delivery was taken; whether its rows could be read is another matter"


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "bad",
    [
        many(""),
        many("area_code=*"),
        many("area_code=0*1"),
        many("row=0"),
        many("row=30-"),
        many("thing=1"),
        many("row=30", was=5),
        many("row=30", now=5),
        line("", "", "delivery=0123 row=30"),
        line("", "", "row=30"),
        line("", ""),
        many("row=30").replace("試験,試験課", "理由,試験課"),
        many("row=30").replace("試験,試験課", "試験,決裁者"),
        many("row=30").replace("2026-04-01", "決裁日（YYYY-MM-DD）"),
    ],
)
def test_a_line_over_many_figures_that_is_not_whole_changes_nothing(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, bad: str
) -> None:
    lines = lines_of(tmp_path, bad)
    assert lines["fault"].null_count() == 0
    found = exposed(connection, lines, deliveries((ID, 1)), donation(5, ID))
    assert found == [("01223", 5, "final", ID)]
    assert connection.execute("select outcome from raw.correction").fetchall() == [("faulty",)]
    assert named.whole(lines) == []


def test_one_figure_without_another_value_is_not_used(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = exposed(connection, lines_of(tmp_path, line(100, "")), deliveries((ID, 1)), donation(100, ID))
    assert found == [("01223", None, "not_reported", ID)]
    mended = exposed(connection, lines_of(tmp_path, line(100, "")), deliveries((ID, 1)), donation(107, ID))
    assert mended == [("01223", 107, "final", ID)]
    assert connection.execute("select outcome from raw.correction").fetchall() == [("superseded",)]


def test_a_figure_that_two_lines_name_is_corrected_once(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    lines = lines_of(tmp_path, many("row=30"), many("area_code=01223"), line(100, 107))
    assert exposed(connection, lines, deliveries((ID, 1)), donation(100, ID)) == [("01223", 107, "revised", ID)]
    outcomes = connection.execute("select line_number, outcome from raw.correction order by all").fetchall()
    assert outcomes == [(2, "repeated"), (3, "repeated"), (4, "applied")]


def test_a_line_over_many_figures_is_told_once_they_come_anew(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    lines = lines_of(tmp_path, many("row=30"))
    both = donation(100, ID), donation(107, OTHER)
    query = "select outcome, later_source_id from raw.correction"
    exposed(connection, lines, deliveries((ID, 1), (OTHER, 2)), *both)
    assert connection.execute(query).fetchall() == [("applied", OTHER)]
    assert connection.execute("select value from in_force.furusato_donation").fetchall() == [(107,)]
    exposed(connection, lines, deliveries((OTHER, 1), (ID, 2)), *both)
    assert connection.execute(query).fetchall() == [("applied", None)], "an earlier delivery mends nothing"
    assert connection.execute("select value from in_force.furusato_donation").fetchall() == [(107,)]
    also = lines_of(tmp_path, many("row=30"), line("", "", "delivery=fedcba9876543210 row=30"))
    exposed(connection, also, deliveries((ID, 1), (OTHER, 2)), *both)
    assert connection.execute(query).fetchall() == [("applied", None)] * 2, "the later one is wrong as well"
    assert connection.execute("select value from in_force.furusato_donation").fetchall() == [(None,)]


def test_rows_that_could_not_be_read_are_told_by_their_place(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    lines = lines_of(tmp_path, many("row=99"))
    exposed(connection, lines, deliveries((ID, 1)), donation(100, ID))
    found = connection.execute("select row_key, source_id, area, outcome from raw.correction").fetchall()
    assert found == [(f"{BOUND} row=99", ID, None, "applied")]
    exposed(connection, lines, deliveries((OTHER, 1)), donation(100, OTHER))
    assert connection.execute("select outcome from raw.correction").fetchall() == [("not_delivered",)]


def test_a_header_that_was_pasted_once_more_is_no_line(tmp_path: Path) -> None:
    lines = lines_of(tmp_path, line(), HEADER, line(key=KEY.replace("2019", "2020")))
    assert lines["line_number"].to_list() == [2, 4]
    assert lines["fault"].null_count() == 2
    file = tmp_path / "corrections.csv"
    file.write_text("\n".join([HEADER, line()]) + "\n", "utf-8-sig")
    both = corrections.declared(tmp_path / "none", file)
    assert both.select("file", "line_number").rows() == [(corrections.DECISIONS, 2)]
