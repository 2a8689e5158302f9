"""dbt in this process: one prepared manifest, one `dbt build` a night, results handed on as plain data.

Holds: parsing (only when the project changed), building the candidate, and turning dbt's run results into plain data.
Does not hold: SQL (dbt_project) or the judgement (expectations). dbt is imported only to parse and to build, and sees
none of the user's own DBT_* variables.

What dbt parsed is kept as its own file (partial_parse.msgpack). Where code, place of the project and dbt are those of
then, it is taken as it is: dbt itself would look at every file again, and parse all of them where a home was copied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from sousei.foundation.environment import changed
from sousei.foundation.fingerprint import code_version
from sousei.foundation.home import PROJECT_ROOT, Home

DBT_PROJECT = PROJECT_ROOT / "dbt_project"
_STAMP = "parsed_by"
"""In dbt's target: what has to be the same for what was parsed to count."""


def _parsed_by() -> str:
    return f"{code_version()} {DBT_PROJECT}"


class Warehouse:
    """dbt for one home. What was parsed is kept, so that the build of the same night need not parse again."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._parsed: Any = None
        self._ahead: Future[Any] | None = None

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        """dbt's manifest as a dict, parsed anew only when the code changed since it was written.

        Raises RuntimeError with dbt's own words when the project does not parse.
        """
        path = self._target / "manifest.json"
        if not (path.is_file() and self._is_of_today):
            result = self._invoke(["parse"])
            if not result.success:
                raise RuntimeError(f"dbt_project_does_not_parse: {result.exception}")
            self._parsed = result.result
            (self._target / _STAMP).write_text(_parsed_by(), encoding="utf-8")
        return json.loads(path.read_text(encoding="utf-8"))

    @property
    def _target(self) -> Path:
        return self._home.dbt / "target"

    @property
    def _is_of_today(self) -> bool:
        stamp = self._target / _STAMP
        return stamp.is_file() and stamp.read_text(encoding="utf-8") == _parsed_by()

    def prepare(self) -> None:
        """Let dbt be imported, and what it parsed be read, while the caller does other work."""
        if self._ahead is None:
            reading = ThreadPoolExecutor(1)
            self._ahead = reading.submit(self._read_parsed)
            reading.shutdown(wait=False)

    def _read_parsed(self) -> Any:
        """dbt's own object of what it parsed, None where it has to look itself."""
        from dbt.cli.main import dbtRunner  # noqa: F401

        with suppress(Exception):  # its own file, in its own shape: what it cannot read it makes anew
            from dbt.contracts.graph.manifest import Manifest
            from dbt.parser.manifest import extended_mashumuro_decoder
            from dbt.version import installed

            if self._parsed is None and self._is_of_today:
                kept = (self._target / "partial_parse.msgpack").read_bytes()
                parsed = Manifest.from_msgpack(kept, decoder=extended_mashumuro_decoder)
                if parsed.metadata.dbt_version == installed.to_version_string(skip_matcher=True):
                    parsed.build_flat_graph()
                    return parsed
        return None

    def build(self, nodes: Sequence[str]) -> list[dict[str, Any]]:
        """`dbt build` of these nodes, by unique_id, on the candidate; one dict per node, also when tests or models
        failed.

        Keys: unique_id, status, failures, message, seconds, compiled_code. Raises RuntimeError when dbt could not run
        at all.
        """
        known = self.manifest["nodes"]
        if not nodes:
            return []
        self.prepare()
        assert self._ahead is not None
        self._parsed = self._parsed or self._ahead.result()
        chosen = [] if len(nodes) == len(known) else ["--select", *(".".join(known[one]["fqn"]) for one in nodes)]
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        try:
            done = self._invoke(
                [
                    "build",
                    *chosen,
                    "--exclude-resource-type",
                    "unit_test",
                    "--indirect-selection",
                    "empty" if chosen else "buildable",
                    "--no-write-json",
                ]
            )
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

    def _invoke(self, arguments: list[str]) -> Any:
        with changed(
            without=("DBT_",),
            SOUSEI_BUILD_DB=str(self._home.building / "candidate.duckdb"),
            DBT_SEND_ANONYMOUS_USAGE_STATS="false",
            DO_NOT_TRACK="1",
        ):
            from dbt.cli.main import dbtRunner

            return dbtRunner(manifest=self._parsed).invoke(
                [
                    *arguments,
                    "--project-dir",
                    str(DBT_PROJECT),
                    "--profiles-dir",
                    str(DBT_PROJECT),
                    "--target-path",
                    str(self._home.dbt / "target"),
                    "--log-path",
                    str(self._home.dbt / "logs"),
                    "--quiet",
                    "--log-level",
                    "none",  # what it finds is told by the gate; its own lines would stand in the middle of --json
                    "--log-level-file",
                    "none",
                    "--no-use-colors",
                ]
            )
