"""Totals that stand between the rows of a table: 市町村合計 and 合計 below each prefecture, 全国合計 at its end.

Holds: such a row against the rows that it adds up. Does not hold sums inside a row or prefectures that are areas of
their own (sums.py).
"""

from __future__ import annotations

import re

import polars as pl

from sousei.ingest.areas.register import register
from sousei.ingest.contract.model import Layout
from sousei.ingest.contract.rules import Block
from sousei.ingest.decided.named import UNKNOWN
from sousei.ingest.problems.record import SHOWN, Problem, problem

_MUNICIPAL = ["municipality", "designated_city", "other"]


def blocks(rows: pl.DataFrame, layout: Layout, value: str, gone: frozenset[str] | None = frozenset()) -> list[Problem]:
    """Problems of one sheet's rows (raw table with items and fiscal years, areas by name): totals that are not the sum
    of what they add up, by more than a unit of the file. A total is not compared where a figure below it is not used;
    gone: prefectures that lack rows which could not be read; None: any may."""
    if gone is None:
        return []
    rules = layout.checks.blocks
    unknown = pl.col(UNKNOWN) if UNKNOWN in rows.columns else pl.lit(False)
    rows = rows.select(
        *("row", "sheet", "column_label", "area_code", "area_name", "area_level", "fiscal_year", "item", value),
        unknown.alias(UNKNOWN),
    )
    rows = rows.with_columns(pl.col(pl.Enum).cast(pl.String))
    totals = rows.filter(pl.col("area_level").is_in(["subtotal", "nation"]))
    if totals.is_empty():
        return []
    names = {name: prefecture_of(name) for name in totals["area_name"].unique()}
    totals = totals.with_columns(prefecture=pl.col("area_name").replace_strict(names, return_dtype=pl.String))
    totals = totals.filter(~pl.col("prefecture").is_in(sorted(gone)).fill_null(False))
    parts = rows.filter(pl.col("area_level").is_in(["prefecture", *_MUNICIPAL]))
    parts = parts.with_columns(prefecture=pl.col("area_code").str.slice(0, 2))
    units = {column.set["item"]: column.scale for column in layout.columns if "item" in column.set}
    bad = [_wrong(totals, parts, rule, value, units) for rule in rules]
    if not gone and parts["prefecture"].n_unique() == len(register().prefecture_of):
        bad.append(_nation(totals, parts, rules, value, units))
    found = pl.concat(bad).unique(["row", "column_label"], keep="first").sort("row", maintain_order=True)
    return [_problem(item, value, found) for item in found.head(SHOWN).iter_rows(named=True)]


def prefecture_of(name: str) -> str | None:
    """First two digits of the code of the prefecture whose total has this name (北海道市町村合計)."""
    return next((code for code, where in register().prefecture_of.items() if name.startswith(where)), None)


def _levels(rule: Block) -> list[str]:
    return [level for one in rule.of for level in (_MUNICIPAL if one == "municipality" else [one])]


def _wrong(totals: pl.DataFrame, parts: pl.DataFrame, rule: Block, value: str, units: dict[str, int]) -> pl.DataFrame:
    keys = ["prefecture", "fiscal_year", "item"]
    named = [name for name in totals["area_name"].unique() if re.search(rule.named, name)]
    mine = totals.filter(pl.col("prefecture").is_not_null() & pl.col("area_name").is_in(named))
    return _differing(mine, parts.filter(pl.col("area_level").is_in(_levels(rule))), keys, rule, value, units)


def _nation(
    totals: pl.DataFrame, parts: pl.DataFrame, rules: list[Block], value: str, units: dict[str, int]
) -> pl.DataFrame:
    rule = max(rules, key=lambda rule: len(rule.of))
    mine = totals.filter(pl.col("area_level") == "nation")
    return _differing(
        mine, parts.filter(pl.col("area_level").is_in(_levels(rule))), ["fiscal_year", "item"], rule, value, units
    )


def _differing(
    totals: pl.DataFrame, parts: pl.DataFrame, keys: list[str], rule: Block, value: str, units: dict[str, int]
) -> pl.DataFrame:
    added = parts.group_by(keys).agg(added=pl.col(value).sum(), unused=pl.col(UNKNOWN).any())
    both = totals.join(added, on=keys, how="left", maintain_order="left").filter(
        pl.col(value).is_not_null() & ~pl.col("unused").fill_null(False)
    )
    off = (pl.col(value) - pl.col("added").fill_null(0)).abs()
    unit = pl.col("item").replace_strict(units, return_dtype=pl.Int64)
    return both.with_columns(
        pl.col("added").fill_null(0), far=off > rule.within * pl.col("added").fill_null(0).abs()
    ).filter(pl.when(unit > 1).then(off > unit).otherwise(off > 0))


def _problem(item: dict[str, object], value: str, found: pl.DataFrame) -> Problem:
    return problem(
        "block_total_differs.far" if item["far"] else "block_total_differs.near",
        sheet=str(item["sheet"]),
        row=item["row"] if isinstance(item["row"], int) else None,
        column_label=str(item["column_label"]),
        area=item["area_name"],
        year=item["fiscal_year"],
        count=found.height,
        added=item["added"],
        found=item[value],
    )
