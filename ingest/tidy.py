"""Our own tidy form: one row is one figure with its indicator, period, unit, source and status in columns.

Holds those columns: text as it stands (not squeezed), dates, a status in each row. Does not hold the publishers' forms.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import polars as pl

from ingest import shown
from ingest.contracts import STATUSES
from ingest.dates import parse_date
from ingest.grid import Grid
from ingest.problems import Problem, problem
from ingest.recognised import Bound, Recognised
from ingest.told import Told, no_period


def fields(
    grid: Grid, found: Recognised, records: pl.DataFrame, figures: pl.DataFrame
) -> tuple[dict[str, Told], list[Problem]]:
    """What the `field` columns tell, by the name of the raw column. Problems mean that the rows must not be used."""
    body = found.header.body
    told: dict[str, Told] = {}
    problems = []

    def row(figure: int) -> int:
        return int(records["row"][figures["record"][figure]])

    for bound in found.columns:
        if bound.column.role != "field":
            continue
        name = str(bound.column.to)
        text = grid.texts(bound.place, body, grid.height).gather(records["at"] - body).fill_null("").str.strip_chars()
        field = told[name] = Told("record", text)
        wrong = field.first((text == "") | text.str.contains(r"[\r\n]"), figures)
        if wrong is not None:
            problems.append(_bad_field(grid, bound, row(wrong)))
        if name.startswith("period_"):
            told[name] = field.read(_dates(field.words()), pl.Date)
            if field.first(told[name].values.is_null(), figures) is not None:
                problems.append(no_period(grid, name))
    stated = told["stated_status"].spread(figures)
    blank = (figures["status"] == "blank").fill_null(False)
    at_odds = (blank & ~stated.is_in(["suppressed", "not_reported"])).index_of(True)
    if at_odds is not None:
        problems.append(
            problem(
                "blank_value",
                "gate",
                "値が空欄なのに value_status は値があると言っています。",
                "A blank value whose value_status says that there is one.",
                row=row(at_odds),
                column_label="value",
                expected="a number, or value_status suppressed / not_reported",
                found=shown.cell(stated[at_odds], 20),
                action_ja="値か value_status を直した表を入れ直してください。",
            )
        )
    strange = (~stated.is_in([*STATUSES])).index_of(True)
    if strange is not None:
        problems.append(
            problem(
                "unknown_status",
                "gate",
                "value_status が決められた語ではありません。",
                "value_status is not one of the vocabulary.",
                row=row(strange),
                column_label="value_status",
                expected=" / ".join(STATUSES),
                found=shown.cell(stated[strange], 20),
                action_ja="value_status の欄を直してください。",
            )
        )
    return told, problems


def _dates(texts: list[str]) -> dict[str, dt.date]:
    known = {}
    for text in texts:
        with suppress(ValueError):
            known[text] = parse_date(text)
    return known


def _bad_field(grid: Grid, bound: Bound, row: int) -> Problem:
    return problem(
        "blank_field",
        "gate",
        "空欄か、途中に改行のある欄です。",
        "A blank field, or one with a line end in it.",
        row=row,
        column_label=bound.label.full,
        expected="one line of text",
        found="",
        action_ja="この欄を埋めた表を入れ直してください。",
    )
