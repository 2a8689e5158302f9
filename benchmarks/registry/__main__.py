"""W3: a registry extract in CP932 counted by municipality, sex and age, beside its peers (contestants.py).

Every contestant is a process of its own, in turn, on a synthetic file that is made first and removed at the end; its
result must have the hash of ours before its time counts. Bars: ours at most 1.5 x the floor and 2 GB at 125 million
rows; at least 3 times faster than PostgreSQL at 12.5 million. pandas runs at 1.25 million only: its memory grows by a
third of a kilobyte a row. The memory of PostgreSQL is that of its server and is not told.

Usage: python -m benchmarks.registry [--rows 1250000 12500000] [--repeats 1] [--folder DIR]
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.process import Cost, run
from benchmarks.registry import made_up
from benchmarks.registry.cluster import programs
from benchmarks.told import Row, exponent

SMALL, FULL = (1_250_000,), (1_250_000, 12_500_000, 125_000_000)
_ALL, _MOST = 1_250_000, 12_500_000
"""Rows up to which pandas runs, and up to which the other peers do."""


def measure(sizes: tuple[int, ...], repeats: int, folder: Path | None = None) -> list[Row]:
    """Rows of the table. folder: where the files are made (40 bytes a row, and as many again for a transcoded copy)."""
    rows, ours_of = [], {}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="sousei-registry-", dir=folder) as name:
            found = contest(Path(name), size, repeats)
        seconds = {one: statistics.median(cost.last["seconds"] for cost in costs) for one, costs in found.items()}
        memory = {one: max(cost.last["memory_mb"] for cost in costs) for one, costs in found.items()}
        ours_of[size] = seconds["ours"]
        label = f"{size / 1e6:g} million"
        whole = size >= 125_000_000
        for peer in seconds.keys() - {"ours"}:
            floor = peer == "floor"
            rows.append(
                Row(
                    key=f"W3 {size:>11,} rows, {peer}",
                    what_en=f"registry of {label} persons in CP932 -> municipality x sex x age, beside "
                    + ("decoding and reading alone" if floor else peer),
                    what_ja=f"住民記録 {size // 10000:,}万行（CP932）→ 団体×男女×年齢、"
                    + ("復号して読むだけとの比" if floor else f"{peer} と比べて"),
                    ours=f"{seconds['ours']:.1f} s",
                    peer=f"{peer} {seconds[peer]:.1f} s, {memory[peer]:,.0f} MB" if peer != "postgres"
                    else f"{peer} {seconds[peer]:.1f} s",
                    value=seconds["ours"] / seconds[peer] if floor else seconds[peer] / seconds["ours"],
                    kind="ratio" if floor else "faster",
                    at_most=1.5 if floor and whole else None,
                    at_least=3 if peer == "postgres" and size == 12_500_000 else None,
                    memory_mb=memory["ours"],
                    memory_at_most=2048 if floor else None,
                    shown=floor or peer in ("postgres", "pandas"),
                )
            )  # fmt: skip
    if len(ours_of) > 1:
        rows.append(
            Row(
                key="W8 rows",
                what_en=f"growth over rows, {min(ours_of):,} to {max(ours_of):,}",
                what_ja=f"行数への伸び（{min(ours_of):,}～{max(ours_of):,}行）",
                ours=", ".join(f"{seconds:.1f} s" for seconds in ours_of.values()),
                value=exponent(ours_of),
                kind="exponent",
                at_most=1.05,
                shown=True,
            )
        )
    return sorted(rows, key=lambda row: row.key)


def contest(folder: Path, size: int, repeats: int) -> dict[str, list[Cost]]:
    """Each contestant's runs on a file of this size. Raises SystemExit where results differ."""
    path = folder / "extract.csv"
    made_up.write(path, size)
    names = ["floor", "ours"]
    names += ["polars", "duckdb"] * (size <= _MOST) + ["pandas"] * (size <= _ALL)
    names += ["postgres"] * (size <= _MOST and programs() is not None)
    found: dict[str, list[Cost]] = {name: [] for name in names}
    for turn in range(repeats):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            cost = run(sys.executable, "-m", "benchmarks.registry.contestants", name, str(path))
            found[name].append(cost)
            print(
                f"{size:>11,} rows  {name:9}{cost.last['seconds']:>8.1f} s{cost.last['memory_mb']:>8,.0f} MB",
                flush=True,
            )
    hashes = {name: cost.last["hash"] for name, costs in found.items() for cost in costs if name != "floor"}
    if len(set(hashes.values())) != 1:
        sys.exit(f"results differ: {hashes}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=list(SMALL))
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.2f}" + ("" if programs() else "; PostgreSQL is not here"))
    for row in measure(tuple(given.rows), given.repeats, given.folder):
        value = "" if row.value is None else f"{row.value:.2f}"
        print(f"{row.key:35}{row.ours:>10}  {row.peer:30}{value:>6}  {row.bar:20} held {row.held}")


if __name__ == "__main__":
    main()
