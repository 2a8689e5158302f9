"""Every benchmark W1 to W8 with one command, and the tables that docs/benchmarks.md and the READMEs show.

W1  a night beside its floor (nightly)             W5  readers beside a publish loop (readers)
W2  growth over files and municipalities (growth)  W6  the projection beside a numpy loop (projection)
W3  a registry extract beside its peers (registry) W7  ceilings of memory (ceilings)
W4  a night with one new file (incremental)        W8  growth over rows (of W3), files and municipalities (of W2)

By default small sizes, some minutes; --full the sizes of the bars (an hour, 15 GB of disk below --folder). What was
measured is kept in benchmarks/results.json and written into the documents; a row stays until it is measured again. The
machine should be idle: a row that was measured while other work ran has the sign †.

The files of the whole country lie in no repository: with --country a folder that holds them as a landing does, W1 and
W4 are measured on them, too.

Usage: python -m benchmarks [W1 W3 ...] [--full] [--folder DIR] [--country DIR] [--write-only]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import told
from benchmarks.process import run
from benchmarks.told import Row
from sousei.foundation.child import same_code
from sousei.foundation.home import Home

COUNTRY = "SOUSEI_BENCHMARK_COUNTRY"
"""A landing with the files of the whole country."""


def of_country(full: bool, folder: Path | None) -> list[Row]:
    """W1 on the files of the whole country."""
    if not (landing := os.environ.get(COUNTRY)):
        return []
    asked = ("--repeats", "1", "--at-once", "--json", "--landing", landing)
    found = run(sys.executable, "-m", "benchmarks.nightly", *asked).last
    floor = found["floor"]["wall"]
    told_of = (
        ("cold", "ours", 3.0, "night on the files of the whole country", "全国の資料の夜"),
        (
            "warm",
            "warm",
            1.5,
            "the same in a process that has imported and parsed already",
            "同じ、読込みの済んだ過程で",
        ),
    )
    return [
        Row(
            key=f"W1 whole country, {label}",
            what_en=f"{en}, beside its floor",
            what_ja=f"{ja}。同じ仕事の下限との比",
            ours=f"{found[name]['wall']:.1f} s",
            peer=f"floor {floor:.1f} s",
            value=found[name]["wall"] / floor,
            at_most=bar,
            memory_mb=found[name]["memory_mb"],
            shown=True,
        )
        for label, name, bar, en, ja in told_of
    ]


def of_samples(full: bool, folder: Path | None) -> list[Row]:
    """W1."""
    found = run(sys.executable, "-m", "benchmarks.nightly", "--repeats", "3" if full else "1", "--json").last
    ours, again = found["ours"], found["again"]
    allowed = found["floor"]["wall"] + found["fixed"]["wall"]
    return [
        Row(
            key="W1 night, samples",
            what_en="night on the samples, beside its floor and the fixed cost of the frameworks",
            what_ja="見本の夜。同じ仕事の下限と枠組みの固定費の和との比",
            ours=f"{ours['wall']:.1f} s",
            peer=f"floor {found['floor']['wall']:.1f} s + fixed {found['fixed']['wall']:.1f} s",
            value=ours["wall"] / allowed,
            at_most=1.3,
            memory_mb=ours["memory_mb"],
            memory_at_most=1024,
            shown=True,
        ),
        Row(
            key="W1 nothing new, samples",
            what_en="night with nothing new, beside the night before",
            what_ja="新しいものがない夜。前の夜との比",
            ours=f"{again['wall']:.1f} s",
            peer=f"night {ours['wall']:.1f} s",
            value=again["wall"] / ours["wall"],
            at_most=0.2,
            memory_mb=again["memory_mb"],
            shown=True,
        ),
    ]


def growth(full: bool, folder: Path | None) -> list[Row]:
    """W2, and the part of W8 about files and municipalities."""
    from benchmarks.growth import __main__ as of

    rows = of.over_files(of.FULL_FILES if full else of.FILES)
    return rows + of.over_municipalities(of.FULL_TOWNS if full else of.TOWNS)


def registry(full: bool, folder: Path | None) -> list[Row]:
    """W3, and the part of W8 about rows."""
    from benchmarks.registry import __main__ as of

    return of.measure(of.FULL if full else of.SMALL, 1, folder)


def incremental(full: bool, folder: Path | None) -> list[Row]:
    """W4."""
    from benchmarks.incremental import __main__ as of

    return of.measure(of.SAMPLES, of.NEW, "samples")


def incremental_of_country(full: bool, folder: Path | None) -> list[Row]:
    """W4 on the files of the whole country."""
    from benchmarks.incremental import __main__ as of

    landing = os.environ.get(COUNTRY)
    return of.measure(Path(landing), of.NEW_OF_COUNTRY, "whole country") if landing else []


def readers(full: bool, folder: Path | None) -> list[Row]:
    """W5."""
    from benchmarks.readers import __main__ as of

    with tempfile.TemporaryDirectory(prefix="sousei-readers-", dir=folder) as name:
        given = os.environ.get("SOUSEI_BENCHMARK_HOME")
        home = Home(Path(given)) if given else of.home_of(of.SAMPLES, Path(name))
        return of.measure(home, 60 if full else 15, label="home given" if given else "samples")


def projection(full: bool, folder: Path | None) -> list[Row]:
    """W6."""
    asked = ["--json", *([] if full else ["--repeats", "3", "--no-pandas"])]
    found = run(sys.executable, "-m", "benchmarks.projection", *asked, fails=True).last
    rows = [
        Row(
            key="W6 frames",
            what_en="projection of 1,682 municipalities x 4 scenarios x 10 steps, frame to frame, beside a numpy loop",
            what_ja="推計 1,682団体×4シナリオ×10期。numpy だけの計算との比",
            ours=f"{1e3 * found['frames']:.0f} ms",
            peer=f"numpy {1e3 * found['floor']:.0f} ms",
            value=found["frames"] / found["floor"],
            at_most=3,
            shown=True,
        ),
        Row(
            key="W6 scenarios",
            what_en="growth over scenarios, 4 to 32",
            what_ja="シナリオ数への伸び（4～32）",
            ours=f"{found['most']:.1f} s at 32",
            value=found["slope"],
            kind="exponent",
            at_most=1.05,
            shown=True,
        ),
        Row(
            key="W6 draws",
            what_en="1,000 probabilistic draws of 1,741 municipalities: memory",
            what_ja="確率推計 1,741団体×1,000回のメモリー",
            ours=f"{found['drawn']:.0f} MB",
            memory_mb=found["drawn"],
            memory_at_most=1000,
        ),
    ]
    if "pandas" in found:
        rows.append(
            Row(
                key="W6 pandas",
                what_en="the same projection beside a pandas script (measured on 10 municipalities, scaled)",
                what_ja="同じ推計。pandas の手続き（10団体で計り換算）と比べて",
                ours=f"{1e3 * found['frames']:.0f} ms",
                peer=f"pandas {found['pandas']:.0f} s",
                value=found["pandas"] / found["frames"],
                kind="faster",
                at_least=20,
                shown=True,
            )
        )
    return rows


def ceilings(full: bool, folder: Path | None) -> list[Row]:
    """W7."""
    from benchmarks.ceilings import __main__ as of

    return of.measure((1, 2, 4), 12_500_000 if full else 1_250_000)


BENCHMARKS = {
    "W1": (of_samples, of_country),
    "W2": (growth,),
    "W3": (registry,),
    "W4": (incremental, incremental_of_country),
    "W5": (readers,),
    "W6": (projection,),
    "W7": (ceilings,),
}


IDLE = 0.2
"""Busy cores above which a row says that other work ran."""


def busy() -> float:
    """Cores that work in this second, this process resting; 0 where the system does not say."""

    def spent() -> tuple[int, int]:
        fields = [int(one) for one in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(fields) - fields[3] - fields[4], sum(fields)

    try:
        work, whole = spent()
        time.sleep(2)
        work_after, whole_after = spent()
    except OSError:
        return 0.0
    return (os.cpu_count() or 1) * (work_after - work) / max(whole_after - whole, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="*", choices=[*BENCHMARKS, "W8", []], metavar="W1..W8")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--folder", type=Path, help="where large files are made")
    parser.add_argument("--country", type=Path, help="a landing with the files of the whole country")
    parser.add_argument("--write-only", action="store_true", help="write the documents from what was measured last")
    given = parser.parse_args()
    os.environ.update(same_code())  # children of children run this code too
    if given.country:
        os.environ[COUNTRY] = str(given.country.resolve())
    asked = dict.fromkeys(given.which or BENCHMARKS)
    if "W8" in asked:
        asked = {name: None for name in (*asked, "W2", "W3") if name != "W8"}
    failed = []
    parts = [(which, one) for which in sorted(asked) for one in BENCHMARKS[which]]
    for name, measure in () if given.write_only else parts:
        others = busy()
        print(f"== {name}: {measure.__doc__} busy cores {others:.2f}", flush=True)
        try:
            told.store(measure(given.full, given.folder), loaded=others > IDLE)
        except SystemExit as error:  # results that differ, a contestant that failed: the others go on
            print(error)
            failed.append(name)
    told.write()
    rows = told.stored()
    print(told.page(rows))
    print("failed: " + ", ".join(failed) if failed else "all ran")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
