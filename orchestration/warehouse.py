"""dbt in this process: one prepared manifest, one `dbt build` a night, results handed on as plain data.

Holds: parsing (only when the project changed), building the candidate, and turning dbt's run results into asset
events and gate outcomes. Does not hold: SQL (dbt_project) or the judgement (expectations).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from sousei.foundation.fingerprint import code_version
from sousei.foundation.home import PROJECT_ROOT, Home

DBT_PROJECT = PROJECT_ROOT / "dbt_project"

_parsed: list[Any] = []
"""The Manifest object of this process once dbt has parsed; dbt then skips parsing in the same process."""


def _environment(home: Home) -> None:
    os.environ["SOUSEI_BUILD_DB"] = str(home.building / "candidate.duckdb")
    os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"
    os.environ["DO_NOT_TRACK"] = "1"


def _invoke(home: Home, arguments: list[str]) -> Any:
    from dbt.cli.main import dbtRunner

    _environment(home)
    return dbtRunner(manifest=_parsed[0] if _parsed else None).invoke(
        [
            *arguments,
            "--project-dir",
            str(DBT_PROJECT),
            "--profiles-dir",
            str(DBT_PROJECT),
            "--target-path",
            str(home.dbt / "target"),
            "--log-path",
            str(home.dbt / "logs"),
            "--quiet",
            "--log-level",
            "none",  # what it finds is told by the gate; its own lines would stand in the middle of --json
            "--log-level-file",
            "warn",
            "--no-use-colors",
        ]
    )


@cache
def manifest(home: Home) -> Mapping[str, Any]:
    """dbt's manifest as a dict, parsed anew only when the code changed since it was written.

    Raises RuntimeError with dbt's own words when the project does not parse.
    """
    path, stamp = home.dbt / "target" / "manifest.json", home.dbt / "target" / "code_version"
    if not (path.is_file() and stamp.is_file() and stamp.read_text() == code_version()):
        result = _invoke(home, ["parse"])
        if not result.success:
            raise RuntimeError(f"dbt_project_does_not_parse: {result.exception}")
        _parsed[:] = [result.result]
        stamp.write_text(code_version())
    return json.loads(path.read_text(encoding="utf-8"))


def build(home: Home) -> list[dict[str, Any]]:
    """`dbt build` on the candidate; one dict per node, also when tests or models failed.

    Keys: unique_id, status, failures, seconds, compiled_code. Raises RuntimeError when dbt could not run at all.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    try:
        done = _invoke(home, ["build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"])
    finally:
        DuckDBConnectionManager.close_all_connections()
    if done.result is None:
        raise RuntimeError(f"dbt_did_not_run: {done.exception}")
    return [
        {
            "unique_id": one.node.unique_id,
            "status": str(one.status),
            "failures": one.failures,
            "message": one.message,
            "seconds": round(one.execution_time, 3),
            "compiled_code": getattr(one.node, "compiled_code", None),
        }
        for one in done.result.results
    ]
