"""Deliveries read by workers, on real PostgreSQL, Redis and dagster-celery workers with the settings that are shipped:
the same figures as in one process, and whoever is killed, nothing lost and nothing published twice."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sousei.foundation.child import same_code
from sousei.foundation.clock import TOKYO
from sousei.foundation.files import sha256_of
from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.foundation.told import ToldError
from sousei.ingest import raw
from sousei.ingest.decided import corrections, decisions
from sousei.ingest.receive import intake
from sousei.orchestration import history
from sousei.orchestration.prefecture import coordinator, partitions
from sousei.publication import lake, shelf
from tests import servers
from tests.nights import FIRST_NIGHT, town
from tests.servers import Postgres

SAMPLES = PROJECT_ROOT / "samples" / "landing"
SHIPPED = PROJECT_ROOT / "wheelhouse" / "prefecture"
PLACES = {
    "plan_register/nemuro": "01_北海道",
    "plan_register/kamaishi": "岩手県",
    "section_report/nemuro": "01_北海道/根室市",
    "section_report/kamaishi": "岩手県",
    "tourism/": "13",
}
"""Where samples lie in landing, by the beginning of their path; the rest lies as it does in the samples."""
SHARES = {"00", "01", "03", "13"}


def deliver(home: Home) -> None:
    for path in (one for one in SAMPLES.rglob("*") if one.is_file()):
        name = path.relative_to(SAMPLES).as_posix()
        folder = next((to for begins, to in PLACES.items() if name.startswith(begins)), path.parent.name)
        (home.landing / folder).mkdir(parents=True, exist_ok=True)
        shutil.copy(path, home.landing / folder / path.name)


@dataclass
class Cluster:
    """Two workers that read for whichever home `serve` points them to."""

    server: Postgres
    home: Path
    environment: dict[str, str]
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def serve(self, home: Home) -> None:
        self.home.unlink(missing_ok=True)
        home.root.mkdir(parents=True, exist_ok=True)
        self.home.symlink_to(home.root)

    def start(self, name: str) -> None:
        """The command of the unit that is shipped."""
        unit = (SHIPPED / "sousei-worker.service").read_text("utf-8")
        (line,) = [one for one in unit.splitlines() if one.startswith("ExecStart=")]
        program, *arguments = line.removeprefix("ExecStart=").split()
        words = {"/etc/sousei/celery.yaml": str(SHIPPED / "celery.yaml"), "%l": name}
        command = [str(Path(sys.executable).with_name(Path(program).name)), *(words.get(one, one) for one in arguments)]
        with (self.home.parent / f"{name}.log").open("wb") as log:
            self.workers[name] = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def start_all(self) -> None:
        """Both workers, once they answer."""
        import dagster as dg

        for name in {"w1", "w2"} - set(self.workers):
            self.start(name)
        with dg.DagsterInstance.get() as instance:
            launcher: Any = instance.run_launcher
            settles(lambda: len(launcher.celery.control.ping(timeout=1.0)) == 2)

    def kill(self, name: str) -> None:
        """What a machine without power does."""
        process = self.workers.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def runs(self) -> list[tuple[str, str, str, str]]:
        """(job, status, partition, attempt) of the runs of the store; none before Dagster has made it."""
        connection = self.server.connect("dagster")
        cursor = connection.cursor()
        cursor.execute("select 1 from pg_tables where tablename = 'runs'")
        if cursor.fetchone():
            cursor.execute("select pipeline_name, status, run_body from runs order by id")
        found = [(job, status, json.loads(body)["tags"]) for job, status, body in cursor.fetchall()]
        connection.close()
        return [
            (job, status, tags.get("dagster/partition", ""), tags.get("sousei/attempt", ""))
            for job, status, tags in found
        ]

    def forget(self) -> None:
        with suppress(Exception):
            self.server.connect("dagster").cursor().execute("delete from runs")


def settles(ask: Callable[[], Any], seconds: float = 120) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := ask():
            return found
        time.sleep(0.1)
    pytest.fail("it never came to that")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "dagster").mkdir()
    shutil.copy(SHIPPED / "dagster.yaml", folder / "dagster" / "dagster.yaml")
    with ExitStack() as stack:
        server, broker = stack.enter_context(servers.postgres()), stack.enter_context(servers.redis())
        server.create("dagster")
        settings = {
            "DAGSTER_HOME": str(folder / "dagster"),
            "SOUSEI_BROKER": broker,
            "SOUSEI_RUN_STORE": f"postgresql+psycopg2://sousei@127.0.0.1:{server.port}/dagster",
        }
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, text in settings.items():
            patch.setenv(name, text)
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        found = Cluster(server, folder / "home", same_code(SOUSEI_HOME=str(folder / "home")))
        stack.callback(lambda: [found.kill(name) for name in list(found.workers)])
        yield found


def taken(home: Home) -> tuple[list[intake.Snapshot], Any]:
    """What a night would read, and the lines of corrections."""
    deliver(home)
    decisions.prepare(home)
    snapshots = intake.take(home, home.landing, FIRST_NIGHT, "landing")
    return snapshots, corrections.declared(decisions=home.corrections)


def store(home: Home) -> dict[str, str]:
    return {str(path.relative_to(home.raw)): sha256_of(path) for path in home.raw.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def read_here(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The store of readings as one process makes it."""
    home = Home(tmp_path_factory.mktemp("here") / "home")
    raw.read_ahead(home, taken(home)[0])
    return store(home)


@pytest.mark.exhaustive
@pytest.mark.promise("A2")
@servers.needed
@pytest.mark.parametrize("killed", ["machine", "process"])
def test_what_a_killed_worker_was_reading_is_read_by_another(
    cluster: Cluster, tmp_path: Path, read_here: dict[str, str], killed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coordinator, "PING_SECONDS", 1.0)
    home = Home(tmp_path / "home")
    snapshots, lines = taken(home)
    cluster.forget()
    cluster.serve(home)
    cluster.start_all()

    def kill() -> None:
        if killed == "machine":
            settles(lambda: sum(status == "STARTED" for _, status, _, _ in cluster.runs()) > 1)
            cluster.kill("w1")
        else:
            os.kill(settles(lambda: reading("00")), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    said = coordinator.Coordinator(home)(snapshots, lines)
    killer.join()
    runs = cluster.runs()
    (lost,) = [one for one in runs if one[1] == "FAILURE"]
    assert lost[3] == "1" and (lost[0], "SUCCESS", lost[2], "2") in runs
    assert {code for _, status, code, _ in runs if status == "SUCCESS"} == SHARES
    assert said == []
    assert raw.unread(home, snapshots, lines) == []
    assert store(home) == read_here


def reading(code: str) -> int | None:
    """Process that reads this prefecture now."""
    import dagster as dg

    with dg.DagsterInstance.get() as instance:
        launcher: Any = instance.run_launcher
        filters = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED], tags={"dagster/partition": code})
        for run in instance.get_runs(filters=filters):
            task = launcher.celery.AsyncResult(run.tags["dagster-celery/task_id"])
            if task.state == "STARTED":
                return int(task.info["pid"])
    return None


def day_of_receipt(home: Home) -> date:
    (line,) = {path.read_text("utf-8") for path in list(home.snapshots.glob("*/receipt.json"))[:1]}
    return datetime.fromisoformat(json.loads(line)["received_at"]).astimezone(TOKYO).date()


def rows(release: Path, table: str) -> str:
    """Hash of a table without the times of day at which its home received and published."""
    with duckdb.connect(str(release / shelf.DATABASE), read_only=True) as connection:
        names = [name for (name, *_) in connection.execute(f'describe main."{table}"').fetchall()]
        kept = ", ".join(f'"{one}"::varchar' for one in names if one not in ("received_at", "created_at", "judged_at"))
        found = connection.execute(f'select {kept} from main."{table}" order by all').fetchall()
    return hashlib.sha256(repr(found).encode()).hexdigest()


@pytest.mark.exhaustive
@pytest.mark.promise("A2", "A5", "B4")
@servers.needed
def test_a_night_by_prefecture_that_was_killed_ends_once_with_the_ordinary_release(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Home(tmp_path / "home")
    deliver(home)
    cluster.forget()
    cluster.serve(home)
    cluster.start_all()
    monkeypatch.setenv(lake.CATALOGUE, cluster.server.create("lake"))
    monkeypatch.setenv(lake.DATA, str(tmp_path / "lake"))
    command = ["refresh", "--by-prefecture", "--as-of", FIRST_NIGHT.date().isoformat()]
    with subprocess.Popen(
        [sys.executable, "-m", "sousei.orchestration.command", *command],
        env=same_code(SOUSEI_HOME=str(home.root)),
        stdout=subprocess.DEVNULL,
    ) as first:
        settles(lambda: [one for one in cluster.runs() if one[1] == "STARTED"])
        first.send_signal(signal.SIGKILL)
    assert not home.releases.exists()
    night, ordinary = town(home.root), town(tmp_path / "ordinary")
    night.nights = ordinary.nights = (
        day_of_receipt(home) - FIRST_NIGHT.date()
    ).days  # some marts tell the day of receipt
    day = FIRST_NIGHT.date()
    outcome = night.night(as_of=day, ahead=coordinator.Coordinator(home))
    assert (outcome.state, outcome.warnings) == ("published", []), outcome.reasons
    assert {code for _, status, code, _ in cluster.runs() if status == "SUCCESS"} == SHARES
    count = len(cluster.runs())
    assert night.night(as_of=day, ahead=coordinator.Coordinator(home)).state == "nothing_new"
    assert len(cluster.runs()) == count, "what was read is not read again"
    (published,) = shelf.ordered(home)
    assert home.current.resolve() == published

    here = shelf.read(published)
    place = lake.from_environment()
    assert place is not None
    stands = lake.publish(place, here, 14)
    assert (stands.made, stands.replaced, stands.tables) == (False, [], len(here.manifest.tables))
    with lake.attached(place, here.database) as connection:
        messages = connection.execute("select commit_message from lake.snapshots() where author = 'sousei'").fetchall()
    assert messages == [(here.release_id,)]

    monkeypatch.delenv(lake.CATALOGUE)
    monkeypatch.delenv(lake.DATA)
    deliver(ordinary.home)
    ordinary.publishes(as_of=day)
    there = shelf.read(ordinary.home.current)
    assert here.manifest.run_id == there.manifest.run_id
    assert set(here.manifest.tables) == set(there.manifest.tables)
    unequal = [one for one in here.manifest.tables if rows(here.path, one) != rows(there.path, one)]
    assert unequal == []


@pytest.mark.exhaustive
@servers.needed
def test_an_ordinary_run_is_kept_in_the_run_store_of_postgres(cluster: Cluster, tmp_path: Path) -> None:
    """As `sousei refresh` runs its job: in this process, on the instance that DAGSTER_HOME names."""
    import dagster as dg

    @dg.op
    def nothing() -> None:
        pass

    @dg.job
    def kept() -> None:
        nothing()

    cluster.forget()
    with history.opened(Home(tmp_path)) as (instance, warning):
        assert warning == ""
        assert kept.execute_in_process(instance=instance).success
    assert cluster.runs() == [("kept", "SUCCESS", "", "")]


@pytest.mark.exhaustive
@servers.needed
def test_without_workers_or_broker_the_night_reads_by_itself_and_says_so(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(cluster.workers):
        cluster.kill(name)
    cluster.forget()
    monkeypatch.setattr(coordinator, "PATIENCE_SECONDS", 2.0)
    home = Home(tmp_path / "home")
    snapshots, lines = taken(home)
    (lost,) = coordinator.Coordinator(home)(snapshots, lines)
    assert lost.startswith("workers_lost: ") and "00, 01, 03, 13" in lost
    assert {status for _, status, _, _ in cluster.runs()} == {"FAILURE"}
    monkeypatch.setenv("SOUSEI_BROKER", f"redis://127.0.0.1:{servers.free_port()}/0")
    (told,) = coordinator.Coordinator(home)(snapshots, lines)
    assert told.startswith("workers_not_reached: ") and " / workers_not_reached: " in told
    assert len(raw.unread(home, snapshots, lines)) == len(snapshots)


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("01/a.csv", "01"),
        ("01_北海道/a.csv", "01"),
        ("北海道/根室市/a.csv", "01"),
        ("岩手/a.xlsx", "03"),
        ("釜石市 計画.xlsx", "03"),
        ("in/01223_2026.csv", "01"),
        ("in/012238.csv", "01"),
        ("府中市/a.csv", "00"),
        ("2026/12/a.csv", "12"),
        ("99/99999.csv", "00"),
        ("census/census_2020_sex_age.csv", "00"),
        ("", "00"),
    ],
)
def test_the_place_in_landing_says_the_prefecture(place: str, code: str) -> None:
    """府中市 is a city of two prefectures; a month that looks like a prefecture only spreads the work otherwise."""
    assert partitions.partition_of(place) == code
    assert code in partitions.PREFECTURES.get_partition_keys()


def test_a_home_that_is_not_set_up_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    with pytest.raises(ToldError, match=r"^prefecture_not_set_up: "):
        coordinator.is_set_up()
