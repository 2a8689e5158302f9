"""Runs the tests that plant faults, without one check at a time, and prints what each check's absence does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from sousei.foundation.home import PROJECT_ROOT
from tests.mutations import blind, taken_out

FILES: dict[str, tuple[str, ...]] = {
    "tables": (
        "tests/integration/test_rows_of_marts.py",
        "tests/integration/test_warehouse_*.py",
        "tests/integration/test_tourism_levels.py",
        "tests/integration/test_plan_marts.py",
        "tests/integration/test_population_beside_plans.py",
    ),
    "suites": ("tests/integration/expectations/test_suite_*.py",),
    "deliveries": (
        "tests/unit/ingest",
        "tests/contract/feedback",
        "tests/contract/ingest",
        "tests/unit/feedback",
        "tests/faults/ingest",
        "tests/integration/test_first_plan.py",
        "tests/integration/test_forms_in_force.py",
    ),
    "verdict": ("tests/integration/expectations", "tests/unit/expectations"),
}
"""Group -> the tests that plant its faults."""


def _files(group: str) -> list[str]:
    found = [sorted(map(str, PROJECT_ROOT.glob(one))) for one in FILES[group]]
    return [path for paths in found for path in paths]


def _again(group: str, record: Path) -> dict[str, str]:
    """Check -> `red: test`; `green` where tests saw it find something and none missed it, `unseen` where none did."""
    record.unlink(missing_ok=True)
    environment = os.environ | {"MUTATIONS_GROUP": group, "MUTATIONS_RECORD": str(record)}
    command = ["-q", "-p", "tests.mutations.again", "-p", "no:cacheprovider", "-p", "no:xdist", *_files(group)]
    subprocess.run([sys.executable, "-m", "pytest", *command], env=environment, cwd=PROJECT_ROOT, check=False)
    lines = [json.loads(line) for line in record.read_text("utf-8").splitlines()] if record.exists() else []
    found = dict.fromkeys(sorted(blind.names(group)), "unseen")
    for line in lines:
        if not found[line["check"]].startswith("red"):
            found[line["check"]] = f"{line['said']}: {line['test']}"
    return found


def main() -> int:
    groups = sys.argv[1:] or [*FILES, "nights"]
    place = Path(os.environ.get("MUTATIONS", "") or tempfile.mkdtemp(prefix="mutations-"))
    left = 0
    for group in groups:
        found = taken_out.all_of_nights(place) if group == "nights" else _again(group, place / f"{group}.jsonl")
        for check, said in found.items():
            print(f"{group}\t{check}\t{said}", flush=True)
        missed = [check for check, said in found.items() if not said.startswith("red")]
        print(f"{group}: {len(found) - len(missed)} of {len(found)} red", flush=True)
        left += len(missed)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
