"""A value of a form -> the text of its cell, which the reader of the form reads back to the same value.

Holds: words of lists, flags, numbers without trailing zeros, dates. Does not hold: cells and their looks (writer.py).
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sousei.ingest.forms.model import Column, words

YES, NO = "○", "×"
LONGEST = 32_767
"""Characters that a cell of a workbook takes."""


def of_cell(column: Column, value: Any) -> str:
    """The text of a cell; '' for None.

    Raises ValueError for a value that is not of the column's type, or longer than a cell: nothing is written in part.
    """
    if value is None:
        return ""
    text = _text(column, value)
    if len(text) > LONGEST:
        raise ValueError(f"cell_too_long: {column.name}: {len(text)} characters")
    return text


def _text(column: Column, value: Any) -> str:
    match column.type:
        case "choice":
            return words(column.list).get(str(value), str(value))
        case "flag" if isinstance(value, bool):
            return YES if value else NO
        case "number" | "integer" if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return of_number(value)
        case "year" if isinstance(value, int):
            return str(value)
        case "date" if isinstance(value, dt.date):
            return value.isoformat()
        case "month" if isinstance(value, dt.date):
            return f"{value.year}年{value.month}月"
        case "text" | "id" | "indicator" | "municipality" if isinstance(value, str):
            return value
    raise ValueError(f"cell_of_another_type: {column.name} ({column.type}): {type(value).__name__}")


def of_number(value: int | Decimal) -> str:
    """A number in full, without an exponent and trailing zeros. Raises ValueError for NaN and infinity."""
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"not_a_number: {value}")
    plain = f"{number:f}"
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) if number else "0"
