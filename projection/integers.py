"""Whole persons that add up at every level: controlled rounding for publication.

Holds: largest remainder in one dimension, controlled rounding of a table with margins in two. Does not hold: decimals
inside (the engine never rounds).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from sousei.projection.engine import SEXES, STEP_YEARS, Array, ProjectionError
from sousei.projection.exact import MICRO


def half_up(value: float) -> int:
    """Nearest whole person, halves away from zero as Excel's ROUND has it (values are not negative here)."""
    return int(np.floor(value + 0.5 + 1e-9))


def largest_remainder(values: Array, total: int | None = None) -> Array:
    """Whole numbers next to `values` (one dimension) that add up to `total`, default the rounded sum.

    Each is rounded down, and the missing ones go to the largest remainders; ties to the earlier. Raises
    ProjectionError where `total` cannot be reached by moving each value to one of its two neighbours.
    """
    values = np.asarray(values, dtype=float)
    total = half_up(values.sum()) if total is None else int(total)
    floor = np.floor(values + 1e-9)
    rest = total - int(floor.sum())
    if not 0 <= rest <= len(values):
        raise ProjectionError(
            f"合計 {total} は各値を1未満動かすだけでは作れません（切り捨て和 {int(floor.sum())}）/ total out of reach"
        )
    order = np.argsort(-(values - floor), kind="stable")
    out = floor.astype(np.int64)
    out[order[:rest]] += 1
    return out


def controlled(table: Array) -> Array:
    """Whole numbers for a two-way table: cells, row sums and column sums each move by less than one.

    The grand total is the nearest whole number (halves up), as it is printed everywhere else.
    A cell, sum or total that is whole already stays as it is, so integer controls (a prefecture's published row) hold
    exactly. Cox's method: carry the fractions round closed paths until none is left; no chance is used, each path
    takes the shorter way, so the same table gives the same answer.
    """
    parts = np.rint(np.asarray(table, dtype=float) * MICRO).astype(np.int64)
    rows, columns = parts.shape
    full = np.zeros((rows + 1, columns + 1), dtype=np.int64)  # margins complete every row and column to a whole number
    full[:rows, :columns] = parts
    full[rows, :columns] = -parts.sum(axis=0) % MICRO
    full[:rows, columns] = -parts.sum(axis=1) % MICRO
    full[rows, columns] = parts.sum() % MICRO
    whole, rest = full // MICRO, full % MICRO
    corner, total_goes_up = (rows, columns), bool(2 * rest[rows, columns] >= MICRO)
    while (path := _cycle(rest > 0)) is not None:
        even, odd = path[::2], path[1::2]
        up = min(*(MICRO - rest[i] for i in even), *(rest[i] for i in odd))
        down = min(*(rest[i] for i in even), *(MICRO - rest[i] for i in odd))
        move = up if (total_goes_up if corner in even else up <= down) else -down
        if corner in odd:
            move = -down if total_goes_up else up
        for sign, cells in ((move, even), (-move, odd)):
            for i in cells:
                rest[i] += sign
                if rest[i] == MICRO:
                    rest[i], whole[i] = 0, whole[i] + 1
    return whole[:rows, :columns]


def _cycle(fractional: Array) -> list[tuple[int, int]] | None:
    """A closed path of fractional cells, along a row and along a column in turn; None where all cells are whole.

    Every row and column sum is whole, so a line with one fractional cell has another: the walk can always go on, and
    must come back to a line that it has seen.
    """
    cells = np.argwhere(fractional)
    if not len(cells):
        return None
    lines: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for r, c in cells.tolist():
        lines.setdefault(("row", r), []).append((r, c))
        lines.setdefault(("column", c), []).append((r, c))
    line = ("row", int(cells[0][0]))
    seen = {line: 0}
    path: list[tuple[int, int]] = []
    while True:
        cell = next(c for c in lines[line] if not path or c != path[-1])
        path.append(cell)
        line = ("column", cell[1]) if line[0] == "row" else ("row", cell[0])
        if line in seen:
            return path[seen[line] :]
        seen[line] = len(path)


def whole_ages(ages: Array) -> Array:
    """Single ages (2, 91) in whole persons: 0 ... 89 and 90+, as they stand below the table of five-year groups.

    The groups are rounded as `publish` rounds them, then each one's five ages by largest remainder, so that ages,
    groups, sexes and the total add up exactly; every figure is one of the two whole numbers next to its decimal.
    """
    closed = ages[:, :-1].reshape(len(SEXES), -1, STEP_YEARS)
    groups = controlled(np.concatenate([closed.sum(axis=2), ages[:, -1:]], axis=1).T).T
    out = np.empty(ages.shape, dtype=np.int64)
    out[:, -1] = groups[:, -1]
    for sex, parts in enumerate(closed):
        for place, five in enumerate(parts):
            out[sex, place * STEP_YEARS : (place + 1) * STEP_YEARS] = largest_remainder(five, groups[sex, place])
    return out


def publish(population: pl.DataFrame) -> pl.DataFrame:
    """Whole persons for publication from cells in decimals.

    population: any key columns, sex (male / female), age_group, age_from, population_persons; one row per cell.
    Returns per key the cells and their sums over sexes (`total`) and ages (`total`) in whole persons, column
    population_persons Int64: every cell and every sum is one of the two whole numbers next to its decimal value, and
    all of them add up.
    """
    keys = [c for c in population.columns if c not in ("sex", "age_group", "age_from", "age_to", "population_persons")]
    cells = population.filter(pl.col("sex").is_in(SEXES) & (pl.col("age_group") != "total")).with_columns(
        pl.col("age_group").cast(pl.String), pl.col("sex").cast(pl.String)
    )
    parts = []
    for part in cells.partition_by(keys, maintain_order=True) if keys else [cells]:
        wide = part.sort("age_from").pivot("sex", index=["age_group", "age_from"], values="population_persons")
        whole = controlled(wide.select(pl.col(list(SEXES)).cast(pl.Float64)).to_numpy())
        frame = wide.select("age_group", "age_from").with_columns(
            pl.Series("male", whole[:, 0]), pl.Series("female", whole[:, 1]), pl.Series("total", whole.sum(axis=1))
        )
        sums = frame.select(
            pl.lit("total").alias("age_group"),
            pl.lit(None, frame.schema["age_from"]).alias("age_from"),
            pl.col("male", "female", "total").sum(),
        )
        long = pl.concat([sums, frame]).unpivot(
            ["total", *SEXES], index=["age_group", "age_from"], variable_name="sex", value_name="population_persons"
        )
        parts.append(
            long.select(
                *(pl.lit(part[k][0], part.schema[k]).alias(k) for k in keys),
                "sex",
                "age_group",
                "age_from",
                "population_persons",
            )
        )
    return pl.concat(parts)
