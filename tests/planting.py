"""Meets planted faults as a night does, without Dagster and with dbt run once: what stops a fault, what shows it.

Holds: a candidate of the samples that is built once, and for each fault the reading of the changed landing, the
projection, and the SQL of the models and checks that the changed tables feed. Does not hold: the faults
(tests.synthetic), or what must be found. A suite of Great Expectations is judged here by the plain comparison that it
stands for.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from sousei.expectations.suites.declared import CHECKS
from sousei.expectations.suites.forms import Check
from sousei.expectations.validation import is_fed
from sousei.foundation.home import Home
from sousei.ingest import raw
from sousei.ingest.receive import intake
from sousei.projection.night.tables import INPUTS
from tests.synthetic.faults import SAMPLES, Plant, fresh_landing
from tests.warehouse import built, fill

FIRST_NIGHT = datetime(2026, 11, 22, 2, tzinfo=ZoneInfo("Asia/Tokyo"))
AS_OF = date(2026, 11, 22)
ALWAYS = "always"
"""Stands for what changes with any delivery (lists of deliveries, runs, corrections)."""

Rows = set[tuple[Any, ...]]


@dataclass(frozen=True)
class Met:
    """What met a fault: checks (or problems of the taking-in) that stop the night, and those that tell of it."""

    stopped_by: frozenset[str]
    shown_by: frozenset[str]

    @property
    def outcome(self) -> str:
        return "stopped" if self.stopped_by else "shown" if self.shown_by else "missed"


@dataclass(frozen=True)
class Node:
    """A model that is a table, or a check: its SQL, and the raw tables (or ALWAYS) that feed it."""

    name: str
    schema: str
    severity: str
    sql: str
    fed_by: frozenset[str]


@dataclass
class Bench:
    """A built candidate of the samples and the SQL of each model and check, to be filled with other deliveries."""

    root: Path
    models: list[Node] = field(default_factory=list)
    tests: list[Node] = field(default_factory=list)
    known: dict[str, Rows] = field(default_factory=dict)  # places only, see _place
    files: dict[str, list[str]] = field(default_factory=dict)
    told: set[tuple[str, str]] = field(default_factory=set)

    @classmethod
    def of_samples(cls, root: Path) -> Bench:
        """Build the samples below `root` (some 20 seconds)."""
        bench = cls(root)
        with built(root, SAMPLES) as whole:
            bench._plan(json.loads((root / "target" / "manifest.json").read_text("utf-8")), whole.compiled)
            bench.known = {node.name: set(map(_place, _rows(whole.connection, node))) for node in bench.tests}
            bench.known |= {one.check_id: set() for one in CHECKS if fails(whole.connection, one)}
        home = Home(root / "home")
        result = raw.read(home, intake.take(home, SAMPLES, FIRST_NIGHT, "samples"), AS_OF)
        bench.told = set(result.problems.select("file_name", "problem_id").rows())
        bench.files = {table: sorted(path.name for path in paths) for table, paths in result.files.items()}
        return bench

    def _plan(self, manifest: dict[str, Any], compiled: dict[str, str]) -> None:
        """The models that are tables, in an order in which each comes after what it reads, and the checks."""
        nodes = manifest["nodes"]
        fed: dict[str, frozenset[str]] = {}

        def feeds(key: str) -> frozenset[str]:
            if key not in fed:
                if key in manifest["sources"]:
                    source = manifest["sources"][key]
                    of_projection = source["source_name"] == "projection"
                    named = source["name"] if source["name"] in raw.RAW_TABLES else ALWAYS
                    named = ALWAYS if named in ("delivery", "problem", "correction", "decision") else named
                    fed[key] = frozenset(INPUTS) if of_projection else frozenset({named})
                else:
                    parents = (nodes[key].get("depends_on") or {}).get("nodes", []) if key in nodes else []
                    fed[key] = frozenset().union(*(feeds(parent) for parent in parents))
                    self._placed(key, nodes, fed[key], compiled)
            return fed[key]

        for key in sorted(nodes):
            feeds(key)

    def _placed(self, key: str, nodes: dict[str, Any], fed_by: frozenset[str], compiled: dict[str, str]) -> None:
        node = nodes.get(key)
        if node is None or node["name"] not in compiled:
            return
        meta = {**(node.get("meta") or {}), **(node["config"].get("meta") or {})}
        severity = str(meta.get("severity") or "gate")
        made = Node(node["name"], node["schema"], severity, compiled[node["name"]], fed_by)
        if node["resource_type"] == "test":
            self.tests.append(made)
        elif node["resource_type"] == "model" and node["config"]["materialized"] == "table":
            self.models.append(made)

    @contextmanager
    def filled(
        self,
        work: Path,
        result: raw.RawResult,
        changed: Collection[str],
        more: Callable[[duckdb.DuckDBPyConnection], None] | None = None,
    ) -> Iterator[Any]:
        """A candidate below `work` with these deliveries, and the tables made again that the `changed` raw tables feed.

        The projection is made again where one of its inputs changed. With `more`, which may add raw rows before the
        models are made, it stays as it is: only the models that read no projection are then of use.
        """
        path = work / "candidate.duckdb"  # the compiled SQL names this catalogue
        shutil.copyfile(self.root / "candidate.duckdb", path)
        with duckdb.connect(str(path)) as connection:
            connection.execute("set timezone = 'Asia/Tokyo'")
            fill(connection, result, with_projection=more is None and bool(set(changed) & set(INPUTS)))
            if more is not None:
                more(connection)
            for node in self.models:
                if node.fed_by & {*changed, ALWAYS}:
                    connection.execute(f"create or replace temp table again as {node.sql}")
                    connection.execute(f"delete from {node.schema}.{node.name}")
                    connection.execute(f"insert into {node.schema}.{node.name} by name select * from again")
            yield connection

    def findings(
        self, connection: duckdb.DuckDBPyConnection, changed: Collection[str]
    ) -> dict[str, tuple[str, list[tuple[Any, ...]]]]:
        """Checks that find something where they do not in the samples: {check: (severity, rows)}."""
        found: dict[str, tuple[str, list[tuple[Any, ...]]]] = {}
        for node in self.tests:
            if node.fed_by & {*changed, ALWAYS}:
                known = self.known.get(node.name, set())
                if rows := [row for row in _rows(connection, node) if _place(row) not in known]:
                    found[node.name] = (node.severity, sorted(rows, key=str))
        made = {node.name for node in self.models if node.fed_by & set(changed)}
        for check in CHECKS:
            if check.table in made and check.check_id not in self.known and fails(connection, check):
                found[check.check_id] = (check.severity, [])
        return found

    def met(self, plant: Plant, work: Path, *, again: bool) -> Met:
        """Deliver the samples with a fault planted in them below `work`: at once, or a night after the sound ones."""
        home = Home(work / "home")
        shutil.copytree(self.root / "home" / "raw", home.raw)  # what is sound was read before
        if again:
            intake.take(home, SAMPLES, FIRST_NIGHT, "samples")
        landing = fresh_landing(work)
        plant(landing)
        night = FIRST_NIGHT + timedelta(days=int(again))
        result = raw.read(home, intake.take(home, landing, night, "landing"), AS_OF)
        problems = [
            (severity, name)
            for file, severity, name in result.problems.select("file_name", "severity", "problem_id").rows()
            if (file, name) not in self.told
        ]
        stopped = {name for severity, name in problems if severity == "gate"}
        shown = {name for severity, name in problems if severity != "gate"}
        now = {table: sorted(path.name for path in paths) for table, paths in result.files.items()}
        changed = {table for table in now.keys() | self.files.keys() if now.get(table) != self.files.get(table)}
        with self.filled(work, result, changed) as connection:
            for name, (severity, _) in self.findings(connection, changed).items():
                (stopped if severity == "gate" else shown).add(name)
        return Met(frozenset(stopped), frozenset(shown))


def _rows(connection: duckdb.DuckDBPyConnection, node: Node) -> Rows:
    return set(connection.execute(node.sql).fetchall())


def _place(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a finding is of: file, sheet, row, municipality and reason, without what was expected and found. Of a sound
    file it tells the same when a month fewer stands behind its figures, so that it is no sign of the fault."""
    return (*row[:4], *row[6:])


def fails(connection: duckdb.DuckDBPyConnection, check: Check) -> bool:
    """Whether a check of the suites fails on a candidate: the comparison that its expectation makes, in SQL."""
    frame, arguments = check.frame, check.arguments
    if check.expectation == "ExpectTableRowCountToBeBetween":
        fed = is_fed(connection, frame.fed_by)
        (count,) = connection.execute(f"select count(*) from ({frame.sql})").fetchall()[0]
        least = arguments["min_value"] if fed else 0
        most = 0 if frame.and_nothing_else and not fed else arguments["max_value"]
        return not least <= count <= most
    if check.expectation == "ExpectColumnPairValuesAToBeGreaterThanB":
        wrong = f"{arguments['column_A']} < {arguments['column_B']}"
        return bool(connection.execute(f"select 1 from ({frame.sql}) where {wrong} limit 1").fetchall())
    values = connection.execute(f"select distinct {arguments['column']} from ({frame.sql})").fetchall()
    return any(not _holds(value, arguments) for (value,) in values if value is not None)


def _holds(value: Any, arguments: dict[str, Any]) -> bool:
    if "value_set" in arguments:
        return value in arguments["value_set"]
    if "regex" in arguments:
        return re.search(arguments["regex"], str(value)) is not None
    low, high = arguments.get("min_value"), arguments.get("max_value")
    return (low is None or value >= low) and (high is None or value <= high)
