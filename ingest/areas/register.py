"""Which area a row is about.

Holds: codes and names of rows -> five-digit code, name, level; looking a code up by prefecture and name; comparing a
name with its code. Does not hold the list of municipalities (dbt_project/seeds/municipalities.csv and
municipality_changes.csv), spellings (spellings.py) or crosswalks over mergers (the warehouse).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from sousei.foundation.home import SEEDS
from sousei.ingest.areas import spellings

SEED_FILES = ("dbt_project/seeds/municipalities.csv", "dbt_project/seeds/municipality_changes.csv")
"""What the register is made from."""
_PARTS = r"^(特別区部?|.*[市郡区]部|.*地区)$"
"""Names that end like a municipality's and are parts of a prefecture or a municipality (市部, 人口集中地区)."""


class Register(NamedTuple):
    """Codes by (prefecture, name), names by code (every name it has had), prefecture names by two digits,
    codes in use today, codes by name (every code that has had it)."""

    code_of: dict[tuple[str, str], str]
    names_of: dict[str, frozenset[str]]
    prefecture_of: dict[str, str]
    current: frozenset[str]
    codes_of: dict[str, frozenset[str]]

    def agrees(self, code: str, name: str) -> bool | None:
        """Whether a name as published may stand beside a code. False: the name is another area's, of any prefecture.
        None: nothing can be said: the name is nobody's (older than the list of changes), a ward's short name (中央区)
        beside a code that is not known, or the name of a village whose town the code is (大里村, 大里町)."""
        plain = self._bare(name)
        known, others = self.names_of.get(code, frozenset()), self.codes_of.get(plain, frozenset())
        if plain in known:
            return True
        if code[:2] in {other[:2] for other in others}:
            return False
        if others and not (plain.endswith("区") and not known) and plain[:-1] not in {one[:-1] for one in known}:
            return False
        return True if any(plain.endswith(one) for one in known) else None

    def restored(self, code: str, name: str) -> str | None:
        """A name in which private-use characters stand, with those of the code's own name; None where no name of the
        code has the same characters otherwise. A district before it that has such characters is left out."""
        bare = self._bare(name)
        pattern = re.compile("".join("(.)" if _is_private(sign) else re.escape(sign) for sign in bare))
        found = next((match for one in sorted(self.names_of.get(code, ())) if (match := pattern.fullmatch(one))), None)
        if found is None:
            return None
        signs = iter(found.groups())
        read = "".join(next(signs) if _is_private(sign) else sign for sign in bare)
        before = name[: len(name) - len(bare)]
        return read if any(map(_is_private, before)) else before + read

    def places_of(self, name: str) -> list[str]:
        """Prefecture, name and code of every area that has or had a name: 北海道根室市(01223)."""
        plain = self._bare(name)
        codes = sorted(self.codes_of.get(plain, ()))
        current = [code for code in codes if code in self.current] or codes
        return [f"{self._where(code, plain)}({code})" for code in current]

    def prefecture_named(self, text: str) -> str | None:
        """Two digits of a prefecture as published; 県 may be left out (鹿児島, 岡山)."""
        names = self.prefecture_of.items()
        return next((code for code, name in names if text == name or (text and text == name[:-1])), None)

    def _where(self, code: str, plain: str) -> str:
        prefecture = self.prefecture_of.get(code[:2], "")
        return plain if plain == prefecture else prefecture + plain

    def _bare(self, name: str) -> str:
        """A name for comparison, without the prefecture and the district before it."""
        where = next((one for one in self.prefecture_of.values() if name.startswith(one) and name != one), "")
        return plain_name(re.sub(r"^[^市町村]{1,5}郡(?=.+[町村]$)", "", name.removeprefix(where)))


def _is_private(sign: str) -> bool:
    """A character of the publisher's own, which means nothing outside its fonts."""
    return unicodedata.category(sign) == "Co"


def plain_name(name: str) -> str:
    """A name for comparison: one spelling per character."""
    return name if name.isascii() else name.translate(spellings.characters())


def build_register(current: pl.DataFrame, changes: pl.DataFrame | None = None) -> Register:
    """Register from the seeds' columns: municipality_code, prefecture_name_ja, name_ja; old_code, old_name_ja,
    new_code, new_name_ja. An old name leads to its code only where no current one in the prefecture has that name.

    Raises ValueError where the table of spellings makes two of today's names in one prefecture the same."""
    code_of: dict[tuple[str, str], str] = {}
    names: dict[str, set[str]] = defaultdict(set)
    prefecture: dict[str, str] = {}
    written: dict[tuple[str, str], str] = {}
    for code, where, name in current.select("municipality_code", "prefecture_name_ja", "name_ja").iter_rows():
        names[code].add(plain_name(name))
        prefecture[code[:2]] = where
        # 北海道 has two 泊村: the code in use (01403) comes before the northern village (01696)
        code_of.setdefault((where, "" if code.endswith("000") else plain_name(name)), code)
        if (other := written.setdefault((where, plain_name(name)), name)) != name:
            raise ValueError(f"spelling_table: {where}の「{other}」と「{name}」が同じ名前になります / become one name")
    if changes is not None:
        columns = ("old_code", "old_name_ja", "new_code", "new_name_ja")
        for old_code, old_name, new_code, new_name in changes.select(columns).iter_rows():
            for code, name in ((old_code, old_name), (new_code, new_name)):
                if code and name:
                    names[code].add(plain_name(name))
            if old_name and old_code and new_code in names and old_code[:2] in prefecture:
                code_of.setdefault((prefecture[old_code[:2]], plain_name(old_name)), old_code)
    for code, name in spellings.names():
        if code in names:
            names[code].add(plain_name(name))
    codes: dict[str, set[str]] = defaultdict(set)
    for code, known in names.items():
        for name in known:
            codes[name].add(code)
    return Register(
        code_of,
        {code: frozenset(known) for code, known in names.items()},
        prefecture,
        frozenset(current["municipality_code"].to_list()),
        {name: frozenset(having) for name, having in codes.items()},
    )


@cache
def register() -> Register:
    """The register of dbt_project/seeds.

    Raises FileNotFoundError where municipalities.csv is not there.
    """
    changes = SEEDS / "municipality_changes.csv"
    return build_register(_csv(SEEDS / "municipalities.csv"), _csv(changes) if changes.exists() else None)


def _csv(path: Path) -> pl.DataFrame:
    return pl.read_csv(path, infer_schema=False)


def level_of() -> pl.Expr:
    """Level of a row from its columns code5, name, prefecture, is_nation, kind_level (an explicit level, or null)."""
    code, name = pl.col("code5"), pl.col("name")
    base = name.str.replace(r"\([^)]*\)$", "")
    former = name.str.contains(r"^\(旧") | code.str.contains(r"[A-Z]")
    in_hundreds = code.str.slice(2, 1) == "1"
    tokyo = code.str.starts_with("13")
    return (
        pl.when(pl.col("is_nation"))
        .then(pl.lit("nation"))
        .when(pl.col("kind_level").is_not_null())
        .then(pl.col("kind_level"))
        .when(former)
        .then(pl.lit("former_municipality"))
        .when(code.str.contains(r"^\d{2}000$"))
        .then(pl.lit("prefecture"))
        .when(~base.str.contains(r"[市町村区]$") | code.is_null() | base.str.contains(_PARTS))
        .then(pl.lit("subtotal"))
        .when(in_hundreds & base.str.contains(r"市$"))
        .then(pl.lit("designated_city"))
        .when(in_hundreds & ~tokyo & base.str.contains(r"区$"))
        .then(pl.lit("ward"))
        .otherwise(pl.lit("municipality"))
    )
