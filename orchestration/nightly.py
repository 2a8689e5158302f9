"""The five steps of a refresh as plain functions: take in, project, build, judge, publish.

Holds: the order of calls into the rooms and the hand-over between steps through the run's folder, so that a step can
be run again alone. Does not hold: data logic, and nothing of Dagster, so that the command is quick when there is
nothing new.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sousei.foundation.home import SEEDS, Home
from sousei.ingest.decided import decisions
from sousei.orchestration import inputs
from sousei.orchestration import run as runs

if TYPE_CHECKING:
    import polars as pl

    from sousei.ingest.raw import RawResult

KEEP_RUNS = 5
"""Run folders kept for a look at what was refused; each holds a candidate."""

SCENARIOS = SEEDS / "scenarios.csv"
PLAN_FIGURES = SEEDS / "plan_figures.csv"
CANDIDATE = "candidate.duckdb"

_suites: list[Any] = []
"""The process that imports Great Expectations while the earlier steps work; at most one."""
_pages: list[Any] = []
"""The process that writes the pages for the makers of tonight's deliveries; at most one."""


@dataclass(frozen=True)
class Intake:
    """What step 1 gave: rows per raw table, and the problems found, one text each."""

    run: runs.Run
    rows: dict[str, int]
    messages: list[str]


def texts_of(problems: pl.DataFrame) -> list[str]:
    """Ingest problems as one text each: file, place, what is wrong, what to do."""
    return [
        f"{one['problem_id']}: {one['file_name']}"
        + (f" シート「{one['sheet']}」" if one["sheet"] else "")
        + (f" {one['row']}行目" if one["row"] else "")
        + f": {one['message_ja']} {one['action_ja']}"
        for one in problems.to_dicts()
    ]


def start_suites() -> None:
    """Let Great Expectations be imported on the other core, once, before it is needed."""
    from sousei.expectations.validation import SuiteProcess

    if not _suites:
        _suites.append(SuiteProcess())


def stop_suites() -> None:
    """End the process of `start_suites`, if one is left."""
    while _suites:
        _suites.pop().close()


def take_in(
    home: Home, landing: Path | None, as_of: date, now: datetime, samples: bool = False, *, pages: bool = True
) -> Intake | None:
    """Step 1: landing to snapshots to raw Parquet, and a fresh candidate that sees them; None when nothing is new.

    pages: the makers' pages are begun too.

    Raises inputs.CannotStartError and inputs.WrongUseError (see inputs.tonight).
    """
    import duckdb

    from sousei.ingest import raw
    from sousei.ingest.decided import corrections
    from sousei.ingest.tables import RAW_TABLES

    tonight = inputs.tonight(home, landing, as_of, now, samples)
    run, result = tonight.run, tonight.result
    if runs.is_published(home, run) or (tonight.is_empty and runs.current_manifest(home) is None):
        runs.record(home, "nothing_new", now, [], tonight.not_used)
        return None
    start_suites()
    directory = runs.begin(home, run)
    runs.prune(home, KEEP_RUNS)
    with duckdb.connect(str(directory / CANDIDATE)) as connection:
        frames = {"delivery": result.deliveries, "problem": result.problems}
        lines = corrections.declared(decisions=home.corrections)
        raw.expose(connection, result.files, frames, decisions.read(home), lines)
        connection.execute(
            "create table raw.run as select ? as run_id, ?::date as as_of_date, ?::integer as fiscal_year, "
            "?::timestamptz as created_at, ? as code_version, ? as inputs_hash",
            [run.run_id, run.as_of, run.fiscal_year, run.created_at, run.code_version, run.inputs_hash],
        )
        rows = {
            name: connection.execute(f"select count(*) from raw.{name}").fetchall()[0][0]  # noqa: S608 our own names
            for name in RAW_TABLES
        }
    if pages:
        start_pages(home, result, directory)
    runs.record(home, "running", now, [], tonight.not_used)
    return Intake(run, rows, texts_of(result.problems))


def start_pages(home: Home, result: RawResult, run: Path) -> None:
    """For the makers of tonight's deliveries, new or refused: a page each that says what to mend, on the other core."""
    from sousei.feedback import process as pages

    published = (runs.current_manifest(home) or {}).get("inputs", [])
    known = sorted(one["sha256"] for one in published if one["verdict"] == "taken")
    tonight = result.deliveries.filter(
        ~result.deliveries["sha256"].is_in(known) | (result.deliveries["verdict"] == "refused")
    )
    if not tonight.is_empty():
        _pages.append(pages.start(home, result.problems, tonight, run))


def finish_pages() -> None:
    """Wait for the process of `start_pages`, if one is left. Pages that failed stop nothing (see feedback.process)."""
    from sousei.feedback import process as pages

    while _pages:
        pages.finish(_pages.pop())


def project(home: Home) -> dict[str, int]:
    """Step 2: all municipalities and scenarios at once; rows per projection table."""
    import duckdb

    from sousei.foundation.files import write_parquet
    from sousei.projection import scenarios
    from sousei.projection.night import build as projection
    from sousei.projection.night import reconcile
    from sousei.projection.night.tables import INPUTS, PROJECTION_TABLES

    folder = home.building / "projection"
    folder.mkdir(exist_ok=True)
    with duckdb.connect(str(home.building / CANDIDATE)) as connection:
        frames = {name: connection.sql(f"from in_force.{name}").pl() for name in INPUTS}
        built = projection.build(frames, scenarios=scenarios.read(SCENARIOS), plan_figures=reconcile.read(PLAN_FIGURES))
        connection.execute("create schema if not exists projection")
        for name in PROJECTION_TABLES:
            path = folder / f"{name}.parquet"
            write_parquet(path, built[name])
            quoted = str(path.resolve()).replace("'", "''")
            connection.execute(f"create or replace view projection.{name} as from read_parquet('{quoted}')")
    return {name: built[name].height for name in PROJECTION_TABLES}


def build_warehouse(home: Home) -> list[dict[str, Any]]:
    """Step 3: one `dbt build`; each node's unique_id, status, failures and seconds, also kept for the gate."""
    from sousei.orchestration import warehouse

    results = warehouse.build(home)
    (home.building / "dbt_results.json").write_text(json.dumps(results, ensure_ascii=False), encoding="utf-8")
    return results


def judge(home: Home) -> dict[str, int]:
    """Step 4: the verdict, stored in the candidate; number of checks by severity and result."""
    from sousei.expectations import dbt_tests, gate
    from sousei.orchestration import warehouse

    run = runs.load(home)
    results = json.loads((home.building / "dbt_results.json").read_text(encoding="utf-8"))
    data_tests = {**warehouse.manifest(home), "unit_tests": {}}  # formulas are tested with the code, not every night
    outcomes = dbt_tests.outcomes(data_tests, results)
    suites = _suites.pop() if _suites else None
    last = runs.last_release(home)
    compared = home.current.resolve() / "sousei.duckdb" if last else None
    return gate.judge(home.building / CANDIDATE, outcomes, run.run_id, run.created, suites, compared).counts


def reasons(home: Home) -> list[str]:
    """Why the judged candidate may not be published; empty where it may."""
    from sousei.expectations import verdict

    return list(verdict.read(home.building / CANDIDATE, runs.load(home).run_id).reasons)


def suite_outcomes(home: Home) -> list[dict[str, Any]]:
    """What the Great Expectations suites found, as stored in the candidate."""
    import duckdb

    with duckdb.connect(str(home.building / CANDIDATE), read_only=True) as connection:
        return (
            connection.sql(
                "select check_id, subject, severity, passed, observed, threshold from main.meta_check_outcome "
                "where kind = 'gx'"
            )
            .pl()
            .to_dicts()
        )


def publish(home: Home) -> Path:
    """Step 5: the release's directory.

    Raises publication.publish.RefusedError when the verdict stored in the candidate does not allow it.
    """
    from sousei.foundation import clock
    from sousei.publication import publish as publication

    run = runs.load(home)
    try:
        published = publication.publish(home, home.building / CANDIDATE, run, run.created)
    except publication.RefusedError as refusal:
        runs.record(home, "refused", clock.now(), list(refusal.reasons))
        raise
    finally:
        finish_pages()
    runs.record(home, "published", clock.now(), [])
    return published.path
