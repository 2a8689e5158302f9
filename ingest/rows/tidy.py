"""Our own tidy form: one row is one figure with its indicator, period, unit, source and status in columns.

Holds those columns: text as it stands (not squeezed), dates, a status in each row. Does not hold what a figure of an
indicator may be (tidy_rules.py) or the publishers' forms.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.cells.grid import Grid
from sousei.ingest.contract.model import STATUSES
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.recognise.recognised import Bound, Recognised
from sousei.ingest.rows import tidy_rules
from sousei.ingest.rows.told import Told
from sousei.ingest.vocabulary.written_dates import CERTAIN_FORMS_JA, KINDS, written


def fields(
    grid: Grid, found: Recognised, records: pl.DataFrame, figures: pl.DataFrame
) -> tuple[dict[str, Told], list[Problem]]:
    """What the `field` columns tell, by the name of the raw column. Problems of severity `gate` mean that the rows must
    not be used; then nothing is told."""
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
            if (wrong := field.first(told[name].values.is_null(), figures)) is not None and not problems:
                problems.append(_bad_day(bound, row(wrong), field.spread(figures)[wrong]))
    stated = told["stated_status"].spread(figures)
    blank = (figures["status"] == "blank").fill_null(False)
    at_odds = (blank & ~stated.is_in(["suppressed", "not_reported"])).index_of(True)
    if at_odds is not None:
        problems.append(
            problem(
                "blank_value.against_status",
                row=row(at_odds),
                column_label="value",
                text=shown.cell(stated[at_odds], 20),
            )
        )
    strange = (~stated.is_in([*STATUSES])).index_of(True)
    if strange is not None:
        problems.append(
            problem(
                "unknown_status",
                row=row(strange),
                column_label="value_status",
                statuses=" / ".join(STATUSES),
                stated=shown.cell(stated[strange], 20),
            )
        )
    if problems:
        return {}, problems
    rows = pl.DataFrame({name: one.spread(figures) for name, one in told.items()}).with_columns(
        row=records["row"].gather(figures["record"]),
        municipality_code=records["municipality_code"].gather(figures["record"]),
        number=figures["number"],
        sign=figures["status"].is_not_null(),
    )
    problems = tidy_rules.check(rows)
    return ({} if any(one["severity"] == "gate" for one in problems) else told), problems


def _dates(texts: list[str]) -> dict[str, dt.date]:
    """The days that are certain."""
    return {text: day for text in texts if (day := written(text).day) is not None}


def _bad_day(bound: Bound, row: int, text: str) -> Problem:
    kind = written(text).kind
    return problem(
        "no_period.not_certain",
        row=row,
        column_label=bound.label.shown,
        kind_ja=KINDS[kind],
        kind=kind,
        forms=CERTAIN_FORMS_JA,
        text=shown.cell(text, 20),
    )


def _bad_field(grid: Grid, bound: Bound, row: int) -> Problem:
    return problem("blank_field", row=row, column_label=bound.label.shown)
