"""dbt's tests as outcomes of the gate: failing rows as examples, and the findings that a person may let pass.

Holds: one outcome per test that was declared, and one for their completeness, with every failing row. Does not hold:
reading dbt's manifest and results (`dbt_tests`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from sousei.expectations.dbt_tests import DbtOutcome
from sousei.expectations.examples import SHOWN, Place, example_of, failing_rows, place_of
from sousei.expectations.outcome import EXAMPLES, FailingRow, Finding, Outcome, fact_of, go_aheads, how_to_let_pass
from sousei.expectations.owners import OPERATOR


def outcomes(
    connection: duckdb.DuckDBPyConnection, said: Sequence[DbtOutcome], files: Mapping[str, str]
) -> tuple[list[Outcome], list[Finding], list[FailingRow]]:
    """One outcome per dbt test and one for their completeness, the findings that no go-ahead lets pass, and all rows
    of the tests that failed (of one test at most examples.MOST_FINDINGS).

    connection: on the candidate. files: source_id to file name (see examples.file_names).
    """
    unknown = [one.check_id for one in said if one.passed is None]
    gathered = [
        Outcome(
            "every_dbt_test_has_an_outcome",
            "dbt",
            "gate",
            "dbt_project",
            bool(said) and not unknown,
            f"{len(said) - len(unknown)} / {len(said)}",
            "every declared test, at least one",
            len(unknown) if said else 1,
            OPERATOR,
            "実行記録（dbt のログ）で失敗したモデルや検査を確認し、直して再実行する。",
            None
            if said and not unknown
            else "dbtの検査に結果がないものがあります（実行されなかった検査は不合格として扱います）。"
            + ("、".join(unknown[:EXAMPLES]) or "検査が一つも実行されていません。"),
        )
    ]
    given, findings, failing = go_aheads(connection), [], []
    for one in said:
        message, place = None, Place()
        rows = failing_rows(connection, one.compiled_sql) if one.compiled_sql and not one.passed else []
        n_failing, passed = one.n_failing, one.passed is True
        if one.may_be_let_pass and rows:
            left = [row for row in rows if (one.check_id, fact_of(row)) not in given]
            n_failing -= len(rows) - len(left)
            passed = passed or (one.passed is not None and not left and n_failing <= 0)
            message = f"決裁により {len(rows) - len(left)}件を受け入れました。" if passed else None
            rows = left
        mine = [] if passed else _findings(one, rows)
        findings += mine
        if not passed:
            places = [place_of(row, files) for row in rows]
            place = places[0] if places else place
            texts = [example_of(row, where, SHOWN) for row, where in zip(rows[:EXAMPLES], places, strict=False)]
            failing += [
                FailingRow(one.check_id, number, _municipality(row), *where, example_of(row, Place(), SHOWN))
                for number, (row, where) in enumerate(zip(rows, places, strict=True), 1)
            ]
            message = " ".join(
                part
                for part in (
                    one.message_ja or f"検査 {one.check_id} を満たしません（{one.n_failing}件）。",
                    "この検査には結果がありません。" if one.passed is None else "",
                    "例: " + "; ".join(text for text in texts if text) if any(texts) else "",
                    how_to_let_pass(mine),
                )
                if part
            )
        gathered.append(
            Outcome(
                one.check_id,
                "dbt",
                one.severity,
                one.subject,
                passed,
                None if one.passed is None else str(n_failing),
                one.threshold,
                n_failing,
                one.owner,
                one.action_ja,
                message,
                *place,
            )
        )
    return gathered, findings, failing


def _municipality(row: Mapping[str, Any]) -> str | None:
    code = row.get("municipality_code") or row.get("area_code")
    return str(code) if code is not None else None


def _findings(one: DbtOutcome, rows: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """The failing rows of a rule about deliveries as findings that a person may let pass."""
    if one.severity != "gate" or not one.may_be_let_pass:
        return []
    return [Finding(one.check_id, fact_of(row), str(row.get("reason_ja") or "")) for row in rows]
