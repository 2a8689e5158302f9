"""Known errors of publishers: declared beside the source or by an installation, put right in one place for all readers.

Holds: the lines of sources/<source>/corrections.csv and of an installation's decisions/corrections.csv, their two forms
-> the table raw.correction and, for each raw table with figures, the view `corrected.<table>`, over which
ingest.in_force finds the version in force. The delivered row stays in raw. Does not hold: the lines applied while a
delivery is read (named.py), the lines that a refusal proposes (way_past.py), the judgement (a dbt test stops the night
when a line is no longer needed).

A line has raw_table, row_key, as_published, corrected, reason_ja, provider, status (declared /
confirmed_by_publisher), declared_on, evidence. Its row_key has one of two forms:

    one figure  `key=value` for each key of the table, in any order, separated by spaces. Applied only to rows that
                carry the value as_published; they get `corrected` and value_status 'revised'. `corrected` blank: the
                figure is not used (null, 'not_reported'; a missing number is never 0).
    many        `delivery=<first 16 hex digits of the file's sha256>`, then what narrows it down: `row=12` or
                `row=12-30`, `sheet=<name without blanks>`, `key=value`, `key=begin*`; a key that is left out or `*`
                means every value. as_published and corrected are blank: none of these figures is used. Bound to the
                bytes that were delivered, so that nothing of a mended file is hidden.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from sousei.ingest.decided import registers
from sousei.ingest.tables import FIGURES, figure_of, key_of, schema_of
from sousei.ingest.vocabulary.written_dates import written

if TYPE_CHECKING:
    import duckdb

FILES = Path(__file__).parents[1] / "sources"
STATUSES = ("declared", "confirmed_by_publisher")
LINE = (
    "raw_table", "row_key", "as_published", "corrected", "reason_ja", "provider", "status", "declared_on", "evidence",
)  # fmt: skip
KINDS: dict[str, registers.Kind] = {
    name: "number" if name in {"as_published", "corrected"} else "date" if name == "declared_on" else "text"
    for name in LINE
}
_FIGURE = schema_of("correction")["corrected"]
_DAYS = {"as_of_date", "month", "period_start", "period_end"}
_CODES = {"area_code", "municipality_code"}


PLACEHOLDERS = {"reason_ja": "理由", "provider": "決裁者", "declared_on": "決裁日（YYYY-MM-DD）"}
"""What a proposed line has in the columns that only a person can fill in; a line that still has them is not whole."""
DELIVERY_DIGITS = 16
DECISIONS = "decisions/corrections.csv"
"""`file` of the lines of an installation."""
_PLACE = {"delivery": rf"[0-9a-f]{{{DELIVERY_DIGITS}}}", "sheet": r"\S+", "row": r"[1-9]\d*(?:-[1-9]\d*)?"}


def declared(folder: Path = FILES, decisions: Path | None = None) -> pl.DataFrame:
    """Every line of every corrections.csv of a folder, and those of an installation's own file: file and line_number
    (the header is line 1), the columns of LINE with row_key in the table's order of keys, and `fault`: what the line
    lacks, null where it is whole.

    Raises RegisterError (a ValueError of one line) where a file's characters, header or rows are not certain.
    """
    lines = [_lines(path, str(path.relative_to(folder))) for path in sorted(folder.glob("*/corrections.csv"))]
    if decisions is not None and decisions.is_file():
        lines.append(_lines(decisions, DECISIONS))
    schema = {name: schema_of("correction")[name] for name in ("file", "line_number", *LINE, "fault")}
    frame = pl.concat(lines) if lines else pl.DataFrame(schema=schema)
    twice = pl.struct("raw_table", "row_key").is_duplicated()
    return frame.with_columns(fault=pl.coalesce("fault", pl.when(twice).then(pl.lit("同じ値に2行あります"))))


def _lines(path: Path, called: str) -> pl.DataFrame:
    found = registers.scan(path, KINDS, file=called)
    frame = found.frame
    keys = [row_key(table, key) for table, key in frame.select("raw_table", "row_key").iter_rows()]
    typed = frame.with_columns(
        pl.lit(called).alias("file"),
        pl.col("as_published", "corrected").cast(_FIGURE),
        row_key=pl.Series(keys, dtype=pl.String).fill_null(frame["row_key"]),
        known=pl.Series([key is not None for key in keys], dtype=pl.Boolean),
    )
    told = {fault.row: f"列「{fault.column}」: {fault.message_ja}" for fault in reversed(found.faults)}
    faulty = pl.Series([told.get(line) for line in frame["line_number"].to_list()], dtype=pl.String)
    blank = pl.any_horizontal(pl.col("reason_ja", "provider", "evidence") == "")
    left = pl.any_horizontal(pl.col(name) == PLACEHOLDERS[name] for name in ("reason_ja", "provider"))
    return typed.with_columns(
        fault=pl.when(~pl.col("known"))
        .then(pl.lit("raw_table か row_key が決まりに合いません"))
        .when(left)
        .then(pl.lit("記載の足りない欄があります"))
        .when(faulty.is_not_null())
        .then(faulty)
        .when(is_many() & (pl.col("as_published").is_not_null() | pl.col("corrected").is_not_null()))
        .then(pl.lit("delivery= で始まる行の as_published と corrected は空欄です"))
        .when(~is_many() & pl.col("as_published").is_null())
        .then(pl.lit("as_published と corrected は数値です(使わない値は corrected を空欄にします)"))
        .when(pl.col("declared_on").is_null() | ~pl.col("status").is_in(STATUSES) | blank)
        .then(pl.lit("記載の足りない欄があります"))
    ).select("file", "line_number", *LINE, "fault")


def is_many() -> pl.Expr:
    """Which lines name many figures of one delivery, not one figure."""
    return pl.col("row_key").str.starts_with("delivery=")


def row_key(table: str, text: str) -> str | None:
    """The row key in its written order (delivery, sheet, row, then the table's keys); None where the table or a key is
    not one, or where it would name all of a delivery."""
    if table not in FIGURES:
        return None
    parts = [part.partition("=") for part in text.split()]
    given = {name: value for name, _, value in parts}
    keys = key_of(table)
    if len(given) != len(parts) or not all(given.values()):
        return None
    given = {name: _as_keyed(name, value) for name, value in given.items()}
    if "delivery" not in given:
        return " ".join(f"{name}={given[name]}" for name in keys) if set(given) == set(keys) else None
    places = {name: given[name] for name in _PLACE if name in given}
    wrong = any(not re.fullmatch(_PLACE[name], value) for name, value in places.items())
    wrong |= any("*" in value[:-1] for name, value in given.items() if name in keys)
    given = {name: value for name, value in given.items() if value != "*"}
    if wrong or set(given) - {*_PLACE, *keys} or set(given) == {"delivery"} or places.get("delivery") is None:
        return None
    return " ".join(f"{name}={given[name]}" for name in (*_PLACE, *keys) if name in given)


def _as_keyed(name: str, value: str) -> str:
    """A key's value as the tables have it, where people type it otherwise: month=2026/5/1, area_code=1223."""
    if name in _DAYS and not value.endswith("*") and (day := written(value).day):
        return day.isoformat()
    if name in _CODES and value.isascii() and len(value) == 4 and value.isdigit():
        return value.zfill(5)
    return value


def expose(connection: duckdb.DuckDBPyConnection, lines: pl.DataFrame) -> None:
    """Make raw.correction and the schema `corrected` over the schema `raw` that ingest.raw.expose has made.

    raw.correction: one row per line and delivered figure that it names (source_id null where none is): the line, with
    the row_key of that very figure, the row (source_id, sheet, row, area, delivered) and its outcome: `applied`;
    `superseded`, the publisher delivers another value now; `other_version`, the same figure in another edition (the
    preliminary count beside the final one); `not_delivered`; `repeated`, an earlier line names the same figure;
    `faulty`, the line is not whole and changes nothing. A line over many figures whose rows could not be read at all
    has one row with source_id, and no place. later_source_id: see ingest.tables.
    """
    connection.register("declared_lines", lines.to_arrow())
    tables = [table for table in lines["raw_table"].unique().sort() if table in FIGURES]
    many = lines.filter(is_many())["raw_table"].unique().sort()
    selects = [_named_rows(table) for table in tables]
    selects += [_named_many(table) for table in many if table in FIGURES]
    unknown = ", ".join(f"'{table}'" for table in FIGURES)
    selects.append(f"select line.*, {_NO_ROW} from declared_lines as line where raw_table not in ({unknown})")  # noqa: S608
    connection.execute(
        f"""
        create or replace table raw.correction as
        with named as ({" union all ".join(selects)}),
        carried as (
            select
                *,
                coalesce(as_published is null or delivered = as_published, false) as is_carried,
                row_number() over (
                    partition by raw_table, source_id, sheet, "row", row_key, fault is null
                    order by as_published is null, file, line_number
                ) > 1 as is_repeated
            from named
        )
        select * exclude (is_carried, is_repeated, edition), case
            when fault is not null then 'faulty'
            when source_id is null then 'not_delivered'
            when is_carried and is_repeated then 'repeated'
            when is_carried then 'applied'
            when edition in (
                select same.edition from carried as same
                where same.is_carried and same.file = carried.file and same.line_number = carried.line_number
            ) or not bool_or(is_carried) over (partition by file, line_number) then 'superseded'
            else 'other_version' end as outcome
        from carried
        """  # noqa: S608 our own names
    )
    connection.unregister("declared_lines")
    connection.execute("create schema if not exists corrected")
    applied = {
        table
        for (table,) in connection.execute(
            "select distinct raw_table from raw.correction where outcome = 'applied'"
        ).fetchall()
    }
    for table in FIGURES:
        as_it_came = f"select *, value_status as published_status from raw.{table}"  # noqa: S608 our own names
        view = _corrected(table) if table in applied else as_it_came
        connection.execute(f"create or replace view corrected.{table} as {view}")


_NO_ROW = (
    "null::varchar as source_id, null::varchar as sheet, null::integer as row, null::varchar as area, "
    "null::decimal(28, 8) as delivered, null::varchar as edition, null::varchar as later_source_id"
)


def _key_of(table: str) -> str:
    """SQL: the row key of a delivered row; a key that is null is blank."""
    return " || ' ' || ".join(f"'{name}=' || coalesce(cast({name} as varchar), '')" for name in key_of(table))


def _part(name: str) -> str:
    """SQL: what the row_key of a line says of a key or place; '' where it says nothing."""
    return f"regexp_extract(line.row_key, '(?:^| ){name}=(\\S+)', 1)"


def _named_rows(table: str) -> str:
    keys, figure = key_of(table), figure_of(table)
    return f"""
        select
            line.*, found.source_id, found.sheet, found.row, found.area, found.delivered, found.edition,
            null::varchar as later_source_id
        from declared_lines as line
        left join (
            select {_key_of(table)} as row_key, source_id, sheet, "row", {keys[0]} as area,
                cast({figure} as decimal(28, 8)) as delivered, value_status as edition
            from raw.{table}
            where {keys[0]} in (select regexp_extract(row_key, '^{keys[0]}=(\\S+)', 1) from declared_lines)
        ) as found using (row_key)
        where line.raw_table = '{table}' and not starts_with(line.row_key, 'delivery=')
    """  # noqa: S608


def _named_many(table: str) -> str:
    """SQL: the figures that lines over many of them name; one row without a place where none of them could be read."""
    keys, figure = key_of(table), figure_of(table)
    parts = ", ".join(f"{_part(name)} as part_{name}" for name in ("delivery", "sheet", "row", *keys))
    narrowed = " and ".join(
        f"(part_{name} = '' or cast(found.{name} as varchar) = part_{name} or (ends_with(part_{name}, '*') "
        f"and starts_with(cast(found.{name} as varchar), rtrim(part_{name}, '*'))))"
        for name in keys
    )
    same = " and ".join(f"later.{name} is not distinct from named.{name}" for name in keys)
    listed = ", ".join(keys)
    return f"""
        select * from (
            with parted as (
                select line.*, {parts} from declared_lines as line
                where line.raw_table = '{table}' and starts_with(line.row_key, 'delivery=')
            ),
            named as (
                select
                    parted.* exclude ({", ".join(f"part_{name}" for name in keys)}),
                    delivery.source_id as delivery_id, delivery.received_at, {_key_of(table)} as figure_key,
                    {", ".join(f"found.{name}" for name in keys)},
                    found.source_id, found.sheet, found."row", found.value_status, found.{figure} as figure
                from parted
                left join raw.{table} as found
                    on parted.fault is null and right(found.source_id, {DELIVERY_DIGITS}) = part_delivery
                    and (part_sheet = '' or regexp_replace(found.sheet, '\\s', '', 'g') = part_sheet)
                    and (
                        part_row = '' or found."row" between cast(regexp_extract(part_row, '^\\d+') as integer)
                        and cast(regexp_extract(part_row, '\\d+$') as integer)
                    )
                    and {narrowed}
                left join raw.delivery as delivery
                    on parted.fault is null and delivery.verdict = 'taken'
                    and right(delivery.source_id, {DELIVERY_DIGITS}) = part_delivery
            ),
            later as (
                select
                    {listed}, value_status,
                    max(delivery.received_at) as received_at, arg_max(source_id, delivery.received_at) as source_id
                from raw.{table} as other
                inner join raw.delivery as delivery using (source_id)
                where
                    other.{keys[0]} in (select {keys[0]} from named) and other.{figure} is not null
                    and (source_id, other.sheet, other."row", {_key_of(table)})
                    not in (select (source_id, sheet, "row", figure_key) from named where source_id is not null)
                group by {listed}, value_status
            )
            select
                named.* exclude (
                    part_delivery, part_sheet, part_row, delivery_id, received_at, figure_key, {listed}, source_id,
                    sheet, "row", value_status, figure
                ) replace (if(named.source_id is null, row_key, figure_key) as row_key),
                coalesce(named.source_id, delivery_id) as source_id, named.sheet, named."row",
                named.{keys[0]} as area, cast(named.figure as decimal(28, 8)) as delivered,
                named.value_status as edition, later.source_id as later_source_id
            from named
            left join later
                on {same} and later.value_status = named.value_status and later.received_at > named.received_at
        )
    """  # noqa: S608


def _corrected(table: str) -> str:
    figure = figure_of(table)
    dtype = schema_of(table)[figure]
    kind = f"decimal({dtype.precision}, {dtype.scale})" if isinstance(dtype, pl.Decimal) else "bigint"
    names = [
        {
            figure: f"if(correction.line_number is null, published.{figure}, cast(correction.corrected as {kind})) "
            f"as {figure}",
            "value_status": "case when correction.line_number is null then published.value_status "
            "when correction.corrected is null then 'not_reported' else 'revised' end as value_status",
        }.get(name, f'published."{name}"')
        for name in schema_of(table)
    ]
    names.append(
        "if(correction.line_number is not null and correction.corrected is null, 'not_reported', "
        "published.value_status) as published_status"
    )
    return f"""
        select {", ".join(names)}
        from raw.{table} as published
        left join raw.correction as correction
            on correction.raw_table = '{table}' and correction.outcome = 'applied'
            and correction.source_id = published.source_id
            and correction.sheet = published.sheet
            and correction."row" = published."row"
            and correction.row_key = {_key_of(table)}
    """  # noqa: S608
