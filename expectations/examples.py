"""Examples of failing rows: where a row was delivered, and what of it may be shown.

Holds: the place of a row, its text, reading the rows that a failed test selects. Does not hold: which rows fail, or the
message around the examples.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import duckdb

OWN_ORDER = re.compile(r"\border\s+by\b[^()]*$", re.IGNORECASE)
MOST_FINDINGS = 10_000
"""Failing rows of one check that are looked at one by one; beyond, the file is wrong, not its single figures."""

SHOWN = (
    "municipality_code",
    "area_code",
    "plan_id",
    "kpi_id",
    "fiscal_year",
    "as_of_date",
    "month",
    "period_start",
    "period_end",
    "component",
    "item",
    "year",
    "scenario_id",
    "vintage",
    "series",
    "scope",
    "sex",
    "age_group",
    "column_label",
    "value_field",
    "n_records",
    "expected",
    "found",
)
"""Columns of a failing row that may be shown: keys and counts, never a cell as it was delivered."""


class Place(NamedTuple):
    """Where a failing row came from, as far as it says."""

    file_name: str | None = None
    sheet: str | None = None
    row_number: int | None = None

    @property
    def text(self) -> str:
        """［file・sheet・row］; empty where nothing is known."""
        parts = (
            self.file_name,
            f"シート「{self.sheet}」" if self.sheet else None,
            f"{self.row_number}行目" if self.row_number is not None else None,
        )
        where = "・".join(part for part in parts if part)
        return f"［{where}］" if where else ""


def place_of(row: Mapping[str, Any], files: Mapping[str, str]) -> Place:
    """The place that the columns of a row name; files: source_id to file name."""
    number = row.get("row_number", row.get("row"))
    return Place(
        row.get("file_name") or files.get(str(row.get("source_id"))),
        row.get("sheet") or None,
        int(number) if number is not None else None,
    )


def example_of(row: Mapping[str, Any], place: Place, keys: Iterable[str]) -> str:
    """One failing row as text: its place, these of its columns, and the reason that it gives."""
    what = " ".join(f"{key}={row[key]}" for key in keys if row.get(key) is not None)
    reason = row.get("reason_ja")
    return " ".join(part for part in (place.text, what, str(reason) if reason else "") if part)


def file_names(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The file name of each delivery by its source_id; empty where the candidate has none."""
    try:
        return dict(connection.execute("select source_id, file_name from raw.delivery").fetchall())
    except duckdb.Error:
        return {}


def failing_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """The rows that a test selects, at most MOST_FINDINGS, in its own order or in that of their columns: the first ones
    are told, on every machine the same; none where it cannot be computed."""
    sql = sql.strip().rstrip(";")
    order = "" if OWN_ORDER.search(sql) else "order by all"
    try:
        cursor = connection.execute(f"select * from ({sql}) {order} limit {MOST_FINDINGS}")  # noqa: S608
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except duckdb.Error:
        return []
