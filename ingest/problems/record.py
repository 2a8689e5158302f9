"""One problem of a delivery, and the refusal that carries problems.

Holds the shape of a problem and how one is made from the catalogue. Does not hold its texts (catalogue.yaml) or the
rules that find one. A message names file, sheet, row, column, what was expected and found, and never a personal value.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import polars as pl

from sousei.ingest.problems.catalogue import Severity, entry
from sousei.ingest.tables import schema_of

TO_PASTE = "corrections_to_paste"
"""problem_id of the lines of corrections with which a refused delivery is taken."""
SHOWN = 20
"""Problems of one kind that are listed one by one; the rest are counted in the last of them."""


class Problem(TypedDict):
    """A row of raw.problem without source_id and file_name, which the caller adds."""

    problem_id: str
    severity: Severity
    sheet: str
    row: int | None
    column_label: str
    message_ja: str
    message_en: str
    expected: str
    found: str
    action_ja: str


class FileProblem(Problem, total=False):
    """The same with the delivery that it is about."""

    source_id: str
    file_name: str


def problem(
    name: str, /, *, sheet: str = "", row: int | None = None, column_label: str = "", **values: object
) -> Problem:
    """One row for raw.problem. name: entry of the catalogue, `id` or `id.variant`. values: what its texts fill in,
    beside sheet, row and column_label; exactly those that they name.

    Raises LookupError where there is no such entry, TypeError where a value is missing or too many.
    """
    said = entry(name)
    if values.keys() != said.placeholders:
        wrong = ", ".join(sorted(values.keys() ^ said.placeholders))
        raise TypeError(f"problem {name}: given and named in its texts are not the same: {wrong}")
    place = {"sheet": sheet, "row": row, "column_label": column_label}
    return {
        "problem_id": said.problem_id,
        "severity": said.severity,
        "sheet": sheet,
        "row": row,
        "column_label": column_label,
        "message_ja": said.message_ja.format(**place, **values),
        "message_en": said.message_en.format(**place, **values),
        "expected": said.expected.format(**place, **values),
        "found": said.found.format(**place, **values),
        "action_ja": said.action_ja.format(**place, **values),
    }


class Refusal(Exception):
    """A delivery that is not taken; carries its problems."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(p["message_en"] for p in problems))
        self.problems = list(problems)


def fault(error: Exception) -> Problem:
    """This program failed on a delivery. What the error says may be a cell, so only its place is told."""
    *_, last = traceback.extract_tb(error.__traceback__)
    return problem("reader_failed", where=f"{type(error).__name__}, {Path(last.filename).name}:{last.lineno}")


def frame_of(problems: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """raw.problem rows as a frame with the table's schema."""
    schema = schema_of("problem")
    return pl.DataFrame([{name: p.get(name) for name in schema} for p in problems], schema=schema, orient="row")
