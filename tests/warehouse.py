"""A warehouse built from delivered files for the tests: intake, projection and dbt as at night; ways to plant faults.

Holds: the build and the handle on it. Does not hold: what must come out (tests/integration/test_warehouse_*.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from ingest import in_force, intake, raw
from ingest.corrections import CORRECTABLE
from ingest.home import PROJECT_ROOT, Home
from projection import nightly, reconcile, scenarios
from projection.tables import INPUTS

PROJECT = PROJECT_ROOT / "dbt_project"
FINDING = ("file_name", "sheet", "row_number", "municipality_code", "expected", "found", "reason_ja")
KEPT_AS_TABLES = ("int_kpi__actual", "int_vision__summed")
"""Intermediate tables, in order; all other models before the marts are views and see a planted fault by themselves."""


@dataclass(frozen=True)
class Warehouse:
    """An open candidate, and the SQL of every node that dbt built or ran in it."""

    connection: duckdb.DuckDBPyConnection
    compiled: dict[str, str]
    status: dict[str, str]

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        found = self.connection.execute(sql, parameters)
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def node(self, name: str) -> list[dict[str, Any]]:
        """What the SQL of a model or check gives now."""
        return self.rows(self.compiled[name])

    def rebuild(self, *models: str, schema: str = "main") -> None:
        """Fill the tables of these models again from what they read; undone with the transaction."""
        for model in models:
            self.connection.execute(f"create or replace temp table again as {self.compiled[model]}")
            self.connection.execute(f"delete from {schema}.{model}")
            self.connection.execute(f"insert into {schema}.{model} select * from again")

    @contextmanager
    def planted(self, *statements: str) -> Iterator[None]:
        """The statements are in force inside the block and undone after it."""
        self.connection.execute("begin")
        try:
            for statement in statements:
                self.connection.execute(statement)
            self.rebuild(*(model for model in KEPT_AS_TABLES if model in self.compiled), schema="intermediate")
            yield
        finally:
            self.connection.execute("rollback")

    @contextmanager
    def changed(self, table: str, select: str, *statements: str) -> Iterator[None]:
        """raw.<table> shows `select` over the true rows, which it names `truth`; more statements follow."""
        kind = "view" if f"raw.{table}" in self.views else "table"
        again = [f"delete from delivered.{table}", f"insert into delivered.{table} {in_force.delivered(table)}"]
        with self.planted(
            f"create table raw.truth as select * from raw.{table}",
            f"drop {kind} raw.{table}",
            f"create view raw.{table} as {select.replace('truth', 'raw.truth')}",
            *(again if table in CORRECTABLE else ()),
            *statements,
        ):
            yield

    @property
    def views(self) -> set[str]:
        found = self.rows("select schema_name || '.' || view_name as name from duckdb_views() where not internal")
        return {row["name"] for row in found}


@contextmanager
def built(root: Path, landing: Path, *select: str) -> Iterator[Warehouse]:
    """Files of `landing` -> raw -> projection -> dbt, whole or what `select` names; every check must pass or warn."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    home = Home(root / "home")
    received_at = datetime(2026, 11, 22, 2, tzinfo=ZoneInfo("Asia/Tokyo"))
    snapshots = intake.take(home, landing, received_at, "samples")
    result = raw.read(home, snapshots, date(2026, 11, 22))
    path = root / "candidate.duckdb"
    with duckdb.connect(str(path)) as connection:
        raw.expose(connection, result.files, {"delivery": result.deliveries, "problem": result.problems})
        connection.execute(
            "create table raw.run as select 'r' as run_id, date '2026-11-22' as as_of_date, "
            "cast(2026 as integer) as fiscal_year, timestamptz '2026-11-22 02:00:00+09' as created_at, "
            "'test' as code_version, 'h' as inputs_hash"
        )
        frames = [connection.sql(f"from in_force.{name}").pl() for name in INPUTS]
        table = scenarios.read(PROJECT / "seeds" / "scenarios.csv")
        projected = nightly.build(*frames, table, reconcile.read(PROJECT / "seeds" / "plan_figures.csv"))
        connection.execute("create schema projection")
        for name, rows in projected.items():
            connection.register("frame", rows)
            connection.execute(f"create table projection.{name} as select * from frame")
            connection.unregister("frame")
    where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(root / "target")]
    chosen = ["--indirect-selection", "cautious", "--select", *select] if select else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUSEI_BUILD_DB", str(path))
        done = dbtRunner().invoke(["build", *chosen, "--quiet", "--log-path", str(root / "logs"), *where])
    DuckDBConnectionManager.close_all_connections()
    results: list[Any] = list(done.result.results)  # type: ignore[union-attr]
    status = {one.node.name: str(one.status) for one in results}
    assert done.success, {name: said for name, said in status.items() if said in {"error", "fail", "skipped"}}
    compiled = {one.node.name: one.node.compiled_code for one in results if getattr(one.node, "compiled_code", None)}
    with duckdb.connect(str(path)) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        yield Warehouse(connection, compiled, status)
