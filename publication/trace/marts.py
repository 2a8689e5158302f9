"""From any row of a mart back to the file, sheet, row and column that it keeps.

Holds: finding the row, and the column in the raw tables of the home. Does not hold: figures of the scorecard
(`figure`).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from sousei.foundation.duck import identifier, quoted
from sousei.publication.changes.shape import LEADING
from sousei.publication.shelf import Release
from sousei.publication.told.words import STATUS
from sousei.publication.trace.record import (
    SHOWN,
    Row,
    Trace,
    TraceError,
    of_row,
    rows_of,
    tables_of,
    text_of,
    with_files,
)

PLACES = (
    *("source_id", "source_ids", "source_sheet", "source_row", "source_column"),
    "donation_count_source_column",
)


def mart(
    release: Release, table: str, key: Mapping[str, str], column: str | None = None, raw: Path | None = None
) -> Trace:
    """The trace of a row of any mart that keeps where it is from.

    key: column -> value as text. raw: the folder of the raw tables of the home; with it the column of the file is found
    where the mart keeps the row only. Raises TraceError where no row or more than one is named.
    """
    tables = tables_of(release)
    if table not in tables:
        raise TraceError(
            "mart_unknown",
            f"表 {table} は公表版 {release.release_id} にありません。ある表: {'、'.join(tables)}",
            f"release {release.release_id} has no table {table}; there are: {', '.join(tables)}",
        )
    columns = tables[table]
    wrong = [name for name in (*key, *([column] if column else [])) if name not in columns]
    if wrong or not key:
        raise TraceError(
            "column_unknown",
            f"表 {table} に列 {'、'.join(wrong) or '（キーなし）'} はありません。ある列: {'、'.join(columns)}",
            f"{table} has no column {', '.join(wrong)}; there are: {', '.join(columns)}",
        )
    where = " and ".join(f"{identifier(name)}::varchar = {quoted(value)}" for name, value in key.items())
    rows = rows_of(release, f"select * from {identifier(table)} where {where} limit {SHOWN + 1}")  # noqa: S608
    if len(rows) != 1:
        grain = [
            one["column_name"]
            for one in rows_of(
                release,
                f"select column_name from meta_grain where table_name = {quoted(table)} order by place",  # noqa: S608
            )
        ]
        count = "ありません" if not rows else f"{len(rows)}行あります" if len(rows) <= SHOWN else "多数あります"
        raise TraceError(
            "row_not_one",
            f"{table} に {_pairs(key)} の行は{count}。1行に決まる列: {'、'.join(grain)}",
            f"{table} has {len(rows)} rows of {_pairs(key)}; a row is named by: {', '.join(grain)}",
        )
    return _of_mart(release, table, dict(key), rows[0], column, raw)


def _pairs(key: Mapping[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in key.items())


def _of_mart(release: Release, table: str, key: Row, row: Row, column: str | None, raw: Path | None) -> Trace:
    figures = [name for name in row if name not in key and name not in PLACES]
    numbers = [name for name in figures if isinstance(row[name], (int, Decimal)) and not isinstance(row[name], bool)]
    leading = [name for name in LEADING if name in numbers]
    column = column or (leading or numbers or figures or list(row))[0]
    limits: list[str] = []
    inputs: list[Row] = []
    ids = str(row.get("source_ids") or row.get("source_id") or "").split()
    if not ids:
        if "source_id" in row:
            limits.append("この行のもとになった資料は記録されていない（値のない行、または製品が決めた行）。")
        else:
            kinds = []
            if "meta_upstream" in tables_of(release):
                asked = f"select source from meta_upstream where table_name = {quoted(table)} order by source"  # noqa: S608
                kinds = [one["source"] for one in rows_of(release, asked)]
            limits.append(
                f"表 {table} は多くの資料から計算した表で、行ごとの資料の場所を持たない。"
                + (f"もとの資料の種類: {'、'.join(kinds)}" if kinds else "")
            )
    own = of_row(row, column)
    if (of_column := f"{column}_source_column") in row:
        own["column"] = row[of_column]
    if own["source_id"] and own["row"] is not None:
        inputs.append(own if own["column"] or raw is None else own | _from_raw(raw, own, row))
        if not inputs[0]["column"]:
            limits.append("列の見出しは記録されていない。シートと行まで分かる。")
    elif own["source_id"]:
        limits.append("この表はファイルまでを記録し、シートと行は持たない。")
        inputs.append(own)
    inputs += [
        of_row({"source_id": one}, column) | {"what": "ほかのもとになった資料"}
        for one in ids
        if one != own["source_id"]
    ]
    if len(ids) > 1:
        limits.append("もとになった資料が複数ある。シートと行は最初のもの。")
    inputs, decisions = with_files(release, inputs)
    value = "なし" if row[column] is None else text_of(row[column])
    about = [("表", table), ("行", _pairs(key)), (f"値（{column}）", value)]
    if status := row.get("value_status"):
        about.append(("確定度", STATUS.get(status, str(status))))
    return Trace(
        *(release.release_id, table, key, column, row[column], about),
        inputs=inputs,
        decisions=decisions,
        limits=limits,
    )


def _from_raw(raw: Path, own: Row, row: Row) -> Row:
    """Header of the column and the cell as it stood in the file, from the raw tables of the home; {} where they do not
    say which."""
    import duckdb

    paths = sorted(raw.glob(f"*/{own['source_id']}.parquet"))
    found: list[tuple[str, str]] = []
    with duckdb.connect() as connection:
        for path in paths:
            relation = f"read_parquet({quoted(str(path))})"
            columns = {one[0] for one in connection.execute(f"describe select * from {relation}").fetchall()}  # noqa: S608
            if not {"column_label", "value_raw", "sheet", "row"} <= columns:
                continue
            same = [
                f"{name}::varchar = {quoted(str(row[other]))}"
                for name, other in (
                    *(
                        (one, one)
                        for one in ("sex", "age_group", "month", "fiscal_year", "as_of_date", "scope", "item")
                    ),
                    ("area_code", "municipality_code"),
                )
                if name in columns and row.get(other) is not None
            ]
            item = {"donation_jpy", "donation_count"}
            if "item" in columns and own["what"] in item:
                same.append(f"item = {quoted(own['what'])}")
            if "item" in columns and row.get("component") is not None:
                same.append(f"item = {quoted(row['component'])}")
            found += connection.execute(
                f"select distinct column_label, value_raw from {relation} where sheet = {quoted(own['sheet'] or '')} "  # noqa: S608
                f"and row = {int(own['row'])} and {' and '.join(same or ['true'])} order by all"
            ).fetchall()
    if len(found) != 1:
        return {}
    return {"column": found[0][0], "cell": found[0][1]}
