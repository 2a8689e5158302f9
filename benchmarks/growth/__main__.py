"""W2 and W8: growth over files and over municipalities, fitted over their logarithms.

Files: synthetic tables of monthly visitors in the publisher's own layout, a year of one municipality each (all 1,741
municipalities, then the next year), into an empty home: received, read, checked, written (the child of
benchmarks.ingest). Municipalities: each with a synthetic plan of 50 KPI and five reports, taken in and built beside the
samples' statistics (benchmarks.plans). Bars: exponents at most 1.05.

Usage: python -m benchmarks.growth [--files 100 1000] [--municipalities 1 47]
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

import polars as pl

from benchmarks.ingest.__main__ import apart
from benchmarks.process import run
from benchmarks.told import Row, exponent
from sousei.foundation.home import SEEDS

HEAD = "年,月,地域区分,データ区分,都道府県コード,都道府県名,地域コード,地域名称,人数\n"
FILES, FULL_FILES = (100, 1_000), (100, 1_000, 20_000)
TOWNS, FULL_TOWNS = (1, 47), (1, 47, 1_741)
FIRST_YEAR = 2011


def towns() -> list[tuple[str, str, str, str]]:
    """(prefecture code, prefecture, municipality code, municipality) of all municipalities."""
    known = pl.read_csv(SEEDS / "municipalities.csv", infer_schema=False)
    rows = known.filter(pl.col("area_level") == "municipality").sort("municipality_code")
    names = rows.select("municipality_code", "prefecture_name_ja", "name_ja").rows()
    return [(code[:2], prefecture, code, name) for code, prefecture, name in names]


def deliver(landing: Path, files: int, every: list[tuple[str, str, str, str]]) -> None:
    """`files` deliveries: a year of one municipality each."""
    chosen = random.Random(20261122)
    landing.mkdir(parents=True, exist_ok=True)
    for number in range(files):
        year, at = divmod(number, len(every))
        prefecture, name, code, town = every[at]
        place = f"{int(prefecture)},{name},{int(code)},{town}"
        level = chosen.randint(1_000, 90_000)
        rows = [
            f"{FIRST_YEAR + year},{month},市区町村,観光来訪者数,{place},{level + chosen.randint(0, 900)}\n"
            for month in range(1, 13)
        ]
        (landing / f"city_{every[at][2]}_{FIRST_YEAR + year}.csv").write_text(HEAD + "".join(rows), "utf-8-sig")


def over_files(counts: tuple[int, ...]) -> list[Row]:
    """Rows of the table for the growth over files."""
    every, seconds, memory = towns(), {}, 0.0
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="sousei-files-") as name:
            deliver(Path(name), count, every)
            cost = apart(Path(name))
        if cost["taken"] != count:
            sys.exit(f"only {cost['taken']} of {count} files were taken")
        seconds[count], memory = cost["wall"], max(memory, cost["own_mb"])
        print(f"{count:>7,} files  {cost['wall']:8.1f} s  {cost['own_mb']:6.0f} MB", flush=True)
    return [_row("W2 files", "files", "ファイル数", seconds, memory)]


def over_municipalities(counts: tuple[int, ...]) -> list[Row]:
    """Rows of the table for the growth over municipalities."""
    seconds, memory = {}, 0.0
    for count in counts:
        cost = run(sys.executable, "-m", "benchmarks.plans", "--municipalities", str(count), "--json")
        seconds[count], memory = cost.last["taken"] + cost.last["built"], max(memory, cost.memory_mb)
        print(f"{count:>7,} municipalities  {seconds[count]:8.1f} s  {cost.memory_mb:6.0f} MB", flush=True)
    return [
        _row("W2 municipalities", "municipalities (plan of 50 KPI and five reports each)", "団体数", seconds, memory)
    ]


def _row(key: str, what_en: str, what_ja: str, seconds: dict[int, float], memory: float) -> Row:
    sizes = " / ".join(f"{size:,}" for size in seconds)
    return Row(
        key=key,
        what_en=f"growth over {what_en}, {sizes}",
        what_ja=f"{what_ja}への伸び（{sizes}）",
        ours=" / ".join(f"{one:.1f} s" for one in seconds.values()),
        value=exponent(seconds),
        kind="exponent",
        at_most=1.05,
        memory_mb=memory,
        shown=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="*", default=list(FILES))
    parser.add_argument("--municipalities", type=int, nargs="*", default=list(TOWNS))
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.2f}")
    rows = over_files(tuple(given.files)) if given.files else []
    rows += over_municipalities(tuple(given.municipalities)) if given.municipalities else []
    for row in rows:
        print(f"{row.what_en}: {row.ours}, exponent {row.value:.2f} (bar {row.bar})")


if __name__ == "__main__":
    main()
