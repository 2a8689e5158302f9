"""A list of persons that has no head: known by its columns, without the words that name them.

Holds: the rule. Does not hold: lists with a head or with numbers that the law protects (personal.py). A published table
begins with a title or a head, so its first row holds no day of a birth; a list of facilities or of events has days too,
but they stand below a head.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sousei.ingest.cells.grid import Grid
from sousei.ingest.vocabulary.dates import parse_date
from sousei.ingest.vocabulary.text import squeeze

ROWS = 200
"""Rows that are looked at."""
FEWEST = 3
"""Rows below which a table is too short to be known by its columns."""
SHARE = 0.8
"""Share of a column's cells that must be of the kind; the rest may be blank or odd."""
SPAN_YEARS = 10
"""Births of a list of persons lie further apart; the days of a series or of this year's events do not."""
_SEXES = frozenset(["男", "女", "男性", "女性", "M", "F"])
_REACHED = re.compile(
    r".*([0-9]+番|[0-9]+号|[0-9]+丁目|[^0-9][0-9]+-[0-9]+(-[0-9]+)?)|0[0-9]{1,4}-?[0-9]{1,4}-?[0-9]{3,4}|.+@.+"
)
"""A street number, a telephone number or an address of mail, squeezed."""


def persons_without_head(grid: Grid) -> int:
    """Rows of a list of persons that begins with its first person; 0 where the grid is no such list.

    It is one where a column holds days over more than SPAN_YEARS from the first row on, and another one the sex, or
    where a person is reached (street, telephone, mail).
    """
    stop = min(grid.height, ROWS)
    if stop < FEWEST:
        return 0
    firsts = [squeeze(grid.cells(place, 0, 1)[0]) for place in range(grid.width)]
    born = [place for place, cell in enumerate(firsts) if _year(cell) and _are_births(_cells(grid, place, stop))]
    others = (_cells(grid, place, stop) for place in range(grid.width) if place not in born)
    is_told = born and any(_are(one, _SEXES.__contains__) or _are(one, _REACHED.fullmatch) for one in others)
    return grid.height if is_told else 0


def _cells(grid: Grid, place: int, stop: int) -> list[str]:
    return [squeeze(cell) for cell in grid.cells(place, 0, stop)]


def _are(cells: list[str], kind: Callable[[str], object]) -> bool:
    filled = [cell for cell in cells if cell]
    return len(filled) >= SHARE * len(cells) and sum(map(bool, map(kind, filled))) >= SHARE * len(filled)


def _are_births(cells: list[str]) -> bool:
    years = [year for cell in cells if (year := _year(cell)) is not None]
    return len(years) >= SHARE * len(cells) and max(years) - min(years) > SPAN_YEARS


def _year(cell: str) -> int | None:
    """The year of a text that is one day and nothing else."""
    if re.fullmatch(r"(19|20)[0-9]{6}", cell):
        cell = f"{cell[:4]}-{cell[4:6]}-{cell[6:]}"
    if not re.search(r"[0-9].*[^0-9].*[0-9]", cell):
        return None
    try:
        return parse_date(cell).year
    except ValueError:
        return None
