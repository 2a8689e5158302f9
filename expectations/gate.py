"""The gate: everything that was found about a candidate, gathered into the verdict that it then holds.

Holds: gathering outcomes (dbt tests, suites, problems of the taking-in, the last release) and what a person may decide.
Does not hold: what is expected (`suites`, dbt_project), the verdict's own form (`verdict`), running dbt, or publishing.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from sousei.expectations import examples, from_dbt, from_ingest, from_suites, last_release, verdict
from sousei.expectations.dbt_tests import DbtOutcome
from sousei.expectations.outcome import TO_DECIDE, Finding
from sousei.expectations.suites.declared import CHECKS
from sousei.expectations.validation import SuiteOutcome, SuiteProcess, ValidationProcessError
from sousei.expectations.verdict import Verdict
from sousei.foundation import duck
from sousei.ingest.decided.decisions import GO_AHEADS


def judge(
    candidate: Path,
    dbt_outcomes: Sequence[DbtOutcome],
    run_id: str,
    judged_at: datetime,
    suites: SuiteProcess | None = None,
    last: Path | None = None,
    stated: Mapping[str, str] | None = None,
) -> Verdict:
    """Judge the candidate, store every outcome in it, and return the verdict as read back from the file.

    candidate: the built DuckDB file; nobody may have it open for writing.
    dbt_outcomes: one per declared dbt test (see `dbt_tests.outcomes`), also for those that did not run.
    judged_at: aware time, stored with each outcome.
    suites: a process started earlier, so that importing Great Expectations overlapped with other work; else one is
        started here. A process that dies fails every one of its checks; it never passes them.
    last: DuckDB file of the last release, to compare with; None before the first.
    stated: table -> digest (foundation.duck.digest_of) that is known of it; one that is the candidate's is the same.
    """
    process = suites or SuiteProcess()
    failure: str | None = None
    found: dict[str, SuiteOutcome] = {}
    with process:
        process.begin(candidate)  # they are judged on the other core meanwhile
        with duck.connect(candidate, read_only=True) as connection:
            files = examples.file_names(connection)
            outcomes, findings, failing = from_dbt.outcomes(connection, dbt_outcomes, files)
            of_ingest = from_ingest.outcomes(connection)
            seen = verdict.digests_of_marts(connection)
            unmoved = {table for table, digest in seen.items() if digest == (stated or {}).get(table)}
            run_checks = [*(one.check_id for one in outcomes), *(check.check_id for check in CHECKS)]
            compared, more = last_release.outcomes(connection, last, run_checks, unmoved)
        try:
            found = {one.check_id: one for one in process.outcomes(candidate)}
        except ValidationProcessError as error:
            failure = f"gx_process_failed: Great Expectations の判定プロセスが異常終了しました（{error}）。"
    outcomes += [from_suites.outcome(check, found.get(check.check_id), failure, files) for check in CHECKS]
    outcomes += [*of_ingest, *compared]
    _write_to_decide(candidate.with_name(TO_DECIDE), [*findings, *more])
    verdict.write(candidate, run_id, judged_at, outcomes, failing, seen)
    return verdict.read(candidate, run_id)


def _write_to_decide(path: Path, findings: Sequence[Finding]) -> None:
    path.unlink(missing_ok=True)
    if findings:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*GO_AHEADS, "finding_ja"])
            writer.writerows([one.rule, one.fact, "", "", "", one.text_ja] for one in findings)
