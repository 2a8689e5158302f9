"""The gate: every check's outcome, stored in the candidate that it judged, and the verdict read back from there.

Holds: gathering outcomes (dbt tests, Great Expectations, problems of the taking-in), writing `main.meta_check_outcome`
and the seal, and reading a verdict. Does not hold: what is expected (`suites`, dbt_project), running dbt, or
publishing.

A verdict is derived from the stored rows and from nothing else. It is complete only if every declared check has an
outcome, if the rows are those that the gate wrote, and if the marts are those that the gate saw. A check that was
skipped, that broke or that left no outcome did not pass.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import duckdb

from sousei.expectations import last_release
from sousei.expectations.outcome import EXAMPLES, TO_DECIDE, Finding, Outcome, fact_of, go_aheads, how_to_let_pass
from sousei.expectations.owners import OPERATOR
from sousei.expectations.suites.declared import CHECKS
from sousei.expectations.suites.forms import Check
from sousei.expectations.validation import SuiteOutcome, SuiteProcess, ValidationProcessError, threshold_of
from sousei.ingest.decided.decisions import GO_AHEADS

TABLE = "meta_check_outcome"
MOST_FINDINGS = 10_000
"""Failing rows of one check that are looked at one by one; beyond, the file is wrong, not its single figures."""
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

_EXAMPLE_KEYS = (
    "municipality_code",
    "area_code",
    "plan_id",
    "kpi_id",
    "fiscal_year",
    "as_of_date",
    "month",
    "period_start",
    "period_end",
    "component",
    "item",
    "year",
    "scenario_id",
    "vintage",
    "series",
    "scope",
    "sex",
    "age_group",
    "column_label",
    "value_field",
    "n_records",
    "expected",
    "found",
)
"""Columns of a failing row that may be shown: keys and counts, never a cell as it was delivered."""


@dataclass(frozen=True)
class DbtOutcome:
    """One dbt test, whether it ran or not; `passed` is None when it left no outcome (skipped, not reached).

    may_be_let_pass: a named person may let single findings pass (a rule about what was delivered, not about how the
    marts are built).
    """

    check_id: str
    severity: Literal["gate", "warn", "review"]
    subject: str
    passed: bool | None
    n_failing: int = 0
    owner: str = OPERATOR
    action_ja: str = ""
    message_ja: str = ""
    threshold: str = "0 failing rows"
    compiled_sql: str | None = None
    may_be_let_pass: bool = False


@dataclass(frozen=True)
class Verdict:
    """What the candidate holds about itself; `faults` say why it is no verdict at all (missing, incomplete, edited).

    `counts` are checks by severity and result (`gate_failed` ...); `digest` names the marts that were judged.
    """

    run_id: str
    outcomes: tuple[Outcome, ...] = ()
    faults: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    digest: str = ""

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


def connect(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file with the session settings that make text and digests the same on every host."""
    connection = duckdb.connect(
        str(path),
        read_only=read_only,
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"},
    )
    connection.execute("set timezone = 'Asia/Tokyo'")
    return connection


# --- examples ---


def _located(row: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, Any]:
    """Where a failing row came from, as far as its columns say."""
    number = row.get("row_number", row.get("row"))
    return {
        "file_name": row.get("file_name") or files.get(str(row.get("source_id"))),
        "sheet": row.get("sheet") or None,
        "row_number": int(number) if number is not None else None,
    }


def _example_text(row: Mapping[str, Any], place: Mapping[str, Any], keys: Iterable[str]) -> str:
    where = "・".join(
        part
        for part in (
            place["file_name"],
            f"シート「{place['sheet']}」" if place["sheet"] else None,
            f"{place['row_number']}行目" if place["row_number"] is not None else None,
        )
        if part
    )
    what = " ".join(f"{key}={row[key]}" for key in keys if row.get(key) is not None)
    reason = row.get("reason_ja")
    return " ".join(part for part in (f"［{where}］" if where else "", what, str(reason) if reason else "") if part)


def _file_names(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    try:
        return dict(connection.execute("select source_id, file_name from raw.delivery").fetchall())
    except duckdb.Error:
        return {}


def _failing_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    try:
        cursor = connection.execute(f"select * from ({sql.strip().rstrip(';')}) limit {MOST_FINDINGS}")  # noqa: S608
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except duckdb.Error:
        return []


# --- gathering ---


def _from_dbt(
    connection: duckdb.DuckDBPyConnection, outcomes: Sequence[DbtOutcome], files: Mapping[str, str]
) -> tuple[list[Outcome], list[Finding]]:
    unknown = [one.check_id for one in outcomes if one.passed is None]
    gathered = [
        Outcome(
            "every_dbt_test_has_an_outcome",
            "dbt",
            "gate",
            "dbt_project",
            bool(outcomes) and not unknown,
            f"{len(outcomes) - len(unknown)} / {len(outcomes)}",
            "every declared test, at least one",
            len(unknown) if outcomes else 1,
            OPERATOR,
            "実行記録（dbt のログ）で失敗したモデルや検査を確認し、直して再実行する。",
            None
            if outcomes and not unknown
            else "dbtの検査に結果がないものがあります（実行されなかった検査は不合格として扱います）。"
            + ("、".join(unknown[:EXAMPLES]) or "検査が一つも実行されていません。"),
        )
    ]
    given, findings = go_aheads(connection), []
    for one in outcomes:
        message, place = None, {"file_name": None, "sheet": None, "row_number": None}
        rows = _failing_rows(connection, one.compiled_sql) if one.compiled_sql and not one.passed else []
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
            places = [_located(row, files) for row in rows[:EXAMPLES]]
            place = places[0] if places else place
            texts = [
                _example_text(row, where, _EXAMPLE_KEYS) for row, where in zip(rows[:EXAMPLES], places, strict=True)
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
                **place,
            )
        )
    return gathered, findings


def _findings(one: DbtOutcome, rows: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """The failing rows of a rule about deliveries as findings that a person may let pass."""
    if one.severity != "gate" or not one.may_be_let_pass:
        return []
    return [Finding(one.check_id, fact_of(row), str(row.get("reason_ja") or "")) for row in rows]


def _from_suite(check: Check, found: SuiteOutcome | None, failure: str | None, files: Mapping[str, str]) -> Outcome:
    place: dict[str, Any] = {"file_name": None, "sheet": None, "row_number": None}
    message = None
    if found is None:
        message = f"「{check.description_ja}」を判定できませんでした。{failure or '結果がありません。'}"
    elif found.error is not None:
        message = f"「{check.description_ja}」を判定できませんでした。suite_error: {found.error.splitlines()[0][:300]}"
    elif not found.passed:
        places = [_located(row, files) for row in found.examples]
        place = places[0] if places else place
        texts = [
            _example_text(row, where, [key for key in row if key not in ("source_id", "sheet", "row", "file_name")])
            for row, where in zip(found.examples, places, strict=True)
        ]
        message = (
            f"「{check.description_ja}」が満たされていません（{found.observed}）。基準: {found.threshold}。{check.why}"
            + (" 例: " + "; ".join(texts) if texts else "")
        )
    return Outcome(
        check.check_id,
        "gx",
        check.severity,
        check.table,
        found is not None and found.error is None and found.passed,
        found.observed if found is not None and found.error is None else None,
        found.threshold if found is not None else threshold_of(check),
        found.n_failing if found is not None else 0,
        check.owner_ja,
        check.action_ja,
        message,
        **place,
    )


def _from_ingest(connection: duckdb.DuckDBPyConnection) -> list[Outcome]:
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
        place = {"file_name": file_name or None, "sheet": sheet or None, "row_number": number}
        more = f" 同じ問題がほかに{len(found) - 1}件あります。" if len(found) > 1 else ""
        where = _example_text({}, place, ())
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
                " ".join(part for part in (where, f"列「{column}」" if column else "", text or "") if part) + more,
                **place,
            )
        )
    return gathered


# --- writing and reading ---


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select table_name from duckdb_tables() where schema_name = 'main' and database_name = current_database() "
        "and not internal order by table_name"
    ).fetchall()
    return [name for (name,) in rows]


def _digest_of_marts(connection: duckdb.DuckDBPyConnection) -> str:
    """One text that changes when a row, a column or a table of schema main does, apart from the outcomes themselves."""
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() where schema_name = 'main' "
        "and database_name = current_database() order by table_name, column_index"
    ).fetchall():
        columns.setdefault(table, []).append((column, kind))
    parts = []
    for name in _tables(connection):
        if name == TABLE:
            continue
        counted = connection.execute(
            f'select count(*), coalesce(sum(hash(one)::hugeint), 0)::varchar from main."{name}" as one'  # noqa: S608
        ).fetchall()[0]
        parts.append(f"{name} {columns[name]} {counted}")
    return connection.execute("select sha256(?)", ["\n".join(parts)]).fetchall()[0][0]


def _digest_of_outcomes(connection: duckdb.DuckDBPyConnection) -> str:
    return connection.execute(
        f"select sha256(coalesce(string_agg(line, chr(10) order by line), '')) "  # noqa: S608
        f"from (select to_json(one)::varchar as line from main.{TABLE} as one)"
    ).fetchall()[0][0]


def _write(candidate: Path, run_id: str, judged_at: datetime, outcomes: Sequence[Outcome]) -> None:
    with connect(candidate, read_only=False) as connection:
        connection.begin()
        columns = ", ".join(f"{name} {kind}" for name, (kind, _) in COLUMNS.items())
        connection.execute(f"create or replace table main.{TABLE} ({columns})")
        connection.executemany(
            f"insert into main.{TABLE} values ({', '.join('?' * len(COLUMNS))})",  # noqa: S608
            [
                [{"run_id": run_id, "judged_at": judged_at}.get(name, getattr(one, name, None)) for name in COLUMNS]
                for one in outcomes
            ],
        )
        connection.execute(f"comment on table main.{TABLE} is {_quoted(TABLE_COMMENT)}")
        for name, (_, comment) in COLUMNS.items():
            connection.execute(f"comment on column main.{TABLE}.{name} is {_quoted(comment)}")
        connection.execute("create schema if not exists gate")
        connection.execute(
            f"create or replace table gate.declared as "  # noqa: S608
            f"select kind, check_id, severity, subject from main.{TABLE}"
        )
        connection.execute(
            "create or replace table gate.seal as select ? as run_id, ? as outcomes_digest, ? as marts_digest",
            [run_id, _digest_of_outcomes(connection), _digest_of_marts(connection)],
        )
        connection.commit()
        connection.execute("checkpoint")


def _write_to_decide(path: Path, findings: Sequence[Finding]) -> None:
    path.unlink(missing_ok=True)
    if findings:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*GO_AHEADS, "finding_ja"])
            writer.writerows([one.rule, one.fact, "", "", "", one.text_ja] for one in findings)


def read_verdict(candidate: Path, run_id: str) -> Verdict:
    """The verdict that a candidate holds about itself for one run.

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
            digests = (_digest_of_outcomes(connection), _digest_of_marts(connection))
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
    return Verdict(run_id, outcomes, tuple(faults), counts, digests[1])


def judge(
    candidate: Path,
    dbt_outcomes: Sequence[DbtOutcome],
    run_id: str,
    judged_at: datetime,
    suites: SuiteProcess | None = None,
    last: Path | None = None,
) -> Verdict:
    """Judge the candidate, store every outcome in it, and return the verdict as read back from the file.

    candidate: the built DuckDB file; nobody may have it open for writing.
    dbt_outcomes: one per declared dbt test (see `dbt_tests.outcomes`), also for those that did not run.
    judged_at: aware time, stored with each outcome.
    suites: a process started earlier, so that importing Great Expectations overlapped with other work; else one is
        started here. A process that dies fails every one of its checks; it never passes them.
    last: DuckDB file of the last release, to compare with; None before the first.
    """
    process = suites or SuiteProcess()
    failure: str | None = None
    found: dict[str, SuiteOutcome] = {}
    with process:
        try:
            found = {one.check_id: one for one in process.outcomes(candidate)}
        except ValidationProcessError as error:
            failure = f"gx_process_failed: Great Expectations の判定プロセスが異常終了しました（{error}）。"
    with connect(candidate, read_only=True) as connection:
        files = _file_names(connection)
        from_dbt, findings = _from_dbt(connection, dbt_outcomes, files)
        outcomes = [*from_dbt, *(_from_suite(check, found.get(check.check_id), failure, files) for check in CHECKS)]
        compared, more = last_release.outcomes(connection, last, (one.check_id for one in outcomes))
        outcomes += [*_from_ingest(connection), *compared]
    _write_to_decide(candidate.with_name(TO_DECIDE), [*findings, *more])
    _write(candidate, run_id, judged_at, outcomes)
    return read_verdict(candidate, run_id)
