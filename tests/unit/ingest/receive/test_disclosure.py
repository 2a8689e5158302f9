"""Small cells are hidden so that no total gives them back. Every table here is invented."""

from __future__ import annotations

import itertools
import random

import polars as pl
import pytest

from sousei.ingest.receive import disclosure


def table(*cells: tuple[str, str, str, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [(area, "", None, sex, age, persons) for area, sex, age, persons in cells],
        schema={"area": str, "event": str, "month": pl.Date, "sex": str, "age_group": str, "persons": pl.Int64},
        orient="row",
    )


def intervals(frame: pl.DataFrame, hidden: pl.DataFrame, names: tuple[str, ...]) -> list[int]:
    """For each hidden cell: how many values it may have for somebody who knows the totals by `names`."""
    both = frame.with_columns(is_hidden=hidden["persons"].is_null())
    widths = []
    for _, group in both.group_by(list(names)) if names else [((), both)]:
        cells = group.filter("is_hidden")["persons"].to_list()
        room = sum(cells) - len(cells)  # each has at least one person
        widths += [room + 1 if len(cells) > 1 else 1 for _ in cells]
    return widths


@pytest.mark.promise("D5")
@pytest.mark.parametrize("below", [2, 3, 5, 10])
@pytest.mark.parametrize("seed", range(20))
def test_no_hidden_cell_is_known_more_closely_than_the_limit(below: int, seed: int) -> None:
    draw = random.Random(seed)
    cells = [
        (area, sex, age, persons)
        for area, sex, age in itertools.product("甲乙丙", ("male", "female"), ("0-4", "5-9", "10-14"))
        if (persons := draw.choice([0, 1, 2, 3, 5, 8, 13, 40]))
    ]
    frame = table(*cells)
    found = disclosure.suppress(frame, below)
    hidden = found.table
    assert hidden.filter(pl.col("persons") < below).is_empty()
    assert hidden["persons"].null_count() == found.small + found.more
    assert found.small == frame.filter(pl.col("persons") < below).height
    assert (hidden["value_status"] == "suppressed").to_list() == hidden["persons"].is_null().to_list()
    kept = hidden["persons"].is_not_null()
    assert hidden.filter(kept)["persons"].equals(frame.filter(kept)["persons"])
    for names in disclosure.TOTALS:
        if names not in found.open:
            assert all(width >= below for width in intervals(frame, hidden, names)), names


def test_one_small_cell_takes_the_next_one_with_it() -> None:
    found = disclosure.suppress(
        table(("甲", "male", "0-4", 1), ("甲", "female", "0-4", 30), ("甲", "male", "5-9", 50)), 5
    )
    assert found.table["persons"].to_list() == [None, None, 50]
    assert (found.small, found.more) == (1, 1)
    assert found.open == (("sex", "age_group"),), "a total by sex and age is the cell itself"


def test_nothing_small_hides_nothing() -> None:
    found = disclosure.suppress(table(("甲", "male", "0-4", 10), ("乙", "female", "0-4", 30)), 10)
    assert found.table["persons"].to_list() == [10, 30]
    assert (found.small, found.more, found.open) == (0, 0, ())


def test_hidden_cells_that_all_hold_one_person_are_told_by_their_total() -> None:
    """Two hidden cells and a total of two: both hold one, since a row that is there is not nobody."""
    found = disclosure.suppress(
        table(("甲", "male", "0-4", 1), ("甲", "female", "0-4", 1), ("甲", "male", "5-9", 9), ("乙", "male", "5-9", 9)),
        3,
    )
    assert found.table["persons"].to_list()[:3] == [None, None, None]


@pytest.mark.parametrize("below", [-1, 0, 1])
def test_a_limit_that_hides_nothing_is_refused(below: int) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        disclosure.suppress(table(("甲", "male", "0-4", 1)), below)
