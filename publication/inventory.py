"""What an unsealed release holds, read once for its data package and its site.

Holds: tables with keys and rows, sources, deliveries, checks, plans, the written papers. Does not hold: how any of it
is shown (`package`, `site`), or the papers' contents (`book`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from sousei.foundation import duck
from sousei.foundation.duck import identifier
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
    count(*) as n_files, min(period) as first_period, max(period) as last_period
from meta_source where verdict = 'taken' group by source order by source
"""
_CHECKS = """
select * from meta_check_outcome
order by passed is not distinct from true, case severity when 'gate' then 1 when 'warn' then 2 else 3 end, check_id
"""
_TOWNS = """
select municipality_code, any_value(name_ja order by valid_to desc nulls first) as name_ja
from dim_municipality where municipality_code in (select municipality_code from dim_plan) group by 1
"""


def take(directory: Path) -> Inventory:
    """Read the database of an unsealed release.

    Raises duckdb.Error where it lacks a table that every release of this product has.
    """
    with duck.connect(directory / DATABASE, read_only=True) as connection:
        ((database,),) = connection.execute("select current_database()").fetchall()
        tables, keys = describe_all(connection, database), keys_of(connection)
        rows = {
            name: connection.execute(f"select count(*) from {identifier(name)}").fetchall()[0][0]  # noqa: S608
            for name in tables
        }
        return Inventory(
            directory,
            _rows(connection, "from meta_release")[0],
            tables,
            {name: keys[name] for name in tables if name in keys and _is_key(connection, name, keys[name])},
            rows,
            {name: _foreign(connection, name, one, tables, keys) for name, one in tables.items()},
            {name: _feeds(connection, name, one) for name, one in tables.items()},
            _rows(connection, _SOURCES),
            _rows(connection, "from meta_source order by source, period, file_name, source_id"),
            _rows(connection, _CHECKS),
            _rows(connection, "from dim_plan order by municipality_code, first_fiscal_year, plan_id"),
            {one["municipality_code"]: one["name_ja"] for one in _rows(connection, _TOWNS)},
        )


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    found = connection.execute(sql)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _is_key(connection: duckdb.DuckDBPyConnection, table: str, key: list[str]) -> bool:
    """Whether no part of the key is ever empty: only then it is a primary key to other tools."""
    empty = " or ".join(f"{identifier(one)} is null" for one in key)
    return connection.execute(f"select 1 from {identifier(table)} where {empty} limit 1").fetchone() is None  # noqa: S608


def _feeds(connection: duckdb.DuckDBPyConnection, table: str, described: Described) -> list[str]:
    if table == "meta_source" or "source_id" not in {one.name for one in described.columns}:
        return []
    found = connection.execute(
        f"select distinct source from meta_source semi join {identifier(table)} using (source_id) order by 1"  # noqa: S608
    )
    return [source for (source,) in found.fetchall()]


def _foreign(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    described: Described,
    tables: dict[str, Described],
    keys: dict[str, list[str]],
) -> list[tuple[list[str], str]]:
    names, found = {one.name for one in described.columns}, []
    for parent in (one for one in PARENTS if one in tables and one in keys and one != table):
        called = {known: own for own, known in _CALLED.get(parent, {}).items()}
        columns = [called.get(one, one) for one in keys[parent]]
        if not names.issuperset(columns):
            continue
        pairs = [(f"a.{identifier(own)}", f"b.{identifier(known)}")
                 for own, known in zip(columns, keys[parent], strict=True)]  # fmt: skip
        alone = (
            f"select 1 from {identifier(table)} as a where ({' or '.join(f'{own} is not null' for own, _ in pairs)}) "  # noqa: S608
            f"and not exists (select 1 from {identifier(parent)} as b "
            f"where {' and '.join(f'{own} = {known}' for own, known in pairs)}) limit 1"
        )
        if connection.execute(alone).fetchone() is None:
            found.append((columns, parent))
    return found
