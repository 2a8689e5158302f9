"""W5: the ready queries on the current release, with 1, 4 and 16 readers, alone and beside a publish loop.

A reader is a process: it follows `current`, opens the locked session of `sousei query`, asks twenty ready queries and
the release's own id before and after them, closes, and begins again. Torn: two ids in one session, an id that is not
the directory's, or an error. The publisher is a process: it writes all tables of the candidate anew as publication does
(`contents.write_tables`: DuckDB file, Parquet, CSV), renames the directory and moves `current`, again and again.

Then the same in SQLite and PostgreSQL with the same marts, where all answer alike (benchmarks.readers.peers): told, and
without a bar.

Bar: 95th percentile of a query with 4 readers beside the publisher at most twice that without it; nothing torn. Which
home: that of a night on --landing, made first, or one that is there (--home: nothing in it is changed but releases
beside its own, which are removed at the end).

Usage: python -m benchmarks.readers [--landing samples/landing] [--home DIR] [--seconds 20] [--readers 1 4 16]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing as mp
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

from benchmarks.readers import peers
from benchmarks.told import Row
from sousei.foundation import clock
from sousei.foundation.home import PROJECT_ROOT, Home

QUERIES = 20
KEPT = 3
SAMPLES = PROJECT_ROOT / "samples" / "landing"


def read(home: Home, asked: list[str], until: Event, go: Event, told: Queue[Any]) -> None:
    """One reader: seconds of each query, and what was torn or failed."""
    from sousei.publication.query import _answer, opened

    seconds: list[float] = []
    torn: list[str] = []
    told.put("ready")
    go.wait()
    while not until.is_set():
        try:
            directory = home.current.resolve()
            with opened(directory / "sousei.duckdb") as connection:
                ids = set()
                for sql in asked:
                    start = time.perf_counter()
                    _answer(sql, connection, 60)
                    seconds.append(time.perf_counter() - start)
                    ids.add(connection.execute("select release_id from meta_release").fetchall()[0][0])
                if ids != {directory.name}:
                    torn.append(f"{directory.name}: {sorted(ids)}")
        except Exception as error:
            torn.append(f"{type(error).__name__}: {str(error).splitlines()[0]}")
    told.put((seconds, torn))


def publish(home: Home, until: Event, go: Event, told: Queue[Any]) -> None:
    """The publisher: how often it published."""
    from sousei.orchestration import run as runs
    from sousei.orchestration.nightly import CANDIDATE
    from sousei.publication import publish as publication
    from sousei.publication.contents import write_tables

    run = runs.load(home)
    before = home.current.resolve()
    made: list[Path] = []
    told.put("ready")
    go.wait()
    while not until.is_set():
        number = 9000 + len(made)
        release_id = f"{run.as_of}.{number}"
        directory = home.releases / f".tmp-{release_id}"
        directory.mkdir()
        write_tables(directory, home.building / CANDIDATE, release_id, run, run.created)
        directory = directory.rename(home.releases / release_id)
        publication._point(home.releases, "current", release_id)
        made.append(directory)
        for old in made[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    publication._point(home.releases, "current", before.name)
    for one in made:
        shutil.rmtree(one, ignore_errors=True)
    told.put(len(made))


Work = tuple[Callable[..., None], tuple[Any, ...]]
"""What a process does, and its arguments before the events and the queue."""


def asked_of_ours() -> list[str]:
    """The twenty queries."""
    from sousei.publication.ready import ready

    return [one.sql for one in ready()[:QUERIES]]


def contest(reader: Work, readers: int, seconds: float, publisher: Work | None = None) -> dict[str, Any]:
    """Percentiles of a query in milliseconds, queries a second, what was torn, and publications."""
    context = mp.get_context("spawn")
    until, go = context.Event(), context.Event()
    works = [reader] * readers + [publisher] * bool(publisher)
    queues = [context.Queue() for _ in works]
    processes = [
        context.Process(target=work, args=(*given, until, go, told))
        for (work, given), told in zip(works, queues, strict=True)
    ]
    for process in processes:
        process.start()
    for told in queues:
        told.get()
    go.set()
    start = time.perf_counter()
    time.sleep(seconds)
    until.set()
    results = [told.get() for told in queues]
    lasted = time.perf_counter() - start
    for process in processes:
        process.join()
    every = sorted(1000 * one for times, _ in results[:readers] for one in times)
    cuts = statistics.quantiles(every, n=100)
    return {
        "p50": cuts[49],
        "p95": cuts[94],
        "p99": cuts[98],
        "a_second": len(every) / lasted,
        "torn": [one for _, torn in results[:readers] for one in torn],
        "published": results[-1] if publisher else 0,
    }


def home_of(landing: Path, root: Path) -> Home:
    """A home with a release of this landing, without papers."""
    from sousei.orchestration.nightly import Night

    home = Home(root / "home")
    with Night(home, pages=False, papers=False) as night:
        night.take_in(landing, date(2026, 11, 22), clock.now())
        night.project()
        night.build_warehouse()
        night.judge()
        night.publish()
    return home


def measure(home: Home, seconds: float, counts: tuple[int, ...] = (1, 4, 16), label: str = "samples") -> list[Row]:
    """Rows of the table."""
    rows = []
    for readers in counts:
        reader = (read, (home, asked_of_ours()))
        alone, beside = (contest(reader, readers, seconds, publisher) for publisher in (None, (publish, (home,))))
        torn = len(alone["torn"]) + len(beside["torn"])
        print(f"{readers:3} readers  alone {_told(alone)}  beside {beside['published']} publications {_told(beside)}"
              f"  torn or failed {torn}", flush=True)  # fmt: skip
        for one in (alone["torn"] + beside["torn"])[:3]:
            print("   ", one)
        rows += [
            Row(
                key=f"W5 {label} {readers:2} readers",
                what_en=f"p95 of twenty queries, {readers} readers beside {beside['published']} publications ({label})",
                what_ja=f"20問合せの95%点、{readers}人が読む中での公表 {beside['published']} 回（{label}）",
                ours=f"p50 {beside['p50']:.0f}, p95 {beside['p95']:.0f}, p99 {beside['p99']:.0f} ms",
                peer=f"without: p50 {alone['p50']:.0f}, p95 {alone['p95']:.0f}, p99 {alone['p99']:.0f} ms",
                value=beside["p95"] / alone["p95"],
                at_most=2.0 if readers == 4 else None,
                shown=readers == 4,
            ),
            Row(
                key=f"W5 {label} {readers:2} readers, torn",
                what_en=f"reads torn or failed, {readers} readers ({label})",
                what_ja=f"途中の状態を読んだ・失敗した問合せ、{readers}人（{label}）",
                ours=f"{torn}",
                value=torn,
                at_most=0,
                shown=readers == 4,
            ),
        ]
    return rows + beside_peers(home, seconds, label)


def beside_peers(home: Home, seconds: float, label: str, readers: int = 4) -> list[Row]:
    """Rows of the table: the same queries in other engines on the same marts, nobody publishing."""
    release = home.current.resolve() / "sousei.duckdb"
    with tempfile.TemporaryDirectory(prefix="sousei-peers-") as name, peers.loaded(release, Path(name)) as places:
        asked = peers.alike(release, places, asked_of_ours())
        ours = contest((read, (home, asked)), readers, seconds)
        rows = []
        for engine, place in places.items():
            theirs = contest((peers.read, (engine, place, asked)), readers, seconds)
            print(
                f"{readers:3} readers, {len(asked)} queries  ours {_told(ours)}  {engine} {_told(theirs)}", flush=True
            )
            rows.append(
                Row(
                    key=f"W5 {label}, {engine}",
                    what_en=f"p95 of the {len(asked)} of twenty queries that all answer alike, {readers} readers, "
                    f"beside {engine} ({label})",
                    what_ja=f"どれも同じ答えを出す20問中{len(asked)}問の95%点、{readers}人。"
                    f"{engine} と比べて（{label}）",
                    ours=f"p50 {ours['p50']:.1f}, p95 {ours['p95']:.1f}, p99 {ours['p99']:.1f} ms",
                    peer=f"{engine} p50 {theirs['p50']:.1f}, p95 {theirs['p95']:.1f}, p99 {theirs['p99']:.1f} ms",
                    value=theirs["p95"] / ours["p95"],
                    kind="faster",
                    shown=True,
                )
            )
    return rows


def _told(found: dict[str, Any]) -> str:
    return f"p50 {found['p50']:.0f} p95 {found['p95']:.0f} p99 {found['p99']:.0f} ms, {found['a_second']:.0f}/s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--landing", type=Path, default=SAMPLES)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--readers", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.2f}")
    with tempfile.TemporaryDirectory(prefix="sousei-readers-") as name:
        home = Home(given.home) if given.home else home_of(given.landing, Path(name))
        rows = measure(home, given.seconds, tuple(given.readers))
    if given.json:
        from dataclasses import asdict

        print(json.dumps([asdict(row) for row in rows]))
    sys.exit(any(row.held is False for row in rows))


if __name__ == "__main__":
    main()
