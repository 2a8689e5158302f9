"""Small cells of a table of counts -> hidden, together with as many others as keep them hidden.

Holds: hiding counts below a limit and, per total that others may know, further cells until no hidden one can be told
more closely than the limit. Does not hold: counting persons (persons.py) or an audit over several totals at once: who
publishes two overlapping totals of a hidden table has to check the intervals himself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

TOTALS: tuple[tuple[str, ...], ...] = ((), ("area",), ("sex", "age_group"), ("event", "month"))
"""Totals that a municipality publishes elsewhere: residents; by 町字; by sex and age; moves by month."""
_HIDDEN = "_hidden"


class Suppressed(NamedTuple):
    """table: the rows with persons null and value_status `suppressed` where hidden, `final` elsewhere. small: cells
    below the limit. more: further cells that were hidden. open: of TOTALS, those in which a group of hidden cells
    cannot be hidden well enough, because it has no further cell: such a total must not be published."""

    table: pl.DataFrame
    small: int
    more: int
    open: tuple[tuple[str, ...], ...]


def suppress(table: pl.DataFrame, below: int, totals: Sequence[tuple[str, ...]] = TOTALS) -> Suppressed:
    """Hide cells of 1 to below - 1 persons. table: `persons` and the columns that make a row one of a kind.

    Rows that nobody is in are not there, so whoever knows a total knows that each hidden cell has at least one person.
    Of each group of a total, either no cell is hidden, or at least two are and together they hold so many that each of
    them may have from 1 to `below` persons; the smallest cells that are left are hidden until that is so. A column of
    `totals` that the table has not is left out (age instead of age_group).
    Raises ValueError where below is less than 2.
    """
    if below < 2:
        raise ValueError("the limit is at least 2: there are no cells below")
    keys = [name for name in table.columns if name != "persons"]
    named = {"age_group": "age"} if "age_group" not in keys else {}
    groups = [[named.get(name, name) for name in names if named.get(name, name) in keys] for names in totals]
    if "municipality_code" in keys:  # a total is one municipality's
        groups = [["municipality_code", *names] for names in groups]
    frame = table.with_columns((pl.col("persons") < below).alias(_HIDDEN)).with_row_index("_at")
    small = int(frame[_HIDDEN].sum())
    while True:
        before = int(frame[_HIDDEN].sum())
        for names in groups:
            frame = _hide(frame, names, below)
        if int(frame[_HIDDEN].sum()) == before:
            break
    still = tuple(
        names for names, group in zip(totals, groups, strict=True) if not _weak(frame, group, below).is_empty()
    )
    shown = pl.when(~pl.col(_HIDDEN)).then("persons").alias("persons")
    status = pl.when(_HIDDEN).then(pl.lit("suppressed")).otherwise(pl.lit("final")).alias("value_status")
    return Suppressed(frame.select(*keys, shown, status), small, before - small, still)


def _of(names: list[str]) -> list[pl.Expr]:
    return [pl.col(name) for name in names] or [pl.lit(0).alias("_all")]


def _weak(frame: pl.DataFrame, names: list[str], below: int) -> pl.DataFrame:
    """Groups whose hidden cells can be told more closely than the limit."""
    hidden = frame.filter(_HIDDEN).group_by(_of(names)).agg(n=pl.len().cast(pl.Int64), s=pl.col("persons").sum())
    return hidden.filter(pl.col("n") > 0).filter((pl.col("n") < 2) | (pl.col("s") - pl.col("n") < below - 1))


def _hide(frame: pl.DataFrame, names: list[str], below: int) -> pl.DataFrame:
    """The same with the smallest cell that is left hidden too in each group that is not safe, again and again."""
    while True:
        weak = _weak(frame, names, below)
        if weak.is_empty():
            return frame
        left = frame.filter(~pl.col(_HIDDEN)).with_columns(_of(names) if not names else [])
        on = names or ["_all"]
        left = left.join(weak.select(on), on=on, how="semi", nulls_equal=True)
        at = left.sort("persons", "_at").group_by(on, maintain_order=True).first()["_at"]
        if at.is_empty():
            return frame
        frame = frame.with_columns((pl.col(_HIDDEN) | pl.col("_at").is_in(at.to_list())).alias(_HIDDEN))
