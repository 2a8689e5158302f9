"""Lines to add to a contract where a file does not fit it.

Holds: the YAML lines that a refusal prints, so that a person who has looked at the table can paste them, and the words
that people know a column by. Does not hold the decision that a file does not fit (match.py). A line is a proposal:
nothing is read by it until somebody has judged what the column means and put it into the contract.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from sousei.ingest.areas import shown
from sousei.ingest.contract import yaml_lines
from sousei.ingest.contract.loading import FOLDER
from sousei.ingest.contract.model import Column, Contract, Layout
from sousei.ingest.contract.strict import pattern
from sousei.ingest.vocabulary.ages import AGE
from sousei.ingest.vocabulary.dates import ERA_YEAR
from sousei.ingest.vocabulary.text import squeeze

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
_CORE = re.compile(rf"(?:男女)?(?:総数|計|合計|男|女|総?人口|人数|{AGE})(?:\([^)]*\))?")
"""Headers of the figures that every population table is about: such a column is never passed over unread."""
_WHOLE = re.compile(r"総数.*|計|合計|総計|男女計|男女総数|全域|全国|全体|total")
_STRICT = (
    "率", "割合", "指数", "平均", "男", "女", "うち", "再掲", "内数", "外国人", "日本人", "%", "昼間", "夜間",
    "推計", "将来", "就業", "従業", "労働", "失業", "延べ", "前年", "前回", "増減", "年少", "老年", "生産年齢", "高齢",
    "単独", "修正", "組替", "補完", "速報", "流入", "流出", "可住", "通勤", "通学", "乳児", "死産", "婚姻", "離婚",
)  # fmt: skip
"""Words that a header and its new name both have, or neither."""
_APART = (
    ("転入", "転出"), ("出生", "死亡", "婚姻", "離婚"), ("自然", "社会"), ("人口", "世帯"), ("件", "額"),
    ("国内", "国外"), ("記載", "消除"), ("昼間", "夜間"), ("コード", "名"), ("年少", "生産年齢", "老年"),
    ("受入", "控除", "経費", "支出"), ("都道府県", "市区町村", "郡"), ("年度", "月", "週"), ("宿泊", "来訪", "日帰"),
    ("流入", "流出"), ("国籍", "性別", "配偶"),
)  # fmt: skip
"""Words of which a header and its new name never have different ones."""
_OPTIONAL = {"ignore", "check", "measure", "prefecture", "field"}
"""Roles of columns that a table can do without; the others say whose figures they are."""
_SIGN = re.compile(r"[^\w\s'\"{}\[\],:#&*!|>%@`\\+△▲.()-]{1,3}|\*{1,3}|-{1,3}|\.{2,3}|[xX]")
"""A cell that stands for a missing figure: a few signs, and nothing that belongs to a figure."""
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
    """The text taken literally; words that are not of the field, which may be about a person, as their length only."""
    literal = "".join(re.escape(part) if seen else f".{{{len(part)}}}" for part, seen in shown.parts(text))
    return literal.replace(r"\ /\ ", " / ").replace(r"\ ", " ")


def _line(fields: dict[str, object]) -> str:
    """One entry of a YAML list in flow style."""
    parts = []
    for name, value in fields.items():
        if isinstance(value, bool):
            shown = str(value).lower()
        elif isinstance(value, int | float):
            shown = str(value)
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


def ignored_column(path: str, unit: str | None, words: list[str]) -> str | None:
    """The line that leaves a column out; None for a column that must not be left out. words: its different cells; a
    column that parts the table into rows (男女, 配偶関係 ...) is only left out where every row says 総数."""
    if _CORE.fullmatch(path.split(" / ")[-1]):
        return None
    fields: dict[str, object] = {"role": "ignore", "required": False, "header": pattern_of(path)}
    if _PARTS.search(path) and words and not any(re.fullmatch(r"[-△▲]?[\d,.]+", word) for word in words):
        if len(words) > 1 or not _WHOLE.fullmatch(words[0]):
            return None
        fields["cells"] = _escape(words[0])
    if unit:
        fields["unit"] = unit
    return _line(fields)


class Renamed(NamedTuple):
    """A header that looks like the new name of a missing column. line: the column's own line with both names, to stand
    in place of line `number` (0 = wherever it stands), or where that cannot be said in one pattern (`number` None) a
    line to add beside it."""

    column: Column
    number: int | None
    line: str


def renamed_columns(
    paths: Mapping[int, str],
    missing: list[Column],
    units: Mapping[int, str | None] | None = None,
    of: tuple[Contract, Layout] | None = None,
) -> dict[int, Renamed]:
    """Headers that look like new names, by place. paths, units: header of each unknown column and the unit that it
    names. A missing column is offered once, to the header most like it, and never to one that speaks of something else
    (出生, 死亡), however alike the letters."""
    shares = [
        (_likeness(path, column), place, number)
        for place, path in paths.items()
        for number, column in enumerate(missing)
        if path and _same_concept(path, (units or {}).get(place), column) and _fixed(column) is not None
    ]
    offered: dict[int, Renamed] = {}
    used: set[int] = set()
    for share, place, number in sorted(shares, reverse=True):
        if share < LIKE or place in offered or number in used:
            continue
        if renamed := _renamed(missing[number], paths[place], of):
            offered[place] = renamed
            used.add(number)
    return offered


def _renamed(column: Column, path: str, of: tuple[Contract, Layout] | None) -> Renamed | None:
    stated = column.model_dump(exclude_defaults=True, exclude={"role", "header"})
    if fixed := _fixed(column):
        stated["set"] = fixed | column.set
    elif header := _both(column, path) or "":
        number, text = _own_line(*of, column) if of else (0, "")
        changed = re.sub(r"header: (?:'(?:[^']|'')*'|[^,}]+)", lambda _: f"header: {_quoted(header)}", text)
        return Renamed(column, number, changed or _line({"role": column.role, "header": header, **stated}))
    if column.role not in _OPTIONAL:
        return None
    named = [one for one in _PLACEHOLDER.findall(column.header) if one != "{year}"]
    header = pattern_of(path, named[0] if named else "{year}")
    return Renamed(column, None, _line({"role": column.role, "header": header, "required": False, **stated}))


def _both(column: Column, path: str) -> str | None:
    """A pattern for the old headers and the new one; None where the old one captures what the new one must say in
    another place."""
    if not column.header_pattern.groupindex:
        return f"{column.header}|{pattern_of(path)}"
    above, _, old = column.header.rpartition(" / ")
    upper, _, new = path.rpartition(" / ")
    try:
        if above and not pattern(old).groupindex and pattern(above).fullmatch(upper):
            return f"{above} / (?:{old}|{pattern_of(new)})"
    except re.error:  # the bar stands inside a choice
        pass
    return None


def _fixed(column: Column) -> dict[str, str] | None:
    """What the header of a column says of its figures (sex) by a word that a new name may lack; None where it may say
    one thing or another."""
    said = dict(re.findall(r"\(\?P<(sex|scope|age)>([^()|]+)\)", column.header))
    groups = set(column.header_pattern.groupindex) & {"sex", "scope", "age"}
    return said if groups == set(said) else None


def _same_concept(path: str, unit: str | None, column: Column) -> bool:
    """Whether a header may be a new name of a column: nothing in it says that it is of something else."""
    if unit is not None and column.unit is not None and unit != column.unit:
        return False
    one, other = (text.replace("男女", "") for text in (path, label_of(column.header)))
    one += "%" if unit in {"%", "‰"} else ""
    if any((word in one) != (word in other) for word in _STRICT):
        return False
    last = one.split(" / ")[-1], other.split(" / ")[-1]
    for group in _APART:
        ours, theirs = ({word for word in group if word in text} for text in (one, other))
        if ours and theirs and ours != theirs:
            return False
        ours, theirs = ({word for word in group if word in text} for text in last)
        if ours and theirs and ours != theirs:
            return False
    return True


def _likeness(path: str, column: Column) -> float:
    """Share of letters that a header has in common with a column's pattern, or with the header that it stands for."""
    plain = _plain(_YEAR.sub("", path))
    others = _plain(column.header), _plain(label_of(column.header)).replace("○年度", "").replace("○年", "")
    return max(SequenceMatcher(None, plain, other).ratio() for other in others)


def place_of(contract: Contract, layout: Layout, field: str) -> str:
    """Where a person finds a list of a layout, which may be stated further up in the file: '(12 行目から)'."""
    path = FOLDER / contract.source / "contract.yaml"
    names = [one.layout for one in contract.layouts]
    if layout.layout not in names or not path.is_file():
        return ""
    line = yaml_lines.first_of(path, ["layouts", names.index(layout.layout), field])
    return f"({line} 行目から)" if line else ""


def optional_column(contract: Contract, layout: Layout, column: Column) -> tuple[int, str] | None:
    """(line number, or 0; the column's own line with required: false); None for a column without which no figure has
    an owner."""
    if column.role not in _OPTIONAL:
        return None
    number, text = _own_line(contract, layout, column)
    if text and "required:" not in text:
        return number, text[:-1] + ", required: false}"
    stated = column.model_dump(exclude_defaults=True, exclude={"role", "header", "required"})
    return number, _line({"role": column.role, "header": column.header, **stated, "required": False})


def _own_line(contract: Contract, layout: Layout, column: Column) -> tuple[int, str]:
    """(number of the line, the line) on which a column is stated, with the name by which others refer to it (&p1);
    '' where it is not one line, 0 where it is not found."""
    path = FOLDER / contract.source / "contract.yaml"
    names = [one.layout for one in contract.layouts]
    if layout.layout not in names or not path.is_file():
        return 0, ""
    at: list[str | int] = ["layouts", names.index(layout.layout), "columns", layout.columns.index(column)]
    number = yaml_lines.line_of(path, at)
    text = path.read_text("utf-8-sig").splitlines()[number - 1].strip()
    return number, text if re.fullmatch(r"(?:- |\w+: &)[^{]*\{.*\}", text) and "<<" not in text else ""


def _plain(header: str) -> str:
    """Letters of a header pattern, without what makes it a pattern."""
    text = re.sub(r"\(\?(?:P<\w+>|[:!=]|<[!=])|\{\w+\}", "", header)
    return re.sub(r"[\\^$()\[\]|?*+/ ]", "", text)


def retitled_layout(contract: Contract, layout: Layout, title: str, day: dt.date | None) -> str | None:
    """The entry of a layout with this title that has all else from a known one. title: squeezed, one line. None where
    the title does not state what the known one's does (scope, date), or where the known one is of one edition: a new
    edition must not be read as an old one."""
    if "vintage" in layout.constants:
        return None
    wanted = {name for pattern in layout.says_patterns for name in pattern.groupindex}
    parts, last, seen = [], 0, set()
    for found in _TITLE.finditer(title[:120]):
        name = found.lastgroup or "year"
        meaning = next(text for key, _, text in _PERIODS if key == name)
        named = name in wanted and name not in seen
        seen.add(name)
        parts += [_escape(title[last : found.start()]), f"(?P<{name}>{meaning})" if named else f"(?:{meaning})"]
        last = found.end()
    says = "".join([*parts, _escape(title[last:120])])
    if wanted - seen - {"flow"} or ("flow" in wanted - seen and any(column.is_flow for column in layout.columns)):
        return None
    return _dated(contract, layout, f"{layout.layout}_{day.year if day else 'b'}", {"says": [says]})


def dated_layout(contract: Contract, layout: Layout, day: dt.date) -> str:
    """The entry of a layout for the year of this day that has all else from a known one."""
    span = {"valid_from": f"{day.year}-01-01", "valid_to": f"{day.year}-12-31"}
    return _dated(contract, layout, f"{layout.layout}_{day.year}", span)


def _dated(contract: Contract, layout: Layout, name: str, fields: Mapping[str, object]) -> str:
    taken = {one.layout for one in contract.layouts}
    name = next(one for one in (name, *(f"{name}_{number}" for number in range(2, 1000))) if one not in taken)
    return _line({"layout": name, "like": layout.layout, **fields})


def is_sign(text: str) -> bool:
    """A cell that stands for a missing figure: a few signs and no word."""
    return _SIGN.fullmatch(text) is not None


def symbol_line(contract: Contract, layout: Layout, sign: str) -> str:
    """What to do about a sign that the contract does not know."""
    entry = f"{_quoted(squeeze(sign))}: not_reported"
    place = place_of(contract, layout, "symbols")
    whole = f"様式{_line_of(contract, layout, 'layout')}"
    where, line = (f"symbols{place}", entry) if place else (whole, f"symbols: {{{entry}}}")
    return (
        "公表元の凡例にある記号なら、その意味(秘匿なら suppressed、皆無・該当なし・不詳なら not_reported)で "
        f"{entry_of(contract, layout)} {where} に加えてください: {line}"
    )


def _line_of(contract: Contract, layout: Layout, field: str) -> str:
    path = FOLDER / contract.source / "contract.yaml"
    names = [one.layout for one in contract.layouts]
    if layout.layout not in names or not path.is_file():
        return ""
    return f"({yaml_lines.line_of(path, ['layouts', names.index(layout.layout), field])} 行目から)"


def entry_of(contract: Contract, layout: Layout) -> str:
    """Where a layout is stated."""
    return f"ingest/sources/{contract.source}/contract.yaml の {layout.layout} の"


def metadata_line(name: str, rest: str, known: re.Pattern[str] | None) -> str:
    """The entry for a line above the table. known: the pattern of that line with other values; the variable that it
    states keeps its name, so that a limit of the table is never dropped."""
    value = _escape(rest)
    if known is not None and known.groupindex:
        head, _, tail = value.rpartition(r"\|")
        variable = next(iter(known.groupindex))
        value = f"{head}{chr(92)}|(?P<{variable}>{tail})" if head else f"(?P<{variable}>{tail})"
    return f"{_quoted(_escape(name))}: {_quoted(value)}"
