"""Personal data at the door: refused before a byte is stored.

Holds: names of columns that only person records have, and the share of values with a valid check digit. Does not hold
any value in a message: column and count only. A hash of such a number is still the number by law, so none is made.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import polars as pl

from sousei.ingest.cells.grid import HEAD, Grid
from sousei.ingest.problems.record import Problem, Refusal, problem
from sousei.ingest.receive.headless import persons_without_head
from sousei.ingest.vocabulary.text import squeeze

_NUMBERS = re.compile(
    r".{0,8}(個人番号|マイナンバー|住民票コード|基礎年金番号|運転免許証番号|旅券番号|在留カード番号|被保険者番号|宛名番号)(\(.*\))?"
)
_PROTECTED = re.compile(
    r".{0,8}(個人番号|マイナンバー|住民票コード|基礎年金番号|運転免許証番号|旅券番号|在留カード番号|被保険者番号)(\(.*\))?"
)
_NOT_NUMBERS = re.compile(r"(個人番号|マイナンバー)(カード|制度|通知)")
_NAMES = re.compile(r"(氏名|姓名|本人氏名|世帯主氏名|住民氏名|漢字氏名|カナ氏名|氏名\(.*\))")
_ABOUT = re.compile(
    r"(生年月日?|続柄|世帯番号|個人住所|現住所|前住所|住所|本籍|電話番号|性別|年齢|フリガナ|ふりがな|カナ)(\(.*\))?"
)
_CALLED = re.compile(r"お?名前|フルネーム|担当者名?|代表者名?")
"""Headers that name a person only beside one of `_REACH`: a municipality has a 名前, too."""
_REACH = re.compile(
    r"(生年月日|個人住所|現住所|自宅住所|住所|電話(番号)?|TEL|携帯(電話)?(番号)?|メール(アドレス)?|E-?mail"
    r"|(職員|社員|会員|学籍|受付)番号|所属|役職|部署)(\(.*\))?",
    re.I,
)
PERSONAL = "personal_data"
"""Identifier of the problem that such a file has."""
CHANCE = 0.1
"""Share of random numbers that pass either check digit."""
SURE = 1e-5
"""A column is personal where this many valid digits would come by chance with less than this probability."""
_MY_NUMBER = "個人番号"
_SHORTEST = 11
_LONG = re.compile(r"[0-9０-９][0-9０-９\-‐－ 　]{9,16}[0-9０-９]")
_LONG_IN_COLUMN = rf"^[\s\x1c-\x1f]*{_LONG.pattern}[\s\x1c-\x1f]*$"
"""The same in the library's words, between all that `strip` takes away."""

_SIGNS = (r";|；", r"\t", r"\||｜", r"，", r"、", r":|：", r"[ 　]+")
"""What parts the fields of a text instead of commas."""
_LOOKED_AT = 5000
"""Lines of a text that are parted otherwise; a list of persons is known by its head and by fewer numbers."""


def valid_my_number(digits: str) -> bool:
    """Twelve digits whose last is the check digit of 個人番号."""
    return len(digits) == 12 and _check(digits[:-1]) == digits[-1]


def valid_resident_code(digits: str) -> bool:
    """Eleven digits whose last is the check digit of 住民票コード."""
    return len(digits) == 11 and _check(digits[:-1]) == digits[-1]


def _check(digits: str) -> str:
    total = sum(int(d) * (place + 1 if place <= 6 else place - 5) for place, d in enumerate(reversed(digits), start=1))
    rest = total % 11
    return "0" if rest <= 1 else str(11 - rest)


def find_personal(grid: Grid) -> list[Problem]:
    """Problems (severity warn: the file is refused, the night goes on) where a grid holds personal data, whatever parts
    the fields of a text."""
    if found := _find(grid):
        return found
    for parted in _parted_otherwise(grid):
        if found := _find(parted):
            return found
    return []


def _parted_otherwise(grid: Grid) -> Iterator[Grid]:
    """The table of a text for each sign that parts two lines or more of its head into as many fields."""
    if grid.widths is None:
        return
    stop = min(grid.height, _LOOKED_AT)
    columns = [grid.cells(place, 0, stop) for place in range(grid.width)]
    lines = [",".join(cell or "" for cell in row).rstrip(",") for row in zip(*columns, strict=True)]
    for sign in _SIGNS:
        rows = [re.split(sign, line) for line in lines]
        (width, times), *_ = Counter(len(row) for row in rows[:HEAD] if len(row) > 1).most_common(1) or [(0, 0)]
        if times < 2:
            continue
        # a head may have fewer fields: a name is parted where family and given name are
        held = [row for place, row in enumerate(rows) if len(row) == width or (place < HEAD and 1 < len(row) < width)]
        texts = zip(*([*row, *[""] * (width - len(row))] for row in held), strict=True)
        series = [pl.Series(text, dtype=pl.String) for text in texts]
        yield Grid("", len(series[0]), columns=series)


def _find(grid: Grid) -> list[Problem]:
    found: list[Problem] = []
    for cells in grid.head:
        words = [cell for cell in cells if cell]
        named = [w for w in words if _NUMBERS.fullmatch(w) and not _NOT_NUMBERS.search(w)]
        if named:
            found.append(_by_name(grid, named[0], grid.height))
            break
        name = next((w for w in words if _NAMES.fullmatch(w)), None)
        called = next((w for w in words if _CALLED.fullmatch(w)), None)
        reach = any(_REACH.fullmatch(w) for w in words)
        if (name and (reach or any(_ABOUT.fullmatch(w) for w in words))) or (called and reach):
            found.append(_by_name(grid, name or called or "", grid.height))
            break
    if not found and (rows := persons_without_head(grid)):
        found.append(problem("personal_data.without_head", sheet=grid.sheet, rows=rows))
    return found + _by_check_digits(grid)


def protected_headers(head: list[list[str]], rows: int) -> list[Problem]:
    """Problems where the first rows of a table of persons, squeezed, name numbers that the law protects. rows: how many
    are told."""
    words = [cell for cells in head for cell in cells if _PROTECTED.fullmatch(cell)]
    return [_by_name_text("", word, rows) for word in words if not _NOT_NUMBERS.search(word)][:1]


def _by_check_digits(grid: Grid) -> list[Problem]:
    return [
        _by_digits(grid, place, kind, count, of)
        for place in range(grid.width)
        for kind, count, of in _valid_shares(grid, place)
    ]


def find_personal_keys(document: Any) -> list[Problem]:
    """Problems where a JSON document has keys that only person records have."""
    todo, seen = [document], 0
    while todo and seen < 1_000_000:
        value = todo.pop()
        seen += 1
        if isinstance(value, dict):
            named = [key for key in value if _NUMBERS.fullmatch(squeeze(key)) and not _NOT_NUMBERS.search(squeeze(key))]
            if named:
                return [_by_name_text("", squeeze(named[0]), 0)]
            todo += value.values()
        elif isinstance(value, list):
            todo += value
    return []


def _valid_shares(grid: Grid, place: int) -> list[tuple[str, int, int]]:
    candidates: list[str] = []
    if grid.largest(place) >= 1e9:
        numbers = grid.numbers(place, 0, grid.height)
        assert numbers is not None
        large = numbers.filter((numbers >= 1e9) & (numbers < 1e12))
        candidates += [f"{int(value):011d}" for value in large.to_list() if value == int(value)]
    candidates += long_numbers(grid.long_texts(place, _SHORTEST))
    results = []
    for kind, length, valid in _CHECKED:
        of_length = [digits for digits in candidates if len(digits) == length]
        # a column of few values repeated says little: distinct values are counted
        distinct = set(of_length)
        count = sum(valid(digits) for digits in distinct)
        if count and _chance(count, len(distinct)) < SURE:
            results.append((kind, sum(valid(digits) for digits in of_length), len(of_length)))
    return results


def long_numbers(texts: Iterable[str]) -> list[str]:
    """The digits of those texts that are long numbers, with signs between them or none."""
    return [re.sub(r"\D", "", squeeze(text)) for text in texts if _LONG.fullmatch(text.strip())]


class LongNumbers:
    """Numbers that the law protects, by check digit, in a table of persons that comes in parts.

    As many different numbers of a column as TOGETHER are judged together, those that come later anew, each time with a
    smaller probability of chance, so that all of them together stay below twice SURE.
    """

    TOGETHER = 200_000

    def __init__(self) -> None:
        self._seen: dict[tuple[int, str], set[str]] = {}
        self._judged: Counter[tuple[int, str]] = Counter()

    def add(self, place: int, texts: pl.Series) -> None:
        """The different cells of a further part of a column. Raises Refusal where they are such numbers."""
        found = long_numbers(texts.filter(texts.str.contains(_LONG_IN_COLUMN)).to_list())
        for kind, length, valid in _CHECKED:
            seen = self._seen.setdefault((place, kind), set())
            seen.update(digits for digits in found if len(digits) == length)
            if len(seen) >= self.TOGETHER:
                self._judge(place, kind, valid)
                seen.clear()

    def finish(self) -> None:
        """Raises Refusal where a column has such numbers."""
        for place, kind in sorted(self._seen):
            self._judge(place, kind, next(valid for name, _, valid in _CHECKED if name == kind))

    def _judge(self, place: int, kind: str, valid: Callable[[str], bool]) -> None:
        seen = self._seen[place, kind]
        self._judged[place, kind] += 1
        time = self._judged[place, kind]
        count = sum(map(valid, seen))
        if count and _chance(count, len(seen)) < SURE / (time * (time + 1) if time > 1 else 1):
            raise Refusal(
                problem(
                    "personal_data.my_number" if kind == _MY_NUMBER else "personal_data.resident_code",
                    column_label=f"column {place + 1}",
                    place=place + 1,
                    of=len(seen),
                    count=count,
                )
            )


_CHECKED = ((_MY_NUMBER, 12, valid_my_number), ("住民票コード", 11, valid_resident_code))
"""Kind of number, its digits, its check."""


def _chance(count: int, of: int) -> float:
    """Probability that at least `count` of `of` random numbers are valid."""
    mean = of * CHANCE
    if of > 400:  # normal tail is close enough and cheap
        return 0.5 * math.erfc((count - 0.5 - mean) / math.sqrt(2 * mean * (1 - CHANCE)))
    return sum(math.comb(of, k) * CHANCE**k * (1 - CHANCE) ** (of - k) for k in range(count, of + 1))


def _by_name(grid: Grid, word: str, rows: int) -> Problem:
    return _by_name_text(grid.sheet, word, rows)


def _by_name_text(sheet: str, word: str, rows: int) -> Problem:
    return problem("personal_data.column", sheet=sheet, column_label=word[:16], word=word[:16], rows=rows)


def _by_digits(grid: Grid, place: int, kind: str, count: int, of: int) -> Problem:
    return problem(
        "personal_data.my_number" if kind == _MY_NUMBER else "personal_data.resident_code",
        sheet=grid.sheet,
        column_label=f"column {place + 1}",
        place=place + 1,
        of=of,
        count=count,
    )
