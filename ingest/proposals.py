"""Lines to add to a contract where a file does not fit it.

Holds: the YAML lines that a refusal prints, so that a person who has looked at the table can paste them, and the words
that people know a column by. Does not hold the decision that a file does not fit (recognise.py). A line is a proposal:
nothing is read by it until somebody has judged what the column means and put it into the contract.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from difflib import SequenceMatcher

from ingest.contracts import Column, Layout
from ingest.dates import ERA_YEAR

LIKE = 0.6
"""Share of letters in common from which a new header is offered as the new name of a column that is gone."""
_YEAR = re.compile(rf"{ERA_YEAR}度?(?: / \d{{4}}年度?)?")
_PLACEHOLDER = re.compile(r"\{(?:as_of_year|flow_year|fiscal_year|year)\}")
_PERIODS = (
    ("as_of", rf"{ERA_YEAR}\d+月\d+日", r"{year}\d+月\d+日"),
    ("flow", rf"{ERA_YEAR}度?(?:\([^)]*から[^)]*まで\))?(?=人口動態)", r"{year}(?:\([^)]*\))?"),
    ("scope", "総計|日本人住民|外国人住民", "総計|日本人住民|外国人住民"),
    ("year", rf"{ERA_YEAR}度?", "{year}"),
)
_TITLE = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern, _ in _PERIODS))
_GROUP = re.compile(r"\((?:\?(?:P<\w+>|:))?([^()]*)\)([?*]?)")
_SHOWN = {"{as_of_year}": "○年", "{flow_year}": "○年", "{fiscal_year}": "○年度", "{year}": "○年", "{age}": "0~4歳"}
ROLES = {
    "area_code": "団体コード", "area_name": "団体名(市区町村名)", "prefecture": "都道府県名", "area_kind": "市などの別",
    "sex": "男女の別", "scope": "総計・日本人・外国人の別", "age": "年齢", "year": "年", "month": "月", "field": "項目",
    "check": "検算に使う数値", "measure": "数値", "part": "全域と一部の別", "ignore": "読まない列",
}  # fmt: skip
"""What a column of each role holds, for people."""
_PARTS = re.compile(r"男女|性別|年齢|国籍|配偶|世帯|産業|職業|続柄|区分|種類|項目|事項|全域|地区|別$")
"""Headers of columns that part a table into rows of which only some are wanted."""


def pattern_of(path: str, year: str = "{year}") -> str:
    """A header pattern: its last year becomes the placeholder, other years any year, the rest is taken literally."""
    parts, last = [], 0
    years = list(_YEAR.finditer(path))
    for found in years:
        parts += [_escape(path[last : found.start()]), year if found is years[-1] else "{year}"]
        last = found.end()
    return "".join([*parts, _escape(path[last:])])


def _escape(text: str) -> str:
    return re.escape(text).replace(r"\ /\ ", " / ").replace(r"\ ", " ")


def _line(fields: dict[str, object]) -> str:
    """One entry of a YAML list in flow style."""
    parts = []
    for name, value in fields.items():
        if isinstance(value, bool):
            shown = str(value).lower()
        elif isinstance(value, dict):
            shown = "{" + ", ".join(f"{key}: {_text(str(item))}" for key, item in value.items()) + "}"
        elif isinstance(value, list):
            shown = "[" + ", ".join(_quoted(str(item)) for item in value) + "]"
        elif name in {"header", "cells"}:
            shown = _quoted(str(value))
        else:
            shown = _text(str(value))
        parts.append(f"{name}: {shown}")
    return "- {" + ", ".join(parts) + "}"


def _text(text: str) -> str:
    return text if re.fullmatch(r"[^\W\d][\w.-]*|\d{4}-\d\d-\d\d", text) else _quoted(text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def label_of(header: str) -> str:
    """A header as a file has it, made from its pattern: the first of each choice, without what may be left out; ''
    where the column has no header."""
    for name, meaning in _SHOWN.items():
        header = header.replace(name, meaning)
    text = re.sub(r"\\[dw](?:\{[^}]*\}|[+*?])?", "○", header)
    text = re.sub(r"\\(.)", lambda found: chr(0xE000 + ord(found[1]) % 0x1000), text)  # a sign taken literally
    text = re.sub(r"\[\^[^\]]*\][*+?]*", "", text)
    text = re.sub(r"\[(.)[^\]]*\][*+?]*", r"\1", text)
    text = re.sub(r"\(\?<?[=!][^()]*\)|\.[*+]\??|\(\?m\)", "", text)
    while (shorter := _GROUP.sub(lambda found: "" if found[2] else found[1].split("|")[0], text)) != text:
        text = shorter
    text = text.split("|")[0].replace("?", "")
    text = "".join(chr(ord(sign) - 0xE000) if "\ue000" <= sign < "\uf000" else sign for sign in text)
    return " / ".join(part for part in (level.strip() for level in text.split(" / ")) if part)


def meaning_of(column: Column) -> str:
    """What a column is and the header that it has in other years."""
    label = label_of(column.header)
    if column.role in {"measure", "field", "ignore", "check"} and label:
        return label
    meaning = ROLES[column.role]
    return meaning if label in {"", meaning} else f"{meaning}(ほかの年の見出しは「{label}」)"


def ignored_column(path: str, unit: str | None, words: list[str]) -> str:
    """The line that leaves a column out. words: its different cells; a column that parts the table into rows (男女,
    配偶関係 ...) is only left out where every row says 総数, or all rows say the same."""
    fields: dict[str, object] = {"role": "ignore", "required": False, "header": pattern_of(path)}
    if _PARTS.search(path) and words and not any(re.fullmatch(r"[-△▲]?[\d,.]+", word) for word in words):
        fields["cells"] = re.escape(words[0]) if len(words) == 1 else "総数"
    if unit:
        fields["unit"] = unit
    return _line(fields)


def renamed_columns(paths: Mapping[int, str], missing: list[Column]) -> dict[int, tuple[Column, str]]:
    """Place -> (missing column, line) of headers that look like new names. paths: header of each unknown column. A
    missing column is offered once, to the header most like it."""
    shares = [
        (_likeness(path, column), place, number)
        for place, path in paths.items()
        for number, column in enumerate(missing)
        if path
    ]
    offered: dict[int, tuple[Column, str]] = {}
    used: set[int] = set()
    for share, place, number in sorted(shares, reverse=True):
        if share < LIKE or place in offered or number in used:
            continue
        column = missing[number]
        named = [one for one in _PLACEHOLDER.findall(column.header) if one != "{year}"]
        stated = column.model_dump(exclude_defaults=True, exclude={"role", "header", "required"})
        header = pattern_of(paths[place], named[0] if named else "{year}")
        offered[place] = (column, _line({"role": column.role, "header": header, "required": False, **stated}))
        used.add(number)
    return offered


def _likeness(path: str, column: Column) -> float:
    """Share of letters that a header has in common with a column's pattern, or with the header that it stands for."""
    plain = _plain(_YEAR.sub("", path))
    others = _plain(column.header), _plain(label_of(column.header)).replace("○年度", "").replace("○年", "")
    return max(SequenceMatcher(None, plain, other).ratio() for other in others)


def optional_column(column: Column) -> str:
    """The column's own line with required: false."""
    stated = column.model_dump(exclude_defaults=True, exclude={"role", "header", "required"})
    return _line({"role": column.role, "header": column.header, **stated, "required": False})


def _plain(header: str) -> str:
    """Letters of a header pattern, without what makes it a pattern."""
    text = re.sub(r"\(\?(?:P<\w+>|[:!=]|<[!=])|\{\w+\}", "", header)
    return re.sub(r"[\\^$()\[\]|?*+/ ]", "", text)


def retitled_layout(layout: Layout, title: str, day: dt.date | None) -> str:
    """The entry of a layout with this title that has all else from a known one. title: squeezed, one line."""
    wanted = {name for pattern in layout.says_patterns for name in pattern.groupindex}
    parts, last, seen = [], 0, set()
    for found in _TITLE.finditer(title[:120]):
        name = found.lastgroup or "year"
        meaning = next(text for key, _, text in _PERIODS if key == name)
        named = name in wanted and name not in seen
        seen.add(name)
        parts += [re.escape(title[last : found.start()]), f"(?P<{name}>{meaning})" if named else f"(?:{meaning})"]
        last = found.end()
    says = "".join([*parts, re.escape(title[last:120])])
    return _dated(layout, f"{layout.layout}_{day.year if day else 'b'}", {"says": [says]})


def dated_layout(layout: Layout, day: dt.date) -> str:
    """The entry of a layout for the year of this day that has all else from a known one."""
    span = {"valid_from": f"{day.year}-01-01", "valid_to": f"{day.year}-12-31"}
    return _dated(layout, f"{layout.layout}_{day.year}", span)


def _dated(layout: Layout, name: str, fields: Mapping[str, object]) -> str:
    return _line({"layout": name, "like": layout.layout, **fields})


def metadata_line(name: str, rest: str, known: re.Pattern[str] | None) -> str:
    """The entry for a line above the table. known: the pattern of that line with other values; the variable that it
    states keeps its name, so that a limit of the table is never dropped."""
    value = re.escape(rest)
    if known is not None and known.groupindex:
        head, _, tail = value.rpartition(r"\|")
        variable = next(iter(known.groupindex))
        value = f"{head}{chr(92)}|(?P<{variable}>{tail})" if head else f"(?P<{variable}>{tail})"
    return f"{_quoted(re.escape(name))}: {_quoted(value)}"
