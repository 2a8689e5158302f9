"""Known errors of publishers: declared beside the source, put right in one place for every reader.

Holds: sources/<source>/corrections.csv -> the table raw.correction and, for each raw table with figures, the view
`corrected.<table>`, over which ingest.in_force finds the version in force. The delivered row stays in raw. Does not
hold: the judgement (a dbt test stops the night when a line is no longer needed).

A line of corrections.csv names one figure: raw_table, row_key (`key=value` for each key of the table, in any order,
separated by spaces), as_published, corrected, reason_ja, provider, status (declared / confirmed_by_publisher),
declared_on, evidence. It is applied only to rows that carry the value as_published; they get value_status 'revised'.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ingest import registers
from ingest.tables import RAW_TABLES, schema_of
from ingest.written_dates import written

if TYPE_CHECKING:
    import duckdb

FILES = Path(__file__).with_name("sources")
CORRECTABLE = {
    "census_population": (("area_code", "as_of_date", "scope", "sex", "age_group"), "population_persons"),
    "registry_population": (("area_code", "as_of_date", "scope", "sex", "age_group"), "population_persons"),
    "registry_dynamics": (("area_code", "as_of_date", "scope", "item"), "value"),
    "furusato_donation": (("area_code", "fiscal_year", "form", "item"), "value"),
    "tourism_visitors": (("area_code", "month", "form"), "visitors"),
    "ipss_population": (("area_code", "vintage", "year", "sex", "age_group"), "population_persons"),
    "reference_series": (("municipality_code", "indicator_id", "series", "period_start", "period_end"), "value"),
}
"""Raw tables whose figures can be corrected: what names a row of them, and the figure."""
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


def declared(folder: Path = FILES) -> pl.DataFrame:
    """Every line of every corrections.csv: file and line_number (the header is line 1), the columns of LINE with
    row_key in the table's order of keys, and `fault`: what the line lacks, null where it is whole.

    Raises RegisterError (a ValueError of one line) where a file's characters, header or rows are not certain.
    """
    lines = [_lines(path, folder) for path in sorted(folder.glob("*/corrections.csv"))]
    schema = {name: schema_of("correction")[name] for name in ("file", "line_number", *LINE, "fault")}
    frame = pl.concat(lines) if lines else pl.DataFrame(schema=schema)
    twice = pl.struct("raw_table", "row_key").is_duplicated()
    return frame.with_columns(fault=pl.coalesce("fault", pl.when(twice).then(pl.lit("同じ値に2行あります"))))


def _lines(path: Path, folder: Path) -> pl.DataFrame:
    found = registers.scan(path, KINDS, file=path.relative_to(folder).as_posix())
    frame = found.frame
    keys = [_row_key(table, key) for table, key in frame.select("raw_table", "row_key").iter_rows()]
    typed = frame.with_columns(
        pl.lit(str(path.relative_to(folder))).alias("file"),
        pl.col("as_published", "corrected").cast(_FIGURE),
        row_key=pl.Series(keys, dtype=pl.String).fill_null(frame["row_key"]),
        known=pl.Series([key is not None for key in keys], dtype=pl.Boolean),
    )
    said = {fault.row: f"列「{fault.column}」: {fault.message_ja}" for fault in reversed(found.faults)}
    faulty = pl.Series([said.get(line) for line in frame["line_number"].to_list()], dtype=pl.String)
    blank = pl.any_horizontal(pl.col("reason_ja", "provider", "evidence") == "")
    return typed.with_columns(
        fault=pl.when(~pl.col("known"))
        .then(pl.lit("raw_table か row_key が決まりに合いません"))
        .when(faulty.is_not_null())
        .then(faulty)
        .when(pl.col("as_published").is_null() | pl.col("corrected").is_null())
        .then(pl.lit("as_published と corrected は数値です"))
        .when(pl.col("declared_on").is_null() | ~pl.col("status").is_in(STATUSES) | blank)
        .then(pl.lit("記載の足りない欄があります"))
    ).select("file", "line_number", *LINE, "fault")


def _row_key(table: str, text: str) -> str | None:
    """The row key in the order of the table's keys; None where the table or a key is not one."""
    if table not in CORRECTABLE:
        return None
    parts = [part.partition("=") for part in text.split()]
    given = {name: value for name, _, value in parts}
    keys = CORRECTABLE[table][0]
    if len(parts) != len(keys) or set(given) != set(keys) or not all(given.values()):
        return None
    for name in keys:  # as people type them: month=2026/5/1, area_code=1223
        if name in _DAYS and (day := written(given[name]).day):
            given[name] = day.isoformat()
        elif name in _CODES and given[name].isascii() and len(given[name]) == 4 and given[name].isdigit():
            given[name] = given[name].zfill(5)
    return " ".join(f"{name}={given[name]}" for name in keys)


def expose(connection: duckdb.DuckDBPyConnection, lines: pl.DataFrame) -> None:
    """Make raw.correction and the schema `corrected` over the schema `raw` that ingest.raw.expose has made.

    raw.correction: one row per line and delivered row that it names (source_id null where none is): the line, the row
    (source_id, sheet, row, area, delivered) and its outcome: `applied`; `superseded`, the publisher delivers another
    value now; `other_version`, the same figure in another edition (the preliminary count beside the final one);
    `not_delivered`; `faulty`, the line is not whole and changes nothing.
    """
    connection.register("declared_lines", lines.to_arrow())
    selects = [_named_rows(table) for table in lines["raw_table"].unique().sort() if table in CORRECTABLE]
    unknown = ", ".join(f"'{table}'" for table in CORRECTABLE)
    selects.append(f"select line.*, {_NO_ROW} from declared_lines as line where raw_table not in ({unknown})")  # noqa: S608
    connection.execute(
        f"""
        create or replace table raw.correction as
        with named as ({" union all ".join(selects)}),
        carried as (
            select *, coalesce(delivered = as_published, false) as is_carried from named
        )
        select * exclude (is_carried, edition), case
            when fault is not null then 'faulty'
            when source_id is null then 'not_delivered'
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
    for table in CORRECTABLE:
        as_it_came = f"select *, value_status as published_status from raw.{table}"  # noqa: S608 our own names
        view = _corrected(table) if table in applied else as_it_came
        connection.execute(f"create or replace view corrected.{table} as {view}")


_NO_ROW = (
    "null::varchar as source_id, null::varchar as sheet, null::integer as row, null::varchar as area, "
    "null::decimal(28, 8) as delivered, null::varchar as edition"
)


def _key_of(table: str) -> str:
    """SQL: the row key of a delivered row; null where a key is."""
    return " || ' ' || ".join(f"'{name}=' || cast({name} as varchar)" for name in CORRECTABLE[table][0])


def _named_rows(table: str) -> str:
    keys, figure = CORRECTABLE[table]
    return f"""
        select line.*, found.source_id, found.sheet, found.row, found.area, found.delivered, found.edition
        from declared_lines as line
        left join (
            select {_key_of(table)} as row_key, source_id, sheet, "row", {keys[0]} as area,
                cast({figure} as decimal(28, 8)) as delivered, value_status as edition
            from raw.{table}
            where {keys[0]} in (select regexp_extract(row_key, '^{keys[0]}=(\\S+)', 1) from declared_lines)
        ) as found using (row_key)
        where line.raw_table = '{table}'
    """  # noqa: S608


def _corrected(table: str) -> str:
    _, figure = CORRECTABLE[table]
    dtype = schema_of(table)[figure]
    kind = f"decimal({dtype.precision}, {dtype.scale})" if isinstance(dtype, pl.Decimal) else "bigint"
    names = [
        {
            figure: f"coalesce(cast(correction.corrected as {kind}), published.{figure}) as {figure}",
            "value_status": "if(correction.line_number is null, published.value_status, 'revised') as value_status",
        }.get(name, f'published."{name}"')
        for name in RAW_TABLES[table]
    ]
    names.append("published.value_status as published_status")
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
