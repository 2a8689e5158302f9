"""The floor of a night: the same reading, projection, SQL, checks, writing and papers with DuckDB and polars alone.

No Dagster, no dbt, no Great Expectations: the rooms' own functions, the SQL that dbt compiled in an earlier refresh,
the tests' SQL, and the suites' rules as SQL. What the papers tell of the release itself (meta tables) is taken from the
one of that refresh. Prints one JSON line with the seconds of each part.

Usage: python -m benchmarks.nightly.floor LANDING HOME_OF_THE_REFRESH EMPTY_FOLDER AS_OF
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from sousei.expectations.suites.declared import CHECKS, FRAMES
from sousei.expectations.suites.forms import Check
from sousei.foundation.clock import fiscal_year_of
from sousei.foundation.home import PROJECT_ROOT, SEEDS, Home
from sousei.ingest import raw
from sousei.ingest.cells.contents import using
from sousei.ingest.decided import corrections, decisions
from sousei.ingest.receive import intake
from sousei.orchestration.nightly import CHANGES
from sousei.projection import areas, scenarios
from sousei.projection.night import build as projection
from sousei.projection.night import plans
from sousei.projection.night.tables import INPUTS, PROJECTION_TABLES
from sousei.publication import papers

CATALOG = "candidate"


def seeds(connection: duckdb.DuckDBPyConnection, nodes: dict[str, Any]) -> None:
    """Load dbt's seeds with their declared types."""
    connection.execute("create schema seeds")
    for node in nodes.values():
        if node["resource_type"] == "seed":
            path = PROJECT_ROOT / "dbt_project" / node["original_file_path"]
            types = node["config"].get("column_types")
            given = f", types = {types!r}" if types else ""
            connection.execute(
                f"create table seeds.{node['name']} as select * from read_csv(?, header = true, nullstr = ''{given})",
                [str(path)],
            )


def ordered(nodes: dict[str, Any]) -> list[dict[str, Any]]:
    """Models in an order in which each comes after what it reads."""
    done: dict[str, dict[str, Any]] = {}
    left = {key: node for key, node in nodes.items() if node["resource_type"] == "model"}
    while left:
        ready = [
            key
            for key, node in left.items()
            if not [name for name in node["depends_on"]["nodes"] if name in left and name != key]
        ]
        for key in ready:
            done[key] = left.pop(key)
    return list(done.values())


def models(connection: duckdb.DuckDBPyConnection, nodes: dict[str, Any]) -> None:
    """Run dbt's compiled SQL."""
    for schema in sorted({node["schema"] for node in ordered(nodes)} - {"main"}):
        connection.execute(f"create schema {schema}")
    for node in ordered(nodes):
        kind = node["config"]["materialized"]
        if kind == "ephemeral":
            continue
        columns = [
            f"cast({name} as {column['data_type']}) as {name}"
            for name, column in node["columns"].items()
            if column.get("data_type") and node["config"]["contract"]["enforced"]
        ]
        connection.execute(
            f'create {"view" if kind == "view" else "table"} {node["schema"]}."{node["alias"]}" as '
            f"select {', '.join(columns) or '*'} from ({node['compiled_code']})"
        )


def tests(connection: duckdb.DuckDBPyConnection, nodes: dict[str, Any]) -> int:
    """Run dbt's compiled tests; the number of tests with failing rows."""
    failed = 0
    for node in nodes.values():
        if node["resource_type"] == "test":
            failed += connection.execute(f"select count(*) from ({node['compiled_code']})").fetchall()[0][0] > 0
    return failed


def rule(check: Check) -> str:
    """A suite's rule as a SQL condition on failing rows, or on the number of rows."""
    given = check.arguments
    low, high = given.get("min_value"), given.get("max_value")
    subject = given.get("column") or "count(*)"
    outside = [f"{subject} < {low}"] * (low is not None) + [f"{subject} > {high}"] * (high is not None)
    if check.expectation == "ExpectTableRowCountToBeBetween" or check.expectation == "ExpectColumnValuesToBeBetween":
        return " or ".join(outside) or "false"
    if "value_set" in given:
        values = ", ".join(f"'{value}'" for value in given["value_set"])
        return f"{subject}::varchar not in ({values.replace('True', 'true').replace('False', 'false')})"
    if "regex" in given:
        return f"not regexp_matches({subject}, '{given['regex']}')"
    if "column_A" in given:
        return f"{given['column_A']} {'<' if given.get('or_equal') else '<='} {given['column_B']}"
    if check.expectation == "ExpectColumnValuesToNotBeNull":
        return f"{subject} is null"
    if check.expectation == "ExpectColumnValuesToBeNull":
        return f"{subject} is not null"
    raise NotImplementedError(f"{check.expectation} has no SQL form here")


def suites(connection: duckdb.DuckDBPyConnection) -> int:
    """The number of rules with failing rows."""
    failed = 0
    for frame in FRAMES:
        connection.execute(f"create or replace temp table judged as {frame.sql}")
        for check in CHECKS:
            if check.frame == frame:
                if check.expectation == "ExpectTableRowCountToBeBetween":
                    query = f"select {rule(check)} from judged"
                else:
                    query = f"select count(*) > 0 from judged where {rule(check)}"
                failed += bool(connection.execute(query).fetchall()[0][0])
    return failed


def write(connection: duckdb.DuckDBPyConnection, to: Path, released: Path) -> None:
    """The marts as a fresh DuckDB file with the meta tables of `released`, as Parquet and CSV."""
    for folder in ("parquet", "csv"):
        (to / folder).mkdir()
    connection.execute(f"attach '{to / 'sousei.duckdb'}' as published")
    connection.execute(f"attach '{released}' as released (read_only)")
    named = "select table_name from duckdb_tables() where database_name = '{}' and schema_name = 'main'"
    own = {name for (name,) in connection.execute(named.format(CATALOG)).fetchall()}
    kept = {name for (name,) in connection.execute(named.format("released")).fetchall() if name.startswith("meta_")}
    for name in sorted(own | kept):
        source = f"main.{name}" if name in own else f"released.main.{name}"
        connection.execute(f"create table published.main.{name} as select * from {source} order by all")
        connection.execute(
            f"copy published.main.{name} to '{to / 'parquet' / name}.parquet' (format parquet, compression zstd)"
        )
        connection.execute(f"copy published.main.{name} to '{to / 'csv' / name}.csv' (header)")
    connection.execute("detach released")
    connection.execute("detach published")


def main(landing: Path, refreshed: Home, to: Path, as_of: date) -> None:
    """Build one night from cold in `to` and print the seconds of each part."""
    seconds: dict[str, float] = {}
    mark = time.perf_counter()

    def lap(part: str) -> None:
        nonlocal mark
        now = time.perf_counter()
        seconds[part] = round(now - mark, 3)
        mark = now

    home, now = Home(to), datetime(as_of.year, as_of.month, as_of.day, 2, tzinfo=ZoneInfo("Asia/Tokyo"))
    with using(None) as opener:
        taken = intake.take(home, landing, now, "landing", opener)
        decided, lines = decisions.read(home), corrections.declared(decisions=home.corrections)
        result = raw.read(home, taken, as_of, decided, lines, opener)
    connection = duckdb.connect(str(to / f"{CATALOG}.duckdb"))
    raw.expose(connection, result.files, result.frames(), decided, lines)
    fiscal_year = fiscal_year_of(as_of)
    connection.execute(
        "create table raw.run as select 'floor' as run_id, ?::date as as_of_date, ?::integer as fiscal_year, "
        "?::timestamptz as created_at, 'floor' as code_version, 'floor' as inputs_hash",
        [as_of, fiscal_year, now],
    )
    lap("read")
    frames = {name: connection.sql(f"from in_force.{name}").pl() for name in INPUTS}
    own, printed = (connection.sql(f"from in_force.plan_register_{name}").pl() for name in ("scenario", "figure"))
    planned = plans.of_night(scenarios.read(SEEDS / "scenarios.csv"), own, printed)
    changes = areas.successors(pl.read_csv(CHANGES, infer_schema=False), areas.FIRST_EDITION)
    built = projection.build(frames, scenarios=planned.scenarios, plan_figures=planned.figures, current_code=changes)
    connection.execute("create schema projection")
    connection.register("plan_fault", planned.faults)
    connection.execute("create table projection.plan_fault as from plan_fault")
    for name in PROJECTION_TABLES:
        built[name].write_parquet(to / f"{name}.parquet")
        connection.execute(f"create view projection.{name} as from '{to / name}.parquet'")
    lap("project")
    nodes = json.loads((refreshed.root / "dbt" / "target" / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    for one in json.loads((refreshed.building / "dbt_results.json").read_text(encoding="utf-8")):
        nodes[one["unique_id"]]["compiled_code"] = one["compiled_code"]
    seeds(connection, nodes)
    models(connection, nodes)
    lap("sql")
    failed = tests(connection, nodes) + suites(connection)
    lap("check")
    write(connection, to, refreshed.releases / "current" / "sousei.duckdb")
    connection.close()
    lap("write")
    papers.write(to)
    lap("papers")
    print(json.dumps({"seconds": seconds, "failed_checks": failed}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Home(Path(sys.argv[2])), Path(sys.argv[3]), date.fromisoformat(sys.argv[4]))
