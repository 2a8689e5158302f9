"""What a file is like that no source recognises.

Holds: the source whose headers and title it shows most of and what of it is missing, the words of the field that it
shows, and what is accepted. Does not hold recognising (match.py) or the tables beside a source's own (siblings.py):
nothing is read from such a file. Of its cells only words are told that a contract or this house uses itself.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from sousei.ingest.cells.grid import Grid
from sousei.ingest.contract.model import Column, Contract, Layout
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.recognise import proposals, siblings
from sousei.ingest.recognise.match import NEAR
from sousei.ingest.vocabulary.dates import ERA_YEAR

SEEN = 3
"""Headers of a layout that must be found somewhere in a file to name it as the nearest."""

_LONGEST, _MOST = 200, 1_000
"""Characters of a cell and different cells that are compared with headers when no source recognises a file."""
_WORDS_SHOWN = 8
_YEAR = re.compile(rf"{ERA_YEAR}度?")
_FIGURE = re.compile(r"[-△▲+]?[\d,.]+%?")
_FORMS = {"workbook": "Excel", "csv": "CSV", "json": "JSON"}
_KEYS = {"area_code", "area_name", "prefecture", "area_kind", "year", "month", "sex", "scope", "age"}
"""Roles of columns that every statistic has: they say nothing of which one a table is."""
_FIELD = """
団体名 金額 件数 団体コード 地域コード 市区町村コード 都道府県コード 都道府県 都道府県名 市区町村 市区町村名 地域 地域名
年度 年次 年月 月 人口 総人口 世帯数 世帯 男 女 計 総数 男女計 年齢 年齢階級 性別 国籍 出生 出生数 死亡 死亡数
転入 転入者数 転出 転出者数 増減 増減率 自然増減 社会増減 合計特殊出生率 出生率 死亡率 高齢化率 面積 人口密度
寄附金額 寄附件数 受入額 受入件数 観光客数 観光入込客数 来訪者数 宿泊者数 延べ宿泊者数 事業所数 従業者数 就業者数
付加価値額 歳入 歳出 財政力指数 単位 備考 指標 値
"""
"""Words of the field that are shown where a cell is exactly one of them, beside those of the contracts."""
_Spots = set[tuple[int, int]]


def not_recognised(grids: list[Grid], form: str, contracts: tuple[Contract, ...]) -> Problem:
    """For a file that no source recognises: what it looks like, by its largest sheet."""
    if not grids:
        return _unlike_any(grids, form, contracts)
    grid = max(grids, key=lambda one: (one.visible, one.height * one.width))
    near = _closest(grids, form, contracts)
    told = siblings.stranger(grid, near.contract if near else None, near.layout if near else None)
    return told or (_unlike(grids, form, near) if near else _unlike_any(grids, form, contracts))


def nearest(grids: list[Grid], form: str, contracts: tuple[Contract, ...]) -> Problem | None:
    """The source whose headers and title the file shows most of, and what of it is missing; None where it shows too
    little of any."""
    near = _closest(grids, form, contracts)
    return _unlike(grids, form, near) if near else None


class _Near(NamedTuple):
    """gone: required columns whose header is nowhere; turned: the headers stand in a column."""

    contract: Contract
    layout: Layout
    gone: list[Column]
    turned: bool


def _closest(grids: list[Grid], form: str, contracts: tuple[Contract, ...]) -> _Near | None:
    """The layout that a file shows most of; of its own form before others. The columns that every statistic has do not
    count by themselves."""
    words = _words(grids)
    spots = {
        column.header: _spots(column, words)
        for contract in contracts
        for layout in contract.layouts
        for column in layout.columns
        if column.required and column.header
    }
    best: tuple[tuple[bool, float], Contract, Layout, list[Column]] | None = None
    for contract in contracts:
        for layout in contract.layouts:
            wanted = [column for column in layout.columns if column.required and column.header]
            own = [column for column in wanted if column.role not in _KEYS]
            there = [column for column in wanted if spots[column.header]]
            titled = any(says.search(word) for says in layout.says_patterns for word in words)
            share = len(there) / max(len(wanted), 1)
            of_own = sum(bool(spots[column.header]) for column in own) / max(len(own), 1)
            enough = len(there) >= (1 if titled else SEEN) and share >= NEAR and (titled or of_own >= NEAR)
            rank = layout.form == form, share + titled
            if enough and (best is None or rank > best[0]):
                best = rank, contract, layout, wanted
    if best is None:
        return None
    _, contract, layout, wanted = best
    gone = [column for column in wanted if not spots[column.header]]
    by_row, by_place = (
        _together([{spot[way] for spot in spots[column.header]} for column in wanted]) for way in (0, 1)
    )
    return _Near(contract, layout, gone, by_place > by_row)


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


def _unlike(grids: list[Grid], form: str, near: _Near) -> Problem:
    contract, layout, gone, turned = near
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
        "not_recognised.near",
        sheet=grids[0].sheet if len(grids) == 1 else "",
        statistic_ja=contract.statistic_ja,
        layout=f"{contract.source}/{layout.layout}",
        why_ja=why,
        seen_ja=_seen(grids, (contract,)),
        missing=missing,
        shape=_shape(grids),
        form_ja=_FORMS[layout.form],
    )


def _unlike_any(grids: list[Grid], form: str, contracts: tuple[Contract, ...]) -> Problem:
    accepted = "、".join(
        f"{contract.statistic_ja}({'・'.join(sorted({_FORMS[layout.form] for layout in contract.layouts}))})"
        for contract in contracts
    )
    return problem(
        "not_recognised.unlike_any",
        sheet=grids[0].sheet if len(grids) == 1 else "",
        seen_ja=_seen(grids, contracts),
        shape=_shape(grids) or _FORMS.get(form, form),
        accepted_ja=accepted,
    )


def _shape(grids: list[Grid]) -> str:
    return ", ".join(f"{grid.height} x {grid.width}" for grid in grids)


def _seen(grids: list[Grid], contracts: tuple[Contract, ...]) -> str:
    """What a person recognises a file by: its size, and the words of the field in its head. Other words are not
    shown: they may be about anybody."""
    if not grids:
        return ""
    grid = max(grids, key=lambda one: one.height * one.width)
    known = set(_FIELD.split())
    for column in (column for contract in contracts for layout in contract.layouts for column in layout.columns):
        known |= set(proposals.label_of(column.header).split(" / "))
    cells = dict.fromkeys(
        cell for cells in grid.head for cell in cells if cell and (cell in known or _YEAR.fullmatch(cell))
    )
    words = "".join(f"「{word}」" for word in list(cells)[:_WORDS_SHOWN])
    place = f"シート「{grid.sheet}」は " if grid.sheet else ""
    size = f"{place}{grid.height} 行 {grid.width} 列"
    return f"({size}、見出しの語: {words})" if words else f"({size}、この分野の見出しの語は見当たりません)"
