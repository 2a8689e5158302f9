"""A query is bounded, leaves its release as it is, and its answer comes in every form."""

from __future__ import annotations

import json
import os

import duckdb
import polars as pl
import pytest

from sousei.publication.formats import formatted
from sousei.publication.query import QueryError, query
from sousei.publication.shelf import Release


def test_query_answers(published: Release) -> None:
    answer = query("select sum(donation_count) as n from fct_furusato_donation", published)
    assert answer.to_dicts() == [{"n": 80000}]


@pytest.mark.exhaustive
def test_query_is_bounded_in_memory_and_time(published: Release) -> None:
    with pytest.raises(QueryError, match="query_failed"):
        query("select list(a.i || '-' || b.i) from range(100000) a(i), range(100000) b(i)", published, seconds=20)
    with pytest.raises(QueryError, match="秒を超えたため"):
        query("select sum(a.i * b.i) from range(1000000) a(i), range(1000000) b(i)", published, seconds=0.3)


def test_query_leaves_the_release_as_it_is(published: Release) -> None:
    before = sorted((path.name, path.stat().st_mtime_ns) for path in published.path.rglob("*"))
    query("select * from fct_population order by random()", published)
    assert sorted((path.name, path.stat().st_mtime_ns) for path in published.path.rglob("*")) == before


@pytest.mark.parametrize("form", ["table", "csv", "json", "parquet"])
def test_forms_of_an_answer(published: Release, form: str) -> None:
    answer = query("select note_ja, target_value, date '2026-04-01' as day from dim_kpi where kpi_id = 'k3'", published)
    given = formatted(answer, form)
    if form == "json":
        assert json.loads(given) == [{"note_ja": "=注記", "target_value": None, "day": "2026-04-01"}]
    elif form == "csv":
        assert given.decode().splitlines()[1].startswith("'=注記,")
    elif form == "parquet":
        assert pl.read_parquet(given).equals(answer)
    else:
        assert "=注記" in given.decode()
    with pytest.raises(ValueError, match="format_unknown"):
        formatted(answer, "xml")


@pytest.mark.promise("A1")
def test_query_works_while_others_read(published: Release) -> None:
    child = os.fork()
    if child == 0:
        with duckdb.connect(str(published.database), read_only=True) as connection:
            connection.execute("select count(*) from fct_population").fetchall()
            os._exit(0)
    assert query("select count(*) as n from dim_kpi", published)["n"].item() == 3
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
