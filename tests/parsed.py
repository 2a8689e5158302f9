"""dbt's manifest of the checkout, parsed once a run: parsing costs a test more than the SQL that it is about.

Holds: the parsed project, as dbt's own object and as the dict of its manifest.json. Does not hold: a build.
"""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sousei.foundation.home import PROJECT_ROOT
from tests.shared import by_one_process

PROJECT = PROJECT_ROOT / "dbt_project"


@cache
def _parsed() -> tuple[Any, str]:
    with by_one_process("parsed") as kept:
        if (parsed := kept.get()) is None:
            kept.put(parsed := _parse())
        return parsed


def _parse() -> tuple[Any, str]:
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUSEI_BUILD_DB", f"{folder}/candidate.duckdb")
        where = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", f"{folder}/target"]
        done = dbtRunner().invoke(
            ["parse", "--quiet", "--log-path", f"{folder}/logs", "--log-level-file", "none", *where]
        )
        assert done.success, done.exception
        return done.result, (Path(folder) / "target" / "manifest.json").read_text("utf-8")


def project() -> Any:
    """A copy of the parsed project of its own, to be given to a dbtRunner: a build writes into it."""
    return _parsed()[0].deepcopy()


@cache
def manifest() -> dict[str, Any]:
    """What manifest.json holds: nodes, sources, parents and children. One object for all: read it, never change it."""
    loaded: dict[str, Any] = json.loads(_parsed()[1])
    return loaded
