"""Writes `samples/landing/`: small deliveries in the publishers' own layouts, with true figures of two cities.

Holds: which writer writes which folder, and the command line. Does not hold: the layouts (samples/writers), reading of
deliveries (ingest/), planted faults (tests/synthetic/), or any figure of our own making: a column for which no true
figure is at hand is left out of the layout, never filled.

    python -m samples.write_samples [--figures DIR] [--to DIR]

The product never runs this script: its output is committed. The same figures give the same bytes, whatever the clock:
workbooks carry a fixed creation date and are packed without compression, with fixed times.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from samples.writers.census import census_2015, census_2015_totals, census_2020
from samples.writers.figures import read_figures
from samples.writers.furusato_nozei import furusato
from samples.writers.ipss_projection import ipss_2018, ipss_2023
from samples.writers.reference_series import reference_series
from samples.writers.resident_registry import registry_ages, registry_ages_2014, registry_dynamics
from samples.writers.tourism import tourism


def write_samples(figures: Path, to: Path) -> list[Path]:
    """Write every sample below `to` (one folder per source) and return the paths, sorted.

    Raises FileNotFoundError where a figures file is missing, FiguresDisagreeError where figures do not add up.
    """
    census = read_figures(figures, "census_age_sex_1980_2020.csv")
    census_2020(census, to / "census")
    census_2015(census, to / "census")
    census_2015_totals(census, to / "census")
    registry_dynamics(read_figures(figures, "registry_dynamics_1995_2022.csv"), to / "resident_registry")
    registry_ages(read_figures(figures, "registry_age_1995_2023.csv"), to / "resident_registry")
    registry_ages_2014(read_figures(figures, "registry_age_1995_2023.csv"), to / "resident_registry")
    furusato(read_figures(figures, "furusato_receipts_fy2008_2025.csv"), to / "furusato_nozei")
    tourism(read_figures(figures, "tourism_visitors_monthly_2021_2026.csv"), to / "tourism")
    ipss_2018(read_figures(figures, "ipss_h30_2015_2045.csv"), to / "ipss_projection")
    ipss_2023(read_figures(figures, "ipss_r5_3groups_2020_2050.csv"), to / "ipss_projection")
    reference_series(figures, to / "reference_series")
    return sorted(path for path in to.rglob("*") if path.is_file())


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: write the samples and print how many files and bytes they are."""
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="samples/landing を図表の数値から書き直す")
    parser.add_argument("--figures", type=Path, default=here.parents[1] / "shared" / "data" / "figures")
    parser.add_argument("--to", type=Path, default=here / "landing")
    options = parser.parse_args(arguments)
    if not options.figures.is_dir():
        print(f"数値のフォルダがありません / no such folder: {options.figures}", file=sys.stderr)
        return 2
    written = write_samples(options.figures, options.to)
    print(f"{len(written)} files, {sum(path.stat().st_size for path in written):,} bytes -> {options.to}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
