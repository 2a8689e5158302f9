"""What the papers of a release cost after its marts exist, and a workbook beside bare xlsxwriter.

Ours: everything that `publication.papers` writes into a release of synthetic plans (benchmarks.plans: 50 KPI, five
years), for one municipality and for many. The peer: bare xlsxwriter that writes the same cells, merged and sized alike,
into sheets of the same names, and nothing else (no charts, no print set-up). One run, in turn; medians. Seconds of the
processor stand beside those of the clock, since other work on the machine takes the clock's.

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
from xlsxwriter.format import Format
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


Call = tuple[str, tuple[Any, ...]]
_CALLS = ("write_string", "write_number", "write_blank", "merge_range", "set_row", "set_column")
_KEPT = ("bold", "num_format", "text_wrap", "font_size", "bottom", "bg_color", "text_h_align", "shrink")
"""What of a format the peer sets too."""


def calls_of(about: told.Told) -> list[tuple[str, list[Call]]]:
    """Sheet -> what our workbook asks of xlsxwriter for its cells: values, merges, heights and widths."""
    found: list[tuple[str, list[Call]]] = []
    sheets: dict[int, list[Call]] = {}
    kept = {name: getattr(Worksheet, name) for name in _CALLS}
    inside = False

    def recording(name: str) -> Callable[..., Any]:
        def call(sheet: Worksheet, *given: Any) -> Any:
            nonlocal inside
            if inside:  # xlsxwriter's own calls
                return kept[name](sheet, *given)
            if id(sheet) not in sheets:
                sheets[id(sheet)] = []
                found.append((sheet.name, sheets[id(sheet)]))
            plain = tuple(
                tuple((key, getattr(one, key)) for key in _KEPT) if isinstance(one, Format) else one for one in given
            )
            sheets[id(sheet)].append((name, plain))
            inside = True
            try:
                return kept[name](sheet, *given)
            finally:
                inside = False

        return call

    for name in kept:
        setattr(Worksheet, name, recording(name))
    try:
        write.written(about)
    finally:
        for name, method in kept.items():
            setattr(Worksheet, name, method)
    return found


def bare(calls: list[tuple[str, list[Call]]]) -> bytes:
    """The same cells by xlsxwriter alone."""
    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    looks: dict[tuple[Any, ...], Format] = {}
    for sheet_name, asked in calls:
        sheet = book.add_worksheet(sheet_name)
        for name, given in asked:
            last = given[-1] if given else None
            if isinstance(last, tuple):
                if last not in looks:
                    looks[last] = _look(book, last)
                getattr(sheet, name)(*given[:-1], looks[last])
            else:
                getattr(sheet, name)(*given)
    book.close()
    return sink.getvalue()


def _look(book: xlsxwriter.Workbook, properties: tuple[tuple[str, Any], ...]) -> Format:
    look = book.add_format()
    for name, value in properties:
        setattr(look, name, value)
    return look


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
            made, _ = papers.listed(directory)
            size = sum(path.stat().st_size for path in (directory / papers.FOLDER).rglob("*.*"))
            print(f"{count:4d} municipalities: {clocked:6.2f} s, processor {worked:6.2f} s, {len(made)} papers "
                  f"({sum(one.problem_ja is not None for one in made)} failed), {size / 1e6:.1f} MB")  # fmt: skip
        plan = made[0].plan_id or ""
        about = told.told(papers.Unsealed(directory), made[0].municipality_code, plan, "staff")
        calls = calls_of(about)
        ours = seconds(lambda: write.written(about), 5 * given.repeats)
        peer = seconds(lambda: bare(calls), 5 * given.repeats)
        cells = sum(name.startswith("write") for _, asked in calls for name, _ in asked)
        print(f"one workbook, {cells} cells: ours {ours[0]:.3f} s ({ours[1]:.3f}), "
              f"bare xlsxwriter {peer[0]:.3f} s ({peer[1]:.3f}), ratio {ours[1] / peer[1]:.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
