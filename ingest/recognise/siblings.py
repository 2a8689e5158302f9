"""Tables that lie beside a source's own and are not it: of prefectures, of months or weeks, lists of persons, notes.

Holds: what tells them, and what is said of them: nothing is read, and the night goes on. Does not hold personal data
that is refused at the door (personal.py) or tables of other kinds (nearest.py). No cell is shown.
"""

from __future__ import annotations

import re
from functools import cache

from sousei.ingest.areas.register import plain_name, register
from sousei.ingest.cells.grid import Grid
from sousei.ingest.contract.model import Contract, Layout
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.recognise.recognised import Recognised

_MONTH = re.compile(
    r"(?:(?:19|20)\d\d|(?:明治|大正|昭和|平成|令和)(?:元|\d{1,2}))年(?:1[0-2]|0?[1-9])月(?:分|末|中)?"
    r"|(?:19|20)\d\d[-/](?:1[0-2]|0?[1-9])"
)
"""A month of a year. One alone may be the day of a survey; two are a table by months."""
_HEADERS = {
    "月": re.compile(r"年月|調査年月|対象年月|月次?|月別|(?:1[0-2]|[1-9])月"),
    "週": re.compile(r"週|第\d+週|週(?:番号|次|別|数|初|末日?|開始日?|終了日?)|年週"),
    "日": re.compile(r"日|日付|年月日|日別|曜日|時間帯?|時刻|時"),
    "四半期": re.compile(r"四半期|第?[1-4]四半期|[1-4]Q|Q[1-4]|期"),
}
_TITLES = {
    "月": re.compile(r"月報|月別|月次|毎月|月間|月末(?:日)?現在|(?:[2-9]|1[0-2])月1日現在"),
    "週": re.compile(r"週報|週別|週次|毎週|週間"),
    "日": re.compile(r"日報|日別|日次|毎日"),
    "四半期": re.compile(r"四半期"),
}
_ENGLISH = {"月": "months", "週": "weeks", "日": "days", "四半期": "quarters"}
_PREFECTURES = re.compile(r"都道府県別|都道府県|都道府県表")
_PERSON = re.compile(r"(?:.{0,6}氏名|お?名前|フルネーム|フリガナ|ふりがな|担当者?|代表者|世帯主)(?:\(.*\))?")
_REACH = re.compile(
    r"(?:生年月日|住所|現住所|自宅.*|電話(?:番号)?|TEL|携帯(?:電話)?(?:番号)?|FAX|メール(?:アドレス)?|E-?mail|郵便番号"
    r"|(?:職員|社員|会員|学籍|受付|宛名)番号|所属|役職|部署|続柄|性別|年齢)(?:\(.*\))?",
    re.I,
)
_CONTACT = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:\+81|0)\d{1,4}-?\d{1,4}-\d{3,4}|0[789]0\d{8}")
_FIGURE = re.compile(r"[-△▲+]?\d[\d,.]*%?")
_BELOW = 12
"""Rows of the head in which titles are looked for."""


def sibling(grid: Grid, found: Recognised) -> Problem | None:
    """A grid that is like a layout and does not fit it: said as what it is, where it is of another area or period."""
    bound = {one.place for one in found.columns}
    labels = [label.path for place, label in enumerate(found.header.labels) if place not in bound]
    return _other_rows(grid, labels, found.header.title, found.contract, found.layout)


def stranger(grid: Grid, contract: Contract | None, layout: Layout | None) -> Problem | None:
    """A grid that fits no layout: said as what it is, where that is plain. contract, layout: the nearest one, if any
    is near."""
    if _is_of_persons(grid):
        return problem("not_recognised.persons", sheet=grid.sheet, shape=_shape(grid))
    if note := without_figures(grid):
        return note
    words = [cell for cells in grid.head[:_BELOW] for cell in cells if cell]
    return _other_rows(grid, words, "\n".join(words), contract, layout)


def without_figures(grid: Grid) -> Problem | None:
    """A text that is no table of figures."""
    if any(_FIGURE.fullmatch(word) for place in range(grid.width) for word in grid.words(place, 0)):
        return None
    return problem("not_recognised.without_figures", sheet=grid.sheet, shape=_shape(grid))


def _other_rows(
    grid: Grid, labels: list[str], title: str, contract: Contract | None, layout: Layout | None
) -> Problem | None:
    """Whether the rows are of prefectures, or of shorter spans of time. labels: headers that are not explained."""
    like = f"{contract.statistic_ja}({contract.source}/{layout.layout})に似た、" if contract and layout else ""
    if _of_prefectures(grid):
        return problem("not_recognised.prefectures", sheet=grid.sheet, like_ja=like, shape=_shape(grid))
    if span := _span(labels, title, layout):
        return problem(
            "not_recognised.span",
            sheet=grid.sheet,
            like_ja=like,
            span_ja=span,
            span=_ENGLISH[span],
            shape=_shape(grid),
        )
    return None


def _shape(grid: Grid) -> str:
    return f"{grid.height} x {grid.width}"


def _of_prefectures(grid: Grid) -> bool:
    """Whether the rows are prefectures: names or codes of some, and of no municipality."""
    named: set[str] = set()
    for place in range(grid.width):
        words = set(grid.words(place, 0)) - {""}
        if any(plain_name(word) in _municipal() for word in words):
            return False
        codes = {word for word in words if re.fullmatch(r"\d{4,6}", word)}
        known = {five for code in codes if (five := code.zfill(5)[:5]) in register().names_of}
        if 2 * len(known) > len(codes) and any(not five.endswith("000") for five in known):  # a column of codes
            return False
        named |= {code for word in words if (code := register().prefecture_named(word)) is not None}
    said = any(_PREFECTURES.search(cell) for cells in grid.head[:_BELOW] for cell in cells)
    return len(named) > 1 or (said and len(named) == 1)


@cache
def _municipal() -> frozenset[str]:
    names = {name for code, names in register().names_of.items() if not code.endswith("000") for name in names}
    return frozenset(names - set(register().prefecture_of.values()))


def _span(labels: list[str], title: str, layout: Layout | None) -> str:
    """The span of time that a table goes by where it is shorter than its source's; '' where it is not."""
    monthly = layout is not None and any(column.role == "month" for column in layout.columns)
    for span in ("四半期", "週", "日", "月"):
        if span == "月" and monthly:
            continue
        last = [label.split(" / ")[-1] for label in labels]
        if any(_HEADERS[span].fullmatch(word) for word in last) or _TITLES[span].search(title):
            return span
    months = {word for word in labels if _MONTH.fullmatch(word)}
    return "月" if not monthly and len(months) > 1 else ""


def _is_of_persons(grid: Grid) -> bool:
    for cells in grid.head:
        persons, about = (sum(bool(one.fullmatch(cell)) for cell in cells) for one in (_PERSON, _REACH))
        if (persons and about) or about > 2:
            return True
    for place in range(grid.width):
        words = [word for word in grid.words(place, 0) if word]
        if words and 2 * sum(bool(_CONTACT.fullmatch(word)) for word in words) >= len(words):
            return True
    return False
