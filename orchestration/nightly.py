"""The five steps of a refresh as methods of one night: take in, project, build, judge, publish.

Holds: the order of calls into the rooms, the processes that work beside them, and the hand-over between steps through
the run's folder, so that a step can be run again alone. Does not hold: data logic, and nothing of Dagster, so that the
command is quick when there is nothing new.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sousei.foundation import retention
from sousei.foundation.home import SEEDS, Home
from sousei.orchestration import decided, inputs, kept, taken_over
from sousei.orchestration import run as runs
from sousei.orchestration.warehouse import Warehouse

if TYPE_CHECKING:
    import duckdb
    import polars as pl

    from sousei.expectations.validation import SuiteProcess
    from sousei.foundation.child import Child
    from sousei.ingest.raw import RawResult
    from sousei.ingest.receive.intake import Snapshot

Ahead = Callable[["list[Snapshot]", "pl.DataFrame"], list[str]]
"""What reads deliveries before a night does (orchestration.prefecture.coordinator)."""
SCENARIOS = SEEDS / "scenarios.csv"
CHANGES = SEEDS / "municipality_changes.csv"
CANDIDATE = "candidate.duckdb"
DATABASE = "sousei.duckdb"


@dataclass(frozen=True)
class Intake:
    """What step 1 gave: rows per raw table. new: the deliveries that count (as in run.inputs) and that the last release
    was not made from."""

    run: runs.Run
    rows: dict[str, int]
    new: list[dict[str, Any]]


def _published(home: Home) -> set[str]:
    """SHA-256 of the deliveries that the current release was made from."""
    inputs_of = (runs.current_manifest(home) or {}).get("inputs", [])
    return {one["sha256"] for one in inputs_of if one["verdict"] == "taken"}


def texts_of(problems: pl.DataFrame) -> list[str]:
    """Ingest problems as one text each: file, place, what is wrong, what to do."""
    return [
        f"{one['problem_id']}: {one['file_name']}"
        + (f" シート「{one['sheet']}」" if one["sheet"] else "")
        + (f" {one['row']}行目" if one["row"] else "")
        + f": {one['message_ja']} {one['action_ja']}"
        for one in problems.to_dicts()
    ]


def _expose(connection: duckdb.DuckDBPyConnection, folder: Path, tables: Iterable[str], faults: pl.DataFrame) -> None:
    """The finished projection as the schema that the warehouse reads."""
    from sousei.foundation.duck import parquet

    connection.execute("create schema if not exists projection")
    connection.register("plan_fault", faults)
    connection.execute("create or replace table projection.plan_fault as from plan_fault")
    connection.unregister("plan_fault")
    for name in tables:
        view = parquet([folder / f"{name}.parquet"])
        connection.execute(f"create or replace view projection.{name} as from {view}")


class Night:
    """One night's work on a home; its caller holds the home's lock. Leaving the block ends the processes beside it.

    What a step gives stands in the run's folder; a night that runs only the later steps again finds it there.
    """

    def __init__(
        self,
        home: Home,
        *,
        pages: bool = True,
        papers: bool = True,
        tell: Callable[[str, str], None] | None = None,
        ahead: Ahead | None = None,
    ) -> None:
        """pages: the makers' pages are written too. papers: the release holds papers and site, not its tables alone.
        tell: is given a line, Japanese and English, as a step begins. ahead: reads deliveries before the night
        does, and gives what its user should know. Raises ToldError (foundation.retention)."""
        self._tell = tell or (lambda ja, en: None)
        self._ahead = ahead
        self.home = home
        self._retention = retention.from_environment()
        self.warehouse = Warehouse(home)
        self.problems: pl.DataFrame | None = None
        """What was wrong in the deliveries, once they were taken in (shape of raw.problem)."""
        self.published: Path | None = None
        """The release that this night published."""
        self.warnings: list[str] = []
        """What did not work beside the release, Japanese / English."""
        self._writes_pages, self._writes_papers = pages, papers
        self._planned: inputs.Tonight | None = None
        self._suites: SuiteProcess | None = None
        self._pages: Child | None = None

    def __enter__(self) -> Night:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._suites is not None:
            self._suites.close()
            self._suites = None
        self._finish_pages()

    def plan(self, landing: Path | None, as_of: date, now: datetime, samples: bool = False) -> inputs.Tonight:
        """What the night is made from; made once, however often it is asked for.

        Raises inputs.CannotStartError, inputs.WrongUseError and run.PointerLostError (see inputs.tonight).
        """
        if self._planned is None:
            self._tell("受領ファイルを読んでいます", "reading what was delivered")
            self._planned = inputs.tonight(self.home, landing, as_of, now, samples, self._read_ahead)
        return self._planned

    def _read_ahead(self, snapshots: list[Snapshot], lines: pl.DataFrame) -> None:
        if self._ahead is not None:
            self.warnings += self._ahead(snapshots, lines)

    def plan_again(self, planned: inputs.Tonight) -> None:
        """Make the night from what was planned elsewhere."""
        self._planned = planned

    def start_suites(self) -> None:
        """Let Great Expectations be imported on the other core, once, before it is needed."""
        from sousei.expectations.validation import SuiteProcess

        if self._suites is None:
            self._suites = SuiteProcess()

    def take_in(self, landing: Path | None, as_of: date, now: datetime, samples: bool = False) -> Intake | None:
        """Step 1: landing to snapshots to raw Parquet, and a fresh candidate that sees them; None when nothing is new.

        Raises what `plan` raises.
        """
        import duckdb

        from sousei.ingest import raw
        from sousei.ingest.decided import decisions
        from sousei.ingest.tables import RAW_TABLES

        home, tonight = self.home, self.plan(landing, as_of, now, samples)
        run, result = tonight.run, tonight.result
        self.problems = result.problems
        if tonight.is_nothing_new(home):
            state, reasons = tonight.told_nothing(home)
            runs.record(home, state, now, reasons, tonight.not_used)
            return None
        self.start_suites()
        decisions.keep(home, tonight.decided.digest)
        decided.prune(home, self._retention.decisions)
        directory = runs.begin(home, run)
        taken_over.start(home, directory / CANDIDATE, self.warehouse.manifest)
        runs.prune(home, self._retention.runs)
        with duckdb.connect(str(directory / CANDIDATE)) as connection:
            last = home.current.resolve() / DATABASE if runs.last_release(home) else None
            back = run.as_of_date if runs.is_of_the_past(home, run.as_of_date) else None
            raw.expose(connection, result.files, result.frames(), tonight.decided, tonight.lines, last, back)
            connection.execute(
                "create table raw.run as select ? as run_id, ?::date as as_of_date, ?::integer as fiscal_year, "
                "?::timestamptz as created_at, ? as code_version, ? as inputs_hash",
                [run.run_id, run.as_of, run.fiscal_year, run.created_at, run.code_version, run.inputs_hash],
            )
            rows = {
                name: connection.execute(f"select count(*) from raw.{name}").fetchall()[0][0]  # noqa: S608 our own names
                for name in RAW_TABLES
            }
        if self._writes_pages:
            self._start_pages(result, directory)
        runs.record(home, "running", now, [], tonight.not_used)
        known = _published(home)
        new = [one for one in run.inputs if one["verdict"] == "taken" and one["sha256"] not in known]
        return Intake(run, rows, new)

    def project(self) -> dict[str, int]:
        """Step 2: all municipalities and scenarios at once; rows per projection table."""
        import duckdb
        import polars

        from sousei.foundation.duck import facts_of
        from sousei.foundation.files import write_parquet
        from sousei.projection import areas, scenarios
        from sousei.projection.night import build as projection
        from sousei.projection.night import plans
        from sousei.projection.night.tables import INPUTS, PLACES, PROJECTION_TABLES

        self._tell("人口を推計しています", "projecting the population")
        folder, candidate = self.home.building / "projection", str(self.home.building / CANDIDATE)
        folder.mkdir(exist_ok=True)
        changes = areas.successors(polars.read_csv(CHANGES, infer_schema=False), areas.FIRST_EDITION)
        with duckdb.connect(candidate) as connection:
            facts = {name: facts_of(connection, ("in_force", name), without=PLACES) for name in INPUTS}
            own, printed = (
                connection.sql(f"from in_force.plan_register_{name}").pl() for name in ("scenario", "figure")
            )
            taken = plans.of_night(scenarios.read(SCENARIOS), own, printed)
            key = kept.hash_of(facts, {"scenarios": taken.scenarios, "plan_figures": taken.figures}, changes)
            rows = kept.take(self.home, key, folder)
            if rows is not None and rows.keys() == PROJECTION_TABLES.keys():
                _expose(connection, folder, rows, taken.faults)
                return rows
            places = ", ".join(f'"{name}"' for name in PLACES)
            frames = {
                name: connection.sql(f"select * exclude ({places}) from in_force.{name}").pl()  # noqa: S608 ours
                for name in INPUTS
            }
        made = projection.run(frames, scenarios=taken.scenarios, plan_figures=taken.figures, current_code=changes)
        del frames  # the largest table is made without them
        rows = {}
        for name in PROJECTION_TABLES:
            table = made.population() if name == "population" else made.others.pop(name)
            write_parquet(folder / f"{name}.parquet", table)
            rows[name] = table.height
            del table
        kept.keep(self.home, key, folder, rows)
        with duckdb.connect(candidate) as connection:
            _expose(connection, folder, rows, taken.faults)
        return rows

    def build_warehouse(self) -> list[dict[str, Any]]:
        """Step 3: one `dbt build` of what moved; unique_id, status, failures and seconds of every node, also kept for
        the gate. A node that was taken over from the last night says so in `message`."""
        self._tell("表を作り、検査しています", "building and checking the tables")
        manifest = self.warehouse.manifest
        self.warehouse.prepare()
        anew = taken_over.anew(self.home.building / CANDIDATE, manifest)
        results = taken_over.whole(manifest, self.warehouse.build(anew), anew)
        if self._suites is not None:  # the suites are judged while Dagster notes what dbt did
            self._suites.begin(self.home.building / CANDIDATE)
        (self.home.building / "dbt_results.json").write_text(json.dumps(results, ensure_ascii=False), encoding="utf-8")
        return results

    def judge(self) -> dict[str, int]:
        """Step 4: the verdict, stored in the candidate; number of checks by severity and result."""
        from sousei.expectations import dbt_tests, gate
        from sousei.publication import shelf, unmoved

        self._tell("公表してよいか判定しています", "judging")
        home, run = self.home, runs.load(self.home)
        results = json.loads((home.building / "dbt_results.json").read_text(encoding="utf-8"))
        data_tests = {**self.warehouse.manifest, "unit_tests": {}}  # formulas are tested with the code, not every night
        outcomes = dbt_tests.outcomes(data_tests, results)
        suites, self._suites = self._suites, None
        last = runs.last_release(home)
        compared = home.current.resolve() / DATABASE if last else None
        stated: dict[str, str] = {}
        if last:
            with suppress(OSError, ValueError):  # a release that cannot be read is told where it is compared
                stated = unmoved.stated(shelf.read(home.current))
        verdict = gate.judge(home.building / CANDIDATE, outcomes, run.run_id, run.created, suites, compared, stated)
        taken_over.remember(home.building / CANDIDATE, results)
        return verdict.counts

    def reasons(self) -> list[str]:
        """Why the judged candidate may not be published; empty where it may."""
        from sousei.expectations import verdict

        return list(verdict.read(self.home.building / CANDIDATE, runs.load(self.home).run_id).reasons)

    def suite_outcomes(self) -> list[dict[str, Any]]:
        """What the Great Expectations suites found, as stored in the candidate."""
        import duckdb

        with duckdb.connect(str(self.home.building / CANDIDATE), read_only=True) as connection:
            return (
                connection.sql(
                    "select check_id, subject, severity, passed, observed, threshold from main.meta_check_outcome "
                    "where kind = 'gx'"
                )
                .pl()
                .to_dicts()
            )

    def publish(self) -> Path:
        """Step 5: the release's directory. One whose as-of date is before that of the current release does not become
        the current one.

        Raises publication.publish.RefusedError when the verdict stored in the candidate does not allow it.
        """
        from sousei.foundation import clock
        from sousei.publication import papers
        from sousei.publication import publish as publication

        self._tell("公表版を書いています", "writing the release")
        home, run = self.home, runs.load(self.home)
        try:
            past = runs.is_of_the_past(home, run.as_of_date)
            published = publication.publish(
                home,
                home.building / CANDIDATE,
                run,
                run.created,
                keep=self._retention.releases,
                extras=papers.write if self._writes_papers else None,
                moves=not past,
            )
        except publication.RefusedError as refusal:
            runs.record(home, "refused", clock.now(), list(refusal.reasons))
            raise
        finally:
            self._finish_pages()
        if not past:
            self._to_lake()
        runs.record(home, "published", clock.now(), self.warnings)
        self.published = published.path
        return published.path

    def end_with_nothing(self, tonight: inputs.Tonight, now: datetime) -> tuple[str, list[str]]:
        """(state, reasons) of a night that has nothing to build, on record; a lake that stayed behind catches up. A
        night on a home on trial never ends by this."""
        state, reasons = tonight.told_nothing(self.home)
        self._to_lake()
        runs.record(self.home, state, now, [*reasons, *self.warnings], tonight.not_used)
        return state, reasons

    def _to_lake(self) -> None:
        """The second shelf, where the operator has set one up; the release stands whatever comes of it."""
        from sousei.publication import lake

        if told := lake.follow(self.home, self._retention.releases):
            self.warnings.append(told)

    def _start_pages(self, result: RawResult, run: Path) -> None:
        """For the makers of tonight's deliveries, new or refused: a page each that says what to mend, on the other
        core."""
        from sousei.feedback import process as pages

        known = sorted(_published(self.home))
        tonight = result.deliveries.filter(
            ~result.deliveries["sha256"].is_in(known) | (result.deliveries["verdict"] == "refused")
        )
        if not tonight.is_empty():
            self._pages = pages.start(self.home, result.problems, tonight, run)

    def _finish_pages(self) -> None:
        """Wait for the makers' pages, if they are being written. Pages that failed stop nothing (feedback.process)."""
        from sousei.feedback import process as pages

        if self._pages is not None:
            pages.finish(self._pages)
            self._pages = None
