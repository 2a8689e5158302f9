"""Controlled rounding: whole persons that add up at every level."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sousei.projection.engine import ProjectionError
from sousei.projection.integers import controlled, largest_remainder, publish

tables = hnp.arrays(
    float,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7),
    elements=st.one_of(
        st.floats(0, 500, allow_nan=False), st.integers(0, 40).map(float), st.integers(0, 400).map(lambda n: n / 8)
    ),
)


@settings(max_examples=200, deadline=None)
@given(tables)
def test_every_cell_and_every_sum_moves_by_less_than_one(table):
    whole = controlled(table)
    assert np.abs(whole - table).max() < 1 + 1e-5
    assert np.abs(whole.sum(axis=0) - table.sum(axis=0)).max() < 1 + 1e-5
    assert np.abs(whole.sum(axis=1) - table.sum(axis=1)).max() < 1 + 1e-5
    assert abs(whole.sum() - table.sum()) < 1 + 1e-5


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 10**6))
def test_whole_controls_hold_exactly(rows, columns, seed):
    random = np.random.default_rng(seed)
    whole = random.integers(0, 50, (rows, columns)).astype(float)
    blurred = whole.copy()
    for _ in range(10):  # moves along rectangles keep every row and column sum
        r, c = random.integers(0, rows, 2), random.integers(0, columns, 2)
        if r[0] == r[1] or c[0] == c[1]:
            continue
        step = random.random()
        if blurred[r[0], c[0]] >= step and blurred[r[1], c[1]] >= step:
            blurred[r[0], c[0]] -= step
            blurred[r[1], c[1]] -= step
            blurred[r[0], c[1]] += step
            blurred[r[1], c[0]] += step
    found = controlled(blurred)
    assert (found.sum(axis=0) == whole.sum(axis=0)).all()
    assert (found.sum(axis=1) == whole.sum(axis=1)).all()


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=30))
def test_largest_remainder_adds_up_to_the_rounded_sum(values):
    found = largest_remainder(np.array(values))
    assert abs(found.sum() - sum(values)) <= 0.5 + 1e-6
    assert np.abs(found - np.array(values)).max() < 1 + 1e-5


def test_largest_remainder_gives_the_spare_person_to_the_largest_remainder():
    assert largest_remainder(np.array([1.2, 2.7, 3.1]), 7).tolist() == [1, 3, 3]


def test_a_total_out_of_reach_is_refused():
    with pytest.raises(ProjectionError, match="out of reach"):
        largest_remainder(np.array([1.5, 1.5]), 9)


def test_published_rows_add_up_over_sexes_and_ages():
    cells = pl.DataFrame(
        {
            "municipality_code": ["01223"] * 4,
            "sex": ["male", "male", "female", "female"],
            "age_group": ["0-4", "5-9"] * 2,
            "age_from": [0, 5] * 2,
            "population_persons": [10.5, 20.5, 9.5, 19.49],
        }
    )
    found = publish(cells)
    value = {(r["sex"], r["age_group"]): r["population_persons"] for r in found.iter_rows(named=True)}
    assert value["total", "total"] == 60 or value["total", "total"] == 59
    for sex in ("male", "female", "total"):
        assert value[sex, "total"] == value[sex, "0-4"] + value[sex, "5-9"]
    for age in ("total", "0-4", "5-9"):
        assert value["total", age] == value["male", age] + value["female", age]
