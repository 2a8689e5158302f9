"""Problems of the taking-in as outcomes of the gate: one per kind and file, and one for all that stop.

Holds: reading raw.problem of the candidate. Does not hold: what is a problem (ingest says).
"""

from __future__ import annotations

from typing import Any

import duckdb

from sousei.expectations.examples import Place
from sousei.expectations.outcome import Outcome
from sousei.expectations.owners import OPERATOR


def outcomes(connection: duckdb.DuckDBPyConnection) -> list[Outcome]:
    """The outcomes of a candidate; problems that cannot be read stop publication."""
    columns = 'problem_id, severity, file_name, sheet, "row", column_label, message_ja, action_ja, expected, found'
    error, rows = None, []
    try:
        rows = connection.execute(
            f"select {columns} from raw.problem order by all"  # noqa: S608
        ).fetchall()
    except duckdb.Error as broken:
        error = str(broken).splitlines()[0]
    stopping = sum(row[1] == "gate" for row in rows)
    gathered = [
        Outcome(
            "no_delivery_breaks_its_contract",
            "ingest",
            "gate",
            "raw.problem",
            error is None and stopping == 0,
            None if error else str(stopping),
            "0 problems of severity gate",
            stopping,
            OPERATOR,
            "下の各問題の対応に従い、正しいファイルを受領し直す。",
            None
            if error is None and stopping == 0
            else f"受領時の問題を読めません。{error}"
            if error
            else f"受領ファイルに公表を止める問題が{stopping}件あります。",
        )
    ]
    groups: dict[tuple[str, str, str], list[tuple[Any, ...]]] = {}
    for row in rows:
        groups.setdefault((row[0], row[1], row[2] or ""), []).append(row)
    for (problem_id, severity, file_name), found in groups.items():
        _, _, _, sheet, number, column, text, action, expected, seen = found[0]
        place = Place(file_name or None, sheet or None, number)
        more = f" 同じ問題がほかに{len(found) - 1}件あります。" if len(found) > 1 else ""
        gathered.append(
            Outcome(
                problem_id,
                "ingest",
                severity if severity in ("gate", "warn", "review") else "gate",
                file_name or "landing",
                False,
                seen or f"{len(found)}件",
                expected,
                len(found),
                OPERATOR,
                action or "",
                " ".join(part for part in (place.text, f"列「{column}」" if column else "", text or "") if part) + more,
                *place,
            )
        )
    return gathered
