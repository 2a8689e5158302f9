"""What of the last night's candidate stands tonight: tables whose inputs did not move, views, and checks that passed.

Holds: a key for every node of dbt's graph, the candidate to start from, and what of it is built anew. Does not hold:
running dbt (warehouse), or what a release takes from the last one (publication.unmoved).

A table is a function of the project's code and of the rows of the sources below it, through all models between. Its
key is a hash of these rows, and counts for one code; a table with the key that it had is taken over as it lies, one
with another key is removed before dbt runs, so that nothing stale can be read where a build fails. The sources are
looked at row by row every night: what moved them (a file, a correction, a decision, a withdrawal, another rule) does
not matter. A check is taken over only where it passed; one that found something looks again. Of the list of
deliveries a node that looks up files by the source_id of its rows sees those of its sources only; one that reads the
list itself says so (meta: reads_every_delivery).

Taken over is only from a candidate that was built and judged to its end by the same code and libraries, and whose bytes
are still those that were noted then. The folders of the runs may be removed at any time: it is a saving, not a record.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from graphlib import TopologicalSorter
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sousei.foundation.duck import connect, facts_of, identifier
from sousei.foundation.files import sha256_of, write_json
from sousei.foundation.fingerprint import code_version

if TYPE_CHECKING:
    import duckdb

    from sousei.foundation.home import Home

BUILT = "built.json"
"""In the folder of a run that was judged: the hash of its candidate, and the keys of its nodes."""
BEFORE, TONIGHT = "keys_before.json", "keys.json"
"""In the folder of a run: the keys of what its candidate began with, and those of tonight."""
TAKEN = "taken over from the last night"
"""What a result says of a node that was not built."""
KEPT = ("success", "pass")
_BY_DBT = ("model", "seed")
_DELIVERY = ("raw", "delivery")


def start(home: Home, candidate: Path, manifest: Mapping[str, Any]) -> None:
    """Begin a candidate with that of the last night that was judged, without what every night makes anew; no candidate
    where there is none to take from."""
    import duckdb

    keys: dict[str, str] = {}
    if (last := _last(home, candidate.parent)) is not None:
        with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, duckdb.Error):
            told = json.loads((last / BUILT).read_text("utf-8"))
            if told["made_by"] == _made_by():
                shutil.copyfile(last / candidate.name, candidate)
                if sha256_of(candidate) == told["sha256"]:
                    _empty(candidate, manifest)
                    keys = {str(node): str(key) for node, key in told["keys"].items()}
    if not keys:
        for path in (candidate, candidate.with_name(f"{candidate.name}.wal")):
            path.unlink(missing_ok=True)
    write_json(candidate.with_name(BEFORE), keys, sync=False)


def anew(candidate: Path, manifest: Mapping[str, Any]) -> list[str]:
    """Nodes that are built and checked tonight, by their unique_id, on a candidate that was begun and whose sources
    stand. What it has of their tables is removed.

    Raises duckdb.Error where a source cannot be read.
    """
    before = json.loads(candidate.with_name(BEFORE).read_text("utf-8"))
    with connect(candidate, read_only=False) as connection:
        below = _Below(manifest, _Sources(connection, manifest))
        now = {node: below.key(node) for node in manifest["nodes"]}
        write_json(candidate.with_name(TONIGHT), now, sync=False)
        moved = [node for node, key in now.items() if before.get(node) != key]
        for node in moved:
            _drop(connection, manifest["nodes"][node])
    return moved


def whole(
    manifest: Mapping[str, Any], built: Iterable[Mapping[str, Any]], chosen: Iterable[str]
) -> list[dict[str, Any]]:
    """The results of Warehouse.build with those of the nodes that were not chosen for it, parents before their
    children. A chosen one that dbt left out stays left out."""
    by_id = {str(one["unique_id"]): dict(one) for one in built}
    left_out = set(chosen) - by_id.keys()
    nodes = manifest["nodes"]
    order = TopologicalSorter(
        {node: [one for one in manifest["parent_map"].get(node, []) if one in nodes] for node in nodes}
    )
    return [by_id.get(node) or _taken(node, nodes[node]) for node in order.static_order() if node not in left_out]


def _taken(unique_id: str, node: Mapping[str, Any]) -> dict[str, Any]:
    is_check = node["resource_type"] == "test"
    return {
        "unique_id": unique_id,
        "status": "pass" if is_check else "success",
        "failures": 0 if is_check else None,
        "message": TAKEN,
        "seconds": 0.0,
        "compiled_code": None,
    }


def remember(candidate: Path, ended: Iterable[Mapping[str, Any]]) -> None:
    """Note a candidate that was judged, so that the next night can begin with it. A disk that refuses loses nothing but
    the saving."""
    kept = {one["unique_id"] for one in ended if one["status"] in KEPT}
    with suppress(OSError):
        keys = json.loads(candidate.with_name(TONIGHT).read_text("utf-8"))
        taken = {node: key for node, key in keys.items() if node in kept}
        told = {"made_by": _made_by(), "sha256": sha256_of(candidate), "keys": taken}
        write_json(candidate.with_name(BUILT), told, sync=False)


def _last(home: Home, but: Path) -> Path | None:
    noted = (path for path in home.runs.glob(f"????-??-??-*/{BUILT}") if path.parent.resolve() != but.resolve())
    return max((path.parent for path in noted), key=lambda path: (path / BUILT).stat().st_mtime, default=None)


def _empty(candidate: Path, manifest: Mapping[str, Any]) -> None:
    """Remove what dbt does not make: the sources, and the verdict. Of the delivered figures ingest looks itself which
    are still those that it would make (ingest.in_force)."""
    made = {(node["schema"], node["alias"]) for node in manifest["nodes"].values() if node["resource_type"] in _BY_DBT}
    schemas = {schema for schema, _ in made}
    with connect(candidate, read_only=False) as connection:
        asked = "select schema_name from duckdb_schemas() where database_name = current_database() and not internal"
        for (schema,) in connection.execute(asked).fetchall():
            if schema not in schemas | {"main", "delivered"}:
                connection.execute(f"drop schema {identifier(schema)} cascade")
        asked = "select schema_name, table_name from duckdb_tables() where not internal"
        for schema, table in connection.execute(asked).fetchall():
            if schema != "delivered" and (schema, table) not in made:
                connection.execute(f"drop table {identifier(schema)}.{identifier(table)}")
        connection.execute("checkpoint")  # tonight's sources take the room of last night's


def _drop(connection: duckdb.DuckDBPyConnection, node: Mapping[str, Any]) -> None:
    if node["resource_type"] not in _BY_DBT:
        return
    kind = "view" if node["config"].get("materialized") == "view" else "table"
    connection.execute(f"drop {kind} if exists {identifier(node['schema'])}.{identifier(node['alias'])}")


@cache
def _made_by() -> str:
    """All code, and the libraries whose work a table is."""
    libraries = [f"{name} {version(name)}" for name in ("dbt-core", "dbt-duckdb", "duckdb", "polars")]
    return " ".join([code_version(), *libraries, sys.version.split()[0]])


class _Sources:
    """The rows of the sources as hashes, each looked at once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> None:
        self._connection, self._of = connection, manifest["sources"]
        self._facts: dict[str, Any] = {}
        self._ids: dict[str, frozenset[str]] = {}
        self._deliveries: dict[str, int] | None = None

    def facts(self, unique_id: str) -> Any:
        """Of a source that reads some columns only, those."""
        if unique_id not in self._facts:
            source = self._of[unique_id]
            if reads := (source["config"].get("meta") or {}).get("reads"):
                rows = f"select {', '.join(map(identifier, reads))} from {self._place(unique_id)} order by all"  # noqa: S608
                self._facts[unique_id] = [
                    [str(cell) for cell in row] for row in self._connection.execute(rows).fetchall()
                ]
            else:
                self._facts[unique_id] = facts_of(self._connection, (source["schema"], source["identifier"]))
        return self._facts[unique_id]

    def is_delivery(self, unique_id: str) -> bool:
        source = self._of[unique_id]
        return (source["schema"], source["identifier"]) == _DELIVERY

    def deliveries(self, of: Sequence[str]) -> list[tuple[str, int]]:
        """(source_id, hash of its row) of the deliveries that rows of these sources name."""
        if self._deliveries is None:
            columns = self._columns(next(one for one in self._of if self.is_delivery(one)))
            rows = f"select source_id, hash({', '.join(map(identifier, columns))}) from raw.delivery"  # noqa: S608
            self._deliveries = dict(self._connection.execute(rows).fetchall())
        named = frozenset[str]().union(*(self._named(one) for one in of))
        return sorted((one, self._deliveries[one]) for one in named if one in self._deliveries)

    def _named(self, unique_id: str) -> frozenset[str]:
        if unique_id not in self._ids:
            found: set[str] = set()
            for column in self._columns(unique_id):
                if column.endswith("source_id"):
                    asked = f"select distinct {identifier(column)} from {self._place(unique_id)}"  # noqa: S608
                    found |= {one for (one,) in self._connection.execute(asked).fetchall() if one is not None}
            self._ids[unique_id] = frozenset(found)
        return self._ids[unique_id]

    def _columns(self, unique_id: str) -> list[str]:
        described = self._connection.execute(f"describe {self._place(unique_id)}").fetchall()
        return [name for (name, *_) in described]

    def _place(self, unique_id: str) -> str:
        source = self._of[unique_id]
        return f"{identifier(source['schema'])}.{identifier(source['identifier'])}"


class _Below:
    """The sources below each node, and the keys that they make."""

    def __init__(self, manifest: Mapping[str, Any], sources: _Sources) -> None:
        self._parents, self._nodes, self._sources = manifest["parent_map"], manifest["nodes"], sources
        self._found: dict[str, tuple[frozenset[str], bool]] = {}

    def key(self, node: str) -> str:
        """A view is its code; of what is kept as rows and of checks the rows of the sources count, too."""
        if self._nodes[node]["config"].get("materialized") == "view":
            return "view"
        sources, every = self._look(node)
        rows = sorted(one for one in sources if every or not self._sources.is_delivery(one))
        told: list[Any] = [[one, self._sources.facts(one)] for one in rows]
        if len(rows) < len(sources):
            told.append(self._sources.deliveries(rows))
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def _look(self, node: str) -> tuple[frozenset[str], bool]:
        """Sources below a node, and whether the list of deliveries is read as a whole on the way."""
        if node not in self._found:
            config = self._nodes[node]["config"]
            found, every = set[str](), bool((config.get("meta") or {}).get("reads_every_delivery"))
            for parent in self._parents.get(node, []):
                if parent.startswith("source."):
                    found.add(parent)
                else:
                    sources, whole = self._look(parent)
                    found |= sources
                    every |= whole
            self._found[node] = frozenset(found), every
        return self._found[node]
