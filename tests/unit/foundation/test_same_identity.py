"""What identifies code, readings and a run is the same wherever and however Python was started."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ASK = """
import datetime as dt, json
from zoneinfo import ZoneInfo
from sousei.foundation.fingerprint import code_version
from sousei.ingest.raw import reader_version
from sousei.orchestration import run
one = dict(source_id="s-1", source="s", file_name="表.csv", sha256="0" * 64, period="2024", verdict="taken",
           received_order=1, origin="landing", stops=False)
made = run.plan([one, one | dict(source_id="s-2", sha256="1" * 64, received_order=2)], dt.date(2026, 4, 1),
                dt.datetime(2026, 4, 1, 2, tzinfo=ZoneInfo("Asia/Tokyo")), "d")
print(json.dumps([code_version(), reader_version(), made.run_id, made.inputs_hash, made.created_at, made.fiscal_year]))
"""


def told(cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def here() -> str:
    return told(Path.cwd(), TZ="Asia/Tokyo", LC_ALL="C.UTF-8", PYTHONHASHSEED="1")


@pytest.mark.sampled(2)
@pytest.mark.promise("B4", "C11")
@pytest.mark.parametrize(
    "environment",
    [
        {"TZ": "America/New_York", "LC_ALL": "C", "PYTHONHASHSEED": "2"},
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "3"},
        {"PYTHONOPTIMIZE": "1", "PYTHONUTF8": "0", "PYTHONDONTWRITEBYTECODE": "1"},
    ],
)
def test_identity_hangs_on_nothing_but_code_and_inputs(here: str, tmp_path: Path, environment: dict[str, str]) -> None:
    assert told(tmp_path, **environment) == here
