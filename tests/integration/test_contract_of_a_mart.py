"""A mart that does not keep its contract is not made: hold_contract of dbt_project/macros/materializations.sql."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests import parsed
from tests.warehouse import PROJECT

MART = "dim_time"
"""A mart that is made of nothing but its own SQL."""
Columns = dict[str, Any]


def _another_type(columns: Columns) -> Columns:
    columns["fiscal_year"].data_type = "bigint"
    return columns


def _one_more(columns: Columns) -> Columns:
    return columns | {"population": columns["year"].replace(name="population", description="")}


def _one_less(columns: Columns) -> Columns:
    return {name: column for name, column in columns.items() if name != "fiscal_year"}


def _another_order(columns: Columns) -> Columns:
    first = columns.pop("year")
    return columns | {"year": first}


def made(folder: Path, broken: Callable[[Columns], Columns] | None) -> tuple[str, str, list[str]]:
    """Status and message of the mart, and the tables that are there afterwards."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    manifest = parsed.project().deepcopy()
    model = manifest.nodes[f"model.sousei.{MART}"]
    if broken is not None:
        model.columns = broken(model.columns)
    path = folder / "candidate.duckdb"
    where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(folder / "target")]
    quietly = ["--quiet", "--log-path", str(folder / "logs"), "--log-level-file", "none", "--no-write-json"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUSEI_BUILD_DB", str(path))
        done = dbtRunner(manifest=manifest).invoke(["run", "--select", MART, *quietly, *where])
    DuckDBConnectionManager.close_all_connections()
    (result,) = done.result.results  # type: ignore[union-attr]
    with duckdb.connect(str(path)) as connection:
        tables = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
    return str(result.status), str(result.message), tables


def test_a_mart_that_keeps_its_contract_is_made(tmp_path: Path) -> None:
    status, _, tables = made(tmp_path, None)
    assert status == "success" and tables == [MART]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("broken", "column"),
    [(_another_type, "fiscal_year"), (_one_more, "population"), (_one_less, "fiscal_year"), (_another_order, "year")],
)
def test_a_mart_that_breaks_its_contract_is_refused_and_not_left(
    tmp_path: Path, broken: Callable[[Columns], Columns], column: str
) -> None:
    status, message, tables = made(tmp_path, broken)
    assert status == "error" and "contract" in message and column in message.partition("hold_contract")[0], message
    assert tables == []
