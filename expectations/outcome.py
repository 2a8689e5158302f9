"""One outcome of one check, as the gate stores it.

Holds: its shape, and how a person's go-ahead for one finding is named and offered. Does not hold: the checks, or the
verdict that follows from the outcomes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from sousei.ingest.decided.decisions import HOW_TO_PASTE, line_to_paste

EXAMPLES = 5
"""Findings of one check that its message shows."""
TO_DECIDE = "go_aheads_to_decide.csv"
"""Beside the candidate: every finding that a named person may let pass, as a line of decisions/go_aheads.csv."""


@dataclass(frozen=True)
class Outcome:
    """One row of meta_check_outcome (without run_id and judged_at)."""

    check_id: str
    kind: str
    severity: str
    subject: str
    passed: bool
    observed: str | None
    threshold: str | None
    n_failing: int
    owner: str
    action_ja: str
    message_ja: str | None = None
    file_name: str | None = None
    sheet: str | None = None
    row_number: int | None = None


@dataclass(frozen=True)
class FailingRow:
    """One row of meta_check_finding: a row that a failed check of the tables objects to."""

    check_id: str
    finding_no: int
    municipality_code: str | None
    file_name: str | None
    sheet: str | None
    row_number: int | None
    finding_ja: str


@dataclass(frozen=True)
class Finding:
    """One fact that a rule objects to and that a named person may let pass: rule, fact, and what was found."""

    rule: str
    fact: str
    text_ja: str


def fact_of(row: Mapping[str, Any]) -> str:
    """What names one finding of a rule: its municipality and a hash over the whole failing row, values included, so
    that a go-ahead lets pass this finding and no other."""
    text = json.dumps({key: str(value) for key, value in row.items()}, ensure_ascii=False, sort_keys=True)
    return f"{row.get('municipality_code') or 'all'}:{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def go_aheads(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """(rule, fact) of every go-ahead that the candidate was built with."""
    try:
        return set(connection.execute("select rule, subject from raw.decision where kind = 'go_ahead'").fetchall())
    except duckdb.Error:
        return set()


def how_to_let_pass(findings: Sequence[Finding]) -> str:
    """The go-ahead lines of the findings that are shown, and where the others lie."""
    if not findings:
        return ""
    lines = " ".join(line_to_paste(one.rule, one.fact) for one in findings[:EXAMPLES])
    more = len(findings) - EXAMPLES
    rest = f"（ほか{more}件の行は、この実行のフォルダーの {TO_DECIDE} にあります）" if more > 0 else ""
    return f"正しいと確かめたときは、{HOW_TO_PASTE} {lines}{rest}"
