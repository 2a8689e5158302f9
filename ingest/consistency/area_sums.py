"""Sums over areas inside one delivery.

Holds: municipalities against prefectures and these against the nation, and that a table of the country is whole. Does
not hold sums in a row (sums.py) or totals that stand between the rows (blocks.py).
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Literal

import numpy as np
import polars as pl

from sousei.ingest.areas.register import register
from sousei.ingest.consistency.keyed import MUNICIPAL, PREFECTURE, Keyed, differing, keys_of, words_of
from sousei.ingest.contract.model import Layout
from sousei.ingest.problems.record import SHOWN, Problem, problem

_COMPLETE = 0.8
"""Share of today's municipalities that a prefecture's rows must reach for its sum to be tested, in a table that is not
of the whole country. An extract of some municipalities is not wrong: a prefecture's cities and wards alone are up to
0.79 of them (東京都 49 of 62)."""
_WHOLE = 870
"""Municipalities, half of the country's, from which a table is one of the whole country."""
_MOST = 24
"""Prefectures, half of the country's, from which a table has all of them."""
_ALL = frozenset(f"{number:02}" for number in range(1, 48))
_NORTHERN = ("01695", "01696", "01697", "01698", "01699", "01700")


def of_country(rows: pl.DataFrame, layout: Layout, away: frozenset[str] | None) -> tuple[list[Problem], bool]:
    """(problems, whether the table is of the whole country): such a table lacks no prefecture but for those whose rows
    are put aside."""
    areas = rows.select("area_code", "area_level").unique().cast(pl.String).drop_nulls()
    levels = areas.group_by("area_level").agg("area_code")
    by_level = {level: set(codes) for level, codes in levels.iter_rows()}
    towns = set().union(*(by_level.get(level, set()) for level in MUNICIPAL))
    prefectures = {code[:2] for code in by_level.get("prefecture", set())}
    whole = len(towns) >= _WHOLE
    gone = {
        "row": _ALL - prefectures if len(prefectures) >= _MOST else frozenset(),
        "municipalities": _ALL - {code[:2] for code in towns} - set(layout.checks.undivided) if whole else frozenset(),
    }
    gone = {what: frozenset() if away is None else missing - away for what, missing in gone.items()}
    names = register().prefecture_of
    last = rows["row"].max()
    return [
        problem(
            "prefecture_missing.row" if what == "row" else "prefecture_missing.municipalities",
            sheet=rows["sheet"][0],
            row=last if isinstance(last, int) else None,
            count=len(missing),
            names="、".join(names.get(code, code) for code in sorted(missing)),
            codes=" ".join(sorted(missing)),
            there=47 - len(missing),
        )
        for what, missing in gone.items()
        if missing
    ], whole


def of_areas(keyed: Keyed, layout: Layout, country: bool, away: frozenset[str] | None) -> list[Problem]:
    municipal, prefectures = keyed.municipal, keyed.among("area_level", {"prefecture"})
    codes = keyed.rows["area_code"]
    listed = Counter(code[:2] for code in codes.filter(municipal).unique().drop_nulls())
    today = _today()
    complete = {pref for pref, count in listed.items() if pref in today and count >= _COMPLETE * today[pref]}
    complete |= _ALL if country else frozenset()
    complete -= _ALL if away is None else away
    whole = keyed.among("area_code", {code for code in words_of(codes) if code and code[:2] in complete})
    keys = [name for name in keys_of(layout) if name != "area_code"]
    missing_is_nothing = any(rule.missing_is_nothing for rule in layout.checks.sums)
    signs = np.ones(len(whole), dtype=np.int64)
    room: np.ndarray | float = 0.0
    if layout.checks.areas_remainder == "not_stated":
        room = np.where(keyed.among("age_group", {"total"}), 0.0, np.inf)

    def compare(
        keys: list[str],
        whole: np.ndarray,
        parts: np.ndarray,
        of: Literal["municipalities", "prefectures"],
        most: np.ndarray | float,
    ) -> list[Problem]:
        bad, tested = differing(keyed, keys, whole, parts, signs, missing_is_nothing, most, hidden=True)
        if bad.is_empty():
            return _outside(keyed, layout, tested)
        return [
            problem(
                "area_total_differs.of_municipalities"
                if of == "municipalities"
                else "area_total_differs.of_prefectures",
                sheet=keyed.rows["sheet"][0],
                row=item["row"],
                column_label=item["column_label"],
                area=item["area_name"],
                count=bad.height,
                added=item["added"],
                found=item[keyed.value],
            )
            for item in bad.head(SHOWN).iter_rows(named=True)
        ]

    inside = np.maximum(room, layout.checks.unassigned)
    problems = compare([PREFECTURE, *keys], prefectures & whole, municipal & whole, "municipalities", inside)
    if codes.filter(prefectures).n_unique() == 47:
        problems += compare(keys, keyed.among("area_level", {"nation"}), prefectures, "prefectures", room)
    return problems[:SHOWN]


def _outside(keyed: Keyed, layout: Layout, tested: pl.DataFrame) -> list[Problem]:
    """Persons of a prefecture who live in none of its municipalities, where the contract knows of some."""
    if not layout.checks.unassigned or tested.is_empty():
        return []
    at = tested.filter(pl.col("short") > 0)["at"].to_numpy()
    at = at[keyed.among("area_level", {"prefecture"})[at]]
    if not at.size:
        return []
    most = int(at[tested.filter(pl.col("at").is_in(at))["short"].to_numpy().argmax()])
    item = keyed.rows.row(most, named=True)
    persons = tested.filter(pl.col("at") == most)["short"][0]
    return [
        problem(
            "persons_outside_municipalities",
            sheet=keyed.rows["sheet"][0],
            row=item["row"],
            column_label=item["column_label"],
            area=item["area_name"],
            count=at.size,
            persons=persons,
            limit=layout.checks.unassigned,
        )
    ]


@cache
def _today() -> dict[str, int]:
    """Municipalities of each prefecture today, without the northern villages."""
    codes = {code for (_, name), code in register().code_of.items() if name and code not in _NORTHERN}
    return dict(Counter(code[:2] for code in codes & register().current))
