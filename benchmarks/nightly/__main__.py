"""What a night costs: `sousei refresh` on the samples against the floor and the fixed cost of the frameworks.

floor   a bare script with DuckDB and polars alone that does the same work (benchmarks/nightly/floor.py); its mart rows
        must equal ours, else nothing is printed but the difference
fixed   a process that imports dagster, dagster_dbt and great_expectations and parses the dbt project once
ours    `sousei refresh` in an empty home; `again` is the second call, when nothing is new
warm    the seconds of such a refresh in a process that has imported and parsed already

One run, in turn, `--repeats` times after one that warms caches; medians and ratios are what counts. Bars on the
samples: ours <= 1.3 x (floor + fixed), again <= ours / 5, peak memory < 1 GB; on the files of the whole country:
ours <= 3 x floor, warm <= 1.5 x floor.

Usage: python -m benchmarks.nightly [--repeats 3] [--landing samples/landing] [--at-once]
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import duckdb

from benchmarks.process import Cost, run
from sousei.foundation.home import PROJECT_ROOT

AS_OF = "2026-11-22"
FIXED = """
import os, sys
import dagster, dagster_dbt, great_expectations
from dbt.cli.main import dbtRunner
os.environ["SOUSEI_BUILD_DB"] = sys.argv[1] + "/candidate.duckdb"
done = dbtRunner().invoke(["parse", "--no-partial-parse", "--project-dir", sys.argv[2], "--profiles-dir", sys.argv[2],
    "--target-path", sys.argv[1] + "/target", "--log-path", sys.argv[1] + "/logs", "--quiet"])
sys.exit(0 if done.success else 1)
"""
WARM = """
import datetime, json, sys, time
from pathlib import Path
import dagster, dagster_dbt, great_expectations
from dbt.cli.main import dbtRunner
from sousei.foundation.clock import now
from sousei.foundation.home import Home
from sousei.orchestration import job, refresh
from sousei.orchestration.warehouse import Warehouse
home = Home(Path(sys.argv[1]))
job.definitions(Warehouse(home).manifest)
started = time.perf_counter()
ended = refresh.refresh(home, Path(sys.argv[2]), datetime.date.fromisoformat(sys.argv[3]), now())
print(json.dumps({"seconds": time.perf_counter() - started, "state": ended.state}))
"""
NOT_COMPARED = {"meta_release", "meta_change", "meta_check_outcome", "meta_source", "mart_kpi_history"}
"""Tables that name the run or the moment of receipt."""
MOMENTS = {"mart_kpi_missing": "missing_since"}
"""A column that tells the day of receipt."""


def differences(ours: Path, floor: Path) -> list[str]:
    """Tables whose rows differ between our release and the floor's."""
    found = []
    with duckdb.connect() as connection:
        connection.execute(f"attach '{ours}' as ours (read_only)")
        connection.execute(f"attach '{floor}' as floor (read_only)")
        names = connection.execute("select table_name from duckdb_tables() where database_name = 'ours'").fetchall()
        for (name,) in names:
            if name in NOT_COMPARED:
                continue
            columns = f"* exclude ({MOMENTS[name]})" if name in MOMENTS else "*"
            query = f"select {columns} from {{a}}.main.{name} except all select {columns} from {{b}}.main.{name}"
            moved = [
                connection.execute(f"select count(*) from ({query.format(a=a, b=b)})").fetchall()[0][0]
                for a, b in (("ours", "floor"), ("floor", "ours"))
            ]
            if any(moved):
                found.append(f"{name}: {moved[0]} rows only in ours, {moved[1]} only in the floor")
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--landing", type=Path, default=PROJECT_ROOT / "samples" / "landing")
    parser.add_argument("--at-once", action="store_true", help="without the turn that warms caches")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    arguments = parser.parse_args()
    costs: dict[str, list[Cost]] = {"floor": [], "fixed": [], "ours": [], "again": [], "warm": []}
    steps: list[dict[str, float]] = []
    parts: list[dict[str, float]] = []
    for turn in range(1 if arguments.at_once else 0, arguments.repeats + 1):
        with tempfile.TemporaryDirectory() as folder:
            home, bare, parsed = Path(folder) / "var", Path(folder) / "floor", Path(folder) / "fixed"
            bare.mkdir()
            parsed.mkdir()
            refresh = [sys.executable, "-m", "sousei.orchestration.command", "refresh", "--as-of", AS_OF]
            refresh += ["--landing", str(arguments.landing)]
            ours = run(*refresh, home=home)
            again = run(*refresh, home=home)
            floor = run(
                *(sys.executable, "-m", "benchmarks.nightly.floor"),
                *(str(arguments.landing), str(home), str(bare), AS_OF),
            )
            fixed = run(sys.executable, "-c", FIXED, str(parsed), str(PROJECT_ROOT / "dbt_project"))
            moved = differences(home / "releases" / "current" / "sousei.duckdb", bare / "sousei.duckdb")
            if moved:
                sys.exit("The floor does not give the same rows:\n" + "\n".join(moved))
            timings = json.loads((home / "runs" / "building" / "timings.json").read_text())
            warm = run(sys.executable, "-c", WARM, str(Path(folder) / "warm"), str(arguments.landing), AS_OF)
            if warm.last["state"] != "published":
                sys.exit(f"the warm night ended as {warm.last['state']}")
            warm = replace(warm, wall=warm.last["seconds"])
        if turn == 0:
            continue  # the first turn warms caches
        turns = {"floor": floor, "fixed": fixed, "ours": ours, "again": again, "warm": warm}
        for name, cost in turns.items():
            costs[name].append(cost)
        steps.append(timings)
        parts.append(json.loads(floor.printed.splitlines()[-1])["seconds"])

    def median(name: str, what: str = "wall") -> float:
        return statistics.median(getattr(cost, what) for cost in costs[name])

    print(f"{'':8}{'wall s (min-max)':>24}{'cpu s':>9}{'peak MB':>9}")
    for name, several in costs.items():
        walls = [cost.wall for cost in several]
        print(
            f"{name:8}{median(name):>10.2f} ({min(walls):.2f}-{max(walls):.2f}){median(name, 'cpu'):>9.2f}"
            f"{median(name, 'memory_mb'):>9.0f}"
        )
    allowed = median("floor") + median("fixed")
    print(f"\nours / (floor + fixed) = {median('ours') / allowed:.2f}   (bar 1.30)")
    print(f"again / ours           = {median('again') / median('ours'):.3f}  (bar 0.200)")
    print(
        f"ours / floor = {median('ours') / median('floor'):.2f}, warm / floor = {median('warm') / median('floor'):.2f}"
    )
    print("\nshare of each part, seconds (median)")
    for label, several_parts in (("ours", steps), ("floor", parts)):
        for key in several_parts[0]:
            print(f"  {label:6}{key:28}{statistics.median(one[key] for one in several_parts):>7.2f}")
    if arguments.json:
        told = {name: {"wall": median(name), "memory_mb": median(name, "memory_mb")} for name in costs}
        print(json.dumps(told))


if __name__ == "__main__":
    main()
