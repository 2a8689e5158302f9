"""The nightly refresh as its users meet it: the command, the release, the faults that must stop it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import polars as pl
import pytest

from sousei.feedback import process as pages
from sousei.foundation.child import same_code
from sousei.foundation.home import Home
from sousei.orchestration.nightly import Night
from tests.integration.conftest import AS_OF, run_sousei
from tests.synthetic import faults


def _pointer(home: Path) -> str:
    return str((home / "releases" / "current").readlink())


def test_first_refresh_publishes_and_says_where_and_what(
    first_refresh: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    home, said = first_refresh
    assert said.returncode == 0, said.stderr
    assert str(home / "releases" / f"{AS_OF}.1") in said.stdout
    assert "21,201" in said.stdout
    assert "22,453" in said.stdout
    assert "594.6" in said.stdout


def test_every_delivery_has_a_page_for_its_maker(
    first_refresh: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    home, said = first_refresh
    folder = (home / "runs" / "building" / "pages").resolve()
    assert str(folder / "index.html") in said.stdout
    database = str(home / "releases" / "current" / "sousei.duckdb")
    with duckdb.connect(database, read_only=True) as connection:
        delivered = {name for (name,) in connection.execute("select source_id from meta_source").fetchall()}
    assert delivered == {path.stem for path in folder.glob("*.html")} - {"index"}
    assert delivered == {path.stem for path in folder.glob("*.xlsx")}


def test_pages_that_cannot_be_written_stop_nothing(tmp_path: Path) -> None:
    run, empty = tmp_path / "run", pl.DataFrame()
    (run / "pages").mkdir(parents=True)
    (run / "pages" / "index.html").mkdir()
    assert not pages.finish(pages.start(Home(tmp_path / "home"), empty, empty, run))
    assert "Error" in (run / "pages.log").read_text()


def test_donations_of_the_term_and_the_population_target_are_the_true_figures(published: Path) -> None:
    with duckdb.connect(str(published / "releases" / "current" / "sousei.duckdb"), read_only=True) as connection:
        (yen, count), *_ = connection.execute(
            "select sum(donation_jpy), sum(donation_count) from fct_furusato_donation "
            "where municipality_code = '01223' and fiscal_year between 2021 and 2024"
        ).fetchall()
        ((persons,),) = connection.execute(
            "select population_persons from fct_population where municipality_code = '01223' and series = 'census' "
            "and as_of_date = date '2025-10-01' and sex = 'total' and age_group = 'total' and scope = 'total'"
        ).fetchall()
    assert (yen, count, persons) == (59_462_373_021, 2_808_772, 21_201)


def test_projection_meets_the_plan_within_five_persons(published: Path) -> None:
    with duckdb.connect(str(published / "releases" / "current" / "sousei.duckdb"), read_only=True) as connection:
        ((persons,),) = connection.execute(
            "select total_persons from mart_population_vision "
            "where municipality_code = '01223' and scenario_id = 'ipss_2018_extended' and year = 2060"
        ).fetchall()
    assert abs(float(persons) - 8358) <= 5


@pytest.mark.exhaustive
def test_a_step_can_be_run_again_alone_by_another_night(own_home: Path) -> None:
    """What a step needs stands in the run's folder: nothing of the night that made it is asked for."""
    with Night(Home(own_home)) as again:
        counts = again.judge()
        assert counts["gate_passed"] > 100 and counts["gate_failed"] == 0
        assert again.reasons() == [] and again.suite_outcomes()


@pytest.mark.promise("B1", "B4")
def test_nothing_new_builds_nothing(own_home: Path) -> None:
    before = _pointer(own_home)
    said = run_sousei(own_home, "refresh", "--as-of", AS_OF)
    assert said.returncode == 0, said.stderr
    assert "新しい受領ファイルはありません" in said.stdout
    assert _pointer(own_home) == before
    assert [path.name for path in (own_home / "releases").glob("20*")] == [before]


def test_dagster_runs_the_same_job_and_shows_its_checks(published: Path) -> None:
    script = (
        "import json, dagster as dg\n"
        "with dg.DagsterInstance.get() as instance:\n"
        "    (run,) = instance.get_runs()\n"
        "    checks = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)\n"
        "    fresh = [instance.get_latest_materialization_event(dg.AssetKey(['source', *one])) is not None\n"
        "             for one in (('tourism', 'visitors'), ('estat_api', 'answers'))]\n"
        "    print(json.dumps([run.job_name, run.status.value, len(checks), fresh]))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"DAGSTER_HOME": str(published.parent / "dagster")},
        capture_output=True,
        text=True,
        check=True,
    )
    name, status, checks, fresh = json.loads(said.stdout)
    assert (name, status) == ("nightly_refresh", "SUCCESS")
    assert checks > 50
    assert fresh == [True, False], "an edition is as fresh as its last new delivery"


@pytest.mark.promise("C4", "C6", "C8", "E1")
@pytest.mark.exhaustive
def test_planted_faults_stop_publication_and_each_names_file_row_and_reason(own_home: Path, tmp_path: Path) -> None:
    landing = faults.fresh_landing(tmp_path / "landing")
    plants = (
        faults.registry_age_total_mismatch,
        faults.wrong_check_digit,
        faults.furusato_detail_thousands_as_yen,
    )
    planted = [plant(landing) for plant in plants]
    assert len({one.path for one in planted}) == len(plants)
    before = _pointer(own_home)
    said = run_sousei(own_home, "refresh", "--as-of", AS_OF, "--landing", str(landing))
    assert said.returncode == 1, said.stdout + said.stderr
    (page,) = [line for line in said.stdout.splitlines() if "作成者向けのページ" in line]
    text = Path(page.partition(": ")[2]).read_text("utf-8")
    status = run_sousei(own_home, "status")
    assert status.returncode == 1, "the last refresh was refused"
    for one in planted:
        told = [line for line in said.stderr.splitlines() if one.path.name in line]
        assert any(f"{row}行" in line for line in told for row in one.rows), (one, said.stderr)
        assert one.path.name in text and one.path.name in status.stdout
    assert _pointer(own_home) == before


@pytest.mark.exhaustive
@pytest.mark.promise("A2")
def test_a_killed_refresh_leaves_the_last_release_and_the_next_one_works(own_home: Path, tmp_path: Path) -> None:
    landing = faults.fresh_landing(tmp_path / "landing")
    (landing / "tourism" / "city202606.csv").unlink()
    before = _pointer(own_home)
    for seconds in (0.4, 2.0, 5.0, 9.0):
        with subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sousei.orchestration.command",
                "refresh",
                "--as-of",
                "2027-04-01",
                "--landing",
                str(landing),
            ],
            env=same_code(SOUSEI_HOME=str(own_home)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            time.sleep(seconds)
            os.killpg(process.pid, signal.SIGKILL)
        assert _pointer(own_home) == before
        said = run_sousei(own_home, "query", "select count(*) as n from fct_population", "--format", "csv")
        assert said.returncode == 0, said.stderr
    said = run_sousei(own_home, "refresh", "--as-of", "2027-04-01", "--force", "--landing", str(landing))
    assert said.returncode == 0, said.stderr
    assert _pointer(own_home) == "2027-04-01.1"
    assert run_sousei(own_home, "verify").returncode == 0


@pytest.mark.promise("A5")
def test_two_refreshes_at_once_one_wins(own_home: Path) -> None:
    from sousei.orchestration.lock import refresh_lock

    with refresh_lock(own_home / "refresh.lock"):
        said = run_sousei(own_home, "refresh", "--as-of", AS_OF)
    assert said.returncode == 3
    assert "refresh_in_progress" in said.stderr


def test_a_home_is_nothing_to_other_users_of_the_machine(published: Path) -> None:
    """Made under any umask: bytes as received 0440, releases 0444 in 0555, runs their owner's alone, the home 0750."""
    modes = {path: path.lstat().st_mode & 0o777 for path in (published, *published.rglob("*")) if not path.is_symlink()}
    assert modes[published] == 0o750
    released = {path: mode for path, mode in modes.items() if published / "releases" in path.parents}
    assert {mode for path, mode in released.items() if path.is_file()} == {0o444}
    assert {mode for path, mode in released.items() if path.is_dir()} == {0o555}
    assert {mode for path, mode in modes.items() if path.name == "bytes"} == {0o440}
    assert {mode for path, mode in modes.items() if path.parent == published / "runs" and path.is_dir()} == {0o700}
    inside = {path for path in modes if published / "runs" in path.parents}
    others = {str(path) for path, mode in modes.items() if mode & 0o007 and path not in released.keys() | inside}
    assert others == set()
