"""What moved between two releases, and why.

Holds: the comparison of every table that both have, the reason of each movement. Does not hold: whether a movement may
be published (expectations.last_release).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import duckdb
import polars as pl

from sousei.expectations.grain import grain
from sousei.foundation.duck import identifier, quoted, tables_of
from sousei.publication.catalogue import describe
from sousei.publication.shelf import Release

ABOUT_THE_RELEASE = ("meta_check_outcome", "meta_release")
"""Tables that differ in every release and hold no figures."""

_CHANGES = {
    "table_name": pl.String(),
    "key": pl.String(),
    "municipality_code": pl.String(),
    "change": pl.String(),
    "column_name": pl.String(),
    "value_a": pl.String(),
    "value_b": pl.String(),
    "reason": pl.String(),
    "evidence": pl.String(),
}


class TableDifference(NamedTuple):
    """One table that both releases have: rows, keys by kind of movement, figures that moved without a reason."""

    table_name: str
    rows_a: int
    rows_b: int
    added: int
    removed: int
    changed: int
    unexplained: int


class ColumnDifference(NamedTuple):
    """One column that only one of the two has, or whose type changed."""

    table_name: str
    column_name: str
    type_a: str | None
    type_b: str | None


@dataclass(frozen=True)
class Difference:
    """What moved between two releases.

    summary: one row per table: rows_a, rows_b, added, removed, changed (keys), unexplained.
    changes: one row per figure that moved (table_name, key as JSON, municipality_code, change, column_name, value_a,
        value_b, reason, evidence); added and removed keys have one row each with column_name null.
    sources: one row per delivery that only one of the two has.
    columns: one row per column that only one of the two has or whose type changed.
    """

    summary: pl.DataFrame
    changes: pl.DataFrame
    sources: pl.DataFrame
    columns: pl.DataFrame
    code_changed: bool
    inputs_changed: bool


def _sources(connection: duckdb.DuckDBPyConnection) -> None:
    """Temp tables `source`: deliveries of both; `merged`: municipalities whose successor became known only in b;
    `corrected`: delivery and municipality of each declared correction that only one of them has."""
    connection.execute(
        """
        create temp table source as
        select
            source_id, coalesce(b.file_name, a.file_name) as file_name, coalesce(b.source, a.source) as source,
            coalesce(b.period, a.period) as period, a.source_id is not null as in_a, b.source_id is not null as in_b
        from (from a.main.meta_source where coalesce(verdict, 'taken') = 'taken') as a
        full join (from b.main.meta_source where coalesce(verdict, 'taken') = 'taken') as b using (source_id)
        """
    )
    connection.execute(
        """
        create temp table merged as
        with newly as (
            select municipality_code, successor_code from b.main.dim_municipality where successor_code is not null
            except
            select municipality_code, successor_code from a.main.dim_municipality where successor_code is not null
        )
        select municipality_code from newly union select successor_code from newly
        """
    )
    columns = "source_id, municipality_code, row_key, corrected_value"
    a, b = (
        f"(select {columns} from {letter}.main.meta_correction)"  # noqa: S608  our own names
        if "meta_correction" in tables_of(connection, letter)
        else "(select '' as source_id, '' as municipality_code, '' as row_key, 0 as corrected_value where false)"
        for letter in ("a", "b")
    )
    connection.execute(
        f"create temp table corrected as with a as {a}, b as {b} select distinct source_id, municipality_code "  # noqa: S608
        "from ((from a except from b) union (from b except from a))"
    )


def _reason(has_source: bool, has_municipality: bool, code_changed: bool, inputs_changed: bool) -> str:
    """SQL that names why a joined row differs; see `diff` for the meaning of each reason."""
    if code_changed and inputs_changed:
        derived = "'code_or_input_change'"
    elif code_changed:
        derived = "'code_or_rule_change'"
    elif inputs_changed:
        derived = (
            "case when exists (select 1 from source n join source o on n.source = o.source and n.period = o.period "
            "where n.in_b and not n.in_a and o.in_a) then 'revised_source' else 'new_data' end"
        )
    else:
        derived = "case when in_a then 'unexplained' else 'new_fiscal_year' end"
    cases = []
    if has_municipality:
        cases.append("when municipality_code in (select municipality_code from merged) then 'merger'")
    if has_source:
        cases += [
            "when not in_a and source_b in (select source_id from source where not in_a) then 'new_data'",
            "when not in_b and source_a in (select source_id from source where not in_b) then 'source_withdrawn'",
            "when in_a and in_b and source_a in (select source_id from source where not in_b) then 'source_withdrawn'",
            "when in_a and in_b and source_a is distinct from source_b then case when exists ("
            "select 1 from source o join source n on o.source = n.source and o.period = n.period "
            "where o.source_id = source_a and n.source_id = source_b) then 'correction' else 'revised_source' end",
        ]
        if code_changed and has_municipality:
            cases.append(
                "when source_a = source_b and (source_a, municipality_code) in "
                "(select (source_id, municipality_code) from corrected) then 'correction'"
            )
        if code_changed:
            cases.append("when in_a and in_b and source_a = source_b then 'code_or_rule_change'")
    return f"case {' '.join(cases)} else {derived} end" if cases else derived


def _columns_of(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> dict[str, str]:
    return {one.name: one.type for one in describe(connection, database, table).columns}


def _grains(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The grain of each table as the later release says, else the earlier one; none where both are older than that."""
    said: dict[str, list[str]] = {}
    for letter in ("a", "b"):
        if "meta_grain" in tables_of(connection, letter):
            said |= grain(connection, f"{letter}.main")
    return said


def _diff_table(
    connection: duckdb.DuckDBPyConnection, table: str, of: list[str], code_changed: bool, inputs_changed: bool
) -> tuple[TableDifference, pl.DataFrame]:
    left, right = (_columns_of(connection, database, table) for database in ("a", "b"))
    common = [name for name in left if name in right]
    keys = [name for name in of if name in common] or common
    figures = [name for name in common if name not in keys and name != "source_id"]
    has_source, has_municipality = "source_id" in common and "source_id" not in keys, "municipality_code" in keys
    reason = (
        "'correction'"
        if table == "meta_correction"
        else _reason(has_source, has_municipality, code_changed, inputs_changed)
    )
    name = identifier(table)
    on = " and ".join(f"a.{identifier(key)} is not distinct from b.{identifier(key)}" for key in keys)
    distinct = [f"a.{identifier(one)} is distinct from b.{identifier(one)}" for one in figures]
    picked = [f"coalesce(a.{identifier(key)}, b.{identifier(key)}) as {identifier(key)}" for key in keys]
    picked += [f"a.{identifier(one)}::varchar as {identifier('a ' + one)}" for one in figures]
    picked += [f"b.{identifier(one)}::varchar as {identifier('b ' + one)}" for one in figures]
    picked += [f"{letter + '.source_id' if has_source else 'null'} as source_{letter}" for letter in ("a", "b")]
    connection.execute(
        f"""
        create or replace temp table joined as
        select {", ".join(picked)}, a.present is not null as in_a, b.present is not null as in_b
        from (select *, true as present from a.main.{name}) as a
        full join (select *, true as present from b.main.{name}) as b on {on}
        where a.present is null or b.present is null{"".join(" or " + one for one in distinct)}
        """  # noqa: S608  names from the catalogue, quoted
    )
    key = "to_json({" + ", ".join(f"{quoted(one)}: {identifier(one)}" for one in keys) + "})::varchar"
    connection.execute(
        f"""
        create or replace temp table explained as
        select *, {key} as key_json,
            {"municipality_code" if has_municipality else "null::varchar"} as of_municipality,
            case when not in_a then 'added' when not in_b then 'removed' else 'changed' end as change,
            {reason} as reason,
            concat_ws(' -> ', (select file_name from source where source_id = source_a),
                case when source_b is distinct from source_a
                    then (select file_name from source where source_id = source_b) end) as evidence
        from joined
        """  # noqa: S608
    )
    parts = [
        f"select {quoted(table)} as table_name, key_json as key, of_municipality as municipality_code, change, "  # noqa: S608
        "null::varchar as column_name, null::varchar as value_a, null::varchar as value_b, reason, evidence "
        "from explained where change <> 'changed'"
    ]
    parts += [
        f"select {quoted(table)}, key_json, of_municipality, change, {quoted(one)}, {identifier('a ' + one)}, "  # noqa: S608
        f"{identifier('b ' + one)}, reason, evidence from explained where change = 'changed' "
        f"and {identifier('a ' + one)} is distinct from {identifier('b ' + one)}"
        for one in figures
    ]
    changes = connection.sql(" union all ".join(parts) + " order by all").pl().cast(_CHANGES)  # type: ignore[arg-type]
    counts = connection.execute(
        f"select (select count(*) from a.main.{name}), (select count(*) from b.main.{name}), "  # noqa: S608
        "count(*) filter (where change = 'added'), count(*) filter (where change = 'removed'), "
        "count(*) filter (where change = 'changed'), count(*) filter (where reason = 'unexplained') from explained"
    ).fetchall()[0]
    return TableDifference(table, *counts), changes


def _in_order(release: Release) -> list[tuple[str, str]]:
    """Source and hash of each delivery that counts, in the order of receipt inside a source: it decides on versions."""
    taken = [one for one in release.manifest.deliveries if one.verdict in (None, "taken")]
    taken.sort(key=lambda one: (one.source, one.received_order, one.sha256))
    return [(one.source, one.sha256) for one in taken]


def diff(a: Release, b: Release) -> Difference:
    """Which published figures moved from release a to release b, and why.

    Reasons
        new_data: a delivery that a did not have. revised_source: another delivery now gives the figure (final instead
        of preliminary). correction: the same source delivered the same period again with other figures, or a
        declared correction (meta_correction) came or went.
        source_withdrawn: its delivery counts no more (meta_decision says who decided). merger: the municipality was
        merged or took another in. code_or_rule_change: same delivery, other code, catalogue or grading rule.
        new_fiscal_year: only the calendar moved. code_or_input_change: derived from many deliveries, and code and
        inputs both changed. unexplained: none of these; look into it.
    """
    code_changed = a.manifest.code_version != b.manifest.code_version
    inputs_changed = _in_order(a) != _in_order(b)
    summary: list[TableDifference] = []
    changes: list[pl.DataFrame] = []
    columns: list[ColumnDifference] = []
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        for letter, release in (("a", a), ("b", b)):
            connection.execute(f"attach {quoted(str(release.database))} as {letter} (read_only)")
        _sources(connection)
        left, right = (set(tables_of(connection, letter)) for letter in ("a", "b"))
        grains = _grains(connection)
        for table in sorted((left & right) - set(ABOUT_THE_RELEASE)):
            row, moved = _diff_table(connection, table, grains.get(table, []), code_changed, inputs_changed)
            summary.append(row)
            changes.append(moved)
        for table in sorted(left | right):
            kinds_a = _columns_of(connection, "a", table) if table in left else {}
            kinds_b = _columns_of(connection, "b", table) if table in right else {}
            columns += [
                ColumnDifference(table, one, kinds_a.get(one), kinds_b.get(one))
                for one in {**kinds_a, **kinds_b}
                if kinds_a.get(one) != kinds_b.get(one)
            ]
        sources = connection.sql("select * from source where in_a <> in_b order by source, period, source_id").pl()
    counts = dict.fromkeys(TableDifference._fields[1:], pl.Int64())
    return Difference(
        pl.DataFrame(summary, schema={"table_name": pl.String(), **counts}, orient="row"),
        pl.concat([pl.DataFrame(schema=_CHANGES), *changes]),
        sources,
        pl.DataFrame(columns, schema=dict.fromkeys(ColumnDifference._fields, pl.String()), orient="row"),
        code_changed,
        inputs_changed,
    )
