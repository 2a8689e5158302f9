"""What a trace is, and what every trace asks a release.

Holds: the record, the error, the inputs with their files and decisions. Does not hold: what a figure is made of
(`figure`, `marts`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sousei.foundation.duck import quoted
from sousei.publication.query import queries
from sousei.publication.shelf import Release
from sousei.publication.told.words import era_day

Row = dict[str, Any]


SHOWN = 10


class TraceError(LookupError):
    """The figure that is asked for is not there, or the question does not name one; ja and en say what is."""

    def __init__(self, problem_id: str, ja: str, en: str) -> None:
        super().__init__(f"{problem_id}: {ja}")
        self.ja, self.en = f"{problem_id}: {ja}", f"{problem_id}: {en}"


@dataclass(frozen=True)
class Trace:
    """A published figure and where it is from.

    about: head and text of each line about it. formulas: with the numbers put in. inputs: delivered cells: role, sign,
    what, value, source_id, file_name, sheet, row, column, sha256, received_on, fiscal_year. decisions: corrections and
    withdrawals on the way. is_recomputed: the cells give the value again; None where there is nothing to compute.
    limits: what cannot be told, and why.
    """

    release_id: str
    table: str
    key: Row
    column: str
    value: Any
    about: list[tuple[str, str]]
    formulas: list[str] = field(default_factory=list)
    inputs: list[Row] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    is_recomputed: bool | None = None
    limits: list[str] = field(default_factory=list)


def ask(release: Release, *statements: str) -> list[list[Row]]:
    return [frame.to_dicts() for frame in queries(statements, release)]


def rows_of(release: Release, sql: str) -> list[Row]:
    return ask(release, sql)[0]


def tables_of(release: Release) -> Mapping[str, list[str]]:
    return {name: [one.name for one in table.columns] for name, table in release.manifest.tables.items()}


def named(values: Iterable[Any]) -> str:
    values = [str(one) for one in values]
    return "、".join(values[:SHOWN]) + (f" ほか{len(values) - SHOWN}件" if len(values) > SHOWN else "")


def text_of(value: Any) -> str:
    """A value without rounding."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
    return str(value)


def of_row(one: Row, column: str) -> Row:
    """The place that a row of a mart keeps itself."""
    return {
        "role": "row",
        "sign": 1,
        "what": column,
        "value": one.get(column),
        "source_id": one.get("source_id"),
        "sheet": one.get("source_sheet"),
        "row": one.get("source_row"),
        "column": one.get("source_column"),
        "fiscal_year": one.get("fiscal_year"),
    }


def with_files(release: Release, inputs: list[Row]) -> tuple[list[Row], list[str]]:
    """The inputs with file name, sha256 and day of receipt of their delivery; the corrections of their cells and rows
    and the decisions about their deliveries in words."""
    ids = sorted({one["source_id"] for one in inputs if one["source_id"]})
    listed = ", ".join(map(quoted, ids)) or "null"
    tables = tables_of(release)
    nothing = "select 1 where false"
    delivered, corrected, decided = ask(
        release,
        f"select * from meta_source where source_id in ({listed}) order by source_id",  # noqa: S608
        f"select * from meta_correction where source_id in ({listed}) order by all"  # noqa: S608
        if "meta_correction" in tables
        else nothing,
        "select * from meta_decision order by all" if "meta_decision" in tables else nothing,
    )
    files = {one["source_id"]: one for one in delivered}
    made = []
    for one in inputs:
        file = files.get(one["source_id"] or "", {})
        received = file.get("received_at")
        told = {"file_name": file.get("file_name"), "sha256": file.get("sha256")}
        made.append(one | told | {"received_on": received.date() if received else None})
    places = {(one["source_id"], one["sheet"] or "", one["row"]) for one in inputs}
    said = [
        f"訂正：{one['source_id']} {one['row_key']}　{text_of(one['published_value'])} → "
        f"{text_of(one['corrected_value'])}（{one['reason_ja']}、{era_day(one['declared_on'])}）"
        for one in corrected
        if (one["source_id"], one["source_sheet"] or "", one["source_row"]) in places
    ]
    said += [
        f"{'取り下げ' if one['kind'] == 'withdrawal' else '決裁'}：{one['subject']}（{one['reason_ja']}、"
        f"{one['decided_by']}）"
        for one in decided
        if any(name in str(one["subject"]).split() for name in ids)
    ]
    return made, said
