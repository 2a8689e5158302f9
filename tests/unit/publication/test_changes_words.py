"""How the key of a changed row is put in words."""

from __future__ import annotations

import duckdb
import pytest

from sousei.publication.changes.shape import Shape


@pytest.mark.parametrize(
    ("table", "row", "said"),
    [
        ("fct_population", {"series": "census", "age_group": "unknown"}, "国勢調査　不詳"),
        (
            "dim_code",
            {"table_name": "meta_change", "column_name": "causes", "code": "unknown"},
            "meta_change　causes　unknown",
        ),
        (
            "dim_code",
            {"table_name": "fct_population", "column_name": "sex", "code": "total"},
            "fct_population　sex　total",
        ),
    ],
)
def test_a_code_is_put_in_words_where_it_is_a_value_and_stays_where_the_row_is_about_the_code(
    table: str, row: dict[str, str], said: str
) -> None:
    shape = Shape(table, list(row), [], {})
    values = ", ".join(f"'{value}' as {name}" for name, value in row.items())
    with duckdb.connect() as connection:
        told = connection.execute(f"select {shape.key_ja()} from (select {values}) as kept {shape.named()}").fetchall()
    assert told == [(said,)]
