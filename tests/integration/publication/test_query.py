"""A query cannot escape its release, and its answer comes in every form."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import polars as pl
import pytest

from sousei.publication.formats import formatted
from sousei.publication.query import QueryError, query
from sousei.publication.shelf import Release


def test_query_answers(published: Release) -> None:
    answer = query("select sum(donation_count) as n from fct_furusato_donation", published)
    assert answer.to_dicts() == [{"n": 80000}]


@pytest.mark.promise("D4")
@pytest.mark.parametrize(
    "sql",
    [
        "select 1; select 2",
        "create table main.x as select 1",
        "delete from dim_kpi",
        "copy dim_kpi to '{folder}/out.csv'",
        "attach '{folder}/other.duckdb'",
        "install excel",
        "load excel",
        "set memory_limit = '100GB'",
        "export database '{folder}/out'",
        "checkpoint",
        "",
        "selec",
    ],
)
def test_anything_but_one_select_is_refused(published: Release, tmp_path: Path, sql: str) -> None:
    with pytest.raises(QueryError):
        query(sql.format(folder=tmp_path), published)
    assert not list(tmp_path.iterdir())


@pytest.mark.promise("D4")
@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{file}')",
        "select * from read_text('{file}')",
        "select * from read_blob('{file}')",
        "select * from sniff_csv('{file}')",
        "select * from glob('{folder}/*')",
        "select * from '{file}'",
        "select * from read_parquet('{parquet}')",
        "select * from parquet_metadata('{parquet}')",
        "select * from frame",
        "select getenv('HOME')",
    ],
)
def test_query_reaches_nothing_outside_its_release(published: Release, tmp_path: Path, sql: str) -> None:
    frame = pl.DataFrame({"secret": [1]})
    secret = tmp_path / "secret.csv"
    secret.write_text("secret\n1\n", encoding="utf-8")
    parquet = published.path / "parquet" / "dim_kpi.parquet"
    with pytest.raises(QueryError):
        query(sql.format(file=secret, folder=tmp_path, parquet=parquet), published)
    assert frame.height == 1


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
