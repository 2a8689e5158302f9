"""The verdict: every check's outcome, stored and sealed in the candidate that it judged, and read back from there.

Holds: `main.meta_check_outcome` and the rows behind it, the seal, writing and reading them, what a verdict says. Does
not hold: how an outcome comes about (`gate` and what it gathers), or publishing.

A verdict is derived from the stored rows and from nothing else. It is complete only if every declared check has an
outcome, if the rows are those that the gate wrote, and if the marts are those that the gate saw. A check that was
skipped, that broke or that left no outcome did not pass.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from sousei.expectations.outcome import EXAMPLES, FailingRow, Outcome
from sousei.expectations.suites.declared import CHECKS
from sousei.foundation.duck import connect, digest_of, facts_of, quoted, tables_of

TABLE = "meta_check_outcome"
JUDGE_AGAIN = "判定からやり直してください。"
TABLE_COMMENT = (
    "検査結果。1行は、この公表版を作った実行の検査1件（受領時の問題は種類とファイルごとに1行）。"
    " / Check outcomes: one row is one check of the run that made this release "
    "(problems of the taking-in: one row per kind and file)."
)

COLUMNS: dict[str, tuple[str, str]] = {
    "run_id": ("VARCHAR", "実行の識別子。 / Run that was judged."),
    "check_id": ("VARCHAR", "検査の識別子。 / Identifier of the check, an assertion in English."),
    "kind": ("VARCHAR", "検査の種類（dbt・gx・ingest）。 / What judged: dbt, gx (Great Expectations) or ingest."),
    "severity": (
        "VARCHAR",
        "重大度。gate は公表を止め、warn は知らせ、review は担当者の確認に回す。"
        " / gate stops publication, warn informs, review asks a named owner.",
    ),
    "subject": ("VARCHAR", "検査の対象（表またはファイル）。 / Table or file that was judged."),
    "passed": (
        "BOOLEAN",
        "合格したか。結果が得られない検査は不合格。 / True when passed; a check without an outcome did not.",
    ),
    "observed": ("VARCHAR", "観測された値または件数。 / What was observed."),
    "threshold": ("VARCHAR", "基準。 / What was demanded."),
    "n_failing": ("BIGINT", "基準を満たさない行数（件）。 / Failing rows (count)."),
    "owner": ("VARCHAR", "対応する担当。 / Who mends it."),
    "action_ja": ("VARCHAR", "対応の方法。 / What to do, in Japanese."),
    "message_ja": (
        "VARCHAR",
        "不合格の内容と例。合格なら空。 / What failed, with examples, in Japanese; null when passed.",
    ),
    "file_name": ("VARCHAR", "最初の例のファイル名。 / File of the first example."),
    "sheet": ("VARCHAR", "最初の例のシート名。 / Sheet of the first example."),
    "row_number": ("INTEGER", "最初の例の行番号（1から）。 / Row of the first example, counted from 1."),
    "judged_at": ("TIMESTAMPTZ", "判定日時。 / When it was judged."),
}

FINDING = "meta_check_finding"
FINDING_COMMENT = (
    "合格しなかった表の検査（kind が dbt）に該当した行。1行は一つの検査の該当1件（一つの検査で1万件まで）。"
    " / Rows that a failed check of the tables (kind dbt) objects to: one row is one of them, up to 10,000 of a check."
)
FINDING_COLUMNS: dict[str, tuple[str, str]] = {
    "check_id": (
        "VARCHAR",
        "検査の識別子（meta_check_outcome）。 / Identifier of the check, as in meta_check_outcome.",
    ),
    "finding_no": ("INTEGER", "検査の中の番号（1から）。 / Place among the rows of the check, from 1."),
    "municipality_code": (
        "VARCHAR",
        "5桁の団体コード。団体のない行は空。 / Municipality; null where the row has none.",
    ),
    "file_name": ("VARCHAR", "もとのファイル名。分からなければ空。 / File, where it is known."),
    "sheet": ("VARCHAR", "シート名。 / Sheet."),
    "row_number": ("INTEGER", "行番号（1から）。 / Row, counted from 1."),
    "finding_ja": ("VARCHAR", "該当した行の内容と理由。 / What was found and why, in Japanese."),
}


@dataclass(frozen=True)
class Verdict:
    """What the candidate holds about itself; `faults` say why it is no verdict at all (missing, incomplete, edited).

    `counts` are checks by severity and result (`gate_failed` ...); `digest` names the marts that were judged, `marts`
    each of them (foundation.duck.digest_of).
    """

    run_id: str
    outcomes: tuple[Outcome, ...] = ()
    faults: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    digest: str = ""
    marts: dict[str, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        return not self.faults

    @property
    def passed(self) -> bool:
        """True when the verdict is complete and no check of severity gate failed."""
        return self.complete and all(one.passed for one in self.outcomes if one.severity == "gate")

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why publication is refused, one text each, in Japanese with the check's English identifier.

        What was found comes first; checks that could not be judged (often because of it) are one text together.
        """
        failed = [one for one in self.outcomes if one.severity == "gate" and not one.passed]
        unknown = [one for one in failed if one.observed is None]
        texts = [
            f"{one.check_id}: {one.message_ja} 対応（{one.owner}）: {one.action_ja}"
            for one in failed
            if one.observed is not None
        ]
        if unknown:
            texts.append(
                f"checks_without_outcome: 判定できなかった検査が{len(unknown)}件あります（不合格として扱います）。"
                f"{unknown[0].message_ja or ''} 対象: " + "、".join(one.check_id for one in unknown)
            )
        return (*self.faults, *texts)

    @property
    def notices(self) -> tuple[str, ...]:
        """What failed without stopping publication."""
        failed = (one for one in self.outcomes if one.severity != "gate" and not one.passed)
        return tuple(f"{one.check_id}: {one.message_ja}" for one in failed)


def digests_of_marts(connection: duckdb.DuckDBPyConnection, seen: Mapping[str, str] | None = None) -> dict[str, str]:
    """Table of schema main -> a text that changes when a row, a column or a type of it does; all but the outcomes
    themselves. seen: those that are known."""
    known = seen or {}
    names = (name for name in tables_of(connection) if name != TABLE)
    return {name: known.get(name) or digest_of(facts_of(connection, ("main", name))) for name in names}


def _of_all(marts: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(sorted(marts.items())).encode()).hexdigest()


def digest_of_outcomes(connection: duckdb.DuckDBPyConnection) -> str:
    """One text that changes when a stored outcome does."""
    return connection.execute(
        f"select sha256(coalesce(string_agg(line, chr(10) order by line), '')) "  # noqa: S608
        f"from (select to_json(one)::varchar as line from main.{TABLE} as one)"
    ).fetchall()[0][0]


_SEALED: dict[tuple[int, ...], dict[str, str]] = {}
"""What this process sealed: the file as it was left -> its marts."""


def _as_left(candidate: Path) -> tuple[int, ...]:
    """Changes with every writing to the file or to DuckDB's log beside it."""
    files = [path.stat() for path in (candidate, candidate.with_name(f"{candidate.name}.wal")) if path.exists()]
    return tuple(
        fact for one in files for fact in (one.st_dev, one.st_ino, one.st_size, one.st_mtime_ns, one.st_ctime_ns)
    )


def write(
    candidate: Path,
    run_id: str,
    judged_at: datetime,
    outcomes: Sequence[Outcome],
    failing: Sequence[FailingRow] = (),
    seen: Mapping[str, str] | None = None,
) -> None:
    """Store the outcomes of a run and the rows behind them in the candidate and seal them together with its marts.

    seen: digests of the marts as they were judged (digests_of_marts); looked at now where they are not given.
    """
    judged = {name: digest for name, digest in (seen or {}).items() if name != FINDING}
    with connect(candidate, read_only=False) as connection:
        connection.begin()
        told = {"run_id": run_id, "judged_at": judged_at}
        of_outcomes = [[told.get(name, getattr(one, name, None)) for name in COLUMNS] for one in outcomes]
        _table(connection, TABLE, TABLE_COMMENT, COLUMNS, of_outcomes)
        of_rows = [[getattr(one, name) for name in FINDING_COLUMNS] for one in failing]
        _table(connection, FINDING, FINDING_COMMENT, FINDING_COLUMNS, of_rows)
        marts = digests_of_marts(connection, judged)
        connection.execute("create schema if not exists gate")
        connection.execute(
            f"create or replace table gate.declared as "  # noqa: S608
            f"select kind, check_id, severity, subject from main.{TABLE}"
        )
        connection.execute(
            "create or replace table gate.seal as select ? as run_id, ? as outcomes_digest, ? as marts_digest",
            [run_id, digest_of_outcomes(connection), _of_all(marts)],
        )
        connection.commit()
        connection.execute("checkpoint")
    _SEALED.clear()
    _SEALED[_as_left(candidate)] = marts


_KINDS = {
    "VARCHAR": pl.String(),
    "INTEGER": pl.Int32(),
    "BIGINT": pl.Int64(),
    "BOOLEAN": pl.Boolean(),
    "TIMESTAMPTZ": pl.Datetime("us", "Asia/Tokyo"),
}


def _table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    comment: str,
    columns: Mapping[str, tuple[str, str]],
    rows: Sequence[Sequence[Any]],
) -> None:
    """A described table of schema main with these rows; what was there goes."""
    kinds = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
    connection.execute(f"create or replace table main.{table} ({kinds})")
    if rows:
        schema = {name: _KINDS[kind] for name, (kind, _) in columns.items()}
        connection.register("stored", pl.DataFrame(rows, schema=schema, orient="row"))
        connection.execute(f"insert into main.{table} from stored")
        connection.unregister("stored")
    connection.execute(f"comment on table main.{table} is {quoted(comment)}")
    for name, (_, said) in columns.items():
        connection.execute(f"comment on column main.{table}.{name} is {quoted(said)}")


def read(candidate: Path, run_id: str) -> Verdict:
    """The verdict that a candidate holds about itself for one run.

    Every row of the marts is looked at, but in a file that this process has sealed and nobody has written to since.
    Never raises for a verdict that is missing, incomplete, edited or of another run: such a verdict has `faults` and
    has not passed. Raises duckdb.Error only when the file itself cannot be read.
    """
    names = [one.name for one in fields(Outcome)]
    with connect(candidate, read_only=True) as connection:
        try:
            rows = connection.execute(f"select {', '.join(names)} from main.{TABLE} order by all").fetchall()  # noqa: S608
            runs = [run for (run,) in connection.execute(f"select distinct run_id from main.{TABLE}").fetchall()]  # noqa: S608
            declared = connection.execute("select kind, check_id, severity, subject from gate.declared").fetchall()
            seals = connection.execute("select run_id, outcomes_digest, marts_digest from gate.seal").fetchall()
            found = dict(_SEALED.get(_as_left(candidate)) or digests_of_marts(connection))
            digests = (digest_of_outcomes(connection), _of_all(found))
        except duckdb.Error as error:
            fault = f"verdict_missing: 公表候補に判定結果がありません。{JUDGE_AGAIN}（{str(error).splitlines()[0]}）"
            return Verdict(run_id, faults=(fault,))
    outcomes = tuple(Outcome(**dict(zip(names, row, strict=True))) for row in rows)
    faults: list[str] = []
    if runs != [run_id] or [seal[0] for seal in seals] != [run_id]:
        faults.append(f"verdict_of_another_run: 判定結果がこの実行（{run_id}）のものではありません。{JUDGE_AGAIN}")
    stored = {(one.kind, one.check_id, one.severity, one.subject) for one in outcomes}
    demanded = set(declared) | {("gx", check.check_id, check.severity, check.table) for check in CHECKS}
    missing = sorted(check_id for _, check_id, _, _ in demanded - stored)
    if missing or not outcomes:
        faults.append(
            "verdict_incomplete: 結果のない検査があります（不合格として扱います）: " + "、".join(missing[:EXAMPLES])
        )
    if any(one.passed is None for one in outcomes):
        faults.append("verdict_incomplete: 合否の記されていない検査があります（不合格として扱います）。")
    if [seal[1] for seal in seals] != [digests[0]]:
        faults.append(f"verdict_edited: 判定結果が判定後に書き換えられています。{JUDGE_AGAIN}")
    if [seal[2] for seal in seals] != [digests[1]]:
        faults.append(f"candidate_changed_after_verdict: 判定後に公表表が書き換えられています。{JUDGE_AGAIN}")
    counts = {
        f"{severity}_{state}": sum(one.severity == severity and one.passed is (state == "passed") for one in outcomes)
        for severity in ("gate", "warn", "review")
        for state in ("passed", "failed")
    }
    return Verdict(run_id, outcomes, tuple(faults), counts, digests[1], found)
