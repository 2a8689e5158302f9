"""What meets the planted faults, and what real files would be stopped by.

Every fault of tests/synthetic that a reader can take (wrong figures, and those of `faults` that read well) is planted
in the samples, as first delivery and as re-delivery a night later: stopped, shown or missed, and by which check. Then
the checks that are the only barrier against a fault. Then the gates over all real files of ../shared, if it is there:
each finding is a wrongful gate, or an error of the publisher that corrections must name. Takes 5 CPU seconds a fault
and delivery (some 6 minutes for all on an idle core), and a minute for the real files.

Usage: python -m benchmarks.faults [--only NAME ...] [--real-only] [--json]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from benchmarks.faults import real
from tests.planting import Bench, Met
from tests.synthetic.faults import FAULTS
from tests.synthetic.wrong_figures import WRONG_FIGURES

READ_WELL = ("last_years_values", "shrunken_delivery", "ten_times_too_many")
ALL = WRONG_FIGURES | {name: FAULTS[name] for name in READ_WELL}


def only_barriers(met: Mapping[str, Met]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Checks whose loss would let a fault through: ({check: faults that it alone stops}, {check: ... alone shows})."""
    stops: dict[str, list[str]] = {}
    shows: dict[str, list[str]] = {}
    for fault, one in sorted(met.items()):
        if len(one.stopped_by) == 1:
            stops.setdefault(min(one.stopped_by), []).append(fault)
        elif not one.stopped_by and len(one.shown_by) == 1:
            shows.setdefault(min(one.shown_by), []).append(fault)
    return stops, shows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=sorted(ALL), default=sorted(ALL))
    parser.add_argument("--real-only", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    report: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="sousei-faults-") as name:
        root = Path(name)
        bench = Bench.of_samples(root / "bench")
        met: dict[str, dict[str, Met]] = {"first": {}, "again": {}}
        for fault in () if given.real_only else given.only:
            for delivery in met:
                with tempfile.TemporaryDirectory(dir=root) as work:
                    one = bench.met(ALL[fault], Path(work), again=delivery == "again")
                met[delivery][fault] = one
                if not given.json:
                    by = ", ".join(sorted(one.stopped_by or one.shown_by))
                    print(f"{one.outcome:<8}{delivery:<6} {fault:<42} {by}", flush=True)
        for delivery, ones in met.items():
            report[delivery] = {
                "rates": dict(Counter(one.outcome for one in ones.values())),
                "faults": {
                    fault: {
                        "outcome": one.outcome,
                        "stopped_by": sorted(one.stopped_by),
                        "shown_by": sorted(one.shown_by),
                    }
                    for fault, one in ones.items()
                },
            }
        stops, shows = only_barriers(met["first"])
        report["only_barriers"] = {"stops": stops, "shows": shows}
        if real.DATA.is_dir():
            taken, gates, notices, refused = real.wrongful(bench, root / "real")
            report["real"] = {
                "files_read": len(taken), "files_refused": refused, "gates": gates, "notices": notices,
            }  # fmt: skip
    if given.json:
        print(json.dumps(report, ensure_ascii=False, indent=1))
        return
    for delivery in met:
        print(delivery, report[delivery]["rates"])  # type: ignore[index]
    print("only barriers (first delivery):", json.dumps(report["only_barriers"], ensure_ascii=False, indent=1))
    print("real files:", json.dumps(report.get("real", "../shared is not here"), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
