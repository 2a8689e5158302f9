"""Lists of codes and of mergers -> raw.municipality, raw.municipality_change.

Holds tables without figures, which the layouts of YAML do not describe. Does not hold the crosswalk (the warehouse).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Any

import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.cells.grid import Grid
from sousei.ingest.problems.record import SHOWN, Problem, problem
from sousei.ingest.tables import schema_of
from sousei.ingest.vocabulary.codes import valid6

_HEADER = ["code", "prefecture", "city", "prefecture_kana", "city_kana"]
_OFFICIAL = ["団体コード", "都道府県名(漢字)", "市区町村名(漢字)", "都道府県名(カナ)", "市区町村名(カナ)"]
_SHEET = re.compile(r"現在の団体|政令指定都市")
"""Sheets of the Ministry's workbook (R6.1.1現在の団体); other workbooks carry such a list beside their own table."""


def recognises(document: Any) -> bool:
    """True for a grid with the columns of the code list, or a JSON with a list of changes."""
    if isinstance(document, Grid):
        ours = not document.sheet or _SHEET.search(document.sheet) is not None
        return ours and bool(document.head) and document.head[0][:5] in (_HEADER, _OFFICIAL)
    changes = document.get("changes") if isinstance(document, dict) else None
    return (
        isinstance(changes, list)
        and bool(changes)
        and isinstance(changes[0], dict)
        and all(k in changes[0] for k in ("date", "reason", "old", "new"))
    )


def read(document: Any) -> tuple[pl.DataFrame, list[Problem], str, str]:
    """(rows without source_id, problems, title, period)."""
    return _codes(document) if isinstance(document, Grid) else _changes(document)


def _codes(grid: Grid) -> tuple[pl.DataFrame, list[Problem], str, str]:
    schema = {name: dtype for name, dtype in schema_of("municipality").items() if name != "source_id"}
    columns = [[word or "" for word in grid.cells(place, 1, grid.height)] for place in range(5)]
    rows, problems = [], []
    for number, (code, where, name, where_kana, kana) in enumerate(zip(*columns, strict=True), start=2):
        if not valid6(code):
            problems.append(problem("bad_code_list.check_digit", row=number, found=shown.cell(code, 8)))
            continue
        reading = unicodedata.normalize("NFKC", kana or where_kana)
        rows.append((code[:5], code, where, name, reading, number))
    return pl.DataFrame(rows, schema=schema, orient="row"), problems[:SHOWN], "全国地方公共団体コード", ""


def _changes(document: dict[str, Any]) -> tuple[pl.DataFrame, list[Problem], str, str]:
    schema = {name: dtype for name, dtype in schema_of("municipality_change").items() if name != "source_id"}
    rows: list[tuple[Any, ...]] = []
    problems: list[Problem] = []
    for number, change in enumerate(document["changes"], start=1):
        old, new = change.get("old") or {}, change.get("new") or {}
        try:
            day = dt.date.fromisoformat(str(change.get("date")))
        except ValueError:
            found = shown.cell(str(change.get("date")), 12)
            problems.append(problem("bad_code_list.date", row=number, found=found))
            continue
        values = [str(part.get(key) or "") for part in (old, new) for key in ("code", "name")]
        rows.append((day, str(change.get("reason") or ""), *values, number))
    days: list[dt.date] = sorted(row[0] for row in rows)
    period = f"{days[0]}..{days[-1]}" if days else ""
    return pl.DataFrame(rows, schema=schema, orient="row"), problems[:SHOWN], str(document.get("source", "")), period
