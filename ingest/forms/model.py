"""A form as data: its sheets, their columns, the words of its lists.

Holds: form.yaml and lists.yaml -> records that reading and writing share. Does not hold: cells (cells.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from sousei.ingest.vocabulary.text import squeeze

SOURCES = Path(__file__).parents[1] / "sources"
LISTS = Path(__file__).with_name("lists.yaml")
INSTRUCTIONS, CHOICES = "記入要領", "選択肢"
"""Sheets of a form that are there for people: what to write, and the lists that do not fit into a cell's own."""
Type = Literal[
    "text", "id", "municipality", "number", "integer", "year", "date", "month", "flag", "choice", "indicator"
]


class Column(NamedTuple):
    """One column. refers: (sheet, column) of the same workbook whose values it may have. list: name of a list of
    lists.yaml. needed: its header must be there, though a row may leave it blank. read: False where it is there for
    people only. ja, en: what to write, in both languages. unit_of:
    (sheet, column) of the same workbook with the unit of a number; the column of this sheet that refers to that sheet
    names the row."""

    name: str
    header_ja: str
    type: Type
    ja: str
    en: str
    required: bool = False
    needed: bool = False
    locked: bool = False
    read: bool = True
    list: str = ""
    refers: tuple[str, str] | None = None
    unit_of: tuple[str, str] | None = None

    @property
    def unit(self) -> str:
        """The unit in the brackets of the header; '' where it has none."""
        head, _, rest = squeeze(self.header_ja).rpartition("(")
        return rest.rstrip(")") if head and self.type in {"integer", "number"} else ""


class Sheet(NamedTuple):
    """One sheet, which is one table. key: columns that name a row beside municipality and plan. single: one row.
    inherits: columns that take the cover's value where they are blank."""

    name: str
    sheet_ja: str
    sheet_en: str
    about_ja: str
    about_en: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    single: bool = False
    inherits: tuple[str, ...] = ()


class Form(NamedTuple):
    """One form. whole: one wrong row costs the workbook, and a later workbook replaces all of it; else rows stand for
    themselves. cover: the sheet whose only row says whose workbook it is. Raw tables are `<form>_<sheet>`."""

    form: str
    version: int
    whole: bool
    title_ja: str
    title_en: str
    cover: str
    sheets: tuple[Sheet, ...]

    def sheet(self, name: str) -> Sheet:
        """Raises StopIteration where there is none of this name."""
        return next(one for one in self.sheets if one.name == name)

    def mark(self, sheet: Sheet) -> str:
        """What stands in the first cell of a sheet, and tells that it is ours."""
        return f"{self.title_ja}（sousei 様式{self.version}）　{sheet.sheet_ja}"


def _column(told: Mapping[str, Any]) -> Column:
    told = dict(told)
    for name in {"refers", "unit_of"} & told.keys():
        sheet, _, column = told[name].partition(".")
        told[name] = (sheet, column)
    return Column(**told)


@cache
def form(source: str) -> Form:
    """The form of a source.

    Raises FileNotFoundError where it has none, TypeError where form.yaml has a part that is not known.
    """
    told = yaml.load((SOURCES / source / "form.yaml").read_text("utf-8"), yaml.CSafeLoader)
    sheets = [
        Sheet(**{**one, "key": tuple(one["key"]), "columns": tuple(map(_column, one["columns"]))} | _inherits(one))
        for one in told["sheets"]
    ]
    return Form(**{**told, "sheets": tuple(sheets)})


@cache
def forms() -> tuple[Form, ...]:
    """The forms of all sources that have one.

    Raises TypeError where a form.yaml has a part that is not known.
    """
    return tuple(form(path.parent.name) for path in sorted(SOURCES.glob("*/form.yaml")))


def _inherits(told: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {"inherits": tuple(told.get("inherits", ()))}


@cache
def _lists() -> Mapping[str, Mapping[str, list[str]]]:
    return yaml.load(LISTS.read_text("utf-8"), yaml.CSafeLoader)


@cache
def words(name: str) -> Mapping[str, str]:
    """The word that a drop-down offers for each code of a list, in the order of the list."""
    return {code: said[0] for code, said in _lists()[name].items()}


@cache
def codes(name: str) -> Mapping[str, str]:
    """Squeezed word or code -> code, of a list."""
    found = {squeeze(code): code for code in _lists()[name]}
    return found | {squeeze(word): code for code, said in _lists()[name].items() for word in said}
