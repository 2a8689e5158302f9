"""The candidate against the last release: what is lost or moves without a cause stops publication until a named person
lets that one finding pass. Figures are synthetic (tests/gate_candidate.py)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from sousei.expectations import gate, last_release, verdict
from sousei.foundation import duck
from sousei.foundation.home import Home
from sousei.publication.publish import publish
from tests import gate_candidate
from tests.gate_candidate import NOW, Run, judged, make, plant


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The last release's database, and the candidate that it was made from."""
    root = tmp_path_factory.mktemp("last")
    candidate = make(root / "candidate.duckdb")
    judged(candidate)
    release = publish(Home(root / "home"), candidate, Run(), NOW)
    return release.database, candidate


@pytest.fixture
def last(published: tuple[Path, Path]) -> Path:
    return published[0]


@pytest.fixture
def candidate(published: tuple[Path, Path], tmp_path: Path) -> Path:
    copy = tmp_path / "candidate.duckdb"
    shutil.copy(published[1], copy)
    return copy


def failing(candidate: Path, last: Path | None) -> dict[str, str]:
    """Rules that stop publication, with their messages."""
    with duck.connect(candidate, read_only=True) as connection:
        checks = [check for (check,) in connection.execute("select check_id from main.meta_check_outcome").fetchall()]
        outcomes, _ = last_release.outcomes(connection, last, checks)
    assert [one.check_id for one in outcomes] == list(last_release.RULES)
    return {one.check_id: one.message_ja or "" for one in outcomes if not one.passed}


def test_the_same_candidate_again_passes_every_rule(candidate: Path, last: Path) -> None:
    assert failing(candidate, last) == {}


def test_there_is_nothing_to_compare_with_before_the_first_release(candidate: Path) -> None:
    assert failing(candidate, None) == {}


def test_a_table_that_is_known_to_be_the_same_is_not_compared_and_no_other_is_passed_over(
    candidate: Path, last: Path
) -> None:
    plant(candidate, "delete from main.fct_population where municipality_code = '99001'")
    checks = ["the_candidate_was_compared_with_the_last_release"]
    with duck.connect(candidate, read_only=True) as connection:
        (said,) = [
            one.message_ja
            for one in last_release.outcomes(connection, last, checks)[0]
            if one.check_id == last_release.LOST
        ]
        assert said is not None and "fct_population" in said
        others = set(duck.tables_of(connection)) - {"fct_population"}
        assert said in [one.message_ja for one in last_release.outcomes(connection, last, checks, others)[0]]
        passed = last_release.outcomes(connection, last, checks, ["fct_population"])[0]
        assert [one.passed for one in passed if one.check_id == last_release.LOST] == [True]


@pytest.mark.parametrize("is_stated", [True, False])
def test_the_judge_compares_what_has_another_digest(candidate: Path, last: Path, is_stated: bool) -> None:
    """What is stated of the last release is believed; a table that moved since has another digest."""
    with duck.connect(last, read_only=True) as connection:
        stated = verdict.digests_of_marts(connection) if is_stated else {}
    plant(candidate, "delete from main.fct_population where municipality_code = '99001'")
    suites: Any = gate_candidate.PassingSuites()
    judged = gate.judge(candidate, gate_candidate.DBT, gate_candidate.RUN_ID, NOW, suites, last, stated)
    assert any(one.startswith(last_release.LOST) and "fct_population" in one for one in judged.reasons)


OTHER_FILE = "insert into raw.delivery by name select * replace ('furusato-cccccccccccccccc' as source_id) " \
    "from raw.delivery where source_id like 'furusato%'"  # fmt: skip
NEWER = "update main.{} set source_id = source_id || 'x'"

FAULTS = {
    "rows of a delivery vanish": (
        last_release.LOST,
        "delete from main.fct_furusato_donation where fiscal_year = 2022",
    ),
    "a town vanishes": (last_release.LOST, "delete from main.fct_population where municipality_code = '99002'"),
    "a mart vanishes": (last_release.LOST, "drop table main.fct_tourism_visitors"),
    "a projection loses years": (
        last_release.LOST,
        "delete from main.mart_population_projection where year in (select max(year) from mart_population_projection)",
    ),
    "a delivery vanishes": (last_release.SOURCES, "delete from main.meta_source where source like 'tourism%'"),
    "a delivery is refused now": (
        last_release.SOURCES,
        "update main.meta_source set verdict = 'refused' where source like 'tourism%'",
    ),
    "a check vanishes": (
        last_release.CHECKS,
        "delete from main.meta_check_outcome where kind = 'gx' and check_id like 'vision%'",
    ),
    "a figure of the same file moves": (
        last_release.CAUSE,
        "update main.fct_furusato_donation set donation_jpy = donation_jpy + 1 where fiscal_year = 2021",
    ),
    "a visitor figure of the same file moves": (
        last_release.CAUSE,
        "update main.fct_tourism_visitors set visitors = visitors + 1 where month = date '2022-03-01'",
    ),
    "a new file doubles the people": (
        last_release.FAR,
        NEWER.format("fct_population") + ", population_persons = 2 * population_persons",
    ),
    "a new file exchanges ages": (
        last_release.FAR,
        NEWER.format("fct_population")
        + ", population_persons = case age_group when '0-4' then 90 when '5-9' then 10 else population_persons end "
        "+ case when age_group = '0-4' then 110 else 0 end where sex <> 'total'",
    ),
    "a new file triples the births": (
        last_release.FAR,
        NEWER.format("fct_population_change") + ", persons = 3 * persons",
    ),
    "a new file has yen for thousands": (
        last_release.FAR,
        NEWER.format("fct_furusato_donation") + ", donation_jpy = 1000 * donation_jpy",
    ),
    "a new file has ten times the visitors": (
        last_release.FAR,
        NEWER.format("fct_tourism_visitors") + ", visitors = 10 * visitors",
    ),
    "the vision doubles": (
        last_release.FAR,
        "update main.mart_population_vision set total_persons = 2 * total_persons",
    ),
}


@pytest.mark.sampled(6)
@pytest.mark.promise("B2")
@pytest.mark.parametrize("name", FAULTS)
def test_what_is_lost_or_moves_without_a_cause_stops_publication(candidate: Path, last: Path, name: str) -> None:
    rule, fault = FAULTS[name]
    plant(candidate, fault)
    found = failing(candidate, last)
    assert rule in found, found
    assert last_release.RULES[rule][0] in found[rule]


@pytest.mark.sampled(4)
@pytest.mark.parametrize("name", [name for name in FAULTS if "vanishes" not in name or "mart" not in name])
def test_the_printed_line_lets_that_finding_pass_and_no_other(candidate: Path, last: Path, name: str) -> None:
    rule, fault = FAULTS[name]
    plant(candidate, fault)
    with duck.connect(candidate, read_only=True) as connection:
        checks = [one for (one,) in connection.execute("select check_id from main.meta_check_outcome").fetchall()]
        _, findings = last_release.outcomes(connection, last, checks)
    mine = [one for one in findings if one.rule == rule]
    for done, one in enumerate(mine):
        assert rule in failing(candidate, last), f"{done} of {len(mine)} lines are enough"
        plant(
            candidate,
            "insert into raw.decision by name select 'go_ahead' as kind, "
            f"'{one.rule}' as rule, '{one.fact}' as subject, '課長' as decided_by, date '2026-11-22' as decided_on",
        )
    assert rule not in failing(candidate, last)


def test_a_withdrawal_explains_what_it_takes_out(candidate: Path, last: Path) -> None:
    for table in ("fct_furusato_donation",):
        plant(candidate, f"delete from main.{table}")
    plant(candidate, "update main.meta_source set verdict = 'withdrawn' where source = 'furusato'")
    assert failing(candidate, last) == {}


def test_a_new_program_may_move_what_follows_from_many_deliveries(candidate: Path, last: Path) -> None:
    plant(candidate, "update raw.run set code_version = 'newer'")
    plant(candidate, "update main.mart_population_vision set total_persons = 2 * total_persons")
    assert failing(candidate, last) == {}
    plant(candidate, "delete from main.fct_furusato_donation where fiscal_year = 2022")
    assert list(failing(candidate, last)) == [last_release.LOST]


def test_a_program_that_lacks_a_check_says_how_to_go_back_before_how_to_let_it_pass(
    candidate: Path, last: Path
) -> None:
    plant(candidate, FAULTS["a check vanishes"][1])
    message = failing(candidate, last)[last_release.CHECKS]
    assert 0 < message.index("sousei release use") < message.index("decisions/go_aheads.csv")


@pytest.mark.parametrize(
    "table", ["mart_kpi_missing", "mart_kpi_summary", "mart_project", "dim_plan", "mart_agreement"]
)
def test_what_is_answered_or_in_a_new_edition_may_go_and_a_plan_may_not(
    candidate: Path, last: Path, tmp_path: Path, table: str
) -> None:
    """A question that is answered leaves the chase list; a plan or an agreement that was published does not vanish."""
    before = tmp_path / "last.duckdb"
    shutil.copy(last, before)
    keys = gate_candidate.grain()[table]
    row = ", ".join(f"'x' as {key}" for key in keys)
    plant(before, f"create table main.{table} as select {row}")
    plant(candidate, f"create table main.{table} as select {row} limit 0")
    found = failing(candidate, before)
    assert list(found) == ([] if table in last_release.MAY_GO else [last_release.LOST])


def test_a_release_that_cannot_be_read_is_not_passed(candidate: Path, tmp_path: Path) -> None:
    broken = tmp_path / "sousei.duckdb"
    broken.write_bytes(b"no database")
    assert set(failing(candidate, broken)) == set(last_release.RULES)


def test_the_verdict_holds_the_comparison(candidate: Path, last: Path) -> None:
    plant(candidate, "delete from main.fct_furusato_donation where fiscal_year = 2022")
    verdict = gate.judge(
        candidate, gate_candidate.DBT, gate_candidate.RUN_ID, NOW, gate_candidate.PassingSuites(), last
    )  # type: ignore[arg-type]
    assert not verdict.passed
    assert any(reason.startswith(last_release.LOST) for reason in verdict.reasons)
    lines = (candidate.parent / "go_aheads_to_decide.csv").read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("rule,fact,decided_by,decided_on,reason_ja")
    assert any(line.startswith(last_release.LOST) for line in lines)


def test_rules_name_tables_and_columns_that_are_published() -> None:
    keys = gate_candidate.grain()
    assert set(last_release.DELIVERED) | {last_release.VISITORS} | set(last_release.DERIVED) <= set(keys)
    assert set(last_release.MAY_GO) <= set(keys)
    for table, one in last_release.DELIVERED.items():
        assert set(one.of) <= set(keys[table])


def test_a_candidate_that_does_not_say_what_its_rows_are_is_not_passed(candidate: Path, last: Path) -> None:
    plant(candidate, "drop table main.meta_grain")
    assert set(failing(candidate, last)) == set(last_release.RULES)
