"""What the night would say of some files, beside what the current release was made from; the home is not touched.

Holds: the night's own steps up to the verdict, on a home on trial (stage) in a temporary folder. Does not hold: any
rule of its own, so that `sousei check` and the night cannot disagree.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sousei.foundation.home import Home
from sousei.orchestration import run as runs
from sousei.orchestration.inputs import is_trial
from sousei.orchestration.nightly import Night
from sousei.orchestration.stage import beside


@dataclass(frozen=True)
class Rehearsal:
    """state: `publishes`, `nothing_new` (these files change nothing) or `refused`, with the night's reasons. problems:
    those of each file, as the night sees them beside all other deliveries, in the order of the files."""

    state: str
    reasons: list[str]
    problems: list[list[dict[str, Any]]] = field(default_factory=list)


def rehearse(home: Home, files: list[Path], as_of: date, now: datetime) -> Rehearsal | None:
    """The night of these files on the inputs of the current release; None where there is no release yet.

    Takes as long as a night without its publication. Raises inputs.CannotStartError and run.PointerLostError.
    """
    manifest = runs.last_release(home)
    if manifest is None:
        return None
    with tempfile.TemporaryDirectory(prefix="sousei-check-") as folder:
        stage = beside(home, Path(folder))
        for number, path in enumerate(files):
            (stage.landing / str(number)).mkdir(parents=True)
            shutil.copy(path, stage.landing / str(number) / path.name)
        with Night(stage, pages=False) as night:
            if night.take_in(None, as_of, now, is_trial(manifest)) is None:
                return Rehearsal("nothing_new", [], _problems(night, files))
            night.project()
            night.build_warehouse()
            night.judge()
            reasons = night.reasons()
            problems = _problems(night, files)
    return Rehearsal("refused" if reasons else "publishes", reasons, problems)


def _problems(night: Night, files: list[Path]) -> list[list[dict[str, Any]]]:
    """The night's problems of each file; a delivery's source_id ends with the first 16 digits of its SHA-256."""
    told = [] if night.problems is None else night.problems.to_dicts()
    digests = [hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files]
    return [[one for one in told if (one["source_id"] or "").endswith(f"-{digest}")] for digest in digests]
