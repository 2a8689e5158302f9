"""Speed and memory of reading deliveries, beside the libraries alone and an office's script. One run, one table each.

    csv       CP932 bytes -> Parquet beside Python's decoding alone, on one core. `library`: the quickest libraries we
              know, told where the table begins, no check at all: what could be reached; `table`: strict records, as
              text like `library`; `rows`: recognised, typed, checked, in long form -> raw Parquet, as the night does it
    workbook  python-calamine alone (cells as Python lists, this process) beside ours: container checked, parsed in the
              child under its limits, cells here (`cells`), and the whole reading (`rows`)
    script    pandas and openpyxl with hand-written layouts (script.py); the figures must be equal, else nothing counts
    cold      every file of ../shared/data/extracts into an empty home
    memory    10, 100 and 1,000 small deliveries into an empty home: peak of the process and of its children

Bars: table at least 0.60 of decoding, cells at least 0.80 of the library, memory flat. Without ../shared the samples
are used, and said so; they are too small for the bars. Times are CPU seconds of all threads (csv, script) or wall
(workbook, where a child works), best of several.

Usage: python -m benchmarks.ingest
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # one core, before polars is loaded

import numpy as np
import polars as pl
import pyarrow.csv
import pyarrow.parquet
from python_calamine import CalamineWorkbook

from benchmarks.ingest import script
from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest import raw
from sousei.ingest.cells import csvtext, workbook
from sousei.ingest.cells.contents import Opener, using
from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.reading import delivery as reading
from sousei.ingest.receive import intake
from sousei.ingest.rows.coded import write_raw

SHARED = PROJECT_ROOT.parent / "shared" / "data" / "extracts"
SAMPLES = PROJECT_ROOT / "samples" / "landing"
NIGHT = dt.datetime(2026, 11, 22, 2, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
AS_OF = dt.date(2026, 11, 22)
REPEATS = 5
COUNTS = (10, 100, 1_000)


def best(clock: Callable[[], float], work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Shortest of several runs, seconds."""
    times = []
    for _ in range(repeats):
        started = clock()
        work()
        times.append(clock() - started)
    return min(times)


def rows_to_parquet(data: bytes, name: str, opener: Opener | None = None) -> None:
    """What the night does with a delivery's bytes, into memory.

    Raises SystemExit where the delivery is refused.
    """
    found = reading.read_coded(data, name, opener=opener)
    if not found.taken:
        sys.exit(f"refused: {name}: {found.problems[0]['message_en']}")
    for table, rows in found.tables.items():
        write_raw(table, "benchmark-0", rows, io.BytesIO())


def table_to_parquet(data: bytes) -> None:
    """Strict records, as text, uncompressed, into memory."""
    table = csvtext.table(csvtext.decode(data)[0])
    frame = pl.DataFrame({str(place): column for place, column in enumerate(table.columns)})
    frame.write_parquet(io.BytesIO(), compression="uncompressed", statistics=False)


def library_to_parquet(data: bytes, above: int, width: int, quoted: bool) -> None:
    """Python's decoding and pyarrow's reader and writer: as text, uncompressed, without dictionaries, into memory.

    above, width: lines above the table and its columns, as somebody who knows the file would write them down.
    """
    names = [str(place) for place in range(width)]
    table = pyarrow.csv.read_csv(
        pyarrow.py_buffer(data.decode("cp932").encode()),
        pyarrow.csv.ReadOptions(use_threads=False, column_names=names, skip_rows=above, block_size=1 << 26),
        pyarrow.csv.ParseOptions(quote_char='"' if quoted else False),
        pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pyarrow.string())),
    )
    pyarrow.parquet.write_table(table, io.BytesIO(), compression="none", use_dictionary=False, write_statistics=False)


def as_cp932(path: Path) -> bytes:
    """The file's own bytes where they are CP932, else its text in CP932."""
    text, encoding = csvtext.decode(path.read_bytes())
    return path.read_bytes() if encoding == "cp932" else text.encode("cp932")


def line(name: str, ours: float, peer: float, size: str, bar: float | None = None) -> str:
    against = f"  (bar {bar:.2f}: {'met' if peer / ours >= bar else 'NOT met'})" if bar else ""
    return f"  {name:44}{ours * 1e3:>9.1f} ms{peer * 1e3:>9.1f} ms{peer / ours:>8.3f}{against}  {size}"


def csv_section(folder: Path, whole: bool) -> None:
    names = ["tourism/city2024.csv", "ipss_projection/ipss_2018_age_sex_wide.csv"]
    names += ["census/census_2015_population_final_cp932.csv"]
    names += ["census/census_2020_age_sex_estat.csv" if whole else "census/census_2015_sex_age_cp932.csv"]
    print("\ncsv: library or ours, decoding alone, decoding / the first")
    for name in names:
        data = as_cp932(folder / name)
        size = f"{len(data) / 1e6:.2f} MB"
        floor = best(time.process_time, lambda data=data: data.decode("cp932"))
        widths = csvtext.table(csvtext.decode(data)[0]).widths
        above, width = int(np.flatnonzero(widths != widths[-1]).max(initial=-1)) + 1, int(widths[-1])
        known = partial(library_to_parquet, data, above, width, b'"' in data)
        print(line(f"{Path(name).stem[:36]} library", best(time.process_time, known), floor, size))
        ours = best(time.process_time, lambda data=data: table_to_parquet(data))
        print(line(f"{Path(name).stem[:36]} table", ours, floor, f"{size}, {len(data) / ours / 1e6:.0f} MB/s", 0.6))
        ours = best(time.process_time, lambda data=data, name=name: rows_to_parquet(data, Path(name).name))
        print(line(f"{Path(name).stem[:36]} rows", ours, floor, f"{size}, {len(data) / ours / 1e6:.0f} MB/s"))


def library_alone(data: bytes) -> None:
    """All cells of a workbook, as the library gives them."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def workbook_section(folder: Path, whole: bool) -> None:
    names = ["resident_registry/2104ssnen.xlsx", "furusato_nozei/R1_gain.xlsx"]
    names += ["resident_registry/0504snen.xls", "resident_registry/1904ssnen.xls"] if whole else []
    print("\nworkbook: ours, python-calamine alone, calamine / ours")
    with workbook.Parser() as parser:  # its child is kept from delivery to delivery
        opener = Opener(parser)
        for name in names:
            data = (folder / name).read_bytes()
            size = f"{len(data) / 1e6:.2f} MB"
            parser.parse(data)
            peer = best(time.perf_counter, lambda data=data: library_alone(data))
            ours = best(time.perf_counter, lambda data=data: parser.parse(data))
            print(line(f"{Path(name).stem} cells", ours, peer, size, 0.8))
            ours = best(time.perf_counter, partial(rows_to_parquet, data, Path(name).name, opener))
            print(line(f"{Path(name).stem} rows", ours, peer, size))


def our_figures(found: reading.Reading, place_of_age: dict[str, str]) -> script.Figures:
    """Our rows in the script's keys."""
    ((table, rows),) = found.tables.items()
    if table == "tourism_visitors":
        rows = rows.select("area_code", pl.col("month").cast(pl.String), "visitors")
    elif table == "ipss_population":
        rows = rows.select("area_code", pl.col("year").cast(pl.String), "sex", "age_group", "population_persons")
    else:
        known = rows.filter(pl.col("area_code").is_not_null() & (pl.col("area_level") != "nation"))
        age = pl.col("age_group").replace_strict(place_of_age)
        rows = known.select("area_code", "sex", age, "population_persons").drop_nulls()
    return {key[:-1]: key[-1] for key in rows.iter_rows()}


def script_section(folder: Path) -> None:
    print("\nscript: ours, pandas + openpyxl, script / ours (figures equal)")
    for name, peer in (
        ("tourism/city2024.csv", script.tourism),
        ("ipss_projection/ipss_2018_age_sex_wide.csv", script.ipss_2018),
        ("resident_registry/2104ssnen.xlsx", script.registry_by_age),
    ):
        path = folder / name
        found = reading.read(path.read_bytes(), path.name)
        (rows,) = found.tables.values()
        ages = rows.filter(rows["row"] == rows["row"][0]) if "age_group" in rows.columns else rows.clear()
        places = {age: str(place) for place, age in enumerate(ages["age_group"] if len(ages) else [])}
        theirs, mine = peer(path), our_figures(found, places)
        if name.startswith("resident"):  # the script leaves the check digit on
            theirs = {(code[:5], *rest): value for (code, *rest), value in theirs.items()}
        if theirs != mine:
            odd = [key for key in theirs.keys() | mine.keys() if theirs.get(key) != mine.get(key)]
            sys.exit(f"figures differ: {name}: {len(odd)} of {len(theirs)} / {len(mine)}, e.g. {odd[:3]}")
        data = path.read_bytes()
        with Opener() as opener:
            ours = best(time.perf_counter, partial(reading.read, data, path.name, opener=opener), 3)
        other = best(time.perf_counter, lambda peer=peer, path=path: peer(path), 3)
        print(line(path.stem, ours, other, f"{len(theirs)} figures"))


def night(landing: Path, home: Path) -> None:
    """A child of this benchmark: everything in landing into an empty home; prints its own account."""
    started = time.perf_counter()
    place = Home(home)
    with using(None) as opener:
        taken = intake.take(place, landing, NIGHT, "benchmark", opener)
        result = raw.read(place, taken, AS_OF, opener=opener)
    wall = time.perf_counter() - started
    own, child = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(
        json.dumps(
            {
                "wall": wall,
                "cpu": own.ru_utime + own.ru_stime + child.ru_utime + child.ru_stime,
                "own_mb": _peak_mb(),
                "child_mb": child.ru_maxrss / 1024,
                "taken": int((result.deliveries["verdict"] == "taken").sum()),
                "files": result.deliveries.height,
                "rows": int(result.deliveries["rows_read"].sum()),
            }
        )
    )


def _peak_mb() -> float:
    """Peak of this process since it was started (ru_maxrss would count its parent's)."""
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


def apart(landing: Path) -> dict[str, float]:
    """`night` in a process of its own, in an empty home."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.ingest", "--night", str(landing), str(Path(folder) / "home")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr[-2000:])
        return json.loads(done.stdout.splitlines()[-1])


def cold_section(folder: Path) -> None:
    cost = apart(folder)
    print(f"\ncold: {folder.name}, {cost['files']} files, {cost['taken']} taken, {cost['rows']:,} rows")
    print(
        f"  {cost['wall']:.2f} s wall, {cost['cpu']:.2f} s CPU, {cost['own_mb']:.0f} MB and {cost['child_mb']:.0f} MB"
    )


def memory_section() -> None:
    print("\nmemory: deliveries, seconds, ms each, peak MB of the process, of its children")
    sheet = (SAMPLES / "resident_registry" / "2104ssnen.xlsx").read_bytes()
    month = (SAMPLES / "tourism" / "city202301.csv").read_text("utf-8-sig")
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as name:
            landing = Path(name)
            for number in range(count):  # bytes that differ, so that each is a delivery of its own
                if number % 10:
                    body = month.rstrip("\n") + f"\n2023,1,市区町村,観光来訪者数,13,東京都,13101,千代田区,{number}\n"
                    (landing / f"{number}.csv").write_text(body, "cp932")
                else:
                    (landing / f"{number}.xlsx").write_bytes(sheet + number.to_bytes(2, "little"))
            cost = apart(landing)
        each = cost["wall"] / count * 1e3
        sizes = f"{cost['own_mb']:>8.0f}{cost['child_mb']:>8.0f}"
        print(f"  {count:>6}{cost['wall']:>9.2f}{each:>9.1f}{sizes}   taken {cost['taken']}")


def main() -> None:
    """Measure and print."""
    if sys.argv[1:2] == ["--night"]:
        return night(Path(sys.argv[2]), Path(sys.argv[3]))
    all_contracts()
    whole = SHARED.is_dir()
    folder = SHARED if whole else SAMPLES
    print(f"load {os.getloadavg()[0]:.2f}, polars threads {pl.thread_pool_size()}")
    if not whole:
        print("../shared is not here: the samples of a few rows are used; their ratios say little")
    csv_section(folder, whole)
    workbook_section(folder, whole)
    script_section(folder)
    cold_section(folder)
    memory_section()


if __name__ == "__main__":
    main()
