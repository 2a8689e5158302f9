"""Sums inside one delivery, and the order of its checks.

Holds: totals against parts in a row (sex, age, flows), and the same key twice. Does not hold sums over areas
(area_sums.py), sizes (sizes.py), columns that are read for checking only (across.py), rules over several deliveries or
time (dbt tests) or single cells (figures.py).
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from sousei.ingest.areas.register import register
from sousei.ingest.consistency import sizes
from sousei.ingest.consistency.area_sums import of_areas, of_country
from sousei.ingest.consistency.blocks import blocks
from sousei.ingest.consistency.keyed import (
    AREA,
    MUNICIPAL,
    PREFECTURE,
    Equation,
    Keyed,
    differing,
    keyed_of,
    keys_of,
    other_keys,
)
from sousei.ingest.contract.model import Layout
from sousei.ingest.contract.rules import Sum
from sousei.ingest.decided.named import UNKNOWN
from sousei.ingest.problems.record import SHOWN, Problem, problem
from sousei.ingest.recognise.headers import UNITS
from sousei.ingest.tables import schema_of
from sousei.ingest.vocabulary.dates import ERA_YEAR


def check(
    rows: pl.DataFrame,
    layout: Layout,
    value: str,
    gone: frozenset[str] | None = frozenset(),
    broken_sums: list[Equation] | None = None,
) -> tuple[pl.DataFrame, list[Problem]]:
    """(rows with nothing counted twice, problems) of one sheet's rows (raw table with `sheet`, texts coded or not, with
    or without the columns of `named.applied`).

    The same key with the same value again is dropped with a warning; with another value it is refused. A figure that is
    not used is unknown: what it belongs to is not compared. gone: prefectures that lack rows which were named because
    they cannot be read; None: any may. broken_sums: takes the equations that do not hold.
    """
    if rows.is_empty():
        return rows, [_no_rows(layout)]
    once, problems = twice(rows, layout, value)
    if _refused(problems):
        return rows, problems
    rows = once
    rules = layout.checks
    keyed = keyed_of(rows, layout, value) if rules.sums or rules.areas or rules.ages else None
    if keyed is not None and broken_sums is not None:
        keyed = keyed._replace(broken=broken_sums)
    broken: list[Problem] = []
    if keyed is not None:
        for rule in rules.sums:
            broken += _sum(keyed, layout, rule)
    in_use = _in_use(rows)
    for ratio in rules.ratios:
        broken += sizes.ratio(in_use, ratio, value)
    for larger in rules.larger:
        broken += sizes.larger(in_use, larger, value)
    if rules.blocks:
        broken += blocks(rows, layout, value, gone)
    if keyed is not None and rules.ages and not _refused(broken):
        broken += sizes.ages(keyed, rules.ages, _age_keys(layout), other_keys(layout, "age_group"))
    whole = False
    if rules.areas or rules.nationwide:
        missing, whole = of_country(keyed.once(["area_level", "area_code"]) if keyed else rows, layout, gone)
        broken += missing
    stopped = _refused(broken)
    if keyed is not None and rules.areas and (not stopped or keyed.broken):
        wide = of_areas(
            keyed, layout, whole, gone
        )  # after other faults only its equations count, to find the one figure
        broken += [] if stopped else wide
    return rows, problems + broken


def _refused(problems: list[Problem]) -> bool:
    return any(found["severity"] == "gate" for found in problems)


def _in_use(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows without those of the file in which a figure is not used, year by year."""
    if UNKNOWN not in rows.columns or not rows[UNKNOWN].any():
        return rows
    group = [name for name in ("row", "fiscal_year") if name in rows.columns]
    return rows.filter(~pl.col(UNKNOWN).any().over(group))


def _no_rows(layout: Layout) -> Problem:
    return problem("no_rows", raw_table=layout.raw_table)


def twice(rows: pl.DataFrame, layout: Layout, value: str) -> tuple[pl.DataFrame, list[Problem]]:
    """The same key twice. Subtotals and former municipalities may share a code with others, so their names count."""
    keys = keys_of(layout)
    named = [*keys, "area_name"] if "area_name" in rows.columns else keys
    if UNKNOWN in rows.columns:  # of two rows with one key the one that is not used gives way
        rows = rows.filter(~pl.col(UNKNOWN) | pl.col(UNKNOWN).all().over(named))
    # hashes that meet by chance only lead to the exact count below
    if rows.select(named).hash_rows().n_unique() == rows.height:
        return rows, []
    again = (
        rows.group_by(named)
        .agg(pl.len().alias("n"), pl.col(value).n_unique().alias("values"), pl.col("row").max())
        .filter(pl.col("n") > 1)
        .sort(pl.col("values") > 1, "row", descending=[True, False])  # those that stop the file are never cut off
    )
    problems = []
    for item in again.head(SHOWN).iter_rows(named=True):
        problems.append(
            problem(
                "key_twice" if item["values"] > 1 else "row_twice",
                sheet=rows["sheet"][0],
                row=item["row"],
                count=item["n"],
                key=" ".join(str(item[name]) for name in named if item[name] is not None),
            )
        )
    return rows.unique(subset=named, keep="first", maintain_order=True), problems


def _age_keys(layout: Layout) -> list[str]:
    """Keys that the age classes of one sex and place have in common."""
    down = any(column.role == "age" for column in layout.columns)
    across = not down and "year" not in schema_of(layout.raw_table)
    return ["row", "sex"] if across else [AREA, *other_keys(layout, "age_group")]


def _sum(keyed: Keyed, layout: Layout, rule: Sum) -> list[Problem]:
    over = rule.over
    others = {word for word in keyed.words(over) if word is not None} - {rule.total}
    taken_off = {part[1:] for part in rule.parts if part.startswith("-")}
    named = {part.lstrip("-") for part in rule.parts}
    whole, parts = keyed.among(over, {rule.total}), keyed.among(over, named or others)
    if rule.scopes:
        whole &= keyed.among("scope", set(rule.scopes))
    if over == "item":
        keys = ["row"]
    elif over == "age_group":
        keys = _age_keys(layout)
    else:
        keys = [AREA, *other_keys(layout, over)]
    signs = np.where(keyed.among(over, taken_off), -1, 1) if taken_off else np.ones(len(whole), dtype=np.int64)
    if rule.missing_refused and (problems := _gaps(keyed, layout, rule, keys, whole, parts)):
        return problems
    room = _room(keyed, rule)
    bad, tested = differing(keyed, keys, whole, parts, signs, rule.missing_is_nothing, room, len(rule.parts))
    total_ja, parts_ja = _labels(keyed, rule)
    problems = [
        problem(
            "total_differs_from_parts.row",
            sheet=keyed.rows["sheet"][0],
            row=item["row"],
            column_label=item["column_label"],
            area=item["area_name"],
            total_ja=total_ja,
            parts_ja=parts_ja,
            total=rule.total,
            parts="+".join(rule.parts) or over,
            count=bad.height,
            added=item["added"] if rule.remainder == "none" else f"{item['added']} .. {item['most']}",
            found=item[keyed.value],
        )
        for item in bad.head(SHOWN).iter_rows(named=True)
    ]
    return problems or _remainders(keyed, layout, rule, tested)


def _room(keyed: Keyed, rule: Sum) -> np.ndarray | float:
    """How far each total may lie above the sum of its parts."""
    if rule.remainder == "none":
        return 0.0
    if rule.at_most is None:
        return np.inf
    room = np.maximum(rule.at_most, rule.share * keyed.figures)
    return room if rule.share else np.where(keyed.among("area_level", MUNICIPAL | {"ward"}), room, np.inf)


def _labels(keyed: Keyed, rule: Sum) -> tuple[str, str]:
    """(total, parts) as the table's own headers call them."""
    if rule.over != "item":
        what = "男女" if rule.over == "sex" else "年齢階級"
        return "総数", what
    first = keyed.rows.select("item", "column_label").unique("item", keep="first").cast(pl.String)
    known = {item: _label(label) for item, label in first.iter_rows()}
    parts = [(part.startswith("-"), known.get(part.lstrip("-"), part)) for part in rule.parts]
    shown = "".join(f"{'－' if minus else '＋'}「{label}」" for minus, label in parts)
    return f"「{known.get(rule.total, rule.total)}」", shown.lstrip("＋")


def _label(label: str) -> str:
    """A header's path without its years and unit."""
    parts = [part for part in label.split(" / ") if part not in UNITS and not re.fullmatch(rf"{ERA_YEAR}度?", part)]
    return " ".join(parts) or label


def _gaps(
    keyed: Keyed, layout: Layout, rule: Sum, keys: list[str], whole: np.ndarray, parts: np.ndarray
) -> list[Problem]:
    """Totals and parts of which some are missing and some are not."""
    place = keyed.place(keys)
    size = int(place.max()) + 1
    either = whole | parts
    if not (gaps := np.flatnonzero(either & keyed.missing)).size:
        return []
    missing = np.bincount(place[gaps], minlength=size)
    every, wholes = np.bincount(place[either], minlength=size), np.bincount(place[whole], minlength=size)
    mixed = (wholes > 0) & (missing > 0) & (missing < every)
    mixed[place[either & keyed.unknown]] = False
    bad = keyed.rows[gaps[mixed[place[gaps]]]].sort("row", maintain_order=True)
    return [
        problem(
            "part_missing",
            sheet=keyed.rows["sheet"][0],
            row=item["row"],
            column_label=item["column_label"],
            area=item["area_name"],
            text=item["value_raw"],
            count=bad.height,
        )
        for item in bad.head(SHOWN).iter_rows(named=True)
    ]


def _remainders(keyed: Keyed, layout: Layout, rule: Sum, tested: pl.DataFrame) -> list[Problem]:
    """Remainders of a prefecture's municipalities, each of them small, that are too many together."""
    if not rule.share or tested.is_empty():
        return []
    at = tested.filter(pl.Series(keyed.municipal[tested["at"].to_numpy()]))["at"].to_numpy()
    short = tested.filter(pl.Series(keyed.municipal[tested["at"].to_numpy()]))["short"].to_numpy()
    place = keyed.place([PREFECTURE, *other_keys(layout, rule.over)])
    size = int(place.max()) + 1
    sums, totals = np.zeros(size), np.zeros(size)
    np.add.at(sums, place[at], short)
    np.add.at(totals, place[at], keyed.figures[at])
    wrong = sums > np.maximum(rule.at_most or 0, rule.share * totals)
    problems = []
    for group in np.flatnonzero(wrong)[:SHOWN].tolist():
        mine = place[at] == group
        worst = keyed.rows.row(int(at[mine][short[mine].argmax()]), named=True)
        where = register().prefecture_of.get(str(worst["area_code"])[:2], "")
        problems.append(
            problem(
                "total_differs_from_parts.remainders",
                sheet=keyed.rows["sheet"][0],
                row=worst["row"],
                column_label=worst["column_label"],
                prefecture=where,
                parts_ja=_labels(keyed, rule)[1],
                area=worst["area_name"],
                sum=sums[group],
                limit=max(rule.at_most or 0, rule.share * totals[group]),
            )
        )
    return problems
