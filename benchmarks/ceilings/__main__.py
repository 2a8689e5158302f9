"""W7: a registry extract and a whole night under ceilings of address space (RLIMIT_AS): done, or told and nothing lost.

Held: the command ends with its result, or with an exit code above 0, a problem told with its
identifier, no traceback, and the home as it was (no release, or a whole one). Address space is more than memory: the
libraries reserve what they never touch, so a ceiling of 4 GB here is tighter than a machine of 4 GB.

Usage: python -m benchmarks.ceilings [--gigabytes 1 2 4] [--rows 1250000]
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from pathlib import Path

from benchmarks.nightly.__main__ import AS_OF
from benchmarks.process import Cost, run
from benchmarks.registry import made_up
from benchmarks.told import Row
from sousei.foundation.home import PROJECT_ROOT

COMMAND = (sys.executable, "-m", "sousei.orchestration.command")
_TOLD = re.compile(r"\b[a-z]+(_[a-z]+)+: ")


def outcome(cost: Cost) -> tuple[bool, str]:
    """(held, words): whether a process ended as it promises under a ceiling."""
    if cost.code == 0:
        return True, "done"
    said = _TOLD.search(cost.printed)
    if cost.code > 0 and said and "Traceback" not in cost.printed:
        return True, f"told {said[0].rstrip(': ')}, exit {cost.code}"
    return False, f"exit {cost.code}, " + (cost.printed.strip().splitlines() or ["nothing told"])[-1][:80]


def measure(gigabytes: tuple[int, ...], rows: int) -> list[Row]:
    """Rows of the table."""
    found = []
    with tempfile.TemporaryDirectory(prefix="sousei-ceilings-") as name:
        extract = Path(name) / "extract.csv"
        made_up.write(extract, rows)
        counted = ("aggregate", str(extract), "--as-of", made_up.AS_OF.isoformat(), "--to", f"{name}/counts.csv")
        night = ("refresh", "--as-of", AS_OF, "--landing", str(PROJECT_ROOT / "samples" / "landing"))
        for what_en, what_ja, asked in (
            (f"registry of {rows:,} rows", f"住民記録 {rows:,}行の集計", counted),
            ("night on the samples", "見本の夜", night),
        ):
            for limit in gigabytes:
                home = Path(name) / f"home-{limit}"
                cost = run(*COMMAND, *asked, home=home, limit_mb=1024 * limit, fails=True)
                held, words = outcome(cost)
                current = home / "releases" / "current"
                if current.exists() and not (current / "manifest.json").exists():
                    held, words = False, f"{words}; a release that is not whole"
                print(f"{what_en:28} {limit} GB  {'held' if held else 'NOT HELD'}  {words}", flush=True)
                found.append(
                    Row(
                        key=f"W7 {what_en}, {limit} GB",
                        what_en=f"{what_en} within {limit} GB of address space: faults",
                        what_ja=f"{what_ja}、アドレス空間 {limit} GB: 約束外の終わり方",
                        ours=words,
                        value=0 if held else 1,
                        at_most=0,
                        memory_mb=cost.memory_mb,
                    )
                )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--rows", type=int, default=1_250_000)
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.2f}")
    sys.exit(not all(row.held for row in measure(tuple(given.gigabytes), given.rows)))


if __name__ == "__main__":
    main()
