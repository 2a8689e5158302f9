"""A warehouse built from delivered files for the tests: intake, projection and dbt as at night; ways to plant faults.

Holds: the build and the handle on it. Does not hold: what must come out (tests/integration/test_warehouse_*.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest import in_force, raw
from sousei.ingest.receive import intake
from sousei.ingest.tables import FIGURES
from sousei.projection import scenarios
from sousei.projection.night import build as nightly
from sousei.projection.night import plans
from sousei.projection.night.tables import INPUTS
from tests import parsed

PROJECT = PROJECT_ROOT / "dbt_project"
FINDING = ("file_name", "sheet", "row_number", "municipality_code", "expected", "found", "reason_ja")
INDICATORS = sorted(path.stem for path in (PROJECT / "models" / "intermediate" / "indicators").glob("*.sql"))
KEPT_AS_TABLES = (
    "int_population__by_age",
    "int_tourism__growth",
    "int_tourism__level_breaks",
    *INDICATORS,
    "int_indicator__of_sources",
    "int_composed__values",
    "int_kpi__actual",
    "int_vision__summed",
    "int_magnitude__jumps",
)
"""Intermediate tables, in order; all other models before the marts are views and see a planted fault by themselves."""
MADE_OF_MARTS = ("int_check__exchanged_towns", "int_check__misplaced_ages")
"""Intermediate tables that read marts: to be made again after these."""


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
            self.resolve("\n".join(statements))
            self.rebuild(*(model for model in KEPT_AS_TABLES if model in self.compiled), schema="intermediate")
            yield
        finally:
            self.connection.execute("rollback")

    def resolve(self, statements: str) -> None:
        """Find the versions in force again where the statements touch delivered figures, deliveries or corrections."""
        touched = [table for table in FIGURES if f".{table}" in statements]
        if "raw.delivery" in statements and "raw.delivery" not in self.views:
            self.connection.execute(
                "update raw.delivery set received_order = place from (select source_id as id, row_number() over "
                "(order by received_at, received_order, source_id) as place from raw.delivery) where id = source_id"
            )
        for table in FIGURES if re.search(r"raw\.(delivery|correction)\b|corrected\.", statements) else touched:
            self.connection.execute(f"delete from delivered.{table}")
            self.connection.execute(f"insert into delivered.{table} {in_force.delivered(table)}")

    @contextmanager
    def changed(self, table: str, select: str, *statements: str) -> Iterator[None]:
        """raw.<table> shows `select` over the true rows, which it names `truth`; more statements follow."""
        kind = "view" if f"raw.{table}" in self.views else "table"
        with self.planted(
            f"create table raw.truth as select * from raw.{table}",
            f"drop {kind} raw.{table}",
            f"create view raw.{table} as {select.replace('truth', 'raw.truth')}",
            *statements,
        ):
            yield

    @property
    def views(self) -> set[str]:
        found = self.rows("select schema_name || '.' || view_name as name from duckdb_views() where not internal")
        return {row["name"] for row in found}


def fill(connection: duckdb.DuckDBPyConnection, result: raw.RawResult, *, with_projection: bool = True) -> None:
    """What stands in a candidate before dbt: the deliveries that were taken, the run, and the projection of them.

    Without projection the tables of the projection that the candidate already has stay as they are.
    """
    raw.expose(connection, result.files, result.frames())
    connection.execute(
        "create or replace table raw.run as select 'r' as run_id, date '2026-11-22' as as_of_date, "
        "cast(2026 as integer) as fiscal_year, timestamptz '2026-11-22 02:00:00+09' as created_at, "
        "'test' as code_version, 'h' as inputs_hash"
    )
    if not with_projection:
        return
    inputs = {name: connection.sql(f"from in_force.{name}").pl() for name in INPUTS}
    table = scenarios.read(PROJECT / "seeds" / "scenarios.csv")
    own, printed = (connection.sql(f"from in_force.plan_register_{name}").pl() for name in ("scenario", "figure"))
    taken = plans.of_night(table, own, printed)
    projected = nightly.build(inputs, taken.scenarios, taken.figures) | {"plan_fault": taken.faults}
    connection.execute("drop schema if exists projection cascade")
    connection.execute("create schema projection")
    for name, rows in projected.items():
        connection.register("frame", rows)
        connection.execute(f"create table projection.{name} as select * from frame")
        connection.unregister("frame")


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
        fill(connection, result)
    where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(root / "target")]
    chosen = ["--indirect-selection", "cautious", "--select", *select] if select else []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUSEI_BUILD_DB", str(path))
        quietly = ["--quiet", "--log-path", str(root / "logs"), "--log-level-file", "none", "--no-write-json"]
        done = dbtRunner(manifest=parsed.project()).invoke(["build", *chosen, *quietly, *where])
    DuckDBConnectionManager.close_all_connections()
    results: list[Any] = list(done.result.results)  # type: ignore[union-attr]
    status = {one.node.name: str(one.status) for one in results}
    assert done.success, {name: said for name, said in status.items() if said in {"error", "fail", "skipped"}}
    compiled = {one.node.name: one.node.compiled_code for one in results if getattr(one.node, "compiled_code", None)}
    with duckdb.connect(str(path)) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        yield Warehouse(connection, compiled, status)
