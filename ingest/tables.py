"""The tables of the raw layer: one truth for their columns, types, keys and meaning.

Holds: the loading of tables.yaml (what was delivered, decided and found) and of sources/<source>/tables.yaml (the
tables that a source fills), which say all that any room needs to know of a raw table. Does not hold: how a file is read
(sources/<source>/contract.yaml) or what a row means for a KPI (the warehouse). Every raw row says which file, sheet and
row it was read from.

Vocabularies
    sex          total / male / female
    age_group    total, 0-4 ... 85-89, 90+, unknown; other open top groups as published (80+, 85+, 100+), 90-94, 95-99
    scope        total (総人口) / japanese (日本人) / foreign (外国人)
    area_level   nation / prefecture / subtotal / designated_city / ward / municipality / former_municipality / other;
                 `subtotal` = 市部・郡部・郡・支庁 rows, `other` = e.g. 浜通り地域. A designated city
                 (政令指定都市) is a municipality whose wards are listed too; Tokyo's 23 special wards are
                 municipalities.
    value_status final / preliminary / revised / estimated / projected / suppressed / not_reported
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

HERE = Path(__file__).parent
TYPES: dict[str, pl.DataType] = {
    "text": pl.String(),
    "smallint": pl.Int16(),
    "integer": pl.Int32(),
    "bigint": pl.Int64(),
    "date": pl.Date(),
    "boolean": pl.Boolean(),
    "timestamp in Asia/Tokyo": pl.Datetime("us", "Asia/Tokyo"),
}
FORM_TYPES = {
    "number": "decimal(28,8)",
    "integer": "bigint",
    "year": "integer",
    "date": "date",
    "month": "date",
    "flag": "boolean",
}
"""Type of a form's column -> type of the raw table's; the others are text."""
DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


@dataclass(frozen=True)
class Column:
    """One column. description: Japanese / English, with the unit of a number."""

    name: str
    dtype: pl.DataType
    description: str


@dataclass(frozen=True)
class RawTable:
    """One raw table. key: the columns that name a figure, in the order of a row_key of the corrections; empty where the
    table holds no figures that are in force. figure: the column that holds it. observed: False where its figures are
    projected, or typed by people. source: the folder of the source that fills it; None for the tables of the night.
    row_key: of a sheet of a form, the columns that name a row. is_whole: a later workbook of the same municipality and
    plan replaces all rows of the one before; else it replaces the rows with its keys."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    figure: str | None = None
    observed: bool = True
    source: str | None = None
    row_key: tuple[str, ...] = ()
    is_whole: bool = False

    @property
    def schema(self) -> pl.Schema:
        return pl.Schema({column.name: column.dtype for column in self.columns})


def _column(told: Mapping[str, str]) -> Column:
    """Raises KeyError where a type or a part is missing or unknown."""
    number = DECIMAL.fullmatch(told["type"])
    dtype = pl.Decimal(int(number[1]), int(number[2])) if number else TYPES[told["type"]]
    return Column(told["name"], dtype, told["description"])


@cache
def _shared() -> Mapping[str, Any]:
    return yaml.load((HERE / "tables.yaml").read_text("utf-8"), yaml.CSafeLoader)


def group(name: str) -> tuple[Column, ...]:
    """Columns that several tables share: `area`, `age` or `provenance`."""
    return tuple(_column(one) for one in _shared()["groups"][name])


def _read(tables: Mapping[str, Any], source: str | None) -> Iterator[RawTable]:
    alone = {column.name: column for column in group("provenance")}
    for name, told in tables.items():
        columns: list[Column] = []
        for one in told["columns"]:
            if isinstance(one, Mapping):
                columns.append(_column(one))
            else:
                columns += [alone[one]] if one in alone else group(one)
        rest = {key: value for key, value in told.items() if key not in {"columns", "key"}}
        yield RawTable(name, columns=tuple(columns), key=tuple(told.get("key", ())), source=source, **rest)


def _of_form(told: Mapping[str, Any], source: str) -> Iterator[RawTable]:
    """The raw tables of a form: one for each sheet, whose rows carry municipality and plan of the cover."""
    sheets = {sheet["name"]: sheet for sheet in told["sheets"]}
    cover = {one["name"]: one for one in sheets[told["cover"]]["columns"]}
    place = [one for one in group("provenance") if one.name in {"source_id", "sheet", "row"}]
    for sheet in told["sheets"]:
        own = [one for one in sheet["columns"] if one.get("read", True)]
        names = {one["name"] for one in own}
        shared = [cover[name] for name in ("municipality_code", "plan_id") if name not in names]
        yield RawTable(
            f"{told['form']}_{sheet['name']}",
            f"{told['title_ja']}「{sheet['sheet_ja']}」。{sheet['about_ja']} / {sheet['about_en']}",
            (*map(_form_column, [*shared, *own]), *place),
            observed=False,
            source=source,
            row_key=tuple(dict.fromkeys(("municipality_code", "plan_id", *sheet["key"]))),
            is_whole=told["whole"],
        )


def _form_column(told: Mapping[str, Any]) -> Column:
    """description: header and what to write, in both languages."""
    name, kind = told["name"], FORM_TYPES.get(told["type"], "text")
    said = f"{told['header_ja']}。{told['ja']}" if told["ja"] else told["header_ja"]
    return _column({"name": name, "type": kind, "description": f"{said} / {told['en']}"})


def _all() -> dict[str, RawTable]:
    found = [*_read(_shared()["tables"], None)]
    for path in sorted(HERE.glob("sources/*/tables.yaml")):
        found += _read(yaml.load(path.read_text("utf-8"), yaml.CSafeLoader), path.parent.name)
    for path in sorted(HERE.glob("sources/*/form.yaml")):
        found += _of_form(yaml.load(path.read_text("utf-8"), yaml.CSafeLoader), path.parent.name)
    return {table.name: table for table in found}


RAW_TABLES: Mapping[str, RawTable] = _all()
"""Every raw table by its name."""
FIGURES: tuple[str, ...] = tuple(name for name, table in RAW_TABLES.items() if table.figure)
"""Names of the tables whose figures are corrected, put in force and compared: those with a key."""
FILLED_IN: tuple[str, ...] = tuple(name for name, table in RAW_TABLES.items() if table.row_key)
"""Names of the tables that come from our own forms."""
AREA = tuple(column.name for column in group("area"))
PROVENANCE = tuple(column.name for column in group("provenance"))


def schema_of(table: str) -> pl.Schema:
    """Polars schema of a raw table.

    Raises KeyError where there is no such table.
    """
    return RAW_TABLES[table].schema


def key_of(table: str) -> tuple[str, ...]:
    """The columns that name a figure of a table of figures."""
    return RAW_TABLES[table].key


def figure_of(table: str) -> str:
    """The column of a raw table that holds the figure.

    Raises KeyError where the table holds none.
    """
    figure = RAW_TABLES[table].figure
    if figure is None:
        raise KeyError(table)
    return figure
