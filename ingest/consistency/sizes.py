"""Sizes inside one delivery: what is too large, too small, or not there.

Holds: items whose ratio or order is known, age classes that cannot be empty, women and men in old age. They find what
sums cannot: units, columns exchanged with their totals, rows slipped by a column. Does not hold sums (sums.py) or
rules over several deliveries or time (dbt tests).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.contract.rules import Ages, Larger, Ratio
from sousei.ingest.problems.record import SHOWN, Problem, problem

if TYPE_CHECKING:
    from sousei.ingest.consistency.keyed import Keyed

_OPEN = 999
"""Last age of a class without one."""
_EVENTS, _EVENTS_SHARE = 2, 0.01
"""Municipalities of a table, the larger of number and share, in which the smaller item may be the larger one for once:
one of 3,261 in 1999 (川崎村)."""
_MOST = 0.9
"""Share of a table's rows without which a ratio that is off is the table's, not that of a few impossible rows."""
_SEX = {"male": "男", "female": "女", "total": "男女計"}


def ratio(rows: pl.DataFrame, rule: Ratio, value: str) -> list[Problem]:
    """Two items that belong together: over the whole table a unit may be a thousand times off, in one row the cells
    may have slipped. rows: the raw table of one sheet."""
    index = ["row", "fiscal_year", "area_name", "area_level"]
    both = rows.filter(pl.col("item").is_in([rule.of, rule.to])).with_columns(pl.col("item").cast(pl.String))
    each = both.pivot(on="item", index=index, values=[value, "value_raw", "column_label"])
    if len(each.columns) < len(index) + 6:
        return []
    of, to = pl.col(f"{value}_{rule.of}"), pl.col(f"{value}_{rule.to}")
    apart = (of == 0) != (to == 0)
    if rule.rounded:
        apart &= of != 0
    outside = (of > 0) & (to > 0) & ~(of / to).is_between(rule.row_minimum, rule.row_maximum)
    uncounted = pl.lit(False)
    if rule.uncounted_until is not None:
        uncounted = (to == 0) & (of > 0) & (pl.col("fiscal_year") <= rule.uncounted_until)
    apart &= ~uncounted
    wrong = (of.is_null() != to.is_null()) | apart.fill_null(False) | outside.fill_null(False)
    whole = each.filter((pl.col("area_level") != "subtotal") & of.is_not_null() & to.is_not_null())
    found = _share(whole, of, to)
    if found is not None and not rule.minimum <= found <= rule.maximum:
        rest = whole.filter(~wrong)
        left = _share(rest, of, to)
        if rest.height < _MOST * whole.height or left is None or not rule.minimum <= left <= rule.maximum:
            return [_unit(rows, each, rule, found)]
    bad = each.filter(wrong).sort("row")
    told = each.filter(uncounted).sort("row")
    problems = [_row(rows["sheet"][0], item, value, bad.height, rule) for item in bad.head(SHOWN).iter_rows(named=True)]
    return problems + ([_uncounted(rows["sheet"][0], told, rule)] if told.height else [])


def _uncounted(sheet: str, told: pl.DataFrame, rule: Ratio) -> Problem:
    years = sorted(told["fiscal_year"].unique().to_list())
    names = "、".join(told["area_name"].unique(maintain_order=True).head(5).cast(pl.String))
    label = str(told[f"column_label_{rule.to}"][0]).split(" / ")[-1]
    return problem(
        "not_counted",
        sheet=sheet,
        row=told["row"][0],
        column_label=told[f"column_label_{rule.to}"][0],
        label=label,
        count=told.height,
        years=f"{years[0]}～{years[-1]}",
        names=names,
        to=rule.to,
        of=rule.of,
    )


def _share(pairs: pl.DataFrame, of: pl.Expr, to: pl.Expr) -> float | None:
    above, below = float(pairs.select(of.sum()).item()), float(pairs.select(to.sum()).item())
    return above / below if below else None


def _unit(rows: pl.DataFrame, each: pl.DataFrame, rule: Ratio, found: float) -> Problem:
    first = each.sort("row").row(0, named=True)
    return problem(
        "unit_suspect.too_small" if found < rule.minimum else "unit_suspect.too_large",
        sheet=rows["sheet"][0],
        row=first["row"],
        column_label=first[f"column_label_{rule.of}"],
        meaning_ja=rule.meaning_ja,
        of=rule.of,
        to=rule.to,
        ratio=found,
        minimum=rule.minimum,
        maximum=rule.maximum,
    )


def _row(sheet: str, item: dict[str, Any], value: str, count: int, rule: Ratio) -> Problem:
    figures = [(item[f"{value}_{name}"], item[f"value_raw_{name}"] or "") for name in (rule.to, rule.of)]
    cells = [shown.cell(raw) or "空欄" if number is None else f"{number:,}" for number, raw in figures]
    labels = [str(item[f"column_label_{name}"] or name).split(" / ")[-1] for name in (rule.to, rule.of)]
    return problem(
        "pair_differs",
        sheet=sheet,
        row=item["row"],
        column_label=item[f"column_label_{rule.of}"] or item[f"column_label_{rule.to}"],
        area=item["area_name"],
        label_to=labels[0],
        cell_to=cells[0],
        label_of=labels[1],
        cell_of=cells[1],
        to=rule.to,
        of=rule.of,
        count=count,
        meaning_ja=rule.meaning_ja,
        minimum=rule.row_minimum,
        maximum=rule.row_maximum,
    )


def larger(rows: pl.DataFrame, rule: Larger, value: str) -> list[Problem]:
    """Rows, and the municipalities together, in which the larger of two items is the smaller one: columns exchanged, or
    in a row whose `more` is of its ordinary size, an event that is told."""
    items = [rule.more, rule.less, *([rule.beside] if rule.beside else [])]
    both = rows.filter(pl.col("item").is_in(items)).with_columns(pl.col("item").cast(pl.String))
    each = both.pivot(on="item", index=["row", "area_name", "area_level"], values=[value, "column_label"])
    if len(each.columns) < 3 + 2 * len(items):
        return []
    more, less = pl.col(f"{value}_{rule.more}"), pl.col(f"{value}_{rule.less}")
    beside = pl.col(f"{value}_{rule.beside}")
    tested = (more + less >= rule.at_least) & (more < less)
    event = tested & (more >= rule.ordinary * beside).fill_null(False) if rule.beside else pl.lit(False)
    is_town = ~pl.col("area_level").is_in(["nation", "prefecture", "subtotal", "ward"])
    towns = each.filter(is_town)
    rare = towns.filter(event).height <= max(_EVENTS, _EVENTS_SHARE * towns.height)
    each = each.with_columns(ordinary=event & rare)
    together = each.filter(is_town & ~pl.col("ordinary")).select(
        pl.col("row").min(), pl.lit("この表の市区町村の合計").alias("area_name"), more.sum(), less.sum(),
        pl.col(f"column_label_{rule.more}").first(), pl.col(f"column_label_{rule.less}").first(),
        pl.lit(False).alias("ordinary"),
    )  # fmt: skip
    every = pl.concat([together, each.select(together.columns)], how="vertical_relaxed")
    bad = every.filter(tested).sort("ordinary", maintain_order=True)
    return [_larger(rows["sheet"][0], rule, value, item, bad) for item in bad.head(SHOWN).iter_rows(named=True)]


def _larger(sheet: str, rule: Larger, value: str, item: dict[str, Any], bad: pl.DataFrame) -> Problem:
    labels = {name: item[f"column_label_{name}"] for name in (rule.more, rule.less)}
    return problem(
        "bulk_registration" if item["ordinary"] else "columns_exchanged",
        sheet=sheet,
        row=item["row"],
        column_label=labels[rule.more],
        area=item["area_name"],
        label_less=labels[rule.less],
        label_more=labels[rule.more],
        less=rule.less,
        more=rule.more,
        count=bad.filter(pl.col("ordinary") == item["ordinary"]).height,
        number_less=item[f"{value}_{rule.less}"],
        number_more=item[f"{value}_{rule.more}"],
    )


def ages(keyed: Keyed, rule: Ages, of_total: list[str], beside: list[str]) -> list[Problem]:
    """Age classes without anybody, and men and women exchanged. of_total: keys that the classes have in common with
    their total; beside: keys of a class beside area and age."""
    spans = [[int(number) for number in re.findall(r"\d+", word or "")] for word in keyed.words("age_group")]
    first = np.array([span[0] if span else -1 for span in spans])[keyed.numbers["age_group"]]
    last = np.array([span[1] if len(span) == 2 else _OPEN for span in spans])[keyed.numbers["age_group"]]
    held = np.ones(len(first), dtype=bool)
    if rule.scopes and "scope" in keyed.numbers:
        held = keyed.among("scope", set(rule.scopes))
    total = keyed.among("age_group", {"total"})
    problems = _empty_rows(keyed, rule, of_total, held & (last <= rule.filled_to), total)
    problems = problems or _empty_classes(keyed, rule, beside, first >= 0, total)
    return problems + _sexes(keyed, rule, beside, held & (first >= rule.women_from))


def _empty_rows(keyed: Keyed, rule: Ages, keys: list[str], young: np.ndarray, total: np.ndarray) -> list[Problem]:
    at = np.flatnonzero(young & (keyed.figures == 0) & ~keyed.unknown)
    if not at.size:
        return []
    place = keyed.place(keys)
    persons = np.zeros(int(place.max()) + 1, dtype=np.int64)
    persons[place[total]] = keyed.figures[total]
    return _empty(keyed, at[persons[place[at]] >= rule.filled_from], rule.filled_from, in_row=True)


def _empty_classes(
    keyed: Keyed, rule: Ages, beside: list[str], classed: np.ndarray, total: np.ndarray
) -> list[Problem]:
    towns = keyed.municipal
    table, place = keyed.place(beside), keyed.place(["age_group", *beside])
    whole = np.flatnonzero(towns & total)
    persons = np.bincount(table[whole], keyed.figures[whole], int(table.max()) + 1)
    if not (persons >= rule.filled_table).any():
        return []
    empty = np.zeros(int(place.max()) + 1, dtype=bool)
    of_class = towns & classed & ~keyed.unknown
    empty[place[of_class]] = True
    empty[place[of_class & (keyed.figures > 0)]] = False
    if not empty.any():
        return []
    at = np.flatnonzero(of_class & empty[place])
    at = at[persons[table[at]] >= rule.filled_table]
    _, once = np.unique(place[at], return_index=True)
    return _empty(keyed, at[once], rule.filled_table, in_row=False)


def _empty(keyed: Keyed, at: np.ndarray, persons: int, *, in_row: bool) -> list[Problem]:
    bad = keyed.rows[at].sort("row", maintain_order=True)
    return [
        problem(
            "class_empty.row" if in_row else "class_empty.table",
            sheet=keyed.rows["sheet"][0],
            row=item["row"],
            column_label=item["column_label"],
            area=item["area_name"],
            age=item["age_group"],
            sex_ja=_SEX.get(item["sex"], ""),
            count=bad.height,
            text=shown.cell(item["value_raw"]),
            persons=persons,
        )
        for item in bad.head(SHOWN).iter_rows(named=True)
    ]


def _sexes(keyed: Keyed, rule: Ages, beside: list[str], old: np.ndarray) -> list[Problem]:
    """Areas, and the municipalities together, with more men than women in old age."""
    sexes = [np.flatnonzero(old & keyed.among("sex", {sex})) for sex in ("male", "female")]
    if not all(at.size for at in sexes):
        return []
    if keyed.unknown.any():  # an area of which one sex is not used says nothing in the sums of all areas either
        areas = keyed.place(["area"])
        unknown = np.isin(areas, areas[keyed.unknown & old])
        sexes = [at[~unknown[at]] for at in sexes]
    common = [name for name in beside if name != "sex"]
    bad: list[tuple[int, float, float]] = []
    for keys, rows in ((["area", *common], None), (common, keyed.municipal)):
        place = keyed.place(keys) if keys else np.zeros(len(old), dtype=np.int64)
        groups = [at if rows is None else at[rows[at]] for at in sexes]
        size = int(place.max()) + 1
        men, women = (np.bincount(place[at], keyed.figures[at], size) for at in groups)
        both = np.logical_and(*(np.bincount(place[at], minlength=size) > 0 for at in groups))
        for at in groups:
            both[place[at[keyed.missing[at]]]] = False
        wrong = np.flatnonzero(both & (men + women >= rule.women_persons) & (men > women))
        first = {int(place[at]): at for at in groups[0][::-1].tolist()} if wrong.size else {}
        bad += [(first[group], men[group], women[group]) for group in wrong.tolist() if group in first]
    problems = []
    for spot, more, fewer in sorted(bad)[:SHOWN]:
        item = keyed.rows.row(spot, named=True)
        problems.append(
            problem(
                "sexes_exchanged",
                sheet=keyed.rows["sheet"][0],
                row=item["row"],
                column_label=item["column_label"],
                area=item["area_name"],
                age=rule.women_from,
                men=more,
                women=fewer,
                count=len(bad),
            )
        )
    return problems
