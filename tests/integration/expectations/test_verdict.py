"""The verdict: stored in the candidate, derived from what is stored, and never passed by silence, crash or edit.

Does not hold: whether each suite check finds its fault (test_suite_<subject>.py).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from sousei.expectations import last_release
from sousei.expectations import verdict as verdicts
from sousei.expectations.dbt_tests import DbtOutcome
from sousei.expectations.gate import judge
from sousei.expectations.suites.declared import CHECKS
from sousei.expectations.validation import SuiteOutcome, SuiteProcess, ValidationProcessError, threshold_of
from sousei.foundation.home import PROJECT_ROOT
from tests.gate_candidate import DBT, NOW, RUN_ID, PassingSuites, judged, plant, rows

FAILING_TOTALS = """
select 'population.csv' as file_name, '表1' as sheet, 12 as row_number, '99001' as municipality_code,
    '3800' as expected, '3801' as found, '男女の和が総数と一致しません' as reason_ja, '秘密の値' as value_raw
union all
select 'population.csv', '表1', 13, '99002', '1140', '1141', '男女の和が総数と一致しません', '秘密の値'
"""


@pytest.fixture
def candidate(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(sound, tmp_path / "candidate.duckdb"))


class SuitesThatAnswer(PassingSuites):
    """A stand-in that answers only what it is told."""

    def __init__(self, answer: list[SuiteOutcome]) -> None:
        self.answer = answer

    def outcomes(self, candidate: Path) -> list[SuiteOutcome]:
        return self.answer


def test_sound_candidate_is_passed_by_the_real_process(candidate: Path) -> None:
    verdict = judge(candidate, DBT, RUN_ID, NOW)
    assert (verdict.complete, verdict.passed, verdict.reasons) == (True, True, ())
    assert verdict == verdicts.read(candidate, RUN_ID)
    kinds = dict(rows(candidate, "select kind, count(*) from main.meta_check_outcome group by all").iter_rows())
    assert kinds == {"gx": len(CHECKS), "dbt": len(DBT) + 1, "ingest": 1, "release": len(last_release.RULES)}


@pytest.mark.promise("E1")
def test_planted_fault_is_refused_with_file_row_and_reason(candidate: Path) -> None:
    plant(
        candidate, "update main.fct_furusato_donation set donation_jpy = donation_jpy // 1000 where fiscal_year = 2024"
    )
    verdict = judge(candidate, DBT, RUN_ID, NOW)
    assert (verdict.complete, verdict.passed) == (True, False)
    (reason,) = verdict.reasons
    for part in ("average_donation_is_plausible", "donations.xlsx", "シート「受入額」", "24行目", "99001", "千円"):
        assert part in reason


def test_columns_of_the_contract_are_there_and_described(candidate: Path) -> None:
    judged(candidate)
    promised = "check_id severity subject passed observed threshold n_failing owner action_ja"
    comments = dict(
        rows(
            candidate,
            "select column_name, comment from duckdb_columns() where table_name = 'meta_check_outcome'",
        ).iter_rows()
    )
    assert set(promised.split()) <= comments.keys()
    assert all(" / " in text for text in comments.values())
    assert rows(candidate, "select comment from duckdb_tables() where table_name = 'meta_check_outcome'").item()


def test_failing_dbt_test_names_file_sheet_row_and_reason_but_no_delivered_value(candidate: Path) -> None:
    failing = DbtOutcome("totals_equal_their_parts", "gate", "fct_population", False, 2, compiled_sql=FAILING_TOTALS)
    verdict = judged(candidate, dbt=(failing,))
    assert not verdict.passed
    (reason,) = verdict.reasons
    for part in (
        "totals_equal_their_parts",
        "population.csv",
        "シート「表1」",
        "12行目",
        "男女の和が総数と一致しません",
    ):
        assert part in reason
    assert "秘密の値" not in reason
    (stored,) = rows(
        candidate,
        "select file_name, sheet, row_number from main.meta_check_outcome where check_id = 'totals_equal_their_parts'",
    ).to_dicts()
    assert stored == {"file_name": "population.csv", "sheet": "表1", "row_number": 12}


def _go_ahead(candidate: Path, rule: str, fact: str) -> None:
    with duckdb.connect(str(candidate)) as connection:
        connection.execute(
            "insert into raw.decision values ('go_ahead', ?, ?, '統計課長', date '2026-11-22', '確かめた')",
            [rule, fact],
        )


def test_a_go_ahead_lets_pass_the_finding_that_it_names_and_no_other(candidate: Path) -> None:
    """Two findings, two printed lines: one is not enough, another value needs another line."""
    rule = "totals_equal_their_parts"
    failing = DbtOutcome(rule, "gate", "p", False, 2, compiled_sql=FAILING_TOTALS, may_be_let_pass=True)
    verdict = judged(candidate, dbt=(failing,))
    (reason,) = verdict.reasons
    facts = re.findall(rf"{rule},(\S+?),決裁者,決裁日,理由", reason)
    assert len(facts) == 2 and len(set(facts)) == 2
    to_decide = (candidate.parent / "go_aheads_to_decide.csv").read_text("utf-8-sig")
    assert all(f"{rule},{fact}," in to_decide for fact in facts)
    _go_ahead(candidate, rule, facts[0])
    left = judged(candidate, dbt=(failing,))
    assert not left.passed and facts[1] in left.reasons[0] and facts[0] not in left.reasons[0]
    _go_ahead(candidate, rule, facts[1])
    passed = judged(candidate, dbt=(failing,))
    assert passed.passed
    (said,) = [one.message_ja for one in passed.outcomes if one.check_id == rule]
    assert said == "決裁により 2件を受け入れました。"
    assert not (candidate.parent / "go_aheads_to_decide.csv").exists()
    moved = DbtOutcome(
        rule, "gate", "p", False, 2, compiled_sql=FAILING_TOTALS.replace("3801", "3802"), may_be_let_pass=True
    )
    assert not judged(candidate, dbt=(moved,)).passed


def test_a_rule_about_how_marts_are_built_cannot_be_let_pass(candidate: Path) -> None:
    failing = DbtOutcome("rows_are_sound", "gate", "p", False, 2, compiled_sql=FAILING_TOTALS)
    (reason,) = judged(candidate, dbt=(failing,)).reasons
    assert "go_aheads.csv" not in reason


@pytest.mark.parametrize("severity", ["warn", "review"])
def test_warning_is_stored_and_does_not_stop(candidate: Path, severity) -> None:
    verdict = judged(candidate, dbt=(*DBT, DbtOutcome("jump", severity, "fct_population", False, 1)))
    assert verdict.passed
    assert verdict.counts[f"{severity}_failed"] == 1
    assert len(verdict.notices) == 1


@pytest.mark.promise("E1")
@pytest.mark.parametrize("severity", ["gate", "warn", "review"])
def test_dbt_test_without_outcome_is_a_failed_gate(candidate: Path, severity) -> None:
    verdict = judged(candidate, dbt=(*DBT, DbtOutcome("skipped_test", severity, "fct_population", None)))
    assert not verdict.passed
    assert "skipped_test" in " ".join(verdict.reasons)


def test_no_dbt_test_at_all_is_a_failed_gate(candidate: Path) -> None:
    assert not judged(candidate, dbt=()).passed


@pytest.mark.promise("E1")
def test_suite_check_without_outcome_is_a_failed_gate(candidate: Path) -> None:
    answered = [SuiteOutcome(check.check_id, True, "0 / 1", threshold_of(check), 0) for check in CHECKS[1:]]
    verdict = judge(candidate, DBT, RUN_ID, NOW, SuitesThatAnswer(answered))  # type: ignore[arg-type]
    assert not verdict.passed
    assert CHECKS[0].check_id in " ".join(verdict.reasons)


def test_gate_problem_of_the_taking_in_stops_and_is_named(candidate: Path) -> None:
    plant(
        candidate,
        "insert into raw.problem by name select 'check_digit_mismatch' as problem_id, 'gate' as severity, "
        "'人口.xlsx' as file_name, '表1' as sheet, unnest([9, 10]) as row, '団体コード' as column_label, "
        "'検査数字が合いません。' as message_ja, '正しい番号で届け直す。' as action_ja",
    )
    verdict = judged(candidate)
    assert not verdict.passed
    text = "\n".join(verdict.reasons)
    for part in ("check_digit_mismatch", "人口.xlsx", "9行目", "団体コード", "ほかに1件", "正しい番号で届け直す"):
        assert part in text


def test_warning_of_the_taking_in_does_not_stop(candidate: Path) -> None:
    plant(
        candidate, "insert into raw.problem (problem_id, severity, file_name) values ('unknown_file', 'warn', 'x.txt')"
    )
    verdict = judged(candidate)
    assert verdict.passed
    assert verdict.counts["warn_failed"] == 1


def test_missing_problem_table_is_a_failed_gate(candidate: Path) -> None:
    plant(candidate, "drop table raw.problem")
    assert not judged(candidate).passed


@pytest.mark.promise("E1")
def test_killed_process_is_a_failed_gate_with_a_clear_message(candidate: Path) -> None:
    process = SuiteProcess()
    os.kill(process.pid, signal.SIGKILL)
    verdict = judge(candidate, DBT, RUN_ID, NOW, process)
    assert verdict.complete and not verdict.passed
    assert verdict.counts["gate_failed"] == sum(check.severity == "gate" for check in CHECKS)
    assert "gx_process_failed" in verdict.reasons[0] and "異常終了" in verdict.reasons[0]


def test_hanging_process_is_ended(candidate: Path) -> None:
    process = SuiteProcess()
    os.kill(process.pid, signal.SIGSTOP)
    with pytest.raises(ValidationProcessError, match="no answer within"):
        process.outcomes(candidate, time_limit=0.2)
    process.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


@pytest.mark.exhaustive
def test_process_ends_with_its_parent(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.chdir(PROJECT_ROOT)
        process = SuiteProcess()
        os.write(writer, str(process.pid).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(parent, 0)
    child = int(os.read(reader, 20))
    for _ in range(300):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            break
        time.sleep(0.1)
    else:
        os.kill(child, signal.SIGKILL)
        pytest.fail("the process outlived its parent")


@pytest.mark.sampled(3)
@pytest.mark.promise("E1")
@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        ("update main.meta_check_outcome set passed = true", "verdict_edited"),
        ("delete from main.meta_check_outcome where not passed", "verdict_incomplete"),
        ("update main.meta_check_outcome set severity = 'warn'", "verdict_edited"),
        ("insert into main.meta_check_outcome (run_id, check_id) values ('{run}', 'x')", "verdict_edited"),
        ("update main.fct_tourism_visitors set visitors = visitors + 1", "candidate_changed_after_verdict"),
        ("alter table main.dim_kpi add column extra integer", "candidate_changed_after_verdict"),
        ("create table main.extra as select 1 as one", "candidate_changed_after_verdict"),
        ("update main.meta_check_outcome set run_id = 'another'", "verdict_of_another_run"),
        ("drop table main.meta_check_outcome", "verdict_missing"),
        ("drop table gate.seal", "verdict_missing"),
        ("delete from gate.seal", "verdict_of_another_run"),
    ],
)
def test_edited_verdict_has_not_passed(candidate: Path, edit: str, fault: str) -> None:
    failing = DbtOutcome("totals_equal_their_parts", "gate", "fct_population", False, 2)
    assert not judged(candidate, dbt=(failing,)).passed
    plant(candidate, edit.format(run=RUN_ID))
    verdict = verdicts.read(candidate, RUN_ID)
    assert not verdict.complete and not verdict.passed
    assert fault in " ".join(verdict.faults)


def test_rows_of_a_file_that_nobody_wrote_to_are_not_looked_at_again(
    candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the process that sealed it; a copy of it, or another process, looks at them."""
    assert judged(candidate).passed
    looked: list[int] = []
    monkeypatch.setattr(verdicts, "digests_of_marts", lambda *_: looked.append(1) or {})
    assert verdicts.read(candidate, RUN_ID).passed and not looked
    copied = Path(shutil.copyfile(candidate, candidate.with_name("copy.duckdb")))
    assert not verdicts.read(copied, RUN_ID).passed and looked


@pytest.mark.promise("E1")
def test_what_stands_in_the_log_of_a_process_that_died_is_an_edit(candidate: Path) -> None:
    """DuckDB keeps it beside the file, which is as it was left, and reads it whenever the file is opened."""
    assert judged(candidate).passed
    before = candidate.read_bytes()
    edit = (
        "import duckdb, os, sys; connection = duckdb.connect(sys.argv[1]); "
        "connection.execute('update main.fct_tourism_visitors set visitors = visitors + 1'); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", edit, candidate], check=True)
    assert candidate.read_bytes() == before and candidate.with_name(f"{candidate.name}.wal").exists()
    assert "candidate_changed_after_verdict" in " ".join(verdicts.read(candidate, RUN_ID).faults)


@pytest.mark.sampled(2)
@pytest.mark.promise("E1")
@pytest.mark.parametrize("index", range(0, len(CHECKS), 7))
def test_deleted_outcome_of_a_passed_check_is_missed(candidate: Path, index: int) -> None:
    assert judged(candidate).passed
    plant(candidate, f"delete from main.meta_check_outcome where check_id = '{CHECKS[index].check_id}'")
    verdict = verdicts.read(candidate, RUN_ID)
    assert not verdict.passed
    assert CHECKS[index].check_id in " ".join(verdict.faults)


def test_passed_verdict_of_one_run_is_none_for_another(candidate: Path) -> None:
    assert judged(candidate).passed
    assert not verdicts.read(candidate, "2026-11-23-ffffffffffff").passed


def test_judging_twice_replaces_the_outcomes(candidate: Path) -> None:
    failing = DbtOutcome("totals_equal_their_parts", "gate", "fct_population", False, 2)
    assert not judged(candidate, dbt=(failing,)).passed
    assert judged(candidate).passed


def test_unjudged_candidate_has_no_verdict(candidate: Path) -> None:
    verdict = verdicts.read(candidate, RUN_ID)
    assert not verdict.passed and "verdict_missing" in verdict.faults[0]


def test_crash_while_writing_leaves_no_verdict(candidate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(connection: duckdb.DuckDBPyConnection) -> str:
        raise RuntimeError("power cut")

    monkeypatch.setattr(verdicts, "digest_of_outcomes", broken)
    with pytest.raises(RuntimeError, match="power cut"):
        judged(candidate)
    monkeypatch.undo()
    assert not verdicts.read(candidate, RUN_ID).passed
