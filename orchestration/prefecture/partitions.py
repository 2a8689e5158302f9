"""Which prefecture a delivery belongs to before it was read: a guess that spreads work and decides no figure.

Holds: the partitions, and where a delivery goes by the place in which it lay in landing. Does not hold: what a delivery
is about (its content says so, when it is read).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import PurePosixPath

import dagster as dg

from sousei.ingest.areas.register import Register, register

NATION = "00"
"""Deliveries whose place names no prefecture: tables of the whole country, and what lies loose."""
PREFECTURES = dg.StaticPartitionsDefinition([NATION, *(f"{number:02}" for number in range(1, 48))])
_BETWEEN = re.compile(r"[\s_\-.（）()\[\]・]+")


@cache
def partition_of(place: str) -> str:
    """Partition of a delivery by its path below landing: `01/…`, `北海道/…`, `根室市/…`, `…/01223_2026.csv`.

    The first word that names a prefecture or a municipality of only one counts, folders before the file.
    """
    *folders, file = PurePosixPath(place).parts or ("",)
    known = register()
    words = [(word, number == 0) for part in folders for number, word in enumerate(_BETWEEN.split(part))]
    words += [(word, False) for word in _BETWEEN.split(file)]
    return next(filter(None, (_named(known, *word) for word in words)), NATION)


def _named(known: Register, word: str, is_first_of_a_folder: bool) -> str | None:
    if word.isascii() and word.isdecimal():
        if len(word) == 2 and is_first_of_a_folder and word in known.prefecture_of:
            return word
        return word[:2] if len(word) in (5, 6) and word[:5] in known.names_of else None
    if found := known.prefecture_named(word):
        return found
    prefectures = {code[:2] for code in known.codes_of.get(word, ())}
    return prefectures.pop() if len(prefectures) == 1 else None
