"""W4: `sousei refresh` with one new small file in a home that has the rest, beside the cold night with all of them.

cold     an empty home, all files
before   an empty home, all but the new one (not told)
one      the home of `before`, the new file beside the others
fixed    a process that imports the frameworks and parses the dbt project once (benchmarks.nightly)
Every table of the release of `one` must equal that of `cold`, apart from those that name the run or the moment of
receipt, else nothing is printed but the difference. Bars: one at most a third of cold; one at most fixed + 1 s.

Usage: python -m benchmarks.incremental [--landing samples/landing] [--new tourism/city202606.csv]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.nightly.__main__ import AS_OF, FIXED, differences
from benchmarks.process import Cost, run
from benchmarks.told import Row
from sousei.foundation.home import PROJECT_ROOT

SAMPLES, NEW = PROJECT_ROOT / "samples" / "landing", "tourism/city202606.csv"
NEW_OF_COUNTRY = "tourism/city202412.csv"


def refresh(home: Path, landing: Path) -> Cost:
    """One night."""
    asked = ["refresh", "--as-of", AS_OF, "--landing", str(landing)]
    return run(sys.executable, "-m", "sousei.orchestration.command", *asked, home=home)


def measure(landing: Path, new: str, label: str) -> list[Row]:
    """Rows of the table. Raises SystemExit where the tables differ."""
    with tempfile.TemporaryDirectory(prefix="sousei-incremental-") as name:
        root = Path(name)
        shutil.copytree(landing, root / "all")
        shutil.copytree(landing, root / "some")
        (root / "some" / new).unlink()
        parsed = root / "fixed"
        parsed.mkdir()
        fixed = run(sys.executable, "-c", FIXED, str(parsed), str(PROJECT_ROOT / "dbt_project"))
        cold = refresh(root / "cold", root / "all")
        refresh(root / "home", root / "some")
        shutil.copy(root / "all" / new, root / "some" / new)
        one = refresh(root / "home", root / "some")
        databases = (root / folder / "releases" / "current" / "sousei.duckdb" for folder in ("home", "cold"))
        if moved := differences(*databases):
            sys.exit("The night with one new file does not give the tables of a cold night:\n" + "\n".join(moved))
        timings = {
            folder: json.loads((root / folder / "runs" / "building" / "timings.json").read_text("utf-8"))
            for folder in ("cold", "home")
        }
    for key in timings["cold"]:
        print(f"  {key:28}{timings['cold'][key]:>8.2f}{timings['home'].get(key, 0):>8.2f}")
    print(f"  {'whole':28}{cold.wall:>8.2f}{one.wall:>8.2f}   fixed {fixed.wall:.2f}", flush=True)
    return [
        Row(
            key=f"W4 {label}, beside cold",
            what_en=f"night with one new file ({label}), equal tables",
            what_ja=f"新しいファイル1つの夜（{label}）、表は同じ",
            ours=f"{one.wall:.1f} s",
            peer=f"cold night {cold.wall:.1f} s",
            value=one.wall / cold.wall,
            at_most=0.333,
            memory_mb=one.memory_mb,
            shown=True,
        ),
        Row(
            key=f"W4 {label}, beside fixed",
            what_en=f"night with one new file ({label}), seconds above the fixed cost",
            what_ja=f"新しいファイル1つの夜（{label}）、固定費を超える秒数",
            ours=f"{one.wall:.1f} s",
            peer=f"fixed {fixed.wall:.1f} s",
            value=one.wall - fixed.wall,
            at_most=1.0,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--landing", type=Path, default=SAMPLES)
    parser.add_argument("--new", default=NEW, help="the new file, below the landing")
    parser.add_argument("--label", default="samples")
    given = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.2f}")
    for row in measure(given.landing, given.new, given.label):
        print(f"{row.what_en}: {row.ours}, {row.peer}, {row.value:.2f} (bar {row.bar})")


if __name__ == "__main__":
    main()
