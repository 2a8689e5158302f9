"""The five steps of a refresh as plain functions: take in, project, build, judge, publish.

Holds: the order of calls into the rooms and the hand-over between steps through the run's folder, so that a step can
be run again alone. Does not hold: data logic, and nothing of Dagster, so that the command is quick when there is
nothing new.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from ingest import intake, raw
from ingest.home import PROJECT_ROOT, Home
from ingest.tables import RAW_TABLES
from orchestration import run as runs

KEEP_RUNS = 5
SAMPLES = PROJECT_ROOT / "samples" / "landing"


class Refused(Exception):
    """The gate refused the candidate; `reasons` are for the person who can act."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("refused_by_gate")
        self.reasons = reasons


@dataclass(frozen=True)
class Intake:
    """What one taking-in gave; `messages` are the problems found, one text each."""

    run: runs.Run
    rows: dict[str, int]
    messages: list[str]


def landing_of(home: Home, option: Path | None) -> Path:
    """The folder to take deliveries from: the one asked for, else the home's own, else the embedded samples.

    The samples serve a home that has never received anything; from the first delivery on they are not looked at again.
    """
    if option is not None:
        return option
    if any(path.is_file() for path in home.landing.rglob("*")) or home.snapshots.is_dir():
        return home.landing
    return SAMPLES
