"""The five steps of a refresh as plain functions: take in, project, build, judge, publish.

Holds: the order of calls into the rooms and the hand-over between steps through the run's folder, so that a step can
be run again alone. Does not hold: data logic, and nothing of Dagster, so that the command is quick when there is
nothing new.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.home import PROJECT_ROOT, Home
from orchestration import run as runs

if TYPE_CHECKING:
    import polars as pl

    from ingest.raw import RawResult

KEEP_RUNS = 5
"""Run folders kept for a look at what was refused; each holds a candidate."""

SAMPLES = PROJECT_ROOT / "samples" / "landing"
SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
SCENARIOS = SEEDS / "scenarios.csv"
PLAN_FIGURES = SEEDS / "plan_figures.csv"
CANDIDATE = "candidate.duckdb"

_suites: list[Any] = []
"""The process that imports Great Expectations while the earlier steps work; at most one."""
_pages: list[Any] = []
"""The process that writes the pages for the makers of tonight's deliveries; at most one."""


@dataclass(frozen=True)
class Intake:
    """What one taking-in gave: rows per raw table, and the problems found, one text each."""

    run: runs.Run
    rows: dict[str, int]
    messages: list[str]


def landing_of(home: Home, option: Path | None) -> Path:
    """The folder to take deliveries from: the one asked for, else the home's own, else the embedded samples.

    The samples serve a home that has published nothing and in whose landing folder nothing lies.
    """
    if option is not None:
        return option.resolve()
    if runs.current_manifest(home) is not None or any(path.is_file() for path in home.landing.rglob("*")):
        return home.landing
    return SAMPLES


def planned(home: Home, landing: Path | None, as_of: date, now: datetime) -> tuple[runs.Run, RawResult]:
    """The run that tonight's deliveries make, and what was read; stores snapshots and raw Parquet, nothing else.

    Inputs are the deliveries in landing and those of the last good release.
    """
    from ingest import intake, raw

    folder = landing_of(home, landing)
    home.landing.mkdir(parents=True, exist_ok=True)
    published = runs.published_hashes(home)
    snapshots = [
        one
        for one in intake.take(home, folder, now, "samples" if folder == SAMPLES else "landing")
        if one.in_landing or one.sha256 in published
    ]
    result = raw.read(home, snapshots, as_of)
    columns = ("source_id", "source", "file_name", "sha256", "period", "verdict")
    inputs = [one for one in result.deliveries.select(columns).to_dicts() if one["sha256"]]
    return runs.plan(inputs, as_of, now), result


def texts_of(problems: pl.DataFrame) -> list[str]:
    """Ingest problems as one text each: file, place, what is wrong, what to do."""
    return [
        f"{one['problem_id']}: {one['file_name']}"
        + (f" シート「{one['sheet']}」" if one["sheet"] else "")
        + (f" {one['row']}行目" if one["row"] else "")
        + f": {one['message_ja']} {one['action_ja']}"
        for one in problems.to_dicts()
    ]


def is_nothing_new(home: Home, landing: Path | None, as_of: date, now: datetime) -> bool:
    """True when a refresh would build exactly what is published."""
    return runs.is_published(home, planned(home, landing, as_of, now)[0])


def start_suites() -> None:
    """Let Great Expectations be imported on the other core, once, before it is needed."""
    from expectations.validation import SuiteProcess

    if not _suites:
        _suites.append(SuiteProcess())


def stop_suites() -> None:
    """End the process of `start_suites`, if one is left."""
    while _suites:
        _suites.pop().close()


def take_in(home: Home, landing: Path | None, as_of: date, now: datetime) -> Intake | None:
    """Step 1: landing to snapshots to raw Parquet, and a fresh candidate that sees them; None when nothing is new."""
    import duckdb

    from ingest import corrections, raw
    from ingest.tables import RAW_TABLES

    run, result = planned(home, landing, as_of, now)
    if runs.is_published(home, run):
        runs.record(home, "nothing_new", now, [])
        return None
    start_suites()
    directory = runs.begin(home, run)
    runs.prune(home, KEEP_RUNS)
    with duckdb.connect(str(directory / CANDIDATE)) as connection:
        frames = {"delivery": result.deliveries, "problem": result.problems}
        raw.expose(connection, result.files, frames, corrections.declared(decisions=home.corrections))
        connection.execute(
            "create table raw.run as select ? as run_id, ?::date as as_of_date, ?::integer as fiscal_year, "
            "?::timestamptz as created_at, ? as code_version, ? as inputs_hash",
            [run.run_id, run.as_of, run.fiscal_year, run.created_at, run.code_version, run.inputs_hash],
        )
        rows = {
            name: connection.execute(f"select count(*) from raw.{name}").fetchall()[0][0]  # noqa: S608 our own names
            for name in RAW_TABLES
        }
    start_pages(home, result, directory)
    return Intake(run, rows, texts_of(result.problems))


def start_pages(home: Home, result: RawResult, run: Path) -> None:
    """For the makers of tonight's deliveries, new or refused: a page each that says what to mend, on the other core."""
    from publication import pages

    known = sorted(runs.published_hashes(home))
    tonight = result.deliveries.filter(
        ~result.deliveries["sha256"].is_in(known) | (result.deliveries["verdict"] == "refused")
    )
    if not tonight.is_empty():
        _pages.append(pages.start(home, result.problems, tonight, run))


def finish_pages() -> None:
    """Wait for the process of `start_pages`, if one is left. Pages that failed stop nothing (see publication.pages)."""
    from publication import pages

    while _pages:
        pages.finish(_pages.pop())


def project(home: Home) -> dict[str, int]:
    """Step 2: all municipalities and scenarios at once; rows per projection table."""
    import duckdb

    from ingest.files import write_parquet
    from projection import nightly as projection
    from projection import reconcile, scenarios
    from projection.tables import PROJECTION_TABLES

    folder = home.building / "projection"
    folder.mkdir(exist_ok=True)
    with duckdb.connect(str(home.building / CANDIDATE)) as connection:
        frames = {
            name: connection.sql(f"from corrected.{name}").pl()
            for name in (
                "ipss_population",
                "census_population",
                "registry_population",
                "registry_dynamics",
                "reference_series",
            )
        }
        built = projection.build(
            **frames, scenarios=scenarios.read(SCENARIOS), plan_figures=reconcile.read(PLAN_FIGURES)
        )
        connection.execute("create schema if not exists projection")
        for name in PROJECTION_TABLES:
            path = folder / f"{name}.parquet"
            write_parquet(path, built[name])
            connection.execute(f"create or replace view projection.{name} as from read_parquet('{path.resolve()}')")
    return {name: built[name].height for name in PROJECTION_TABLES}


def build_warehouse(home: Home) -> list[dict[str, Any]]:
    """Step 3: one `dbt build`; each node's unique_id, status, failures and seconds, also kept for the gate."""
    from orchestration import warehouse

    results = warehouse.build(home)
    (home.building / "dbt_results.json").write_text(json.dumps(results, ensure_ascii=False), encoding="utf-8")
    return results


def judge(home: Home) -> dict[str, int]:
    """Step 4: the verdict, stored in the candidate; number of checks by severity and result."""
    from expectations import dbt_tests, gate
    from orchestration import warehouse

    run = runs.load(home)
    results = json.loads((home.building / "dbt_results.json").read_text(encoding="utf-8"))
    data_tests = {**warehouse.manifest(home), "unit_tests": {}}  # formulas are tested with the code, not every night
    outcomes = dbt_tests.outcomes(data_tests, results)
    suites = _suites.pop() if _suites else None
    return gate.judge(home.building / CANDIDATE, outcomes, run.run_id, run.created, suites).counts


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

    Raises publication.release.RefusedError when the verdict stored in the candidate does not allow it.
    """
    from orchestration import clock
    from publication import release

    run = runs.load(home)
    try:
        published = release.publish(home, home.building / CANDIDATE, run, run.created)
    except release.RefusedError as refusal:
        runs.record(home, "refused", clock.now(), list(refusal.reasons))
        raise
    finally:
        finish_pages()
    runs.record(home, "published", clock.now(), [])
    return published.path


def waiting(home: Home) -> list[str]:
    """Names of the files in landing whose bytes no published release has read."""
    known = runs.published_hashes(home)
    found = []
    for path in sorted(home.landing.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() not in known:
                    found.append(path.name)
    return found
