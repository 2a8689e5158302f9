"""What Excel offers and says at a cell of a form: drop-downs, messages, warnings.

Holds: the validation of a column, the lists that are too long for one and stand on a sheet of their own. Does not hold:
looks (writer.py), or the refusal of a cell (ingest.forms). A warning never stops: what the reader understands may be
typed though no list has it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from xlsxwriter.utility import xl_col_to_name, xl_range_abs

from sousei.feedback.forms.texts import YES
from sousei.ingest.forms.model import CHOICES, Column, Form, Sheet, words

FIRST = 3
"""0-based row of the first row of data."""
_LIST, _TITLE, _MESSAGE = 255, 32, 255
"""Characters that Excel lets a list, the title and the text of a message have."""


class Range(NamedTuple):
    """A long list on the sheet CHOICES: its column there and its words."""

    column: int
    words: tuple[str, ...]

    @property
    def formula(self) -> str:
        return f"='{CHOICES}'!{xl_range_abs(1, self.column, len(self.words), self.column)}"


def long_lists(form: Form) -> dict[str, Range]:
    """Name of a list -> its range, for the lists of this form that a validation cannot hold itself."""
    names = sorted({column.list for sheet in form.sheets for column in sheet.columns if column.type == "choice"})
    long = [name for name in names if not _fits(words(name).values())]
    return {name: Range(place, tuple(words(name).values())) for place, name in enumerate(long)}


def _fits(offered: Iterable[str]) -> bool:
    offered = list(offered)
    return len(",".join(offered)) <= _LIST and not any("," in word for word in offered)


def validation(form: Form, sheet: Sheet, column: Column, lists: dict[str, Range]) -> dict[str, Any] | None:
    """The validation of a column's cells as xlsxwriter takes it; None where there is nothing to say or to offer."""
    told: dict[str, Any] = {"validate": "any"}
    if column.type == "choice":
        source = lists[column.list].formula if column.list in lists else list(words(column.list).values())
        told = {"validate": "list", "source": source}
    elif column.type == "flag":
        told = {"validate": "list", "source": [YES]}
    elif column.refers is not None:
        told = {"validate": "list", "source": _ids(form, *column.refers)}
    if told["validate"] == "list":
        told |= {"error_type": "warning", "error_title": "一覧にありません", "error_message": _warning(form, column)}
    if message := explained(column):
        told |= {"input_title": _cut(column.header_ja, _TITLE), "input_message": _cut(message, _MESSAGE)}
    return told if len(told) > 1 else None


def explained(column: Column) -> str:
    """What to write in a column, beginning with 【必須】 where somebody must; '' where there is nothing to say."""
    return ("【必須】" if column.required and not column.locked else "") + column.ja


def _ids(form: Form, name: str, column: str) -> str:
    """The filled cells of an ID column of another sheet; the list grows with them."""
    sheet = form.sheet(name)
    letter = xl_col_to_name([one.name for one in sheet.columns].index(column))
    head = f"'{sheet.sheet_ja}'!${letter}${FIRST}"
    below = f"'{sheet.sheet_ja}'!${letter}${FIRST + 1}:${letter}$5000"
    return f"=OFFSET({head},1,0,MAX(1,COUNTA({below})),1)"


def _warning(form: Form, column: Column) -> str:
    if column.refers is not None:
        return f"シート「{form.sheet(column.refers[0]).sheet_ja}」にない ID です。このまま入れますか。"
    return "一覧にない言葉です。意味が分かる書き方なら読み取れます。このまま入れますか。"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
