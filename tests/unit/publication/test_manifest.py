"""A manifest is read as it was written, and one that lacks something is none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sousei.publication.manifest import parse

SAID: dict[str, Any] = {
    "format": 1,
    "release_id": "2026-11-22.1",
    "run_id": "r",
    "as_of_date": "2026-11-22",
    "created_at": "2026-11-22T02:00:00+09:00",
    "code_version": "0.1.0+test",
    "duckdb_version": "1.5.5",
    "inputs_hash": "h",
    "inputs": [
        {"sha256": "a" * 64, "file_name": "人口.csv", "verdict": "taken", "of_the_run": 1},
        {"sha256": "b" * 64},
    ],
    "verdict": {
        "passed": True,
        "digest": "d",
        "gate_passed": 9,
        "gate_failed": 0,
        "warn_passed": 1,
        "warn_failed": 0,
        "review_passed": 0,
        "review_failed": 2,
    },
    "tables": {
        "dim_kpi": {
            "description": "KPI。",
            "columns": [{"name": "kpi_id", "type": "VARCHAR", "description": None}],
            "rows": 3,
            "digest": "e" * 64,
        }
    },
    "files": {"csv/dim_kpi.csv": {"sha256": "c" * 64, "size_bytes": 10, "rows": 3}},
}


def text(said: dict[str, Any]) -> str:
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def test_a_manifest_is_written_as_it_was_read() -> None:
    found = parse(text(SAID))
    assert found.text == text(SAID)
    assert found.tables["dim_kpi"].columns[0].name == "kpi_id"
    assert [(one.file_name, one.verdict) for one in found.deliveries] == [("人口.csv", "taken"), ("", None)]


def test_one_older_than_the_digests_of_tables_is_read() -> None:
    older = {"dim_kpi": {name: value for name, value in SAID["tables"]["dim_kpi"].items() if name != "digest"}}
    found = parse(text(SAID | {"tables": older})).tables["dim_kpi"]
    assert found.digest is None and found.rows == 3
    with pytest.raises(ValueError, match="manifest_incomplete"):
        parse(text(SAID | {"tables": {"dim_kpi": {"description": None, "columns": []}}}))


def test_what_another_version_says_besides_is_passed_over() -> None:
    assert parse(text(SAID | {"of_another_version": 1})) == parse(text(SAID))


@pytest.mark.parametrize("key", SAID)
def test_a_manifest_that_lacks_a_key_is_none(key: str) -> None:
    with pytest.raises(ValueError, match="manifest_incomplete"):
        parse(text({name: value for name, value in SAID.items() if name != key}))


@pytest.mark.parametrize("broken", ["", "[]", "null", '{"tables": []}', text(SAID)[:20]])
def test_anything_else_is_no_manifest(broken: str) -> None:
    with pytest.raises(ValueError):
        parse(broken)
