"""What plans cost: the warehouse step (one `dbt build`) with 2 to 47 municipalities of 50 KPI and five years.

Every plan is synthetic: 50 KPI of five kinds, one report a year. The samples' statistics lie beside them. One run, in
turn; what counts is the ratio to two municipalities and the growth exponent over their number.

Usage: python -m benchmarks.plans [--municipalities 2 12 47] [--repeats 1]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path

import polars as pl

from sousei.foundation import clock
from sousei.foundation.home import PROJECT_ROOT, SEEDS, Home
from sousei.orchestration.nightly import Night
from tests.synthetic import forms

SAMPLES = PROJECT_ROOT / "samples" / "landing"
YEARS = range(2020, 2025)
KINDS = (
    ("期末の水準", "増やす", "人", "時点"),
    ("期間の累計", "増やす", "件", "期間累計"),
    ("割合", "増やす", "％", "時点"),
    ("毎年の水準", "減らす", "件", "単年"),
    ("維持", "保つ", "校", "時点"),
)


def deliver(landing: Path, codes: list[str], kpis: int) -> None:
    """A register and five reports of each municipality."""
    for code in codes:
        plan = f"plan_{code}"
        rows = [
            forms.kpi(f"k{n}", kind=kind, direction=direction, unit=unit, accumulation=accumulation)
            for n in range(kpis)
            for kind, direction, unit, accumulation in [KINDS[n % len(KINDS)]]
        ]
        term = {"first_fiscal_year": 2020, "last_fiscal_year": 2024}
        sheets = {
            "plan": [forms.plan(municipality_code=code, plan_id=plan, **term)],
            "kpi": rows,
            "target": [forms.target(row["kpi_id"], 50, target_fiscal_year=2024) for row in rows],  # type: ignore[arg-type]
        }
        forms.workbook("plan_register", sheets, landing / "plans" / f"{code}.xlsx")
        for year in YEARS:
            values = [
                {"kpi_id": row["kpi_id"], "reported_value": 20 + n % 30, "unit": row["unit"]}
                | ({"accumulation": "単年"} if n % len(KINDS) == 1 else {})
                for n, row in enumerate(rows)
            ]
            report = {"cover": [forms.cover(municipality_code=code, plan_id=plan, fiscal_year=year)], "value": values}
            forms.workbook("section_report", report, landing / "reports" / f"{code}_{year}.xlsx")


def measured(root: Path, codes: list[str], kpis: int) -> tuple[float, float, int]:
    """(seconds of taking in, seconds of the warehouse step, rows of the scorecard)."""
    import duckdb

    home = Home(root / "home")
    shutil.copytree(SAMPLES, home.landing, ignore=shutil.ignore_patterns("plan_register", "section_report"))
    deliver(home.landing, codes, kpis)
    with Night(home, pages=False) as night:
        start = time.perf_counter()
        night.take_in(None, date(2026, 11, 22), clock.now())
        taken = time.perf_counter() - start
        night.project()
        night.warehouse.manifest  # noqa: B018 parsing is paid once a release of the program
        start = time.perf_counter()
        night.build_warehouse()
        built = time.perf_counter() - start
    with duckdb.connect(str(home.building / "candidate.duckdb"), read_only=True) as connection:
        (rows,) = connection.execute("select count(*) from mart_kpi_scorecard").fetchall()[0]
    return taken, built, rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--municipalities", type=int, nargs="+", default=[2, 12, 47])
    parser.add_argument("--kpis", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON about the last number")
    given = parser.parse_args()
    known = pl.read_csv(SEEDS / "municipalities.csv", infer_schema=False)
    codes = known.filter(pl.col("area_level") == "municipality")["municipality_code"].to_list()
    print(f"load {os.getloadavg()[0]:.2f}")
    times: dict[int, float] = {}
    for count in given.municipalities:
        runs = []
        for _ in range(given.repeats):
            with tempfile.TemporaryDirectory(prefix="sousei-plans-") as name:
                runs.append(measured(Path(name), codes[:count], given.kpis))
        taken, built = (statistics.median(run[at] for run in runs) for at in (0, 1))
        times[count] = built
        first = times[given.municipalities[0]]
        print(f"{count:4d} municipalities: take in {taken:6.2f} s, warehouse {built:6.2f} s ({built / first:4.2f} x), "
              f"scorecard {runs[0][2]} rows")  # fmt: skip
    least, most = min(times), max(times)
    if most > least:
        exponent = math.log(times[most] / times[least]) / math.log(most / least)
        print(f"growth exponent {exponent:.2f} from {least} to {most} municipalities")
    if given.json:
        print(json.dumps({"taken": taken, "built": built}))


if __name__ == "__main__":
    main()
