"""What the papers of a release cost after its marts exist, and a workbook beside bare xlsxwriter.

Ours: everything that `publication.papers` writes into a release of synthetic plans (benchmarks.plans: 50 KPI, five
years), for one municipality and for many. The peer: bare xlsxwriter that writes the same cells with the same formats
into sheets of the same names, and nothing else. One run, in turn; medians. Seconds of the processor stand beside those
of the clock, since other work on the machine takes the clock's.

Usage: python -m benchmarks.papers [--municipalities 1 47] [--repeats 3] [--keep DIR]
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from benchmarks.plans.__main__ import SAMPLES, deliver
from sousei.foundation import clock
from sousei.foundation.home import SEEDS, Home
from sousei.orchestration import run as runs
from sousei.orchestration.nightly import CANDIDATE, Night
from sousei.publication import contents, papers
from sousei.publication.book import write
from sousei.publication.told import read as told


def unsealed(root: Path, codes: list[str], kpis: int) -> Path:
    """A release's directory with its tables, as `publish` has it before the papers are written."""
    home = Home(root / "home")
    shutil.copytree(SAMPLES, home.landing, ignore=shutil.ignore_patterns("plan_register", "section_report"))
    deliver(home.landing, codes, kpis)
    with Night(home, pages=False) as night:
        night.take_in(None, date(2026, 11, 22), clock.now())
        night.project()
        night.build_warehouse()
        night.judge()
    run = runs.load(home)
    directory = root / "release"
    directory.mkdir()
    contents.write_tables(directory, home.building / CANDIDATE, "2026-11-22.1", run, run.created)
    return directory


def seconds(work: Callable[[], Any], repeats: int) -> tuple[float, float]:
    """Medians of the clock's and the processor's seconds (children included)."""
    clocked, worked = [], []
    for _ in range(repeats):
        start, used = time.perf_counter(), _used()
        work()
        clocked.append(time.perf_counter() - start)
        worked.append(_used() - used)
    return statistics.median(clocked), statistics.median(worked)


def _used() -> float:
    return sum(
        one.ru_utime + one.ru_stime
        for one in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def cells_of(about: told.Told) -> list[tuple[str, list[tuple[int, int, Any, dict[str, Any]]]]]:
    """Sheet -> the cells that our workbook writes, with the properties of their formats."""
    found: list[tuple[str, list[tuple[int, int, Any, dict[str, Any]]]]] = []
    sheets: dict[int, list[tuple[int, int, Any, dict[str, Any]]]] = {}
    kept = {name: getattr(Worksheet, name) for name in ("write_string", "write_number", "write_blank")}

    def recording(name: str) -> Callable[..., Any]:
        def call(sheet: Worksheet, row: int, place: int, value: Any, look: Any = None) -> Any:
            if id(sheet) not in sheets:
                sheets[id(sheet)] = []
                found.append((sheet.name, sheets[id(sheet)]))
            properties = {
                "bold": look.bold,
                "num_format": look.num_format,
                "text_wrap": look.text_wrap,
                "font_size": look.font_size,
                "border": look.bottom,
                "bg_color": look.bg_color,
            } if look else {}  # fmt: skip
            sheets[id(sheet)].append((row, place, value, properties))
            return kept[name](sheet, row, place, value, look)

        return call

    for name in kept:
        setattr(Worksheet, name, recording(name))
    try:
        write.written(about)
    finally:
        for name, method in kept.items():
            setattr(Worksheet, name, method)
    return found


def bare(cells: list[tuple[str, list[tuple[int, int, Any, dict[str, Any]]]]]) -> bytes:
    """The same cells by xlsxwriter alone."""
    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    looks: dict[tuple[Any, ...], Any] = {}
    for name, written in cells:
        sheet = book.add_worksheet(name)
        for row, place, value, properties in written:
            key = tuple(properties.values())
            if key not in looks:
                looks[key] = book.add_format({name: one for name, one in properties.items() if one})
            if value is None:
                sheet.write_blank(row, place, None, looks[key])
            elif isinstance(value, str):
                sheet.write_string(row, place, value, looks[key])
            else:
                sheet.write_number(row, place, value, looks[key])
    book.close()
    return sink.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--municipalities", type=int, nargs="+", default=[1, 47])
    parser.add_argument("--kpis", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="keep the releases below this folder")
    given = parser.parse_args()
    known = pl.read_csv(SEEDS / "municipalities.csv", infer_schema=False)
    codes = known.filter(pl.col("area_level") == "municipality")["municipality_code"].to_list()
    print(f"load {os.getloadavg()[0]:.2f}")
    with tempfile.TemporaryDirectory(prefix="sousei-papers-") as name:
        for count in given.municipalities:
            root = (given.keep or Path(name)) / str(count)
            if not (root / "release").exists():
                root.mkdir(parents=True)
                unsealed(root, codes[:count], given.kpis)
            directory = root / "release"
            clocked, worked = seconds(lambda: papers.write(directory), given.repeats)  # noqa: B023 called at once
            made = papers.listed(directory)
            size = sum(path.stat().st_size for path in (directory / papers.FOLDER).rglob("*.*"))
            print(f"{count:4d} municipalities: {clocked:6.2f} s, processor {worked:6.2f} s, {len(made)} papers "
                  f"({sum(one.problem_ja is not None for one in made)} failed), {size / 1e6:.1f} MB")  # fmt: skip
        plan = made[0].plan_id or ""
        about = told.told(papers.Unsealed(directory), made[0].municipality_code, plan, "staff")
        cells = cells_of(about)
        ours = seconds(lambda: write.written(about), 5 * given.repeats)
        peer = seconds(lambda: bare(cells), 5 * given.repeats)
        print(f"one workbook, {sum(len(rows) for _, rows in cells)} cells: ours {ours[0]:.3f} s ({ours[1]:.3f}), "
              f"bare xlsxwriter {peer[0]:.3f} s ({peer[1]:.3f}), ratio {ours[1] / peer[1]:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
