"""The rows that a failed check objects to: which of them are told first."""

from __future__ import annotations

import duckdb
import pytest

from sousei.expectations.examples import failing_rows

ROWS = "select hash(range) % 1000 as municipality_code, range as found from range(300000)"


@pytest.mark.parametrize("threads", [1, 4])
def test_the_first_rows_are_the_same_on_every_machine(threads: int) -> None:
    """Groups come in another order from each number of threads."""
    with duckdb.connect(config={"threads": threads}) as connection:
        rows = failing_rows(connection, f"select municipality_code, count(*) as found from ({ROWS}) group by all;")
    assert [row["municipality_code"] for row in rows] == list(range(1000))


def test_a_check_that_orders_its_rows_keeps_its_order() -> None:
    with duckdb.connect() as connection:
        rows = failing_rows(connection, f"select municipality_code, found from ({ROWS})\nORDER BY found desc, 1 asc")
    assert [row["found"] for row in rows[:2]] == [299999, 299998] and len(rows) == 10_000
