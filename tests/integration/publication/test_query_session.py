"""An analyst's session on a release: all of SQL runs on the marts, and nothing else of the machine is reached.

What must be denied is the list of docs on securing DuckDB: files by every function that opens one, writing, other
databases, extensions, settings, secrets, Python's variables, unbounded memory.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.publication.query import QueryError, answer
from sousei.publication.shelf import Release

MART = "fct_furusato_donation"
ALL_OF_SQL = {
    "cte": f"with one as (from {MART}) select count(*) as n from one",
    "recursive": "with recursive n(i) as (select 1 union all select i + 1 from n where i < 5) from n",
    "window": "select sum(donation_count) over (partition by municipality_code order by fiscal_year) as n "
    f"from {MART} qualify row_number() over (order by fiscal_year) < 3",
    "pivot": f"pivot (select municipality_code, fiscal_year, donation_count from {MART}) on fiscal_year "
    "using sum(donation_count)",
    "pivot in from": f"from (select municipality_code, fiscal_year, donation_count from {MART}) "
    "pivot (sum(donation_count) for fiscal_year in (2021, 2022))",
    "unpivot": "unpivot (select 1 as a, 2 as b) on a, b",
    "unnest": "select unnest([1, 2, 3]) as n",
    "lists": f"select list_sort(list(fiscal_year))[1:2] as n from {MART}",
    "grouping": f"select fiscal_year, count(*) as n from {MART} group by rollup (fiscal_year)",
    "lateral": "select j as n from range(3) as t(i), lateral (select i * 2) as u(j)",
    "asof": f"select count(*) as n from {MART} as a asof join {MART} as b on a.municipality_code = b.municipality_code "
    "and a.fiscal_year >= b.fiscal_year",
    "set operation": f"select fiscal_year from {MART} except select 1900 union all by name select 1 as fiscal_year",
    "from first": f"from {MART}",
    "describe": f"describe {MART}",
    "summarize": f"summarize {MART}",
    "temporary view": f"create temp view one as from {MART}; select count(*) as n from one",
    "temporary table": "create temp table one (a integer); insert into one values (3); update one set a = 4; from one;",
    "temporary macro": "create temp macro twice(a) as 2 * a; select twice(2) as n",
    "variable": "set variable town = '01223'; select getvariable('town') as n",
}
DENIED = {
    "read_csv": "from read_csv('{file}')",
    "read_text": "from read_text('{file}')",
    "read_blob": "from read_blob('{file}')",
    "read_json": "from read_json('{file}')",
    "read_parquet": "from read_parquet('{file}')",
    "sniff_csv": "from sniff_csv('{file}')",
    "parquet_metadata": "from parquet_metadata('{file}')",
    "glob": "from glob('{folder}/*')",
    "file as a table": "from '{file}'",
    "table of a file": "create temp table one as from read_csv('{file}'); from one",
    "view of a file": "create temp view one as from read_csv('{file}'); from one",
    "macro of a file": "create temp macro one(a) as table from read_text(a); from one('{file}')",
    "copy": "copy (select 1) to '{folder}/out.csv'",
    "copy before": "copy (select 1) to '{folder}/out.csv'; select 1",
    "export": "export database '{folder}/out'",
    "attach": "attach '{folder}/out.duckdb' as other; select 1",
    "attach in memory": "attach ':memory:' as other; select 1",
    "install": "install httpfs; select 1",
    "load": "load '{file}'; select 1",
    "secret": "create secret one (type s3, key_id 'a', secret 'b'); select 1",
    "secrets": "from duckdb_secrets()",
    "memory": "set memory_limit = '100GB'; select 1",
    "lock": "set lock_configuration = false; select 1",
    "access": "set enable_external_access = true; select 1",
    "pragma": "pragma threads = 64; select 1",
    "reset": "reset memory_limit; select 1",
    "python variable": "from python_frame",
    "environment": "select getenv('HOME')",
    "table": "create table one as select 1; select 1",
    "schema": "create schema one; select 1",
    "drop": f"drop table {MART}; select 1",
    "insert": f"insert into {MART} from {MART}; select 1",
    "update": f"update {MART} set donation_count = 1; select 1",
    "delete": f"delete from {MART}; select 1",
    "checkpoint": "force checkpoint; select 1",
    "call": "call pragma_version()",
    "prepared": "prepare one as select 1; execute one",
    "two answers": "select 1; select 2",
    "no answer": "create temp table one as select 1",
    "nothing": "",
    "no sql": "selec",
    "memory of a table": "create temp table one as select repeat('x', 100000) as t from range(100000); select 1",
}


@pytest.mark.parametrize("sql", ALL_OF_SQL.values(), ids=ALL_OF_SQL)
def test_all_of_sql_runs_on_the_marts(published: Release, sql: str) -> None:
    found = answer(sql, published.database)
    assert found.height > 0 and found.width > 0


@pytest.mark.sampled(10)
@pytest.mark.promise("D4")
@pytest.mark.parametrize("sql", DENIED.values(), ids=DENIED)
def test_nothing_else_is_reached(published: Release, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\nsynthetic secret\n")
    python_frame = pl.DataFrame({"a": ["synthetic secret"]})
    before = hashlib.sha256(published.database.read_bytes()).hexdigest()
    with pytest.raises(QueryError) as refusal:
        answer(sql.format(file=secret, folder=tmp_path), published.database)
    assert "synthetic secret" not in str(refusal.value) and str(refusal.value).startswith("query_")
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]
    assert hashlib.sha256(published.database.read_bytes()).hexdigest() == before and python_frame.height == 1


def test_the_same_statements_work_where_nothing_is_locked(tmp_path: Path) -> None:
    """The list of what is denied would work in an open session: it is the lock that denies it."""
    import duckdb

    file = tmp_path / "secret.csv"
    file.write_text("a\nsynthetic secret\n")
    with duckdb.connect() as connection:
        for name in ("read_csv", "read_text", "glob", "file as a table", "table of a file", "copy", "memory", "attach"):
            connection.execute(DENIED[name].format(file=file, folder=tmp_path))
    assert (tmp_path / "out.csv").is_file()


def test_the_session_that_the_contract_tells_analysts_to_open_is_as_locked(
    published: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import duckdb

    text = (PROJECT_ROOT / "docs" / "contract.md").read_text("utf-8")
    (snippet,) = [part.partition("```")[0] for part in text.split("```python\n")[1:]]
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "current").symlink_to(published.path)
    monkeypatch.chdir(tmp_path)
    found: dict[str, duckdb.DuckDBPyConnection] = {}
    exec(snippet, found)  # noqa: S102  the document's own words
    secret = tmp_path / "secret.csv"
    secret.write_text("a\nsynthetic secret\n")
    allowed = {"two answers", "no answer", "nothing", "call", "prepared", "attach in memory", "checkpoint"}
    allowed |= {"memory of a table"}  # bounded too, and slow to fill
    with found["connection"] as connection:
        for name, sql in ALL_OF_SQL.items():
            own = connection.cursor()
            assert [own.execute(one).fetchall() for one in own.extract_statements(sql)][-1], name
        denied = []
        for name in DENIED.keys() - allowed:
            try:
                connection.cursor().execute(DENIED[name].format(file=secret, folder=tmp_path)).fetchall()
            except duckdb.Error:
                denied.append(name)
    assert set(denied) == DENIED.keys() - allowed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["releases", "secret.csv"]
