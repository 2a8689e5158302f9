"""The rows of a plan register: empty but for its municipality, or those of a plan that is in force.

Holds: frames of the raw tables of a plan -> rows for the writer. Does not hold: finding the plan (orchestration), the
writing (writer.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from sousei.feedback.forms.texts import NO, YES
from sousei.ingest.forms.model import form, words

FORM = form("plan_register")
Plan = Mapping[str, pl.DataFrame]
"""Name of a sheet -> its rows, with the columns of the raw table plan_register_<sheet>."""


def empty(municipality_code: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of a register that is to be filled in."""
    return {FORM.cover: [{"municipality_code": municipality_code}]}


def filled(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """The rows of a register that is in force, in the order of its workbook."""
    rows = {name: frame.sort("row").to_dicts() for name, frame in plan.items()}
    return rows | {"reading": [_reading(row) for row in rows.get("reading", ())]}


def _reading(row: dict[str, Any]) -> dict[str, Any]:
    """What a reading sets, in the words that the field itself offers."""
    column = next((one for one in FORM.sheet("kpi").columns if one.name == row.get("field")), None)
    value = row.get("field_value")
    if column is None or value is None:
        return row
    if column.type == "choice":
        return row | {"field_value": words(column.list).get(value, value)}
    if column.type == "flag":
        return row | {"field_value": {"true": YES, "false": NO}.get(value, value)}
    return row
