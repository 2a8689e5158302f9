"""What a file is like that no source recognises.

Holds: the source whose headers and title it shows most of, and what of it is missing. Does not hold recognising
(recognise.py): nothing is read from such a file.
"""

from __future__ import annotations

import re
from collections import Counter

from ingest import proposals
from ingest.contracts import Column, Contract, Layout
from ingest.grid import Grid
from ingest.problems import Problem, problem
from ingest.recognise import NEAR

SEEN = 3
"""Headers of a layout that must be found somewhere in a file to name it as the nearest."""

_LONGEST, _MOST = 200, 1_000
"""Characters of a cell and different cells that are compared with headers when no source recognises a file."""
_FIGURE = re.compile(r"[-△▲+]?[\d,.]+%?")
_FORMS = {"workbook": "Excel", "csv": "CSV", "json": "JSON"}
_Spots = set[tuple[int, int]]


def nearest(grids: list[Grid], form: str, contracts: tuple[Contract, ...]) -> Problem | None:
    """For a file that no source recognises: the source whose headers and title it shows most of, and what of it is
    missing; None where it shows too little of any. No word of the file is told."""
    words = _words(grids)
    spots = {
        column.header: _spots(column, words)
        for contract in contracts
        for layout in contract.layouts
        for column in layout.columns
        if column.required and column.header
    }
    best: tuple[float, Contract, Layout, list[Column]] | None = None
    for contract in contracts:
        for layout in contract.layouts:
            wanted = [column for column in layout.columns if column.required and column.header]
            there = [column for column in wanted if spots[column.header]]
            titled = any(says.search(word) for says in layout.says_patterns for word in words)
            share = len(there) / max(len(wanted), 1)
            enough = len(there) >= (1 if titled else SEEN) and share >= NEAR
            if enough and (best is None or share + titled > best[0]):
                best = share + titled, contract, layout, wanted
    if best is None:
        return None
    _, contract, layout, wanted = best
    gone = [column for column in wanted if not spots[column.header]]
    by_row, by_place = (
        _together([{spot[way] for spot in spots[column.header]} for column in wanted]) for way in (0, 1)
    )
    return _unlike(grids, form, contract, layout, gone, by_place > by_row)


def _words(grids: list[Grid]) -> dict[str, _Spots]:
    """Row and place of the different cells that may be headers, as far as a header reaches."""
    words: dict[str, _Spots] = {}
    for grid in grids:
        for row, cells in enumerate(grid.head):
            for place, cell in enumerate(cells):
                if cell in words or (0 < len(cell) <= _LONGEST and len(words) < _MOST and not _FIGURE.fullmatch(cell)):
                    words.setdefault(cell, set()).add((row, place))
    return words


def _spots(column: Column, words: dict[str, _Spots]) -> _Spots:
    """Row and place of the cells that are a column's header or its last level."""
    word = proposals.label_of(column.header).split(" / ")[-1]
    last = re.compile(re.escape(word).replace("○", ".{1,6}") + r"(?:\([^)]*\))?")
    found = (at for cell, at in words.items() if last.fullmatch(cell) or column.header_pattern.fullmatch(cell))
    return set().union(*found)


def _together(lines: list[set[int]]) -> int:
    """How many headers one row, or one column, holds at most."""
    return max(Counter(line for one in lines for line in one).values(), default=0)


def _unlike(
    grids: list[Grid], form: str, contract: Contract, layout: Layout, gone: list[Column], turned: bool
) -> Problem:
    which = f"{contract.source}/{layout.layout}"
    names = "、".join(f"「{proposals.meaning_of(column)}」" for column in gone[:5])
    if layout.form != form:
        why = f"この表は {_FORMS[layout.form]} で受け取る約束ですが、{_FORMS.get(form, form)} です。"
        missing = f"form {layout.form}"
    elif turned:
        why, missing = "見出しが縦に並んでいます(行と列が入れ替わっています)。", "headers in a row"
    elif gone:
        why, missing = (
            f"次の列が見当たりません: {names}。",
            ", ".join(proposals.meaning_of(column) for column in gone[:5]),
        )
    else:
        why, missing = "見出しの行と数値の並びが様式と違います。", "header row above the figures"
    return problem(
        "not_recognised",
        "warn",  # nothing is read from it, so the night goes on without it
        f"どの出典の様式にも合わないため、使いませんでした。最も近いのは{contract.statistic_ja}({which})です。{why}",
        f"No source recognises this file; it was not used. The nearest is {which}; missing: {missing}.",
        sheet=grids[0].sheet if len(grids) == 1 else "",
        expected=missing,
        found=", ".join(f"{grid.height} x {grid.width}" for grid in grids),
        action_ja="この統計の表なら、公表元のファイルをそのまま(列を消さず、並べ替えず)入れ直してください。",
    )
