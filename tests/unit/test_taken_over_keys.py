"""Keys of a small synthetic project: what moves them, and what a candidate begins with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sousei.foundation.home import Home
from sousei.orchestration import taken_over


def model(name: str, *parents: str, kind: str = "table", **meta: Any) -> dict[str, Any]:
    config = {"materialized": kind, "meta": meta}
    return {"resource_type": "model", "schema": "main", "alias": name, "config": config, "parents": parents}


def check(*parents: str) -> dict[str, Any]:
    return {
        "resource_type": "test",
        "schema": "t",
        "alias": "t",
        "config": {"materialized": "test"},
        "parents": parents,
    }


def source(name: str, relation: str | None = None, **meta: Any) -> dict[str, Any]:
    return {"schema": "raw", "name": name, "identifier": relation or name, "config": {"meta": meta}}


NODES = {
    "model.p.seen": model("seen", "source.p.raw.a", kind="view"),
    "model.p.of_a": model("of_a", "model.p.seen", "source.p.raw.delivery"),
    "model.p.of_b": model("of_b", "source.p.raw.b", "source.p.raw.delivery"),
    "model.p.list": model("list", "source.p.raw.delivery", reads_every_delivery=True),
    "model.p.of_list": model("of_list", "model.p.list"),
    "model.p.year": model("year", "source.p.raw.year"),
    "model.p.day": model("day", "source.p.raw.day"),
    "test.p.a_is_sound": check("model.p.of_a"),
}
MANIFEST = {
    "nodes": NODES,
    "sources": {
        "source.p.raw.a": source("a"),
        "source.p.raw.b": source("b"),
        "source.p.raw.delivery": source("delivery"),
        "source.p.raw.year": source("year", "run", reads=["year"]),
        "source.p.raw.day": source("day", "run", reads=["day"]),
    },
    "parent_map": {name: list(node["parents"]) for name, node in NODES.items()},
}


def sources(connection: duckdb.DuckDBPyConnection, *statements: str) -> None:
    connection.execute("create schema raw")
    connection.execute("create table raw.a as select 'a1' as source_id, 1 as n")
    connection.execute("create table raw.b as select 'b1' as source_id, 'a1' as replaced_source_id, 1 as n")
    connection.execute("create table raw.delivery as select unnest(['a1', 'b1']) as source_id, 'x.csv' as file_name")
    connection.execute("create table raw.run as select 2026 as year, date '2026-11-30' as day")
    for statement in statements:
        connection.execute(statement)


def night(home: Home, number: int, *statements: str, status: dict[str, str] | None = None) -> list[str]:
    """What of a night is built; its tables hold the number of the night."""
    candidate = home.runs / f"2026-11-{number:02}-synthetic" / "candidate.duckdb"
    candidate.parent.mkdir(parents=True)
    taken_over.start(home, candidate, MANIFEST)
    with duckdb.connect(str(candidate)) as connection:
        sources(connection, *statements)
        connection.execute("create table main.meta_check_outcome as select 1 as n")
    built = taken_over.anew(candidate, MANIFEST)
    with duckdb.connect(str(candidate)) as connection:
        there = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        for one in built:
            node = NODES[one]
            assert node["alias"] not in there, "what is built anew was removed"
            if node["resource_type"] == "model":
                connection.execute(
                    f"create {node['config']['materialized']} main.{node['alias']} as select {number} as n"
                )
    ended = [{"unique_id": one, "status": (status or {}).get(one, "pass")} for one in NODES]
    taken_over.remember(candidate, ended)
    return [one.split(".")[2] for one in built]


def held(home: Home, number: int) -> dict[str, int]:
    with duckdb.connect(str(home.runs / f"2026-11-{number:02}-synthetic" / "candidate.duckdb"), read_only=True) as one:
        names = [node["alias"] for node in NODES.values() if node["resource_type"] == "model"]
        return {name: one.execute(f"select n from main.{name}").fetchall()[0][0] for name in names}


EVERY = [name.split(".")[2] for name in NODES]


@pytest.mark.parametrize(
    ("moved", "built"),
    [
        ("select 1", []),
        ("insert into raw.a values ('a1', 2)", ["of_a", "a_is_sound"]),
        ("insert into raw.a values ('a1', 1)", ["of_a", "a_is_sound"]),
        ("update raw.b set n = 2", ["of_b"]),
        ("alter table raw.b alter n type bigint", ["of_b"]),
        ("insert into raw.delivery values ('c1', 'y.csv')", ["list", "of_list"]),
        # b names a's delivery in another column
        ("update raw.delivery set file_name = 'z.csv' where source_id = 'a1'",
         ["of_a", "of_b", "list", "of_list", "a_is_sound"]),
        ("update raw.delivery set file_name = 'z.csv' where source_id = 'b1'", ["of_b", "list", "of_list"]),
        ("update raw.run set day = '2026-12-01'", ["day"]),
        ("update raw.run set year = 2027", ["year"]),
    ],
)  # fmt: skip
def test_what_moved_is_built_and_nothing_else(tmp_path: Path, moved: str, built: list[str]) -> None:
    home = Home(tmp_path)
    assert night(home, 1) == EVERY
    assert night(home, 2, moved) == built
    assert held(home, 2) == {name: 2 if name in built else 1 for name in held(home, 1)}
    assert night(home, 3, moved) == []
    with duckdb.connect(str(home.runs / "2026-11-03-synthetic" / "candidate.duckdb")) as connection:
        assert connection.execute("select n from main.meta_check_outcome").fetchall() == [(1,)]


def test_what_failed_or_was_left_out_is_built_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    night(home, 1, status={"test.p.a_is_sound": "warn", "model.p.of_b": "skipped"})
    assert night(home, 2) == ["of_b", "a_is_sound"]


def no_room(candidate: Path, manifest: object) -> None:
    """A disk that is full while the copy is made ready; what was logged lies beside it."""
    candidate.with_name(f"{candidate.name}.wal").write_bytes(b"synthetic")
    raise duckdb.IOException("no room")


@pytest.mark.parametrize("harm", ["candidate", "cut", "text", "gone", "code", "shape", "room"])
def test_nothing_is_taken_from_a_candidate_that_is_not_as_it_was_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    home = Home(tmp_path)
    night(home, 1)
    folder = home.runs / "2026-11-01-synthetic"
    candidate, noted = folder / "candidate.duckdb", folder / taken_over.BUILT
    if harm == "candidate":
        with duckdb.connect(str(candidate)) as connection:
            connection.execute("update main.of_a set n = 99")
    elif harm == "cut":
        candidate.write_bytes(candidate.read_bytes()[:-1])
    elif harm == "text":
        noted.write_text("{")
    elif harm == "shape":
        noted.write_text(json.dumps(["made_by"]))
    elif harm == "gone":
        candidate.unlink()
    elif harm == "room":
        monkeypatch.setattr(taken_over, "_empty", no_room)
    else:
        monkeypatch.setattr(taken_over, "code_version", lambda: "another")
        taken_over._made_by.cache_clear()
    assert night(home, 2) == EVERY
    taken_over._made_by.cache_clear()


def test_the_results_of_all_nodes_come_with_parents_first() -> None:
    built = [{"unique_id": "model.p.of_list", "status": "success", "message": "OK"}]
    told = taken_over.whole(MANIFEST, built, ["model.p.of_list", "model.p.of_b"])
    names = [one["unique_id"] for one in told]
    assert set(names) == set(NODES) - {"model.p.of_b"}, "what dbt left out has no result"
    assert names.index("model.p.list") < names.index("model.p.of_list")
    assert names.index("model.p.of_a") < names.index("test.p.a_is_sound")
    assert {one["unique_id"]: one["status"] for one in told}["test.p.a_is_sound"] == "pass"
    assert [one["unique_id"] for one in told if one["message"] != taken_over.TAKEN] == ["model.p.of_list"]
