"""What a release says about itself: the file manifest.json as a record.

Holds: its shape, reading and writing its text. Does not hold: where it lies (`shelf`), or whether it is true
(`verify`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, NamedTuple

from sousei.publication.catalogue import Column, Described


@dataclass(frozen=True)
class Judged:
    """The verdict that let a release pass: digest of the marts, number of checks by severity and result."""

    passed: bool
    digest: str
    gate_passed: int
    gate_failed: int
    warn_passed: int
    warn_failed: int
    review_passed: int
    review_failed: int


@dataclass(frozen=True)
class Table:
    """One published table. digest: foundation.duck.digest_of, for the version of DuckDB that the manifest names; None
    of what publication writes itself, and in a manifest that is older than it."""

    description: str | None
    columns: tuple[Column, ...]
    rows: int
    digest: str | None = None

    @property
    def described(self) -> Described:
        return Described(self.description, self.columns)


@dataclass(frozen=True)
class File:
    """One file of a release; `rows` where it holds a table."""

    sha256: str
    size_bytes: int
    rows: int | None


class Input(NamedTuple):
    """One delivery that a run looked at, as far as publication reads its record (orchestration.inputs writes it)."""

    sha256: str
    file_name: str
    source: str
    verdict: str | None
    received_order: int


@dataclass(frozen=True)
class Manifest:
    """One release about itself; the fields are the keys of manifest.json, in their order."""

    format: int
    release_id: str
    run_id: str
    as_of_date: str
    created_at: str
    code_version: str
    duckdb_version: str
    inputs_hash: str
    inputs: list[dict[str, Any]]
    verdict: Judged
    tables: dict[str, Table]
    files: dict[str, File]

    @property
    def deliveries(self) -> list[Input]:
        """The inputs as records."""
        return [
            Input(
                one["sha256"],
                one.get("file_name") or "",
                one.get("source") or "",
                one.get("verdict"),
                one.get("received_order") or 0,
            )
            for one in self.inputs
        ]

    @property
    def text(self) -> str:
        """The file's text."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, default=str) + "\n"


def parse(text: str) -> Manifest:
    """A manifest from the file's text; what it says beyond our keys is passed over.

    Raises ValueError where it is no JSON or lacks a key.
    """
    said = json.loads(text)
    try:
        tables = {
            name: Table(
                **_only(Table, table) | {"columns": tuple(Column(**_only(Column, one)) for one in table["columns"])}
            )
            for name, table in said["tables"].items()
        }
        files = {name: File(**_only(File, file)) for name, file in said["files"].items()}
        verdict = Judged(**_only(Judged, said["verdict"]))
        return Manifest(**_only(Manifest, said) | {"verdict": verdict, "tables": tables, "files": files})
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"manifest_incomplete: {error}") from error


def _only(record: type, said: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of the record's own fields.

    Raises KeyError where one is not said that has no default.
    """
    return {one.name: said[one.name] for one in fields(record) if one.name in said or one.default is MISSING}
