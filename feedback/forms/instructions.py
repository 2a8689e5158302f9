"""The first sheet of a workbook of a form: what it is, how to fill it in, and every column.

Holds: the sheet 記入要領. Does not hold: its sentences (instructions.yaml), what to write in a column (the form). Its
first cell is no mark of a form, so the reader passes it over.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import xlsxwriter
import yaml

from sousei.feedback.forms.looks import LINE, Looks, lines, put, wide
from sousei.ingest.forms.model import INSTRUCTIONS, Column, Form, words

_WIDTHS = (22, 26, 8, 84)


@cache
def _told() -> dict[str, list[dict[str, list[str] | str]]]:
    return yaml.load(Path(__file__).with_suffix(".yaml").read_text("utf-8"), yaml.CSafeLoader)


def add(book: xlsxwriter.Workbook, form: Form, formats: Looks) -> None:
    """Add the sheet to a workbook."""
    page = book.add_worksheet(INSTRUCTIONS)
    for place, across in enumerate(_WIDTHS):
        page.set_column(place, place, across)
    page.hide_gridlines(2)
    page.set_row(0, 28)
    page.write_string(0, 0, f"{INSTRUCTIONS}：{form.title_ja}", formats.title)
    row = 2
    for part in _told()[form.form]:
        page.set_row(row, 22)
        page.write_string(row, 0, str(part["heading"]), formats.heading)
        for place in range(1, len(_WIDTHS)):
            page.write_blank(row, place, None, formats.heading)
        for number, line in enumerate(part["lines"], start=1):
            for at, text in enumerate(folded(line, sum(_WIDTHS) - 8)):
                row += 1
                page.write_string(row, 0, f"{number:>2}　{text}" if at == 0 else f"　　{text}", formats.above)
        row += 2
    for place, label in enumerate(("シート", "列", "必須", "書くこと")):
        page.write_string(row, place, label, formats.header)
    for sheet in form.sheets:
        row += 1
        for place, text in enumerate((sheet.sheet_ja, "", "", sheet.about_ja)):
            put(page, row, place, text, formats.header)
        page.set_row(row, LINE * lines(sheet.about_ja, _WIDTHS[3]) + 3)
        for column in sheet.columns:
            row += 1
            said = explained(column)
            for place, text in enumerate((sheet.sheet_ja, column.header_ja, "必須" if column.required else "", said)):
                put(page, row, place, text, formats.cell)
            page.set_row(row, LINE * lines(said, _WIDTHS[3]) + 3)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.set_margins(0.5, 0.5, 0.6, 0.6)
    page.set_footer(f"&L{form.title_ja}　{INSTRUCTIONS}&R&P / &N")


def explained(column: Column) -> str:
    """What to write in a column, with the words of its list where most of them are not said already."""
    if column.type == "choice":
        offered = list(words(column.list).values())
        if sum(word in column.ja for word in offered) * 2 < len(offered):
            return f"{column.ja}［{'・'.join(offered)}］"
    return column.ja


def folded(text: str, across: int) -> list[str]:
    """A text in lines of at most this width, cut after a comma or a full stop where there is one in the last third."""
    found = []
    while wide(text) > across:
        most = next(end for end in range(len(text), 0, -1) if wide(text[:end]) <= across)
        stop = max(text.rfind(sign, 0, most) for sign in "、。") + 1
        cut = stop if stop > most * 2 // 3 else most
        found.append(text[:cut])
        text = text[cut:]
    return [*found, text]
