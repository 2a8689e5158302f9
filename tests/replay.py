"""dbt's part of a night without dbt's bookkeeping: the statements of the first build of this process, run again.

What dbt runs is the same for every home: the code of a node depends on the project alone. Most of the seconds of a
build are spent on working it out again, so the first build of a run is dbt's own and is written down, and the next
ones run its statements on another candidate. Where a statement fails or a check refuses, dbt itself builds, as it alone
knows what is skipped then. tests/integration/test_replayed_nights.py holds both to the same tables and results.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import duckdb
import pyarrow as pa
import pytest

from sousei.orchestration.nightly import CANDIDATE
from sousei.orchestration.warehouse import Warehouse
from tests import parsed
from tests.shared import by_one_process

Result = dict[str, Any]


@dataclass
class _Script:
    """One build: the result of each node in the order in which dbt began them, and the statements that made it."""

    results: list[Result] = field(default_factory=list)
    statements: dict[str, list[str]] = field(default_factory=dict)
    seeds: dict[str, pa.Table] = field(default_factory=dict)
    severity: dict[str, str] = field(default_factory=dict)
    schemas: list[str] = field(default_factory=list)


class Replayed(Warehouse):
    """dbt for one home: the project is parsed once a run, and its build written down once a run."""

    script: ClassVar[_Script | None] = None

    @property
    def manifest(self) -> dict[str, Any]:  # type: ignore[override]
        return parsed.manifest()

    def build(self, nodes: Sequence[str]) -> list[Result]:
        """As `Warehouse.build`: the same results, their seconds apart."""
        path = str(self._home.building / CANDIDATE)
        if Replayed.script is None:
            with by_one_process("build") as kept:
                Replayed.script = kept.get()
                if Replayed.script is None:
                    results = self._written_down(nodes, path)
                    kept.put(Replayed.script)
                    return results
        with duckdb.connect(path) as connection:
            again = _again(Replayed.script, connection, frozenset(nodes))
        return self.by_dbt(nodes) if again is None else again

    def _written_down(self, nodes: Sequence[str], path: str) -> list[Result]:
        """dbt's own build; the script is what it did, where it built all of them and nothing refused."""
        written: dict[str, list[str]] = {}
        with _writing_down(written):
            results = self.by_dbt(nodes)
        if len(nodes) == len(self.manifest["nodes"]) and all(
            one["status"] in ("success", "pass", "warn") for one in results
        ):
            with duckdb.connect(path, read_only=True) as connection:
                Replayed.script = _kept(results, written, connection, self.manifest)
        return results

    def by_dbt(self, nodes: Sequence[str]) -> list[Result]:
        """dbt's own build, but for the parsing."""
        self._parsed = parsed.project()
        return super().build(nodes)


@contextmanager
def _writing_down(written: dict[str, list[str]]) -> Iterator[None]:
    """While it lasts, every statement that dbt runs is added below the node that it is run for."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    run: Callable[..., Any] = DuckDBConnectionManager.execute
    lock = threading.Lock()

    def execute(self: Any, sql: str, *rest: Any, **named: Any) -> Any:
        with lock:
            written.setdefault(str(self.get_thread_connection().name), []).append(sql)
        return run(self, sql, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DuckDBConnectionManager, "execute", execute)
        yield


def _kept(
    results: list[Result],
    written: dict[str, list[str]],
    connection: duckdb.DuckDBPyConnection,
    manifest: dict[str, Any],
) -> _Script:
    script, order = _Script(results, written), list(written)
    script.results.sort(key=lambda one: order.index(one["unique_id"]))
    nodes = [manifest["nodes"][one["unique_id"]] for one in script.results]
    script.schemas = sorted({node["schema"] for node in nodes if node["resource_type"] in ("model", "seed")})
    for node in nodes:
        script.severity[node["unique_id"]] = str(node["config"].get("severity")).lower()
        if node["resource_type"] == "seed":
            name = f"{node['schema']}.{node['name']}"
            script.seeds[node["unique_id"]] = connection.sql(f"from {name}").to_arrow_table()
    return script


def _again(script: _Script, connection: duckdb.DuckDBPyConnection, nodes: frozenset[str]) -> list[Result] | None:
    """The results of the statements of these nodes on another candidate; None where one of them fails or refuses, and
    nothing of it is left."""
    connection.execute("set timezone = 'Asia/Tokyo'")
    connection.execute("begin")
    for schema in script.schemas:
        connection.execute(f"create schema if not exists {schema}")
    results = []
    try:
        for one in (known for known in script.results if known["unique_id"] in nodes):
            results.append(one | _run(script, connection, one["unique_id"]))
            if results[-1]["status"] == "fail":
                raise duckdb.Error(one["unique_id"])
    except duckdb.Error:
        connection.execute("rollback")
        return None
    connection.execute("commit")
    return results


def _run(script: _Script, connection: duckdb.DuckDBPyConnection, unique_id: str) -> Result:
    kind, statements = unique_id.split(".")[0], script.statements[unique_id]
    if kind == "seed":
        connection.register("frame", script.seeds[unique_id])
        connection.execute(f"create table seeds.{unique_id.split('.')[-1]} as from frame")
        connection.unregister("frame")
        return {"seconds": 0.0}
    if kind == "model":
        for sql in statements:
            connection.execute(sql)
        return {"seconds": 0.0}
    (row,) = connection.execute(statements[-1]).fetchall()
    failures, warns, errs = row
    status = "fail" if errs and script.severity[unique_id] == "error" else "warn" if warns else "pass"
    told = f"Got {failures} result{'' if failures == 1 else 's'}, configured to warn if != 0"
    return {
        "seconds": 0.0,
        "status": status,
        "failures": failures if status == "warn" else 0,
        "message": told if status == "warn" else None,
    }
