"""The true figures that the samples are written from: reading and checking them.

Holds: the two cities, rows of a figures file, sums that must match. Does not hold a layout (its source's
module).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

Row = dict[str, str]

CITIES = {
    "01223": ("012238", "北海道", "根室市"),
    "03211": ("032115", "岩手県", "釜石市"),
}
PREFECTURES = {"01000": "北海道", "03000": "岩手県"}

SEXES = {"total": ("0", "総数"), "male": ("1", "男"), "female": ("2", "女")}
FIVE_YEAR_AGES = [f"{age}～{age + 4}歳" for age in range(0, 85, 5)]


class FiguresDisagreeError(ValueError):
    """A total among the figures does not match its parts; nothing may be written from them."""


def read_figures(folder: Path, name: str) -> list[Row]:
    """Rows of one figures file; lines that start with `#` are comments."""
    text = (folder / name).read_text(encoding="utf-8-sig")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return list(csv.DictReader(lines))


def whole(text: str) -> int:
    """An integer that a spreadsheet may have printed as `24858.0`."""
    number = Decimal(text)
    if number != number.to_integral_value():
        raise FiguresDisagreeError(f"not a whole number: {text}")
    return int(number)


def must_match(what: str, total: int, parts: Iterable[int]) -> None:
    """Raise FiguresDisagreeError where `total` is not the sum of `parts`."""
    found = sum(parts)
    if total != found:
        raise FiguresDisagreeError(f"{what}: total {total}, parts {found}")
