"""What is wrong with a delivery, said to the person who can mend it.

Holds the shape of a problem and its refusal. Does not hold the rules that find one. A message names file, sheet, row,
column, what was expected and found, and never a personal value.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import polars as pl

from sousei.ingest.tables import schema_of

Problem = dict[str, Any]
"""A row of raw.problem without source_id and file_name, which the caller adds."""

TO_PASTE = "corrections_to_paste"
"""problem_id of the lines of corrections with which a refused delivery is taken."""
SHOWN = 20
"""Problems of one kind that are listed one by one; the rest are counted in the last of them."""


def problem(
    problem_id: str,
    severity: str,
    message_ja: str,
    message_en: str,
    *,
    action_ja: str,
    sheet: str = "",
    row: int | None = None,
    column_label: str = "",
    expected: object = "",
    found: object = "",
) -> Problem:
    """One row for raw.problem."""
    return {
        "problem_id": problem_id,
        "severity": severity,
        "sheet": sheet,
        "row": row,
        "column_label": column_label,
        "message_ja": message_ja,
        "message_en": message_en,
        "expected": str(expected),
        "found": str(found),
        "action_ja": action_ja,
    }


class Refusal(Exception):
    """A delivery that is not taken; carries its problems."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(p["message_en"] for p in problems))
        self.problems = list(problems)


def fault(error: Exception) -> Problem:
    """This program failed on a delivery. What the error says may be a cell, so only its place is told."""
    *_, last = traceback.extract_tb(error.__traceback__)
    where = f"{type(error).__name__}, {Path(last.filename).name}:{last.lineno}"
    return problem(
        "reader_failed",
        "gate",
        f"読み取りの途中でこのプログラムが失敗しました({where})。ファイルの誤りとは限りません。",
        f"This program failed while reading the file ({where}).",
        expected="read or refused with a reason",
        found=where,
        action_ja="このファイルを landing から外せば夜間処理は続きます。この文面を開発担当に知らせてください。",
    )


def frame_of(problems: list[Problem]) -> pl.DataFrame:
    """raw.problem rows as a frame with the table's schema."""
    schema = schema_of("problem")
    return pl.DataFrame([{name: p.get(name) for name in schema} for p in problems], schema=schema, orient="row")
