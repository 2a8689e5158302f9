"""A cell of a form as a person typed it -> its value, or why it cannot be told.

Holds: numbers with their sign, scale, unit and 約/以上 beside them, years, days, months, codes, flags and words of a
list. Does not hold: what a row means (the source's reader). Nothing is guessed: what has two meanings is refused with
what to write.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from sousei.ingest.areas import shown, typed_codes
from sousei.ingest.areas.register import Register
from sousei.ingest.forms.model import Column, codes, words
from sousei.ingest.vocabulary.dates import ERAS
from sousei.ingest.vocabulary.text import squeeze
from sousei.ingest.vocabulary.written_dates import written


class Wrong(Exception):
    """A cell that cannot be read. name: entry of the catalogue of problems; values: what its texts fill in."""

    def __init__(self, name: str, **values: object) -> None:
        super().__init__(name)
        self.name, self.values = name, values


class Number(NamedTuple):
    """A number and what stood beside it: '~', '>=', '>', '<=', '<', or '' where it is exact."""

    value: Decimal
    comparator: str = ""


_SCALES = {
    "": 1,
    "十": 10,
    "百": 100,
    "千": 1000,
    "万": 10_000,
    "百万": 10**6,
    "千万": 10**7,
    "億": 10**8,
    "兆": 10**12,
}
_BEFORE = {"約": "~", "およそ": "~", "おおよそ": "~", "おおむね": "~", "概ね": "~", "≧": ">=", ">=": ">=", ">": ">"}
_BEFORE |= {"≦": "<=", "<=": "<=", "<": "<", "≥": ">=", "≤": "<=", "延べ": "", "のべ": ""}
_AFTER = {
    "以上": ">=",
    "超": ">",
    "を超える": ">",
    "以下": "<=",
    "未満": "<",
    "程度": "~",
    "余り": ">",
    "弱": "~",
    "強": "~",
}
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_PIECE = re.compile(rf"({_DIGITS})(百万|千万|[十百千万億兆]?)")
_BODY = re.compile(rf"(?P<sign>[△▲+-]?)(?P<body>(?:{_DIGITS}(?:百万|千万|[十百千万億兆]?))+)(?P<unit>\D*)")
_YEAR = re.compile(
    r"(?:FY)?(?:(明治|大正|昭和|平成|令和|[MTSHR])\.?(元|\d{1,2})|(\d{4}))(?:年度?|\.0+)?", re.IGNORECASE
)
_MONTH = re.compile(
    r"(?:(明治|大正|昭和|平成|令和|[MTSHR])\.?(元|\d{1,2})|(\d{4}))(?:年(\d{1,2})月|[-/](\d{1,2})|\.(\d{2})|(\d{2}))"
)
_LETTERS = {"M": "明治", "T": "大正", "S": "昭和", "H": "平成", "R": "令和"}
_LONGEST = {"明治": 45, "大正": 15, "昭和": 64, "平成": 40, "令和": 99}
_PARTED = re.compile(r"[\d,.]\s+[\d,.]")
_ID = re.compile(r"[\w][\w.:-]{0,79}")
_YES = {"○", "〇", "◯", "◎", "レ", "✓", "1", "1.0", "true", "はい", "有", "yes"}
_NO = {"", "×", "0", "0.0", "false", "いいえ", "無", "no", "-"}
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_PLACES = Decimal("0.00000001")
_LARGEST = Decimal(10) ** 19
_WIDEST = 20_000


def number(text: str, unit: str = "") -> Number:
    """A number as people type it. unit: of the row; the text may carry it, or a scale of it (460千人 for 人).

    Raises Wrong.
    """
    plain = squeeze(text)
    comparator = ""
    for word, sign in _BEFORE.items():
        if plain.startswith(word):
            plain, comparator = plain[len(word) :], sign
            break
    for word, sign in _AFTER.items():
        if plain.endswith(word):
            plain, comparator = plain[: -len(word)], sign or comparator
            break
    if plain.startswith("(") and plain.endswith(")"):
        plain = f"-{plain[1:-1]}"
    found = _BODY.fullmatch(plain)
    if not found or _PARTED.search(text):
        raise Wrong("form_number", text=_shown(text))
    body = sum((_piece(one) for one in _PIECE.finditer(found["body"])), Decimal(0))
    told = found["unit"]
    own_scale, own = parted_unit(unit)
    if told and bare_unit(told) not in {bare_unit(own), bare_unit(squeeze(unit))}:
        raise Wrong("form_unit", text=_shown(text), unit=unit or "なし")
    scaled = any(one[2] for one in _PIECE.finditer(found["body"]))
    if own_scale != 1 and (scaled or (told and bare_unit(told) == bare_unit(own))):
        body = body / own_scale
    if scaled and not told and own_scale == 1 and not own:
        raise Wrong("form_number", text=_shown(text))
    value = -body if found["sign"] in {"△", "▲", "-"} else body
    if abs(value) >= _LARGEST or (value != value.quantize(_PLACES) and abs(value - value.quantize(_PLACES)) > _RESIDUE):
        raise Wrong("form_number", text=_shown(text))
    return Number(value.quantize(_PLACES), comparator)


_RESIDUE = Decimal("0.0000000051")
"""Half of the last digit that is kept: the residue of binary floats."""


def _piece(one: re.Match[str]) -> Decimal:
    return Decimal(one[1].replace(",", "")) * _SCALES[one[2]]


def parted_unit(unit: str) -> tuple[int, str]:
    """(scale, rest) of a unit: 億円 -> 100000000, 円."""
    plain = squeeze(unit)
    for word in sorted(_SCALES, key=len, reverse=True):
        if word and plain.startswith(word) and len(plain) > len(word):
            return _SCALES[word], plain[len(word) :]
    return 1, plain


def bare_unit(unit: str) -> str:
    """A unit without what is in its brackets and with one word for persons."""
    plain = re.sub(r"\(.*?\)", "", squeeze(unit))
    return {"名": "人", "パーセント": "%", "ポイント": "%", "pt": "%", "t": "t", "トン": "t"}.get(plain, plain)


def year(text: str) -> int:
    """A calendar or fiscal year: 令和6年度, R6, 2024, 平成31年. Raises Wrong."""
    found = _YEAR.fullmatch(squeeze(text).upper())
    if found:
        value = int(found[3]) if found[3] else _of_era(found[1], found[2])
        if _FIRST_YEAR <= value <= _LAST_YEAR:
            return value
    raise Wrong("form_year", text=_shown(text))


def _of_era(era: str, count: str) -> int:
    name = _LETTERS.get(era, era)
    number = 1 if count == "元" else int(count)
    return ERAS[name] + number - 1 if 1 <= number <= _LONGEST[name] else 0


def day(text: str) -> dt.date:
    """A day. Raises Wrong."""
    found = written(text)
    if found.kind != "read" or found.day is None:
        raise Wrong("form_date", text=_shown(text))
    return found.day


def month(text: str) -> dt.date:
    """The first day of a month: 2021年10月, R3.10, 2021-10, or a day of it. Raises Wrong."""
    found = _MONTH.fullmatch(squeeze(text).upper())
    if found:
        western = int(found[3]) if found[3] else _of_era(found[1], found[2])
        number = int(found[4] or found[5] or found[6] or found[7])
        if _FIRST_YEAR <= western <= _LAST_YEAR and 1 <= number <= 12:
            return dt.date(western, number, 1)
    elif (whole := written(text)).kind == "read" and whole.day:
        return whole.day.replace(day=1)
    raise Wrong("form_month", text=_shown(text))


def municipality(text: str, known: Register) -> str:
    """The five-digit code. Raises Wrong, also where a lost zero makes it two municipalities'."""
    found = typed_codes.meanings(text, known)
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        several = "・".join(f"{code} {min(known.names_of[code])}" for code in found)
        raise Wrong("form_code.two", text=_shown(text), several=several)
    raise Wrong("form_code.none", text=_shown(text))


def chosen(text: str, name: str, others: Iterable[str] = ()) -> str:
    """The code of a word of a list, or one of `others` as it stands. Raises Wrong with the nearest word."""
    plain = squeeze(text)
    known = codes(name)
    if plain in known:
        return known[plain]
    if plain in set(others):
        return plain
    raise Wrong("form_choice", text=_shown(text), words="・".join(words(name).values()), near=near(plain, known))


def near(text: str, known: Iterable[str]) -> str:
    """'「x」のことですか。' for the nearest of the known words; '' where none is near."""
    best = difflib.get_close_matches(text, list(known), n=1, cutoff=0.6)
    return f"「{best[0]}」のことですか。" if best else ""


def flag(text: str) -> bool:
    """○ or blank. Raises Wrong."""
    plain = squeeze(text).lower()
    if plain in _YES or plain in _NO:
        return plain in _YES
    raise Wrong("form_flag", text=_shown(text))


def name(text: str) -> str:
    """A short name (an ID) in one spelling. Raises Wrong."""
    plain = re.sub(r"^(\d+)\.0$", r"\1", squeeze(text))
    if not _ID.fullmatch(plain):
        raise Wrong("form_id", text=_shown(text))
    return plain


def typed(column: Column, text: str, known: Register, unit: str = "", lists: Mapping[str, Iterable[str]] = {}) -> Any:
    """The value of a cell that is not blank; a Number for a number. lists: more words of a list of this workbook.

    Raises Wrong.
    """
    match column.type:
        case "text":
            if len(text) > _WIDEST:
                raise Wrong("form_text", most=_WIDEST)
            return text.strip()
        case "id":
            return name(text)
        case "indicator":
            return squeeze(text)
        case "municipality":
            return municipality(text, known)
        case "number" | "integer":
            found = number(text, column.unit or unit)
            if column.type == "integer" and (found.comparator or found.value != found.value.to_integral_value()):
                raise Wrong("form_integer", text=_shown(text))
            return found
        case "year":
            return year(text)
        case "date":
            return day(text)
        case "month":
            return month(text)
        case "flag":
            return flag(text)
        case "choice":
            return chosen(text, column.list, lists.get(column.list, ()))


def _shown(text: str) -> str:
    """A cell for a message: a short name as it stands, else what `shown.cell` lets be seen."""
    plain = squeeze(text)
    is_name = re.fullmatch(r"[A-Za-z0-9_.:-]{1,40}", plain) and re.search(r"[\d_]", plain)
    return plain if is_name and not re.search(r"\d{9,}", plain) else shown.cell(text)
