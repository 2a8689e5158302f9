"""What the rows are about: L3-05 time, L3-06 areas.

Holds: years of Japanese eras alone, areas without their codes. Does not hold years that are laid out as columns
(header.py) or the register of areas (ingest.areas).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sousei.feedback.findings import Found, cells
from sousei.feedback.table import Table
from sousei.ingest.vocabulary.codes import valid6
from sousei.ingest.vocabulary.text import squeeze_column

_ERA = r"((明治|大正|昭和|平成|令和)(元|\d{1,2})|[MTSHR]\d{1,2}[./年])"
_WESTERN = r"(18|19|20)\d\d"
_TIME = re.compile(r"年|月|日|時点|期")


def era_years(table: Table) -> Iterator[Found]:
    """L3-05: years of Japanese eras without the western year, in headers, in the data, in the title."""
    era, western = re.compile(r"(?<![A-Za-z])" + _ERA), re.compile(_WESTERN)
    mask, title = table.blank(), table.blank()
    head = table.head[table.first : table.body]
    both = [any(western.search(row[column]) for row in head) for column in range(table.grid.width)]
    for row, texts in enumerate(table.head[: table.body]):
        for column, text in enumerate(texts):
            if era.search(text) and not western.search(text) and not (row >= table.first and both[column]):
                (mask if row >= table.first else title)[row, column] = True
    for column in range(table.grid.width):
        if column in table.figures:
            continue
        shape = rf"^{_ERA}" if _TIME.search(table.labels[column]) else rf"^{_ERA}年?度?(\d{{1,2}}月)?(\d{{1,2}}日)?$"
        found = table.where(column, shape, squeezed=True) & ~table.where(column, _WESTERN, squeezed=True)
        mask[table.body : table.last + 1, column] |= found[table.body : table.last + 1]
    yield from cells("broken", mask, "西暦のない和暦が時間軸に使われています。", "Era years without the western year.")
    if not mask.any():
        ja, en = "表題の時点が和暦だけです。", "The title gives its date in era years only."
        yield from cells("doubtful", title, ja, en)


_SAMPLE = 400
"""Rows by which a column of codes or names of areas is known."""
_SURE = 4
"""Different numbers of six digits that all have a right check digit: by chance once in 10,000 columns."""


def area_codes(table: Table) -> Iterator[Found]:
    """L3-06: names of areas without a column of codes; codes that lost their leading zeros."""
    body = slice(table.body, table.last + 1)
    names: list[int] = []
    codes: list[int] = []
    short: list[int] = []
    for column in range(table.grid.width):
        texts = squeeze_column(table.grid.texts(column, body.start, min(body.stop, body.start + _SAMPLE)))
        texts = texts.filter(texts != "")
        if len(texts) < 3:
            continue
        if float(texts.str.contains(r"^\D+[都道府県市区町村]$").mean() or 0) > 0.5:  # type: ignore[arg-type]
            names.append(column)
        like = texts.filter(texts.str.contains(r"^\d{4,6}$"))
        if len(like) * 10 < len(texts) * 6:
            continue
        sixes = like.filter(like.str.len_chars() == 6).unique().to_list()
        if table.is_code(column) or (len(sixes) >= _SURE and all(map(valid6, sixes))):
            codes.append(column)
            # codes below 10 prefectures begin with 0: of five or six digits, or shorter where the 0 was lost
            if like.str.len_chars().n_unique() > 1 or like.str.len_chars().max() == 4:
                short.append(column)
    if names and not codes:
        mask = table.blank()
        mask[table.body - 1 if table.has_header else table.body, names] = True
        ja, en = "地域名の列がありますが、地域コードの列がありません。", "Names of areas without codes."
        yield from cells("doubtful", mask, ja, en)
    if names and short:
        mask = table.blank()
        mask[body, short] = table.filled[body, short]
        ja = "地域コードの桁がそろっていません(数値になり先頭の 0 が落ちています)。"
        yield from cells("doubtful", mask, ja, "Codes lost their leading zero.")


TABLE_CHECKS = (("L3-05", era_years), ("L3-06", area_codes))
