"""What an unsealed release holds, read once for its data package and its site.

Holds: tables with keys and rows, sources, deliveries, checks, plans, the written papers. Does not hold: how any of it
is shown (`package`, `site`), or the papers' contents (`book`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from sousei.foundation import duck
from sousei.foundation.duck import identifier, quoted
from sousei.publication.catalogue import Described, describe_all
from sousei.publication.contents import keys_of
from sousei.publication.report.page import Change
from sousei.publication.shelf import DATABASE

Row = dict[str, Any]


class Paper(NamedTuple):
    """One paper of a release: a workbook of a plan, or a report of a municipality (plan_id None).

    file: its place in the release; None where it could not be written, and problem_ja says why.
    """

    edition: str
    municipality_code: str
    plan_id: str | None
    kind: str
    file: str | None
    problem_ja: str | None = None


@dataclass(frozen=True)
class Inventory:
    """Rows are dicts of mart columns. `tables`, `keys` and `rows` go by the table's name; keys may be missing.

    foreign: table -> (columns, the table that has them as its key), where every row of this release has its partner.
    feeds: table -> sources (meta_source.source) of its rows.
    """

    directory: Path
    release: Row
    tables: dict[str, Described]
    keys: dict[str, list[str]]
    rows: dict[str, int]
    foreign: dict[str, list[tuple[list[str], str]]]
    feeds: dict[str, list[str]]
    sources: list[Row]
    deliveries: list[Row]
    checks: list[Row]
    plans: list[Row]
    towns: dict[str, str]
    papers: list[Paper] = field(default_factory=list)
    changes: list[Change] | None = None

    def has_csv(self, table: str) -> bool:
        """Whether a table is a CSV file too: not one of too many rows for a spreadsheet."""
        return (self.directory / "csv" / f"{table}.csv").is_file()


PARENTS = ("dim_plan", "dim_indicator", "dim_time", "meta_source")
"""Tables whose key other tables name by the same columns."""
_CALLED = {"dim_time": {"fiscal_year": "year"}}
"""Columns that name a parent's key under another word."""
_SOURCES = """
select
    source, any_value(statistic_ja order by received_order desc) as statistic_ja,
    any_value(publisher_ja order by received_order desc) as publisher_ja,
    any_value(licence order by received_order desc) as licence,
    any_value(credit_ja order by received_order desc) as credit_ja,
    count(*) as n_files, list(distinct period) filter (where period <> '') as periods
from meta_source where verdict = 'taken' group by source order by source
"""
PERIOD = re.compile(r"(?:FY)?\d{4}(?:-\d{2}){0,2}")
_CHECKS = """
select * from meta_check_outcome
order by passed is not distinct from true, case severity when 'gate' then 1 when 'warn' then 2 else 3 end, check_id
"""
_TOWNS = """
select municipality_code, name_ja from dim_municipality_code
where municipality_code in (select municipality_code from dim_plan)
"""


def take(directory: Path) -> Inventory:
    """Read the database of an unsealed release.

    Raises duckdb.Error where it lacks a table that every release of this product has.
    """
    with duck.connect(directory / DATABASE, read_only=True) as connection:
        ((database,),) = connection.execute("select current_database()").fetchall()
        tables = describe_all(connection, database)
        keys = {name: key for name, key in keys_of(connection).items() if name in tables}
        rows = dict(_each(connection, (f"select {quoted(name)}, count(*) from {identifier(name)}" for name in tables)))  # noqa: S608
        partial = {name for name, _ in _each(connection, (_with_empty_key(*one) for one in keys.items()))}
        keys = {name: key for name, key in keys.items() if name not in partial}
        feeds: dict[str, list[str]] = {name: [] for name in tables}
        for name, source in _each(connection, (_feeds(*one) for one in tables.items())):
            feeds[name].append(source)
        links = [link for name, one in tables.items() for link in _links(name, one, keys)]
        alone = {(name, parent) for name, parent in _each(connection, (_orphans(link, keys) for link in links))}
        return Inventory(
            directory,
            _rows(connection, "from meta_release")[0],
            tables,
            keys,
            rows,
            {
                name: [(one.columns, one.parent) for one in links if one.table == name and one[:2] not in alone]
                for name in tables
            },
            {name: sorted(found) for name, found in feeds.items()},
            [one | _span(one["periods"] or []) for one in _rows(connection, _SOURCES)],
            _rows(connection, "from meta_source order by source, period, file_name, source_id"),
            _rows(connection, _CHECKS),
            _rows(connection, "from dim_plan order by municipality_code, first_fiscal_year, plan_id"),
            {one["municipality_code"]: one["name_ja"] for one in _rows(connection, _TOWNS)},
        )


def _span(periods: list[str]) -> Row:
    """The first and the last of the periods of deliveries: days, months, years or fiscal years, also first..last."""
    ends = [PERIOD.findall(one) for one in periods]
    known = [one for one in ends if one]
    return {
        "first_period": min((one[0] for one in known), default=""),
        "last_period": max((one[-1] for one in known), default=""),
    }


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    found = connection.execute(sql)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _each(connection: duckdb.DuckDBPyConnection, selects: Iterable[str]) -> list[tuple[Any, Any]]:
    """The pairs that all these queries give, asked in one; '' is no query."""
    asked = [f"({one})" for one in selects if one]
    return connection.execute(" union all ".join(asked)).fetchall() if asked else []


def _with_empty_key(table: str, key: list[str]) -> str:
    """Whether a part of the key is ever empty (an empty text is, in CSV): then it is no primary key to other tools."""
    empty = " or ".join(f"coalesce({identifier(one)}::varchar, '') = ''" for one in key)
    return f"select {quoted(table)}, 1 from {identifier(table)} where {empty} limit 1"  # noqa: S608


def _feeds(table: str, described: Described) -> str:
    if table == "meta_source" or "source_id" not in {one.name for one in described.columns}:
        return ""
    return f"select distinct {quoted(table)}, source from meta_source semi join {identifier(table)} using (source_id)"  # noqa: S608


class _Link(NamedTuple):
    """A table whose columns may name the key of a parent."""

    table: str
    parent: str
    columns: list[str]


def _links(table: str, described: Described, keys: dict[str, list[str]]) -> Iterator[_Link]:
    names = {one.name for one in described.columns}
    for parent in (one for one in PARENTS if one in keys and one != table):
        called = {known: own for own, known in _CALLED.get(parent, {}).items()}
        columns = [called.get(one, one) for one in keys[parent]]
        if names.issuperset(columns):
            yield _Link(table, parent, columns)


def _orphans(link: _Link, keys: dict[str, list[str]]) -> str:
    """Whether a row names what the parent does not have."""
    pairs = [
        (f"a.{identifier(own)}", f"b.{identifier(known)}")
        for own, known in zip(link.columns, keys[link.parent], strict=True)
    ]
    return (
        f"select {quoted(link.table)}, {quoted(link.parent)} from {identifier(link.table)} as a "  # noqa: S608
        f"where ({' or '.join(f'{own} is not null' for own, _ in pairs)}) "
        f"and not exists (select 1 from {identifier(link.parent)} as b "
        f"where {' and '.join(f'{own} = {known}' for own, known in pairs)}) limit 1"
    )
