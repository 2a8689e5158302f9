"""The tables of a release as its database describes them.

Holds: comment and columns of each table of schema main; the two languages and the unit that a comment says. Does not
hold: rows, or any description of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

from sousei.foundation import duck

_NUMBERS = ("BIGINT", "DECIMAL", "DOUBLE", "INTEGER", "SMALLINT")
_SAID = re.compile(
    r"（(?:単位[：は]\s*)?"
    r"(unit|delta_unit|change_unit|人／人|円／人|人|円|件|世帯|％|歳|年|行|バイト|団体|基準年＝100|標準偏差|女性1人当たりの人|期首人口1人当たりの人)"
    r"(?=[）、。：])"
)
"""The unit as a Japanese comment says it, in brackets."""
_OF_ANOTHER = re.compile(r"(?:資料|部分|元|その表)の単位|項目による|指標の単位")
"""Words for a unit that stands elsewhere: in the delivered file, the parts of a ratio, the row."""


def words(comment: str | None) -> tuple[str, str]:
    """(Japanese, English) of a comment "日本語 / English"; '' for what it does not say."""
    ja, _, en = (comment or "").partition(" / ")
    return ja.strip(), en.strip()


@dataclass(frozen=True)
class Column:
    """One column; `description` is its comment."""

    name: str
    type: str
    description: str | None

    @property
    def is_number(self) -> bool:
        return self.type.startswith(_NUMBERS)

    @property
    def unit(self) -> str | None:
        """Unit of the numbers in the column: a word (人, ％), 列 <name> による where another column of the row says it,
        年（西暦） for years. None for text, dates, and numbers without a unit (places, versions, rows of a file)."""
        if not self.is_number:
            return None
        ja = words(self.description)[0]
        if said := _SAID.search(ja):
            return f"列 {said[1]} による" if said[1] in ("unit", "delta_unit", "change_unit") else said[1]
        if elsewhere := _OF_ANOTHER.search(ja):
            return elsewhere[0]
        if self.name.endswith("_years"):
            return "年"
        if self.name.startswith("year") or self.name.endswith("_year"):
            return "年（西暦）"
        return "件" if self.name.startswith("n_") else None


@dataclass(frozen=True)
class Described:
    """One table; `description` is its comment."""

    description: str | None
    columns: tuple[Column, ...]


def describe_all(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, Described]:
    """Every table of schema main by name, sorted."""
    comments = dict(
        connection.execute(
            "select table_name, comment from duckdb_tables() where database_name = ? and schema_name = 'main'",
            [database],
        ).fetchall()
    )
    columns: dict[str, list[Column]] = {name: [] for name in duck.tables_of(connection, database)}
    rows = connection.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() where database_name = ? "
        "and schema_name = 'main' order by table_name, column_index",
        [database],
    ).fetchall()
    for table, *column in rows:
        if table in columns:
            columns[table].append(Column(*column))
    return {name: Described(comments[name], tuple(found)) for name, found in columns.items()}


def describe(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> Described:
    """One table of schema main.

    Raises KeyError where there is no such table.
    """
    return describe_all(connection, database)[table]
