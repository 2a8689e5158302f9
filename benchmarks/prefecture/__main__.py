"""Deliveries read by workers beside the same deliveries read in one process, on this machine. One run, one table.

Each home gets the same synthetic deliveries, in a folder per prefecture: a month of visitors (CSV, CP932) and, of every
tenth, a registry table (xlsx), each with bytes of its own. Counted from the bytes in snapshots to the last stored
reading; the stores must be equal byte by byte, else nothing counts. The workers (the coordinator with real PostgreSQL,
Redis and dagster-celery) have been asked once before, so that their libraries are loaded; so has this process.

Not counted: taking the files in (the coordinator does that alone, both ways) and all that follows (projection, tables,
checks, release), which is not shared out. Needs `make setup-prefecture`, PostgreSQL and Redis.

Usage: python -m benchmarks.prefecture [DELIVERIES ...]
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from zoneinfo import ZoneInfo

from sousei.foundation.child import same_code
from sousei.foundation.files import sha256_of
from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest import raw
from sousei.ingest.decided import corrections, decisions
from sousei.ingest.receive import intake
from sousei.orchestration.prefecture.coordinator import Coordinator
from tests import servers

SAMPLES, SHIPPED = PROJECT_ROOT / "samples" / "landing", PROJECT_ROOT / "wheelhouse" / "prefecture"
NIGHT = dt.datetime(2026, 11, 22, 2, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
COUNTS = (94, 940)
WORKERS = 2


def deliver(landing: Path, count: int) -> None:
    sheet = (SAMPLES / "resident_registry" / "2104ssnen.xlsx").read_bytes()
    month = (SAMPLES / "tourism" / "city202301.csv").read_text("utf-8-sig").rstrip("\n")
    for number in range(count):  # bytes that differ, so that each is a delivery of its own
        folder = landing / f"{number % 47 + 1:02}"
        folder.mkdir(parents=True, exist_ok=True)
        if number % 10:
            body = f"{month}\n2023,1,市区町村,観光来訪者数,13,東京都,13101,千代田区,{number}\n"
            (folder / f"{number}.csv").write_text(body, "cp932")
        else:
            (folder / f"{number}.xlsx").write_bytes(sheet + number.to_bytes(2, "little"))


def taken(home: Home, count: int) -> list[intake.Snapshot]:
    deliver(home.landing, count)
    decisions.prepare(home)
    return intake.take(home, home.landing, NIGHT, "benchmark")


def store(home: Home) -> dict[str, str]:
    return {str(path.relative_to(home.raw)): sha256_of(path) for path in home.raw.rglob("*") if path.is_file()}


def by_workers(home: Home, count: int, groups: set[int]) -> tuple[float, float]:
    """(wall, CPU) seconds; groups: process groups of the workers."""
    snapshots, lines = taken(home, count), corrections.declared(decisions=home.corrections)
    wall, cpu = time.perf_counter(), cpu_of(groups) + own_cpu()
    said = Coordinator(home)(snapshots, lines)
    if said:
        sys.exit(f"not read by workers: {said}")
    return time.perf_counter() - wall, cpu_of(groups) + own_cpu() - cpu


def here(home: Home, count: int) -> tuple[float, float]:
    """(wall, CPU) seconds."""
    snapshots = taken(home, count)
    wall, cpu = time.perf_counter(), own_cpu()
    raw.read_ahead(home, snapshots)
    return time.perf_counter() - wall, own_cpu() - cpu


def own_cpu() -> float:
    """Seconds that this process and its ended children have had."""
    return sum(os.times()[:4])


def cpu_of(groups: set[int]) -> float:
    """Seconds that the processes of these groups and their ended children have had."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            said = path.read_text().rpartition(")")[2].split()
            ticks += sum(map(int, said[11:15])) if int(said[2]) in groups else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the table."""
    if told := servers.missing():
        sys.exit(told)
    counts = [int(one) for one in sys.argv[1:]] or COUNTS
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server, broker = stack.enter_context(servers.postgres()), stack.enter_context(servers.redis())
        server.create("dagster")
        (folder / "dagster").mkdir()
        shutil.copy(SHIPPED / "dagster.yaml", folder / "dagster")
        os.environ |= {
            "DAGSTER_HOME": str(folder / "dagster"),
            "SOUSEI_BROKER": broker,
            "SOUSEI_RUN_STORE": f"postgresql+psycopg2://sousei@127.0.0.1:{server.port}/dagster",
            "SOUSEI_HOME": str(folder / "shared"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        groups: set[int] = set()
        program = Path(sys.executable).with_name("dagster-celery")
        for number in range(WORKERS):
            command = [program, "worker", "start", "-A", "dagster_celery.app", "-y", SHIPPED / "celery.yaml"]
            process = stack.enter_context(
                subprocess.Popen(
                    [*map(str, command), "-n", f"w{number}", "--", "--concurrency", "1"],
                    env=same_code(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
            stack.callback(os.killpg, process.pid, 9)
            groups.add(process.pid)
        shared = folder / "shared"
        for number, count in enumerate((47, *counts)):
            one, two = Home(folder / f"here-{number}"), Home(folder / f"workers-{number}")
            shared.unlink(missing_ok=True)
            two.root.mkdir()
            shared.symlink_to(two.root)
            apart, alone = by_workers(two, count, groups), here(one, count)
            if number == 0:
                print(f"deliveries, seconds and CPU seconds in one process, with {WORKERS} workers, ratios")
                continue
            if store(one) != store(two):
                sys.exit("the stores differ")
            said = "".join(f"{wall:>10.1f}{cpu:>8.1f}" for wall, cpu in (alone, apart))
            ratios = "".join(f"{ours / theirs:>8.2f}" for ours, theirs in zip(apart, alone, strict=True))
            print(f"{count:>10}{said}{ratios}   load {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
