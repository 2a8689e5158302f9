"""What moved since the last release, as rows that papers print.

Holds: reading the table meta_change of an unsealed release. Does not hold: comparing two releases, or the causes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sousei.foundation import duck
from sousei.publication.report.page import Change

TABLE = "meta_change"
REPORTED = ("mart_kpi_scorecard", "mart_population_actual", "mart_population_vision")
"""Tables whose figures a report prints; it tells of these only."""
NOTHING = "−"

Moved = list[tuple[str, str | None, Change]]
"""Table and municipality of each change, in the order in which a reader wants them."""


def moved(database: Path) -> Moved | None:
    """Every change that a release tells of itself; None where it was compared with no other."""
    with duck.connect(database, read_only=True) as connection:
        if TABLE not in duck.tables_of(connection):
            return None
        told = connection.execute("from meta_release").fetchall()
        names = [column[0] for column in connection.description or []]
        if any(dict(zip(names, row, strict=True)).get("not_compared_ja") for row in told):
            return None
        found = connection.execute(
            "select table_name, municipality_code, key_ja, column_ja, value_before, value_after, unit, cause_ja, "
            "sources_ja, n_rows from meta_change order by change_no"
        )
        return [(row[0], row[1], _change(*row[2:])) for row in found.fetchall()]


def of_town(found: Moved | None, municipality: str) -> list[Change] | None:
    """What the report of a municipality (five digits) tells; None where nothing was compared."""
    if found is None:
        return None
    return [change for table, code, change in found if code == municipality and table in REPORTED]


def _change(key: Any, column: Any, before: Any, after: Any, unit: Any, cause: Any, sources: Any, rows: Any) -> Change:
    figure = " ".join(part for part in (key, column) if part) + (f"（{rows:,}行）" if rows > 1 else "")
    was, now = (NOTHING if value is None else f"{value}{unit or ''}" for value in (before, after))
    return Change(figure, was, now, cause or "", sources or "")
